#include "core/jobs/derived_sets.h"

#include "core/jobs/smoothing_job.h"
#include "core/search/smoothing.h"

#include <cstdlib>
#include <utility>

namespace grappa {

namespace {

/// Whitened sets of the same base vectors that were fitted in another way give way to `now`, with all that was made of
/// them. Returns whether one of them was smoothed.
bool removeOlder(Library& library, const EmbeddingSet& now) {
    bool smoothed = false;
    for (const EmbeddingSet& other : library.embeddingSets()) {
        EmbeddingSetKey key = rawKey(other.key);
        const std::string whitening = std::exchange(key.whitening, now.key.whitening);
        if (key != now.key || whitening == now.key.whitening || whitening == "none") continue;
        smoothed = smoothed || (other.key.smoothing != "raw" && other.vectors > 0);
        library.removeEmbeddingSet(other.id);
    }
    return smoothed;
}

/// A new fit takes the levels with it; they are made again over the new vectors, with the k and beta that they had.
void updateWhitened(Library& library, const EmbeddingSet& whitened, const JobContext& context) {
    EmbeddingSetKey rawKey = whitened.key;
    rawKey.whitening = "none";
    const std::optional<EmbeddingSet> raw = library.findEmbeddingSet(rawKey);
    if (!raw) return;
    LevelsOptions levels;
    for (const LevelRow& level : library.levels(whitened.id)) {
        levels.granularities.push_back(level.k);
        levels.beta = level.beta;
    }
    WhitenedBaseOptions options;
    options.power = std::strtod(whitened.key.whitening.c_str() + 1, nullptr);
    const EmbeddingSet now = whitenBase(library, *raw, options, context);
    if (!levels.granularities.empty() && library.levels(now.id).empty()) computeLevels(library, now, levels, context);
    if (removeOlder(library, now)) computeSmoothed(library, now, context);
}

} // namespace

FileLock lockDerivedSets(const Library& library) {
    auto lock = FileLock::tryAcquire(library.paths().jobLock("derive"));
    if (!lock)
        throw Error(ErrorCode::Locked,
                    "Another process computes levels or smoothed vectors of this library; wait until "
                    "it is done.");
    return std::move(*lock);
}

void deriveFrom(Library& library, const EmbeddingSet& set, const LevelsOptions& options, const JobContext& context) {
    const FileLock lock = lockDerivedSets(library);
    computeLevels(library, set, options, context);
    computeSmoothed(library, set, context);
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
    computeSmoothed(library, whitened, context);
    removeOlder(library, whitened);
    return whitened;
}

void updateDerivedSets(Library& library, const JobContext& context, const EmbedMissing& embed) {
    const FileLock lock = lockDerivedSets(library);
    for (const EmbeddingSet& set : library.embeddingSets())
        if (set.key.adaptation.empty() && set.key.smoothing == "raw" && set.key.whitening != "none")
            updateWhitened(library, set, context);
    for (const EmbeddingSet& set : library.embeddingSets())
        if (embed && !set.key.adaptation.empty() && set.key.smoothing == "raw") embed(library, set, context);
    for (const EmbeddingSet& set : library.embeddingSets())
        updateLevels(library, set, context);
    for (const EmbeddingSet& set : library.embeddingSets())
        if (set.key.smoothing == "raw") updateSmoothed(library, set, context);
}

} // namespace grappa
