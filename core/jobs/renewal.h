#pragma once

#include "core/jobs/import_job.h"
#include "core/library/library.h"

#include <cstdint>
#include <functional>

namespace grappa {

/// Whether the library's images were described by an earlier version and can be described better now: their base
/// vectors are [class] alone, and the backbone has a prior on this machine.
bool canBeRenewed(Library& library);

struct RenewalSummary {
    std::uint64_t described = 0; ///< images that were described anew
    std::uint64_t kept = 0;      ///< that keep their old vectors alone, since no file of them is there; not searched
};

/// Describes all images of the library by `embedder`, which joins patches, as one set of new base vectors, collection
/// by collection. The old vectors answer until all is there; then `derive` makes what derives from the new ones, the
/// library's default set is the new one where it was the old one, and the old ones go when no image needs them. Stopped
/// and started again it goes on where it was. Throws as importCollection().
RenewalSummary renewDescriptions(Library& library, Embedder& embedder, const ImportOptions& options,
                                 const std::function<void()>& derive, const JobContext& context);

} // namespace grappa
