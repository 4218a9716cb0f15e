#pragma once

#include "core/base/job.h"
#include "core/library/library.h"

namespace grappa {

/// Computes the smoothed set of a raw one (method: section 10) from its index, all of it. Under lockDerivedSets()
/// (core/jobs/derived_sets.h). Throws Interrupted; then nothing has changed.
EmbeddingSet computeSmoothed(Library& library, const EmbeddingSet& raw, const JobContext& context);

/// Brings it up to date: all of it when more than 10 % have come since it was computed, else those alone. Nothing where
/// there is no smoothed set. Under lockDerivedSets().
void updateSmoothed(Library& library, const EmbeddingSet& raw, const JobContext& context);

} // namespace grappa
