#pragma once

#include "core/library/library.h"
#include "core/search/searcher.h"

#include <functional>
#include <span>
#include <vector>

namespace grappa {

/// A raw base vector [dim] as the whitening's set holds it: normalise(whiten(normalise(z))), the map of
/// core/model/whitening.h without LibTorch.
std::vector<float> whitenedBy(const WhiteningRow& whitening, std::span<const float> base);

/// A searcher over a set, which the caller keeps.
using SearcherOf = std::function<Searcher&(const EmbeddingSet& set)>;

/// The vector of an image from outside, as the embedder gives it (the backbone's raw one, under an adaptation the fused
/// one), as a query for `set`: whitened where the set derives from whitened base vectors, smoothed by its neighbours
/// where the set is smoothed. Throws NotFound when the vectors that were smoothed are gone.
std::vector<float> outsideQuery(Library& library, const EmbeddingSet& set, std::span<const float> vector,
                                const SearcherOf& searcherOf);

} // namespace grappa
