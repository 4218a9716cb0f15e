// How long a search takes when the level changes: a library of N synthetic images (default 100,000 x 384) in a folder
// of its own, cluster numbers at k = 1,024 and 16,384. Run: bench_levels [N]
#include "core/library/library.h"
#include "core/search/index_job.h"
#include "core/search/searcher.h"
#include "core/search/set_replacement.h"
#include "tests/core/search/synthetic_vectors.h"

#include <QTemporaryDir>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <set>

using namespace grappa;

namespace {

constexpr int dim = 384;
constexpr int queries = 50;

class Stopwatch {
public:
    double milliseconds() {
        const auto now = std::chrono::steady_clock::now();
        const double passed = std::chrono::duration<double, std::milli>(now - m_start).count();
        m_start = now;
        return passed;
    }

private:
    std::chrono::steady_clock::time_point m_start = std::chrono::steady_clock::now();
};

/// Images without pixels: the catalogue needs a file for each.
std::vector<ImageId> addImages(Library& library, const EmbeddingSet& set, std::size_t count) {
    const Folder folder = library.addFolder(library.createCollection("All").id, "/bench");
    std::vector<ImportedFile> batch;
    for (std::size_t i = 0; i < count; ++i) {
        ImportedFile& file = batch.emplace_back();
        const std::string name = std::to_string(i);
        file.folder = folder.id;
        file.relativePath = name;
        file.hash = hashBytes(std::as_bytes(std::span(name)));
    }
    library.commitBatch(set.id, batch);
    return library.imageIds();
}

/// k of the vectors, evenly spread, are the centroids.
LevelRow levelOf(const SyntheticVectors& vectors, std::size_t count, std::int64_t k) {
    LevelRow level;
    level.k = k;
    for (std::int64_t c = 0; c < k; ++c) {
        const auto* row = vectors.row(static_cast<std::size_t>(c) * count / static_cast<std::size_t>(k));
        level.centroids.insert(level.centroids.end(), row, row + dim);
    }
    return level;
}

std::uint32_t nearestOf(const LevelRow& level, const SyntheticVectors& vectors, std::size_t image, std::size_t count) {
    const auto k = static_cast<std::size_t>(level.k);
    const std::size_t middle = image * k / count;
    const std::size_t first = middle < 32 ? 0 : middle - 32;
    std::size_t best = first;
    float bestScore = -2;
    for (std::size_t c = first; c < std::min(k, first + 64); ++c)
        if (const float score = halfDot(vectors.row(image), level.centroids.data() + c * dim, dim); score > bestScore) {
            best = c;
            bestScore = score;
        }
    return static_cast<std::uint32_t>(best);
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
    QTemporaryDir folder;
    Library library(LibraryPaths::resolve(folder.path().toStdString()), Library::Access::ReadWrite);
    EmbeddingSetKey key;
    key.modelHash = "bench";
    EmbeddingSet set = library.embeddingSet(key, dim);
    const std::vector<ImageId> ids = addImages(library, set, count);
    const SyntheticVectors vectors(count, dim);

    Stopwatch watch;
    SetReplacement replacement(library, set);
    replacement.add(ids, vectors.floats);
    replacement.commit({}, {});
    std::printf("replace all vectors       %8.0f ms\n", watch.milliseconds());
    std::vector<LevelRow> levels{levelOf(vectors, count, 1'024), levelOf(vectors, count, 16'384)};
    std::vector<std::uint32_t> clusters;
    for (std::size_t i = 0; i < count; ++i)
        for (const LevelRow& level : levels)
            clusters.push_back(nearestOf(level, vectors, i, count));
    watch.milliseconds();
    library.storeLevels(set.id, levels, ids, clusters);
    std::printf("store two levels          %8.0f ms\n", watch.milliseconds());
    indexEmbeddingSet(library, set, {}, {});
    std::printf("index                     %8.0f ms\n", watch.milliseconds());

    Searcher searcher(library, set);
    std::vector<ImageId> page(ids.begin(), ids.begin() + std::min<std::ptrdiff_t>(1'000, std::ssize(ids)));
    for (const std::int64_t k : {std::int64_t{0}, std::int64_t{1'024}, std::int64_t{16'384}}) {
        SearchOptions options;
        if (k > 0) options.level = k;
        watch.milliseconds();
        searcher.search(vectors.vector(0), options);
        const double first = watch.milliseconds();
        std::size_t same = 0;
        double scanned = 0, probed = 0, ranked = 0, all = 0;
        for (std::size_t query = 0; query < queries; ++query) {
            const auto vector = vectors.vector(query * count / queries);
            watch.milliseconds();
            options.levelScan = SIZE_MAX;
            options.exact = true;
            const auto exact = searcher.search(vector, options);
            scanned += watch.milliseconds();
            options.levelScan = std::min<std::size_t>(200'000, count / 2);
            options.exact = false;
            const auto found = searcher.search(vector, options);
            if (query > 0) probed += watch.milliseconds(); // the first one sorts the rows by cluster
            watch.milliseconds();
            searcher.rank(vector, page, options.level);
            ranked += watch.milliseconds();
            searcher.rank(vector, ids, options.level);
            all += watch.milliseconds();
            std::set<ImageId> images;
            for (const Neighbour& neighbour : exact)
                images.insert(neighbour.image);
            for (const Neighbour& neighbour : found)
                same += images.count(neighbour.image);
        }
        std::printf(
            "k %6lld: first %7.1f ms, scan %6.1f ms, index %6.1f ms (recall@50 %.3f), rank 1,000 %5.2f ms, rank "
            "all %6.1f ms\n",
            static_cast<long long>(k), first, scanned / queries, probed / (queries - 1),
            static_cast<double>(same) / (50.0 * queries), ranked / queries, all / queries);
    }
}
