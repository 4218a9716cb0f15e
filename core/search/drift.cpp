#include "core/search/drift.h"

#include "core/base/row_format.h"
#include "core/search/searcher.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace grappa {

namespace {

constexpr std::uint64_t leastAdded = 50;
constexpr double leastAddedShare = 0.05;
constexpr double leastUnlike = 0.15;

/// At most `count` of the rows, drawn at random.
std::vector<const std::byte*> sampleOf(std::span<const Searcher::Row> rows, std::size_t count, std::uint64_t seed) {
    std::vector<const std::byte*> all;
    all.reserve(rows.size());
    for (const Searcher::Row& row : rows)
        all.push_back(row.row);
    if (all.size() <= count) return all;
    std::vector<const std::byte*> sample;
    std::mt19937_64 random(seed);
    std::sample(all.begin(), all.end(), std::back_inserter(sample), count, random);
    return sample;
}

/// Of the finest level that is shown; of the finest one where none is.
std::optional<LevelRow> finestLevel(Library& library, EmbeddingSetId set) {
    std::optional<std::int64_t> k;
    for (const LevelRow& level : library.levels(set))
        if (level.shown || !k) k = level.k;
    return k ? library.level(set, *k) : std::nullopt;
}

} // namespace

std::vector<float> nearestCosines(std::span<const std::byte* const> rows, RowFormat format,
                                  std::span<const std::uint16_t> centroids, std::size_t dim,
                                  const std::stop_token& stop) {
    std::vector<float> cosines;
    cosines.reserve(rows.size());
    for (const std::byte* row : rows) {
        if (stop.stop_requested()) break;
        float best = -1;
        for (std::size_t offset = 0; offset + dim <= centroids.size(); offset += dim)
            best = std::max(best, rowHalfDot(format, row, centroids.data() + offset, dim));
        cosines.push_back(best);
    }
    return cosines;
}

double unlikeShare(std::vector<float> learned, std::span<const float> added, double within) {
    if (learned.empty() || added.empty()) return 0;
    const auto outside = std::min(static_cast<std::size_t>((1 - within) * static_cast<double>(learned.size()) + 1e-9),
                                  learned.size() - 1);
    const auto edge = learned.begin() + static_cast<std::ptrdiff_t>(outside);
    std::nth_element(learned.begin(), edge, learned.end());
    const auto unlike =
        std::count_if(added.begin(), added.end(), [limit = *edge](float cosine) { return cosine < limit; });
    return static_cast<double>(unlike) / static_cast<double>(added.size());
}

std::optional<Drift> measureDrift(Library& library, const EmbeddingSet& adapted, const DriftOptions& options) {
    const std::optional<LevelRow> level = finestLevel(library, adapted.id);
    if (!level) return std::nullopt;
    const Searcher searcher(library, adapted);
    const std::vector<Searcher::Row> rows = searcher.rows();
    const auto learned = static_cast<std::size_t>(level->images);
    if (learned == 0 || rows.size() <= learned) return std::nullopt;
    Drift drift{.learned = level->images, .added = rows.size() - learned};
    const auto dim = static_cast<std::size_t>(adapted.dim);
    const auto cosinesOf = [&](std::span<const Searcher::Row> part) {
        return nearestCosines(sampleOf(part, options.sample, options.seed), rowFormat(adapted.key), level->centroids,
                              dim, options.stop);
    };
    const std::span all(rows);
    drift.unlike = unlikeShare(cosinesOf(all.first(learned)), cosinesOf(all.subspan(learned)), options.learnedWithin);
    if (options.stop.stop_requested()) return std::nullopt;
    return drift;
}

bool isWorthTelling(const Drift& drift) {
    const bool enough =
        drift.added >= leastAdded ||
        static_cast<double>(drift.added) >= leastAddedShare * static_cast<double>(drift.learned + drift.added);
    return enough && drift.unlike >= leastUnlike;
}

} // namespace grappa
