#include "ui/groups.h"

#include "ui/jobs/library_thread.h"

#include <optional>
#include <string>
#include <utility>

namespace grappa {

namespace {

constexpr std::size_t samples = 3;
constexpr std::size_t imagesOnTop = 4;

/// Calls `read` with the searcher of the level's set and the images that pass; null = all.
template <class Read>
auto withMembers(LibraryAccess& access, std::int64_t k, const ImageFilter& filter, const Read& read)
    -> decltype(read(std::declval<const Searcher&>(), nullptr)) {
    const auto target = access.target(std::to_string(k));
    if (!target) return {};
    std::vector<ImageId> passing;
    if (filter.any()) passing = access.library().imageIds(filter); // by id
    return read(access.searcher(target->set), filter.any() ? &passing : nullptr);
}

} // namespace

std::vector<LevelGroup> groupsOf(LibraryAccess& access, std::int64_t k, const ImageFilter& filter) {
    return withMembers(access, k, filter, [&](const Searcher& searcher, const std::vector<ImageId>* among) {
        return levelGroups(access.library(), searcher, k, imagesOnTop, among);
    });
}

LevelGroup groupOf(LibraryAccess& access, std::int64_t k, std::uint32_t cluster, const ImageFilter& filter) {
    return withMembers(access, k, filter, [&](const Searcher& searcher, const std::vector<ImageId>* among) {
        return levelGroup(access.library(), searcher, k, cluster, among);
    });
}

std::vector<SampleGroup> sampleGroups(LibraryAccess& access, std::int64_t k, const ImageFilter& filter) {
    std::vector<SampleGroup> found;
    for (const LevelGroup& group : typicalGroups(groupsOf(access, k, filter), samples)) {
        SampleGroup& sample = found.emplace_back(SampleGroup{group.size, {}});
        for (const ImageId image : group.images)
            if (const auto record = access.library().image(image)) sample.images.push_back(record->hash);
    }
    return found;
}

} // namespace grappa
