#pragma once

#include "core/search/searcher.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace grappa {

enum class LearningVerdict { Better, NoClearDifference, Worse };

/// One measured quantity in per cent, with the 95 % interval of the difference.
struct ReportFigure {
    double base = 0, learned = 0;
    double low = 0, high = 0; ///< of learned - base
};

/// What is known of an adaptation without labels: the report that grappa-cli stores with it.
struct LearningReport {
    std::uint64_t heldOut = 0; ///< images asked for
    std::uint64_t gallery = 0; ///< images searched
    ReportFigure copyFirst{}, copyMrr{}, neighbourhood{};
    double agreement = 0; ///< share of neighbours that are those of the base, in per cent
    LearningVerdict verdict = LearningVerdict::NoClearDifference;
};

/// Nothing when it is not one.
std::optional<LearningReport> learningReportOf(const std::string& json);

/// What became of an image's rank from one search to another.
enum class RankChange { Same, Up, Down, New, Gone };

struct RankedImage {
    ImageId image = 0;
    RankChange change = RankChange::Same;
    int by = 0; ///< places, for Up and Down
    bool operator==(const RankedImage&) const = default;
};

/// The first results of two searches by the same image; an image is new or gone when the other side does not show it.
struct BeforeAfter {
    std::vector<RankedImage> before, after;
};
BeforeAfter compareRanks(std::span<const Neighbour> before, std::span<const Neighbour> after, std::size_t shown);

} // namespace grappa
