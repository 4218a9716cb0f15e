#pragma once

#include "core/library/library.h"
#include "core/search/level_groups.h"

#include <cstdint>
#include <vector>

namespace grappa {

class LibraryAccess;

/// Some images of a cluster, nearest to its centroid first.
struct SampleGroup {
    std::uint64_t size = 0; ///< images in the cluster
    std::vector<ContentHash> images;
};

/// The clusters of the level of k with the images that pass the filter, with what lies on top of each stack. Empty
/// where nothing is embedded; throws NotFound.
std::vector<LevelGroup> groupsOf(LibraryAccess& access, std::int64_t k, const ImageFilter& filter);
/// One of them, with all of its images.
LevelGroup groupOf(LibraryAccess& access, std::int64_t k, std::uint32_t cluster, const ImageFilter& filter);
/// Three typical clusters of the level of k, of the images that pass the filter. Throws NotFound.
std::vector<SampleGroup> sampleGroups(LibraryAccess& access, std::int64_t k, const ImageFilter& filter);

} // namespace grappa
