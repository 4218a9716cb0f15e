#pragma once

#include "core/library/library.h"
#include "core/search/searcher.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace grappa {

/// A cluster of a level as a group of images.
struct LevelGroup {
    std::uint32_t cluster = 0;
    std::uint64_t size = 0;      ///< images in it
    std::vector<ImageId> images; ///< the nearest to the centroid first; perhaps not all
    bool operator==(const LevelGroup&) const = default;
};

/// The clusters of the level of k of the searcher's set, largest first, each with its `representatives` images nearest
/// to the centroid. among: count these images alone (ascending); null = all. Clusters without images are left out.
/// Throws NotFound when there is no such level.
std::vector<LevelGroup> levelGroups(Library& library, const Searcher& searcher, std::int64_t k,
                                    std::size_t representatives, const std::vector<ImageId>* among = nullptr);
/// The same of one cluster, with all of its images.
LevelGroup levelGroup(Library& library, const Searcher& searcher, std::int64_t k, std::uint32_t cluster,
                      const std::vector<ImageId>* among = nullptr);

/// How many of the results of a search at a level, best first, come before the border of the query's group: the place
/// that divides the images of the group from the others with the fewest on the wrong side. Nothing where all belong to
/// one side.
std::optional<std::size_t> groupBorder(std::span<const Neighbour> results);

/// `count` groups that are typical: of those, largest first, that hold the images at equal steps of the way. Each once,
/// the larger first.
std::vector<LevelGroup> typicalGroups(std::span<const LevelGroup> groups, std::size_t count);

} // namespace grappa
