#pragma once

#include "core/search/score_scale.h"
#include "core/search/searcher.h"

#include <QString>

#include <map>
#include <span>

namespace grappa {

/// What the results after a place in their order have, unlike those before.
enum class Divider {
    None,
    OtherGroups,     ///< they lie outside of the query's group
    LessAlike,       ///< they come after the gap (gapAfter())
    NotMuchInCommon, ///< of the band of that name
};

/// By the number of the first result after each; at most one of a kind, one at a place.
using Dividers = std::map<int, Divider>;

/// Of results in the order of their scores.
Dividers dividersOf(std::span<const Neighbour> results, const ScoreScale& scale);

/// "other groups"; empty for None.
QString dividerText(Divider divider);

} // namespace grappa
