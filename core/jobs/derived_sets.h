#pragma once

#include "core/base/job.h"
#include "core/jobs/levels_job.h"
#include "core/jobs/whitened_base.h"
#include "core/library/library.h"

#include <functional>

namespace grappa {

/// The job lock of all that derives from embedding sets: whitened base, levels, diffused sets. Throws Locked.
FileLock lockDerivedSets(const Library& library);

/// Levels and diffused set of one embedding set, computed anew. Takes the lock. Throws Locked, Usage, Interrupted; what
/// was finished is kept.
void deriveFrom(Library& library, const EmbeddingSet& set, const LevelsOptions& options, const JobContext& context);

/// The same for the backbone alone: the whitened base first, then its levels and diffused set. Returns the whitened
/// set.
EmbeddingSet deriveFromBase(Library& library, const EmbeddingSet& raw, const WhitenedBaseOptions& whitening,
                            const LevelsOptions& options, const JobContext& context);

/// Fills in the vectors of the images that an adaptation's set has none of.
using EmbedMissing = std::function<void(Library& library, const EmbeddingSet& set, const JobContext& context)>;

/// While an import runs: the images that have come so far take their places in the plain and the diffused set of `raw`,
/// where there are these and they are not to be computed anew, so that a search finds them at once. Does nothing while
/// another process holds the lock. Throws Interrupted.
void followImport(Library& library, const EmbeddingSet& raw, const JobContext& context);

/// After images were added: brings each set that derives from another one up to date, in the order in which they
/// derive: whitened base (made where the backbone has a prior), then the sets of adaptations (by `embed`; without it
/// they stay as they are), then levels, then diffused sets. Takes the lock. Throws Locked, Interrupted.
void updateDerivedSets(Library& library, const JobContext& context, const EmbedMissing& embed = {});

} // namespace grappa
