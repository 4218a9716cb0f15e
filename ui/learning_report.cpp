#include "ui/learning_report.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace grappa {

namespace {

ReportFigure figureOf(const nlohmann::json& json) {
    return {json.at("base").get<double>(), json.at("adapted").get<double>(), json.at("interval").at(0).get<double>(),
            json.at("interval").at(1).get<double>()};
}

std::map<ImageId, int> ranksOf(std::span<const Neighbour> neighbours) {
    std::map<ImageId, int> ranks;
    for (std::size_t i = 0; i < neighbours.size(); ++i)
        ranks.emplace(neighbours[i].image, static_cast<int>(i));
    return ranks;
}

} // namespace

std::optional<LearningReport> learningReportOf(const std::string& json) {
    try {
        const auto stored = nlohmann::json::parse(json);
        LearningReport report;
        report.heldOut = stored.at("heldOut").get<std::uint64_t>();
        report.gallery = stored.at("gallery").get<std::uint64_t>();
        report.copyFirst = figureOf(stored.at("copyFirst"));
        report.copyMrr = figureOf(stored.at("copyMrr"));
        report.neighbourhood = figureOf(stored.at("neighbourhood"));
        report.agreement = stored.at("agreement").get<double>();
        const auto verdict = stored.at("verdict").get<std::string>();
        report.verdict = verdict == "better"  ? LearningVerdict::Better
                         : verdict == "worse" ? LearningVerdict::Worse
                                              : LearningVerdict::NoClearDifference;
        return report;
    } catch (const nlohmann::json::exception&) {
        return std::nullopt;
    }
}

BeforeAfter compareRanks(std::span<const Neighbour> before, std::span<const Neighbour> after, std::size_t shown) {
    before = before.first(std::min(shown, before.size()));
    after = after.first(std::min(shown, after.size()));
    const auto oldRanks = ranksOf(before), newRanks = ranksOf(after);
    const auto change = [](int from, int to) {
        return to == from  ? std::pair(RankChange::Same, 0)
               : to < from ? std::pair(RankChange::Up, from - to)
                           : std::pair(RankChange::Down, to - from);
    };
    BeforeAfter result;
    for (std::size_t i = 0; i < before.size(); ++i) {
        const auto found = newRanks.find(before[i].image);
        const auto [kind, by] =
            found == newRanks.end() ? std::pair(RankChange::Gone, 0) : change(static_cast<int>(i), found->second);
        result.before.push_back({before[i].image, kind, by});
    }
    for (std::size_t i = 0; i < after.size(); ++i) {
        const auto found = oldRanks.find(after[i].image);
        const auto [kind, by] =
            found == oldRanks.end() ? std::pair(RankChange::New, 0) : change(found->second, static_cast<int>(i));
        result.after.push_back({after[i].image, kind, by});
    }
    return result;
}

} // namespace grappa
