#include "core/jobs/derived_sets.h"

#include "core/jobs/diffusion_job.h"
#include "core/search/diffused_set.h"

#include <utility>

namespace grappa {

namespace {

/// Whitened sets of the same base vectors that were fitted in another way give way to `now`, with all that was made of
/// them.
void removeOlder(Library& library, const EmbeddingSet& now) {
    for (const EmbeddingSet& other : library.embeddingSets()) {
        EmbeddingSetKey key = plainKey(other.key);
        const std::string whitening = std::exchange(key.whitening, now.key.whitening);
        if (key != now.key || whitening == now.key.whitening || whitening == "none") continue;
        library.removeEmbeddingSet(other.id);
    }
}

bool isWhitenedBase(const EmbeddingSetKey& key) {
    return key.adaptation.empty() && key.smoothing == "raw" && key.whitening != "none";
}

/// The whitened set of a raw one, where there is one already, or where a prior makes it safe for any collection. A new
/// fit takes the levels with it; they are made again over the new vectors, with the k and beta that they had.
void updateWhitened(Library& library, const EmbeddingSet& raw, const JobContext& context) {
    std::optional<EmbeddingSet> whitened;
    for (EmbeddingSet& other : library.embeddingSets()) {
        EmbeddingSetKey key = other.key;
        key.whitening = "none";
        if (isWhitenedBase(other.key) && key == raw.key) whitened = std::move(other);
    }
    if (raw.vectors == 0 || (!whitened && !priorOf(raw))) return;
    LevelsOptions levels;
    if (whitened)
        for (const LevelRow& level : library.levels(whitened->id)) {
            levels.granularities.push_back(level.k);
            levels.beta = level.beta;
        }
    const EmbeddingSet now = whitenBase(library, raw, {}, context);
    if (!levels.granularities.empty() && library.levels(now.id).empty()) computeLevels(library, now, levels, context);
    removeOlder(library, now);
}

/// Of a plain set; takes the place of what an earlier version smoothed.
void updateNeighbourhoods(Library& library, const EmbeddingSet& plain, const JobContext& context) {
    updateDiffused(library, plain, context);
    EmbeddingSetKey earlier = plain.key;
    earlier.smoothing = "smoothed";
    if (const auto smoothed = library.findEmbeddingSet(earlier)) library.removeEmbeddingSet(smoothed->id);
}

} // namespace

FileLock lockDerivedSets(const Library& library) {
    auto lock = FileLock::tryAcquire(library.paths().jobLock("derive"));
    if (!lock)
        throw Error(ErrorCode::Locked, "Another process computes levels or neighbourhoods of this library; wait until "
                                       "it is done.");
    return std::move(*lock);
}

void deriveFrom(Library& library, const EmbeddingSet& set, const LevelsOptions& options, const JobContext& context) {
    const FileLock lock = lockDerivedSets(library);
    computeLevels(library, set, options, context);
    computeDiffused(library, set, context);
}

EmbeddingSet deriveFromBase(Library& library, const EmbeddingSet& raw, const WhitenedBaseOptions& whitening,
                            const LevelsOptions& options, const JobContext& context) {
    const FileLock lock = lockDerivedSets(library);
    // Before anything changes: a new whitening takes the levels with it.
    const std::optional<EmbeddingSet> now = library.findEmbeddingSet(raw.key);
    const std::uint64_t images = now ? now->vectors : 0;
    for (const std::int64_t k : options.granularities)
        if (k > static_cast<std::int64_t>(images))
            throw Error(ErrorCode::Usage, "There cannot be " + std::to_string(k) + " clusters of " +
                                              std::to_string(images) + " images; choose a smaller number.");
    const EmbeddingSet whitened = whitenBase(library, raw, whitening, context);
    computeLevels(library, whitened, options, context);
    computeDiffused(library, whitened, context);
    removeOlder(library, whitened);
    return whitened;
}

void followImport(Library& library, const EmbeddingSet& raw, const JobContext& context) {
    const auto lock = FileLock::tryAcquire(library.paths().jobLock("derive"));
    if (!lock) return;
    for (const EmbeddingSet& set : library.embeddingSets()) {
        EmbeddingSetKey key = set.key;
        key.whitening = "none";
        if (!isWhitenedBase(set.key) || key != raw.key || set.vectors == 0) continue;
        whitenNewImages(library, raw, set);
        if (!diffusedIsOutgrown(library, set)) placeNewImages(library, set, context);
    }
}

void updateDerivedSets(Library& library, const JobContext& context, const EmbedMissing& embed) {
    const FileLock lock = lockDerivedSets(library);
    for (const EmbeddingSet& set : library.embeddingSets())
        if (set.key.isRawBase()) updateWhitened(library, set, context);
    for (const EmbeddingSet& set : library.embeddingSets())
        if (embed && !set.key.adaptation.empty() && set.key.smoothing == "raw") embed(library, set, context);
    for (const EmbeddingSet& set : library.embeddingSets())
        updateLevels(library, set, context);
    for (const EmbeddingSet& set : library.embeddingSets())
        if (set.key.smoothing == "raw" && !set.key.isRawBase()) updateNeighbourhoods(library, set, context);
}

} // namespace grappa
