#pragma once

#include "core/search/searcher.h"

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace grappa {

/// m of neighbourhood smoothing (method: section 10).
inline constexpr std::size_t smoothingNeighbours = 10;

/// The normalised mean of a vector and its m nearest in the set of `raw`, by its index. The vectors of a smoothed set
/// are made this way with the image itself as `self`, and so is a query for one. vector: [dim], need not be normalised.
std::vector<float> smoothedVector(Searcher& raw, std::span<const float> vector, std::optional<ImageId> self = {},
                                  std::size_t m = smoothingNeighbours);

/// The key of the smoothed set of a raw one, and back.
EmbeddingSetKey smoothedKey(EmbeddingSetKey raw);
EmbeddingSetKey rawKey(EmbeddingSetKey smoothed);

} // namespace grappa
