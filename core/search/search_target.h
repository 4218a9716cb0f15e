#pragma once

#include "core/library/library.h"

#include <cstdint>
#include <optional>
#include <string>

namespace grappa {

/// Where a search looks: which set, blended at which level.
struct SearchTarget {
    EmbeddingSet set;
    std::optional<std::int64_t> level; ///< k, for SearchOptions::level
};

/// What "--level" means for a set: empty = the set itself; "raw" = its plain vectors, each picture by itself; "auto" =
/// its diffused set where there is one of enough images (fewestDiffused), else the plain vectors; a number = the level
/// of that k. Plain vectors, levels and diffused set of the raw base vectors are those of their whitened set, where
/// there is one. Throws Usage for another word, NotFound for a level that is not there.
SearchTarget searchTarget(Library& library, const EmbeddingSet& set, const std::string& level);

/// The set whose levels searchTarget() finds first; nothing while there are none.
std::optional<EmbeddingSet> setWithLevels(Library& library, const EmbeddingSet& set);

} // namespace grappa
