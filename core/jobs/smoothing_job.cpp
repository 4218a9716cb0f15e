#include "core/jobs/smoothing_job.h"

#include "core/base/row_format.h"
#include "core/search/index_job.h"
#include "core/search/set_replacement.h"
#include "core/search/smoothing.h"

#include <algorithm>
#include <span>

namespace grappa {

namespace {

constexpr std::size_t batchOfImages = 1'000;

/// Calls `store` with the smoothed vectors of the rows, batch by batch.
template <class Store>
void smoothRows(Searcher& searcher, std::span<const Searcher::Row> rows, const JobContext& context,
                const Store& store) {
    const auto dim = static_cast<std::size_t>(searcher.set().dim);
    const RowFormat format = rowFormat(searcher.set().key);
    ProgressMeter meter(context, "smooth", rows.size());
    std::vector<ImageId> images;
    std::vector<float> vectors, vector(dim);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        context.throwIfStopped();
        decodeRow(rows[i].row, format, vector);
        const std::vector<float> smooth = smoothedVector(searcher, vector, rows[i].image);
        images.push_back(rows[i].image);
        vectors.insert(vectors.end(), smooth.begin(), smooth.end());
        if (images.size() == batchOfImages || i + 1 == rows.size()) {
            store(images, vectors);
            images.clear();
            vectors.clear();
        }
        meter.advanceTo(i + 1);
    }
}

} // namespace

EmbeddingSet computeSmoothed(Library& library, const EmbeddingSet& raw, const JobContext& context) {
    const EmbeddingSetKey key = smoothedKey(raw.key);
    Searcher searcher(library, raw);
    const EmbeddingSet set = library.embeddingSet(key, raw.dim);
    SetReplacement replacement(library, set);
    smoothRows(
        searcher, searcher.rows(), context,
        [&](std::span<const ImageId> images, std::span<const float> vectors) { replacement.add(images, vectors); });
    replacement.commit({}, context);
    indexEmbeddingSet(library, set, {}, context);
    return *library.findEmbeddingSet(key);
}

void updateSmoothed(Library& library, const EmbeddingSet& raw, const JobContext& context) {
    const std::optional<EmbeddingSet> set = library.findEmbeddingSet(smoothedKey(raw.key));
    const std::optional<EmbeddingSet> now = library.findEmbeddingSet(raw.key);
    if (!set || !now) return;
    std::vector<ImageId> missing = library.imagesWithoutVector(set->id);
    Searcher searcher(library, *now);
    std::vector<Searcher::Row> rows = searcher.rows();
    const std::uint64_t late = rows.size() - std::min<std::uint64_t>(rows.size(), set->computedImages);
    if (10 * late > set->computedImages) {
        computeSmoothed(library, *now, context);
        return;
    }
    std::erase_if(
        rows, [&](const Searcher::Row& row) { return !std::binary_search(missing.begin(), missing.end(), row.image); });
    if (rows.empty()) return;
    smoothRows(searcher, rows, context, [&](std::span<const ImageId> images, std::span<const float> vectors) {
        library.commitVectors(set->id, images, vectors);
    });
    indexEmbeddingSet(library, *set, {}, context);
}

} // namespace grappa
