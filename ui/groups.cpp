#include "ui/groups.h"

#include "core/search/level_groups.h"
#include "ui/jobs/library_thread.h"

#include <optional>
#include <string>

namespace grappa {

namespace {

constexpr std::size_t samples = 3;
constexpr std::size_t imagesOfSample = 4;

} // namespace

std::vector<SampleGroup> sampleGroups(LibraryAccess& access, std::int64_t k, const ImageFilter& filter) {
    const auto target = access.target(std::to_string(k));
    if (!target) return {};
    std::vector<ImageId> passing;
    if (filter.any()) passing = access.library().imageIds(filter);
    const auto groups = levelGroups(access.library(), access.searcher(target->set), k, imagesOfSample,
                                    filter.any() ? &passing : nullptr);
    std::vector<SampleGroup> found;
    for (const LevelGroup& group : typicalGroups(groups, samples)) {
        SampleGroup& sample = found.emplace_back(SampleGroup{group.size, {}});
        for (const ImageId image : group.images)
            if (const auto record = access.library().image(image)) sample.images.push_back(record->hash);
    }
    return found;
}

} // namespace grappa
