#include "core/jobs/levels_job.h"

#include "core/base/half.h"
#include "core/jobs/stored_vectors.h"
#include "core/training/kmeans.h"
#include "core/training/levels.h"

#include <algorithm>

namespace grappa {

namespace {

constexpr std::int64_t clusterUpTo = 100'000;
constexpr std::int64_t largestDefaultK = 16'384;
constexpr std::int64_t overlapSample = 2'000;
constexpr std::int64_t overlapAt = 20;
constexpr double alikeFrom = 0.9;

/// `count` row numbers spread over n rows, ascending.
torch::Tensor spread(std::int64_t n, std::int64_t count) {
    return (torch::arange(count, torch::kLong) * n).floor_divide(count);
}

std::vector<std::int64_t> chosenGranularities(const LevelsOptions& options, std::int64_t images) {
    std::vector<std::int64_t> list = options.granularities;
    if (list.empty()) {
        list = defaultGranularities(images, options.levels);
        std::erase_if(list, [](std::int64_t k) { return k > largestDefaultK; });
    }
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
    return list;
}

/// Rounded as they are stored, so that the nearest centroid is the same one here and in a search.
std::vector<std::uint16_t> stored(torch::Tensor& centroids) {
    centroids = centroids.contiguous();
    std::vector<std::uint16_t> halves(static_cast<std::size_t>(centroids.numel()));
    toHalf(values(centroids), halves);
    toFloat(halves, {centroids.data_ptr<float>(), halves.size()});
    return halves;
}

class LevelsJob {
public:
    LevelsJob(Library& library, const EmbeddingSet& set, const LevelsOptions& options, const JobContext& context)
        : m_library(library)
        , m_set(set)
        , m_options(options)
        , m_context(context)
        , m_stored(storedVectors(library, set))
        , m_images(m_stored.vectors.size(0)) {}

    void run() {
        const std::vector<std::int64_t> list = chosenGranularities(m_options, m_images);
        m_levels.resize(list.size());
        m_clusters.resize(list.size());
        for (std::size_t i = 0; i < list.size(); ++i)
            cluster(i, list[i]);
        measure();

        std::vector<std::uint32_t> numbers(m_stored.images.size() * list.size());
        for (std::size_t level = 0; level < list.size(); ++level) {
            const auto* clusters = m_clusters[level].data_ptr<std::int64_t>();
            for (std::size_t i = 0; i < m_stored.images.size(); ++i)
                numbers[i * list.size() + level] = static_cast<std::uint32_t>(clusters[i]);
        }
        m_context.throwIfStopped();
        m_library.storeLevels(m_set.id, m_levels, m_stored.images, numbers);
    }

private:
    void cluster(std::size_t level, std::int64_t k) {
        auto points = m_stored.vectors;
        if (m_images > clusterUpTo) points = points.index_select(0, spread(m_images, clusterUpTo));
        const KMeansOptions options{.clusters = k, .iterations = m_options.iterations, .seed = m_options.seed};
        m_centroids.push_back(kMeans(points, options, m_context).centroids);
        LevelRow& row = m_levels[level];
        row.k = k;
        row.beta = m_options.beta;
        row.images = static_cast<std::uint64_t>(m_images);
        row.centroids = stored(m_centroids.back());
        m_clusters[level] = nearestCentroid(m_stored.vectors, m_centroids.back());
    }

    /// From the finest stop to the coarsest.
    void measure() {
        const std::int64_t count = std::min(overlapAt, m_images - 1);
        if (m_levels.empty() || count < 1) return;
        const auto sample = spread(m_images, std::min(overlapSample, m_images));
        const auto raw = nearestNeighbours(m_stored.vectors, count, sample);
        auto finer = raw;
        const AlteredCopies copies =
            m_options.copies ? m_options.copies(m_set, m_stored.images, m_context) : AlteredCopies();
        ProgressMeter meter(m_context, "compare levels", m_levels.size());
        for (std::size_t i = m_levels.size(); i-- > 0;) {
            m_context.throwIfStopped();
            LevelRow& row = m_levels[i];
            const auto blended = levelBlend(m_stored.vectors, m_centroids[i], m_clusters[i], row.beta);
            const auto neighbours = nearestNeighbours(blended, count, sample);
            row.overlapRaw = neighbourOverlap(neighbours, raw);
            row.overlapFiner = neighbourOverlap(neighbours, finer);
            row.shown = row.overlapFiner < alikeFrom;
            if (row.shown) finer = neighbours;
            if (!copies.sources.empty()) row.copyFirst = copyFirst(copies, blended, m_centroids[i], row.beta);
            meter.advanceTo(m_levels.size() - i);
        }
    }

    /// How often the image nearest to a copy is its source.
    double copyFirst(const AlteredCopies& copies, const torch::Tensor& blended, const torch::Tensor& centroids,
                     double beta) const {
        const auto found = nearestCentroid(
            levelBlend(copies.vectors, centroids, nearestCentroid(copies.vectors, centroids), beta), blended);
        const auto* rows = found.data_ptr<std::int64_t>();
        std::size_t first = 0;
        for (std::size_t i = 0; i < copies.sources.size(); ++i)
            first += m_stored.images[static_cast<std::size_t>(rows[i])] == copies.sources[i];
        return static_cast<double>(first) / static_cast<double>(copies.sources.size());
    }

    Library& m_library;
    const EmbeddingSet& m_set;
    const LevelsOptions& m_options;
    const JobContext& m_context;
    StoredVectors m_stored;
    std::int64_t m_images;
    std::vector<LevelRow> m_levels;
    std::vector<torch::Tensor> m_centroids, m_clusters; ///< of each level
};

} // namespace

void computeLevels(Library& library, const EmbeddingSet& set, const LevelsOptions& options, const JobContext& context) {
    const torch::NoGradGuard noGradients;
    LevelsJob(library, set, options, context).run();
}

void updateLevels(Library& library, const EmbeddingSet& set, const JobContext& context) {
    const std::vector<LevelRow> levels = library.levels(set.id);
    const std::optional<EmbeddingSet> now = library.findEmbeddingSet(set.key);
    if (levels.empty() || !now) return;
    if (now->vectors >= 2 * levels.front().images) {
        LevelsOptions options;
        options.beta = levels.front().beta;
        for (const LevelRow& level : levels)
            options.granularities.push_back(level.k);
        computeLevels(library, *now, options, context);
        return;
    }
    const std::vector<ImageId> late = library.imagesWithoutClusters(set.id);
    if (late.empty()) return;
    const StoredVectors stored = storedVectors(library, *now, late);
    std::vector<std::uint32_t> numbers(stored.images.size() * levels.size());
    for (std::size_t i = 0; i < levels.size(); ++i) {
        context.throwIfStopped();
        const std::optional<LevelRow> level = library.level(set.id, levels[i].k);
        auto centroids = torch::empty({levels[i].k, now->dim});
        toFloat(level->centroids, {centroids.data_ptr<float>(), level->centroids.size()});
        const auto clusters = nearestCentroid(stored.vectors, centroids);
        for (std::size_t image = 0; image < stored.images.size(); ++image)
            numbers[image * levels.size() + i] = static_cast<std::uint32_t>(clusters.data_ptr<std::int64_t>()[image]);
    }
    library.addClusterNumbers(set.id, stored.images, numbers);
}

} // namespace grappa
