#pragma once

#include "core/base/job.h"
#include "core/library/library.h"
#include "core/model/descriptor.h"

#include <optional>

namespace grappa {

struct WhitenedBaseOptions {
    double power = DescriptorWhitening::plainPower;
    std::optional<CollectionId> collection; ///< whose vectors the whitening is fitted on; none = the whole library
    bool refit = false;                     ///< fit again although there is a whitening
    /// What the covariance is blended with; not given = that of the set's backbone, where it has one on this machine.
    std::optional<DescriptorPrior> prior;
};

/// The prior of the backbone that made the set, where it has one on this machine.
std::optional<DescriptorPrior> priorOf(const EmbeddingSet& set);

/// The set of whitened base vectors beside a set of raw ones: a linear map of what is stored, no forward pass. Fitted
/// when it is new and when the raw set has doubled since; then all of it is computed, its levels go and what was
/// diffused from it is stale. Else the stored whitening is applied to the images that came since. With a prior the fit
/// is blended with it, so that a collection of few images or of one subject is not spread by what its images have in
/// common. Under lockDerivedSets() (core/jobs/derived_sets.h). Throws Usage without images, or without a prior below 2;
/// Interrupted.
EmbeddingSet whitenBase(Library& library, const EmbeddingSet& raw, const WhitenedBaseOptions& options,
                        const JobContext& context);

/// The stored whitening of a set applied to the images of the raw one that it lacks, and to their parts. Under
/// lockDerivedSets().
void whitenNewImages(Library& library, const EmbeddingSet& raw, const EmbeddingSet& whitened);

} // namespace grappa
