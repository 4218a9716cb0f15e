#pragma once

#include "core/library/library.h"

#include <optional>
#include <vector>

namespace grappa {

/// What the searches of this library use.
struct SetInUse {
    std::optional<EmbeddingSet> set;         ///< nothing while nothing is embedded
    std::optional<AdaptationRow> adaptation; ///< whose set that is; nothing = the base
    bool fellBack = false;                   ///< an adaptation was chosen whose set holds no vectors (any more)
};

/// The set that the library's setting "default_set" names, as grappa-cli chooses it; the base where that set is one of
/// an adaptation that is gone or has described nothing.
SetInUse setInUse(Library& library);

/// The set that a search by the adaptation uses, as `grappa-cli search --adaptation NAME`; nothing while it is empty.
std::optional<EmbeddingSet> setOf(Library& library, const AdaptationRow& adaptation);
/// The set of the backbone alone.
std::optional<EmbeddingSet> baseSet(Library& library);
/// Those that a search can use, newest first.
std::vector<AdaptationRow> usableAdaptations(Library& library);

/// Makes the adaptation (nothing: the base) what searches use. Throws NotFound when it cannot be.
void useSetOf(Library& library, std::optional<std::int64_t> adaptation);

} // namespace grappa
