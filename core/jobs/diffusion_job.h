#pragma once

#include "core/base/job.h"
#include "core/library/library.h"

namespace grappa {

/// Computes the diffused set of a plain one, with its neighbourhoods, all of it (core/search/diffusion.h). The nearest
/// neighbours are exact up to 120,000 images, beyond that those of the index. Memory: about 10 bytes a
/// number of the plain set.
/// Under lockDerivedSets() (core/jobs/derived_sets.h). Throws Interrupted; then nothing has changed.
EmbeddingSet computeDiffused(Library& library, const EmbeddingSet& plain, const JobContext& context);

/// Whether the diffused set of a plain one is to be computed anew: there is none yet, or more than 10 % of the images
/// it was computed of have come since.
bool diffusedIsOutgrown(Library& library, const EmbeddingSet& plain);

/// The images that came since the set was computed, placed among their neighbours (LocalDiffusion). Does nothing where
/// there is no diffused set. Under lockDerivedSets().
void placeNewImages(Library& library, const EmbeddingSet& plain, const JobContext& context);

/// Brings the diffused set up to date: computes or places. Under lockDerivedSets().
void updateDiffused(Library& library, const EmbeddingSet& plain, const JobContext& context);

} // namespace grappa
