#include "core/search/level_groups.h"

#include "core/base/row_format.h"

#include <algorithm>
#include <numeric>

namespace grappa {

namespace {

struct Member {
    ImageId image = 0;
    float product = 0; ///< with the centroid
};

bool nearer(const Member& a, const Member& b) {
    return a.product > b.product || (a.product == b.product && a.image < b.image);
}

/// The members of each cluster, or of the one that is asked for.
std::vector<std::vector<Member>> membersOf(Library& library, const Searcher& searcher, std::int64_t k,
                                           std::optional<std::uint32_t> only, const std::vector<ImageId>* among) {
    const auto snapshot = library.snapshot();
    const std::optional<LevelRow> level = library.level(searcher.set().id, k);
    if (!level) {
        std::string detail = "The embedding set has no level of ";
        detail += std::to_string(k);
        throw Error(ErrorCode::NotFound, detail + " clusters.");
    }
    const ClusterScan scan = library.clusterNumbers(searcher.set().id, k);
    const auto dim = static_cast<std::size_t>(searcher.set().dim);
    const RowFormat format = rowFormat(searcher.set().key);
    std::vector<std::vector<Member>> members(static_cast<std::size_t>(k));
    std::size_t at = 0; // both are ascending
    for (const Searcher::Row& row : searcher.rows()) {
        while (at < scan.images.size() && scan.images[at] < row.image)
            ++at;
        if (at == scan.images.size()) break;
        if (scan.images[at] != row.image || (only && scan.clusters[at] != *only)) continue;
        if (among && !std::binary_search(among->begin(), among->end(), row.image)) continue;
        const std::uint32_t cluster = scan.clusters[at];
        members[cluster].push_back(
            {row.image, rowHalfDot(format, row.row, level->centroids.data() + cluster * dim, dim)});
    }
    return members;
}

LevelGroup groupOf(std::uint32_t cluster, std::vector<Member>& members, std::size_t images) {
    LevelGroup group{.cluster = cluster, .size = members.size(), .images = {}};
    const auto end = members.begin() + static_cast<std::ptrdiff_t>(std::min(images, members.size()));
    std::partial_sort(members.begin(), end, members.end(), nearer);
    std::transform(members.begin(), end, std::back_inserter(group.images),
                   [](const Member& member) { return member.image; });
    return group;
}

} // namespace

std::vector<LevelGroup> levelGroups(Library& library, const Searcher& searcher, std::int64_t k,
                                    std::size_t representatives, const std::vector<ImageId>* among) {
    auto members = membersOf(library, searcher, k, std::nullopt, among);
    std::vector<LevelGroup> groups;
    for (std::uint32_t cluster = 0; cluster < members.size(); ++cluster)
        if (!members[cluster].empty()) groups.push_back(groupOf(cluster, members[cluster], representatives));
    std::stable_sort(groups.begin(), groups.end(),
                     [](const LevelGroup& a, const LevelGroup& b) { return a.size > b.size; });
    return groups;
}

LevelGroup levelGroup(Library& library, const Searcher& searcher, std::int64_t k, std::uint32_t cluster,
                      const std::vector<ImageId>* among) {
    auto members = membersOf(library, searcher, k, cluster, among);
    if (cluster >= members.size()) return {.cluster = cluster, .images = {}};
    return groupOf(cluster, members[cluster], members[cluster].size());
}

std::optional<std::size_t> groupBorder(std::span<const Neighbour> results) {
    // Of the images before a place, those of the group less the others: most where the fewest are on the wrong side.
    std::ptrdiff_t balance = 0, most = 0;
    std::size_t border = 0;
    for (std::size_t i = 0; i < results.size(); ++i) {
        balance += results[i].inGroup ? 1 : -1;
        if (balance <= most) continue;
        most = balance;
        border = i + 1;
    }
    return border == 0 || border == results.size() ? std::nullopt : std::optional(border);
}

std::vector<LevelGroup> typicalGroups(std::span<const LevelGroup> groups, std::size_t count) {
    const std::uint64_t images =
        std::accumulate(groups.begin(), groups.end(), std::uint64_t{0},
                        [](std::uint64_t sum, const LevelGroup& group) { return sum + group.size; });
    std::vector<LevelGroup> typical;
    std::uint64_t before = 0;
    std::size_t step = 0;
    for (const LevelGroup& group : groups) {
        before += group.size;
        // The middle of the step: not the very largest and not the smallest.
        const auto wanted = [&] { return (2 * step + 1) * images / (2 * count); };
        if (step == count || before <= wanted()) continue;
        typical.push_back(group);
        while (step < count && before > wanted())
            ++step;
    }
    return typical;
}

} // namespace grappa
