#include "core/search/search_target.h"

#include "core/search/diffused_set.h"

#include <algorithm>
#include <charconv>

namespace grappa {

namespace {

/// The set itself; after it, for raw base vectors, their whitened sets, newest first.
std::vector<EmbeddingSet> family(Library& library, const EmbeddingSet& set) {
    std::vector<EmbeddingSet> sets{set};
    if (!set.key.isRawBase()) return sets;
    std::vector<EmbeddingSet> all = library.embeddingSets();
    std::reverse(all.begin(), all.end());
    for (EmbeddingSet& other : all) {
        EmbeddingSetKey key = other.key;
        key.whitening = "none";
        if (other.id != set.id && key == set.key) sets.push_back(std::move(other));
    }
    return sets;
}

EmbeddingSet plainOf(Library& library, const EmbeddingSet& set) {
    return set.key.smoothing == "raw" ? set : library.findEmbeddingSet(plainKey(set.key)).value_or(set);
}

} // namespace

std::optional<EmbeddingSet> setWithLevels(Library& library, const EmbeddingSet& set) {
    for (EmbeddingSet& candidate : family(library, plainOf(library, set)))
        if (!library.levels(candidate.id).empty()) return std::move(candidate);
    return std::nullopt;
}

SearchTarget searchTarget(Library& library, const EmbeddingSet& chosen, const std::string& level) {
    if (level.empty()) return {chosen, {}};
    const EmbeddingSet set = plainOf(library, chosen);
    const std::vector<EmbeddingSet> sets = family(library, set);
    if (level == "raw") {
        const auto plain = std::find_if(sets.begin(), sets.end(), [](const EmbeddingSet& candidate) {
            return !candidate.key.isRawBase() && candidate.vectors > 0;
        });
        return {plain == sets.end() ? set : *plain, {}};
    }
    if (level == "auto") {
        for (const EmbeddingSet& candidate : sets)
            if (auto diffused = library.findEmbeddingSet(diffusedKey(candidate.key));
                diffused && diffused->vectors >= fewestDiffused)
                return {std::move(*diffused), {}};
        return searchTarget(library, set, "raw");
    }
    std::int64_t k = 0;
    const auto [end, error] = std::from_chars(level.data(), level.data() + level.size(), k);
    if (error != std::errc() || end != level.data() + level.size())
        throw Error(ErrorCode::Usage, "\"" + level + "\" is no level; write raw, auto or a number of clusters.");
    std::string known;
    for (const EmbeddingSet& candidate : sets)
        for (const LevelRow& row : library.levels(candidate.id)) {
            if (row.k == k) return {candidate, k};
            known += (known.empty() ? "" : ", ") + std::to_string(row.k);
        }
    throw Error(ErrorCode::NotFound,
                "There is no level of " + std::to_string(k) + " clusters; " +
                    (known.empty() ? "make levels with: grappa-cli levels" : "there are " + known + "."));
}

} // namespace grappa
