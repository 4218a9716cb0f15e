#pragma once

#include "core/library/library.h"

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

namespace grappa {

struct DriftOptions {
    std::size_t sample = 2'000;  ///< images looked at, at most: learned ones, and new ones
    double learnedWithin = 0.95; ///< share of the learned images that count as like what was learned
    std::uint64_t seed = 0;
    std::stop_token stop{}; ///< then there is no answer
};

/// How much a collection has moved away from what was learned of it.
struct Drift {
    std::uint64_t learned = 0; ///< images that it was learned from
    std::uint64_t added = 0;   ///< images that came since
    double unlike = 0;         ///< share of those that are unlike what was learned
};

/// Of the images that came to an adaptation's set after its levels were made: those whose nearest centroid of the
/// finest level that is shown is farther than that of most learned images. The learned ones are the set's oldest, as
/// many as it was clustered with. Nothing without levels, or while no image is new.
std::optional<Drift> measureDrift(Library& library, const EmbeddingSet& adapted, const DriftOptions& options = {});

/// Whether there are enough new images (50, or 5 per cent), and enough of them are unlike (15 per cent), to speak of
/// it.
bool isWorthTelling(const Drift& drift);

/// The cosine of each vector with its nearest centroid, of those that came before the stop. Rows are of this format and
/// dim, centroids fp16 [dim] one after the other; all are L2-normalised.
std::vector<float> nearestCosines(std::span<const std::byte* const> rows, RowFormat format,
                                  std::span<const std::uint16_t> centroids, std::size_t dim,
                                  const std::stop_token& stop = {});
/// The share of `added` that lies below all but `1 - within` of `learned`. 0 where either is empty.
double unlikeShare(std::vector<float> learned, std::span<const float> added, double within);

} // namespace grappa
