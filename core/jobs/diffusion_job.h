#pragma once

#include "core/base/job.h"
#include "core/library/library.h"

namespace grappa {

/// Computes the diffused set of a plain one, with its neighbourhoods, all of it (core/search/diffusion.h). The nearest
/// neighbours are exact up to 120,000 images, beyond that those of the index. Memory: about 10 bytes a
/// number of the plain set.
/// Under lockDerivedSets() (core/jobs/derived_sets.h). Throws Interrupted; then nothing has changed.
EmbeddingSet computeDiffused(Library& library, const EmbeddingSet& plain, const JobContext& context);

/// Brings it up to date: all of it when there is none yet or more than 10 % have come since it was computed, else the
/// images that came, placed among their neighbours (LocalDiffusion). Under lockDerivedSets().
void updateDiffused(Library& library, const EmbeddingSet& plain, const JobContext& context);

} // namespace grappa
