#include "core/jobs/diffusion_job.h"

#include "core/jobs/derived_parts.h"
#include "core/jobs/diffused_vectors.h"
#include "core/jobs/nearest_rows.h"
#include "core/jobs/stored_vectors.h"
#include "core/search/diffused_set.h"
#include "core/search/index_job.h"
#include "core/search/set_replacement.h"

#include <algorithm>
#include <span>

namespace grappa {

namespace {

constexpr std::size_t exactUpTo = 120'000;
constexpr std::size_t batchOfImages = 1'000;

/// By the index, for collections that are too large to compare every pair.
NearestRows nearestByIndex(Searcher& searcher, const StoredVectors& plain, std::span<const float> points,
                           const JobContext& context) {
    const auto dim = static_cast<std::size_t>(searcher.set().dim);
    NearestRows nearest;
    nearest.count = storedNeighbours;
    nearest.rows.assign(plain.images.size() * nearest.count, NearestRows::none);
    nearest.cosines.assign(nearest.rows.size(), 0);
    SearchOptions options;
    options.limit = 2 * storedNeighbours;
    ProgressMeter meter(context, "neighbours", plain.images.size());
    const std::span<const float> vectors = values(plain.vectors);
    std::vector<std::pair<float, std::uint32_t>> near;
    for (std::size_t row = 0; row < plain.images.size(); ++row) {
        context.throwIfStopped();
        const std::span<const float> own = points.subspan(row * dim, dim);
        options.exclude = plain.images[row];
        near.clear();
        for (const Neighbour& neighbour : searcher.search(vectors.subspan(row * dim, dim), options)) {
            const auto at = static_cast<std::size_t>(
                std::lower_bound(plain.images.begin(), plain.images.end(), neighbour.image) - plain.images.begin());
            const std::span<const float> other = points.subspan(at * dim, dim);
            near.emplace_back(-std::inner_product(own.begin(), own.end(), other.begin(), 0.0F), at);
        }
        std::sort(near.begin(), near.end());
        for (std::size_t i = 0; i < std::min(near.size(), nearest.count); ++i) {
            nearest.rows[row * nearest.count + i] = near[i].second;
            nearest.cosines[row * nearest.count + i] = -near[i].first;
        }
        meter.advanceTo(row + 1);
    }
    return nearest;
}

std::vector<Neighbourhood> neighbourhoodsOf(const NearestRows& nearest, const Diffusion& diffusion,
                                            std::span<const ImageId> images) {
    const std::size_t k = DiffusionOptions().neighbours;
    std::vector<Neighbourhood> neighbourhoods(images.size());
    for (std::size_t row = 0; row < images.size(); ++row) {
        Neighbourhood& one = neighbourhoods[row];
        one.degree = diffusion.degree(row);
        for (std::size_t i = 0; i < nearest.count; ++i) {
            const std::uint32_t other = nearest.rows[row * nearest.count + i];
            if (other == NearestRows::none) break;
            one.images.push_back(images[other]);
            if (i + 1 == k) one.radius = nearest.cosines[row * nearest.count + i];
        }
    }
    return neighbourhoods;
}

void diffuseParts(Library& library, const EmbeddingSet& plain, const EmbeddingSet& diffused) {
    std::optional<Searcher> plainSearcher, diffusedSearcher; // opened for the few libraries that have parts
    deriveParts(library, plain, diffused, [&](std::span<const float> part) {
        if (!plainSearcher) plainSearcher.emplace(library, plain);
        if (!diffusedSearcher) diffusedSearcher.emplace(library, diffused);
        LocalDiffusion diffusion(library, *plainSearcher, *diffusedSearcher);
        diffusion.add(part);
        return diffusion.vectors();
    });
}

} // namespace

EmbeddingSet computeDiffused(Library& library, const EmbeddingSet& plain, const JobContext& context) {
    const EmbeddingSetKey key = diffusedKey(plain.key);
    Searcher searcher(library, plain);
    StoredVectors stored = toMatrix(searcher.rows(), searcher.set());
    const EmbeddingSet set = library.embeddingSet(key, std::min(plain.dim, diffusedDim));
    SetReplacement replacement(library, set);
    SetMapping mapping;
    std::vector<Neighbourhood> neighbourhoods;
    if (!stored.images.empty()) {
        const auto dim = static_cast<std::size_t>(plain.dim);
        torch::Tensor points = stored.vectors.clone();
        const PowerChange change(library.whitening(plain.id), diffusedPower);
        const std::span<float> rows(points.data_ptr<float>(), static_cast<std::size_t>(points.numel()));
        for (std::size_t begin = 0; begin < rows.size(); begin += dim)
            change.apply(rows.subspan(begin, dim));
        const NearestRows nearest = stored.images.size() <= exactUpTo
                                        ? nearestRows(points, static_cast<std::int64_t>(storedNeighbours), context)
                                        : nearestByIndex(searcher, stored, rows, context);
        stored.vectors = torch::Tensor();
        const Diffusion diffusion(nearest, {});
        neighbourhoods = neighbourhoodsOf(nearest, diffusion, stored.images);
        context.throwIfStopped();
        const DiffusedVectors diffused = diffusedVectors(diffusion, points, set.dim);
        for (std::size_t row = 0; row < neighbourhoods.size(); ++row)
            neighbourhoods[row].length = values(diffused.lengths)[row];
        replacement.add(stored.images, values(diffused.rows));
        if (diffused.axes.defined()) mapping.axes.assign(values(diffused.axes).begin(), values(diffused.axes).end());
    }
    replacement.commit(mapping, context);
    library.storeNeighbourhoods(set.id, stored.images, neighbourhoods);
    diffuseParts(library, plain, set);
    indexEmbeddingSet(library, set, {}, context);
    return *library.findEmbeddingSet(key);
}

bool diffusedIsOutgrown(Library& library, const EmbeddingSet& plain) {
    const std::optional<EmbeddingSet> set = library.findEmbeddingSet(diffusedKey(plain.key));
    const std::optional<EmbeddingSet> now = library.findEmbeddingSet(plain.key);
    if (!set || !now) return true;
    const std::uint64_t late = now->vectors - std::min<std::uint64_t>(now->vectors, set->computedImages);
    return 10 * late > set->computedImages;
}

void placeNewImages(Library& library, const EmbeddingSet& plain, const JobContext& context) {
    const std::optional<EmbeddingSet> set = library.findEmbeddingSet(diffusedKey(plain.key));
    if (!set) return;
    std::vector<ImageId> missing = library.imagesWithoutVector(set->id);
    Searcher plainSearcher(library, plain), diffusedSearcher(library, *set);
    std::erase_if(missing, [&](ImageId image) { return !plainSearcher.vectorOf(image).has_value(); });
    ProgressMeter meter(context, "neighbours", missing.size());
    for (std::size_t begin = 0; begin < missing.size(); begin += batchOfImages) {
        const auto images = std::span(missing).subspan(begin, std::min(batchOfImages, missing.size() - begin));
        LocalDiffusion diffusion(library, plainSearcher, diffusedSearcher);
        for (const ImageId image : images) {
            context.throwIfStopped();
            diffusion.add(*plainSearcher.vectorOf(image), image);
        }
        const std::vector<float> vectors = diffusion.vectors();
        std::vector<ImageId> changed(images.begin(), images.end());
        std::vector<Neighbourhood> neighbourhoods = diffusion.neighbourhoods();
        for (auto& [image, neighbourhood] : diffusion.changed()) {
            changed.push_back(image);
            neighbourhoods.push_back(std::move(neighbourhood));
        }
        library.commitVectors(set->id, images, vectors);
        library.storeNeighbourhoods(set->id, changed, neighbourhoods);
        diffusedSearcher.refresh();
        meter.advanceTo(begin + images.size());
    }
    diffuseParts(library, plain, *set);
    indexEmbeddingSet(library, *set, {}, context); // one that an earlier version built is built again
}

void updateDiffused(Library& library, const EmbeddingSet& plain, const JobContext& context) {
    const std::optional<EmbeddingSet> now = library.findEmbeddingSet(plain.key);
    if (!now || now->vectors == 0) return;
    if (diffusedIsOutgrown(library, *now))
        computeDiffused(library, *now, context);
    else
        placeNewImages(library, *now, context);
}

} // namespace grappa
