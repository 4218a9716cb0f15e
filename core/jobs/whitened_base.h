#pragma once

#include "core/base/job.h"
#include "core/library/library.h"

#include <optional>
#include <span>
#include <vector>

namespace grappa {

struct WhitenedBaseOptions {
    double power = 0.75;                    ///< p (method: section 8)
    std::optional<CollectionId> collection; ///< whose vectors the whitening is fitted on; none = the whole library
    bool refit = false;                     ///< fit again although there is a whitening
};

/// The set of whitened base vectors beside a set of raw ones: a linear map of what is stored, no forward pass. Fitted
/// when it is new and when the raw set has doubled since; then all of it is computed, its levels go and what was
/// smoothed from it is stale. Else the stored whitening is applied to the images that came since. Under
/// lockDerivedSets() (core/jobs/derived_sets.h). Throws Usage below 2 images, Interrupted.
EmbeddingSet whitenBase(Library& library, const EmbeddingSet& raw, const WhitenedBaseOptions& options,
                        const JobContext& context);

/// The same map for a query from outside: a raw base vector -> one that fits the set. As it is where the set has no
/// whitening of its own.
std::vector<float> whitenedVector(Library& library, EmbeddingSetId set, std::span<const float> base);

} // namespace grappa
