// How long the neighbourhood graph of a collection takes: N synthetic images (default 100,000 x 768, int8) in a library
// of its own; then 1,000 that come later, and a search among all. Run: bench_neighbourhoods [N]
#include "core/jobs/diffusion_job.h"
#include "core/search/diffused_set.h"
#include "core/search/index_job.h"
#include "core/search/searcher.h"
#include "tests/core/search/synthetic_vectors.h"

#include <QTemporaryDir>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

using namespace grappa;

namespace {

constexpr int dim = 768;
constexpr std::size_t lateImages = 1'000;
constexpr std::size_t queries = 200;

double secondsOf(const auto& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The most memory that this process had so far, in MB.
double peakMemory() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
    return 0;
}

/// Images without pixels: the catalogue needs a file for each.
void addImages(Library& library, const Folder& folder, const EmbeddingSet& set, const SyntheticVectors& vectors,
               std::size_t first, std::size_t count) {
    std::vector<ImportedFile> batch;
    for (std::size_t i = first; i < first + count; ++i) {
        ImportedFile& file = batch.emplace_back();
        const std::string name = std::to_string(i);
        file.folder = folder.id;
        file.relativePath = name;
        file.hash = hashBytes(std::as_bytes(std::span(name)));
        file.vector.assign(vectors.vector(i).begin(), vectors.vector(i).end());
    }
    library.commitBatch(set.id, batch);
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
    QTemporaryDir place;
    Library library(LibraryPaths::resolve(place.path().toStdString()), Library::Access::ReadWrite);
    EmbeddingSetKey key;
    key.modelHash = "bench";
    key.descriptor = withPatches;
    const EmbeddingSet plain = library.embeddingSet(key, dim);
    const Folder folder = library.addFolder(library.createCollection("All").id, "/bench");
    const SyntheticVectors vectors(count + lateImages, dim);
    addImages(library, folder, plain, vectors, 0, count);
    std::printf("index        %8.1f s\n", secondsOf([&] { indexEmbeddingSet(library, plain, {}, {}); }));
    const double before = peakMemory();
    std::printf("graph        %8.1f s for %zu images (its index included)\n",
                secondsOf([&] { computeDiffused(library, *library.findEmbeddingSet(key), {}); }), count);
    std::printf("memory       %8.0f MB at most, %.0f before\n", peakMemory(), before);
    addImages(library, folder, plain, vectors, count, lateImages);
    std::printf("followed     %8.1f s for %zu new images\n",
                secondsOf([&] { updateDiffused(library, *library.findEmbeddingSet(key), {}); }), lateImages);
    for (const EmbeddingSetKey& each : {key, diffusedKey(key)}) {
        Searcher searcher(library, *library.findEmbeddingSet(each));
        const std::vector<Searcher::Row> rows = searcher.rows();
        const double seconds = secondsOf([&] {
            for (std::size_t i = 0; i < queries; ++i)
                searcher.search(*searcher.vectorOf(rows[i * rows.size() / queries].image), {});
        });
        std::printf("search       %8.2f ms (%s)\n", 1000 * seconds / queries, each.smoothing.c_str());
    }
}
