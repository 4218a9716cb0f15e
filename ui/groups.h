#pragma once

#include "core/library/library.h"

#include <cstdint>
#include <vector>

namespace grappa {

class LibraryAccess;

/// Some images of a cluster, nearest to its centroid first.
struct SampleGroup {
    std::uint64_t size = 0; ///< images in the cluster
    std::vector<ContentHash> images;
};

/// Three typical clusters of the level of k, of the images that pass the filter. Throws NotFound.
std::vector<SampleGroup> sampleGroups(LibraryAccess& access, std::int64_t k, const ImageFilter& filter);

} // namespace grappa
