#pragma once

#include "core/library/library.h"
#include "core/search/searcher.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace grappa {

/// The image of the library with the same bytes as a file from anywhere; nothing where there is none or the file cannot
/// be read. Its stored vector is the better query: nothing is rounded twice, and no model is needed.
std::optional<ImageId> imageOfFile(Library& library, const std::filesystem::path& file);

/// A searcher over a set, which the caller keeps: both of two that were asked for one after the other stay valid.
using SearcherOf = std::function<Searcher&(const EmbeddingSet& set)>;

/// The vector of an image from outside, as the embedder gives it (the backbone's raw one, under an adaptation the fused
/// one), as a query for `set`: whitened where the set derives from whitened base vectors, placed among its neighbours
/// where the set is diffused. Throws NotFound when the vectors that were diffused are gone.
std::vector<float> outsideQuery(Library& library, const EmbeddingSet& set, std::span<const float> vector,
                                const SearcherOf& searcherOf);

/// The vector of a library image as a query for `set`: the stored one; of an image that has not come to a diffused set
/// yet, what its plain vector gives. Nothing where it has no vector.
std::optional<std::vector<float>> libraryQuery(Library& library, const EmbeddingSet& set, ImageId image,
                                               const SearcherOf& searcherOf);

} // namespace grappa
