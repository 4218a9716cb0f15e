#include "core/jobs/whitened_base.h"

#include "core/jobs/derived_parts.h"
#include "core/jobs/stored_vectors.h"
#include "core/model/backbone_registry.h"
#include "core/model/whitening.h"
#include "core/search/index_job.h"
#include "core/search/set_replacement.h"
#include "core/search/stored_whitening.h"

#include <algorithm>
#include <cstdio>

namespace grappa {

namespace {

/// Enough for a covariance of some hundred dimensions.
constexpr std::size_t fitUpTo = 100'000;
constexpr std::int64_t blockOfRows = 16'384;

/// A set that was fitted without a prior is another one.
std::string whiteningName(double power, bool blended) {
    char name[32];
    std::snprintf(name, sizeof name, blended ? "p%g+prior" : "p%g", power);
    return name;
}

/// As the catalogue stores it.
WhiteningRow rowOf(const DescriptorWhitening& whitening, std::uint64_t images) {
    WhiteningRow row;
    const auto append = [](std::vector<float>& to, const torch::Tensor& tensor) {
        const auto contiguous = tensor.contiguous();
        const auto numbers = values(contiguous);
        to.insert(to.end(), numbers.begin(), numbers.end());
    };
    for (const Whitening& half : whitening.halves()) {
        append(row.mean, half.mean);
        append(row.basis, half.basis);
        append(row.variances, half.variances);
        row.power = half.power;
    }
    row.images = images;
    return row;
}

/// Those of `images` (ascending) that are in the collection.
std::vector<ImageId> fittedOn(Library& library, const std::vector<ImageId>& images,
                              const std::optional<CollectionId>& collection) {
    if (!collection) return images;
    ImageFilter filter;
    filter.collection = collection;
    std::vector<ImageId> ids;
    for (const ImageId image : library.imageIds(filter))
        if (std::binary_search(images.begin(), images.end(), image)) ids.push_back(image);
    return ids;
}

DescriptorWhitening fit(const StoredVectors& raw, const std::vector<ImageId>& images, double power,
                        const std::optional<DescriptorPrior>& prior) {
    const std::size_t least = prior ? 1 : 2;
    if (images.size() < least)
        throw Error(ErrorCode::Usage, "A whitening needs at least " + std::to_string(least) +
                                          (least == 1 ? " image" : " images") + "; import some first.");
    const std::size_t count = std::min(images.size(), fitUpTo);
    std::vector<std::int64_t> rows;
    for (std::size_t i = 0; i < count; ++i) {
        const ImageId image = images[i * images.size() / count];
        rows.push_back(std::lower_bound(raw.images.begin(), raw.images.end(), image) - raw.images.begin());
    }
    const auto points = raw.vectors.index_select(0, torch::tensor(rows, torch::kLong));
    return prior ? DescriptorWhitening::fit(points, *prior, power)
                 : DescriptorWhitening({Whitening::fit(points, power)});
}

void commitWhitened(Library& library, const EmbeddingSet& set, const WhiteningRow& whitening,
                    const StoredVectors& raw) {
    const auto dim = static_cast<std::size_t>(set.dim);
    std::vector<float> vectors;
    for (std::size_t i = 0; i < raw.images.size(); ++i) {
        const auto vector = whitenedBy(whitening, values(raw.vectors).subspan(i * dim, dim));
        vectors.insert(vectors.end(), vector.begin(), vector.end());
    }
    library.commitVectors(set.id, raw.images, vectors);
}

/// Calls `store` with the whitened vectors, block by block.
template <class Store>
void whitenRows(const StoredVectors& raw, const DescriptorWhitening& whitening, const JobContext& context,
                const Store& store) {
    const auto count = static_cast<std::int64_t>(raw.images.size());
    ProgressMeter meter(context, "whiten", static_cast<std::uint64_t>(count));
    for (std::int64_t begin = 0; begin < count; begin += blockOfRows) {
        context.throwIfStopped();
        const std::int64_t size = std::min(blockOfRows, count - begin);
        const auto vectors = whitening.apply(raw.vectors.narrow(0, begin, size)).contiguous();
        store(std::span(raw.images).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(size)),
              values(vectors));
        meter.advanceTo(static_cast<std::uint64_t>(begin + size));
    }
}

} // namespace

std::optional<DescriptorPrior> priorOf(const EmbeddingSet& set) {
    const auto card = BackboneRegistry(BackboneRegistry::defaultFolders()).findByHash(set.key.modelHash);
    if (!card) return std::nullopt;
    const std::filesystem::path path = card->priorFile();
    if (!std::filesystem::exists(path)) return std::nullopt;
    return DescriptorPrior::load(path, set.key.modelHash);
}

void whitenNewImages(Library& library, const EmbeddingSet& raw, const EmbeddingSet& whitened) {
    const std::optional<WhiteningRow> whitening = library.whitening(whitened.id);
    if (!whitening) return;
    if (const auto missing = library.imagesWithoutVector(whitened.id); !missing.empty())
        commitWhitened(library, whitened, *whitening, storedVectors(library, raw, missing));
    deriveParts(library, raw, whitened, [&](std::span<const float> part) { return whitenedBy(*whitening, part); });
}

EmbeddingSet whitenBase(Library& library, const EmbeddingSet& raw, const WhitenedBaseOptions& options,
                        const JobContext& context) {
    const std::optional<DescriptorPrior> prior = options.prior ? options.prior : priorOf(raw);
    EmbeddingSetKey key = raw.key;
    key.whitening = whiteningName(options.power, prior.has_value());
    const EmbeddingSet set = library.embeddingSet(key, raw.dim);
    const std::optional<WhiteningRow> known = library.whitening(set.id);
    const std::optional<EmbeddingSet> now = library.findEmbeddingSet(raw.key); // `raw` may be of an earlier moment

    if (options.refit || !known || (now && now->vectors >= 2 * set.computedImages)) {
        const StoredVectors stored = storedVectors(library, raw);
        const std::vector<ImageId> images = fittedOn(library, stored.images, options.collection);
        const DescriptorWhitening whitening = fit(stored, images, options.power, prior);
        SetReplacement replacement(library, set);
        whitenRows(stored, whitening, context, [&](std::span<const ImageId> ids, std::span<const float> vectors) {
            replacement.add(ids, vectors);
        });
        replacement.commit({.whitening = rowOf(whitening, images.size()), .axes = {}}, context);
    }
    whitenNewImages(library, raw, set);
    indexEmbeddingSet(library, set, {}, context);
    return *library.findEmbeddingSet(key);
}

} // namespace grappa
