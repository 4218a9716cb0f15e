#include "ui/adaptation_sets.h"

#include <algorithm>

namespace grappa {

namespace {

constexpr const char* defaultSet = "default_set";

std::optional<AdaptationRow> adaptationOf(Library& library, const EmbeddingSet& set) {
    for (AdaptationRow& row : library.adaptations())
        if (row.checksum == set.key.adaptation) return std::move(row);
    return std::nullopt;
}

} // namespace

SetInUse setInUse(Library& library) {
    SetInUse used{.set = library.defaultEmbeddingSet(), .adaptation = {}};
    if (!used.set || used.set->key.adaptation.empty()) return used;
    used.adaptation = adaptationOf(library, *used.set);
    if (used.adaptation && used.set->vectors > 0) return used;
    return {.set = baseSet(library), .adaptation = {}, .fellBack = true};
}

std::optional<EmbeddingSet> setOf(Library& library, const AdaptationRow& adaptation) {
    std::optional<EmbeddingSet> found;
    for (EmbeddingSet& set : library.embeddingSets())
        if (set.key.adaptation == adaptation.checksum && set.key.smoothing == "raw" &&
            (!found || found->key.fusion != "neighbours"))
            found = std::move(set);
    return found && found->vectors > 0 ? found : std::nullopt;
}

std::optional<EmbeddingSet> baseSet(Library& library) {
    const std::optional<EmbeddingSet> preferred = library.defaultEmbeddingSet();
    std::optional<EmbeddingSet> newest;
    for (EmbeddingSet& set : library.embeddingSets()) {
        if (!set.key.isRawBase()) continue;
        // The one that the vectors in use were derived from, before any other.
        const bool related = preferred && set.key.modelHash == preferred->key.modelHash &&
                             set.key.inputSize == preferred->key.inputSize &&
                             set.key.precision == preferred->key.precision;
        newest = std::move(set);
        if (related) break;
    }
    return newest;
}

std::vector<AdaptationRow> usableAdaptations(Library& library) {
    std::vector<AdaptationRow> rows = library.adaptations();
    std::erase_if(rows, [&library](const AdaptationRow& row) { return !setOf(library, row); });
    return rows;
}

void useSetOf(Library& library, std::optional<std::int64_t> adaptation) {
    std::optional<EmbeddingSet> set;
    if (!adaptation) {
        set = baseSet(library);
    } else {
        for (const AdaptationRow& row : library.adaptations())
            if (row.id == *adaptation) set = setOf(library, row);
        if (!set) throw Error(ErrorCode::NotFound, "The library holds no vectors of this adaptation.");
    }
    // Without any set the first import chooses.
    if (set) library.setSetting(defaultSet, std::to_string(set->id));
}

} // namespace grappa
