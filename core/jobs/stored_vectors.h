#pragma once

#include "core/library/library.h"
#include "core/search/searcher.h"

#include <torch/torch.h>

#include <vector>

namespace grappa {

/// Vectors of a set in memory, as a matrix: 4 bytes a number, so 1.5 GB for a million images of 384.
struct StoredVectors {
    std::vector<ImageId> images; ///< ascending
    torch::Tensor vectors;       ///< float32 [images.size(), dim]
};

/// rows: of this set.
StoredVectors toMatrix(std::span<const Searcher::Row> rows, const EmbeddingSet& set);
/// All that can be found, or those of `images` (ascending) alone.
StoredVectors storedVectors(Library& library, const EmbeddingSet& set);
StoredVectors storedVectors(Library& library, const EmbeddingSet& set, std::span<const ImageId> images);

/// A float32 matrix in row-major order.
std::span<const float> values(const torch::Tensor& contiguous);

} // namespace grappa
