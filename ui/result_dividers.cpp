#include "ui/result_dividers.h"

#include "core/search/level_groups.h"

#include <QCoreApplication>

#include <algorithm>
#include <vector>

namespace grappa {

Dividers dividersOf(std::span<const Neighbour> results, const ScoreScale& scale) {
    std::vector<float> scores;
    for (const Neighbour& result : results)
        scores.push_back(scale.score(result.score));
    Dividers dividers;
    // Where two fall on one place, the first says more.
    const auto add = [&dividers](std::size_t at, Divider divider) { dividers.emplace(static_cast<int>(at), divider); };
    if (const auto border = groupBorder(results)) add(*border, Divider::OtherGroups);
    if (const auto gap = gapAfter(scores)) add(*gap, Divider::LessAlike);
    const auto far = std::ranges::find_if(scores, [](float score) { return score < relatedFrom; });
    if (far != scores.begin() && far != scores.end())
        add(static_cast<std::size_t>(far - scores.begin()), Divider::NotMuchInCommon);
    return dividers;
}

QString dividerText(Divider divider) {
    switch (divider) {
    case Divider::None:
        return {};
    case Divider::OtherGroups:
        return QCoreApplication::translate("Divider", "other groups");
    case Divider::LessAlike:
        return QCoreApplication::translate("Divider", "less alike");
    case Divider::NotMuchInCommon:
        return QCoreApplication::translate("Divider", "not much in common");
    }
    return {};
}

} // namespace grappa
