#include "core/jobs/whitened_base.h"

#include "core/jobs/stored_vectors.h"
#include "core/model/backbone_registry.h"
#include "core/model/whitening.h"
#include "core/search/index_job.h"
#include "core/search/set_replacement.h"

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

std::optional<DescriptorPrior> priorOf(const EmbeddingSet& set) {
    const auto card = BackboneRegistry(BackboneRegistry::defaultFolders()).findByHash(set.key.modelHash);
    if (!card) return std::nullopt;
    const std::filesystem::path path = DescriptorPrior::pathFor(card->file);
    if (!std::filesystem::exists(path)) return std::nullopt;
    return DescriptorPrior::load(path, set.key.modelHash);
}

torch::Tensor toTensor(const std::vector<float>& values) {
    return torch::tensor(values, torch::kFloat);
}

std::vector<float> toVector(const torch::Tensor& tensor) {
    const auto contiguous = tensor.contiguous();
    const auto span = values(contiguous);
    return {span.begin(), span.end()};
}

Whitening whiteningOf(const WhiteningRow& row) {
    const auto dim = static_cast<std::int64_t>(row.mean.size());
    return {.mean = toTensor(row.mean),
            .basis = toTensor(row.basis).view({dim, dim}),
            .variances = toTensor(row.variances),
            .power = row.power};
}

torch::Tensor whitened(const Whitening& whitening, const torch::Tensor& z) {
    const torch::NoGradGuard noGradients;
    return torch::nn::functional::normalize(whitening.apply(z), torch::nn::functional::NormalizeFuncOptions().dim(1))
        .contiguous();
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

Whitening fit(const StoredVectors& raw, const std::vector<ImageId>& images, double power,
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
    return prior ? Whitening::fitBlended(points, prior->classCovariance, power) : Whitening::fit(points, power);
}

/// Calls `store` with the whitened vectors, block by block.
template <class Store>
void whitenRows(const StoredVectors& raw, const Whitening& whitening, const JobContext& context, const Store& store) {
    const auto count = static_cast<std::int64_t>(raw.images.size());
    ProgressMeter meter(context, "whiten", static_cast<std::uint64_t>(count));
    for (std::int64_t begin = 0; begin < count; begin += blockOfRows) {
        context.throwIfStopped();
        const std::int64_t size = std::min(blockOfRows, count - begin);
        const auto vectors = whitened(whitening, raw.vectors.narrow(0, begin, size));
        store(std::span(raw.images).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(size)),
              values(vectors));
        meter.advanceTo(static_cast<std::uint64_t>(begin + size));
    }
}

} // namespace

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
        const Whitening whitening = fit(stored, images, options.power, prior);
        SetReplacement replacement(library, set);
        whitenRows(stored, whitening, context, [&](std::span<const ImageId> ids, std::span<const float> vectors) {
            replacement.add(ids, vectors);
        });
        replacement.commit(WhiteningRow{toVector(whitening.mean), toVector(whitening.basis),
                                        toVector(whitening.variances), whitening.power, images.size()},
                           context);
    } else if (const auto missing = library.imagesWithoutVector(set.id); !missing.empty()) {
        whitenRows(storedVectors(library, raw, missing), whiteningOf(*known), context,
                   [&](std::span<const ImageId> ids, std::span<const float> vectors) {
                       library.commitVectors(set.id, ids, vectors);
                   });
    }
    indexEmbeddingSet(library, set, {}, context);
    return *library.findEmbeddingSet(key);
}

std::vector<float> whitenedVector(Library& library, EmbeddingSetId set, std::span<const float> base) {
    const std::optional<WhiteningRow> row = library.whitening(set);
    std::vector<float> vector(base.begin(), base.end());
    if (!row) return vector;
    return toVector(whitened(whiteningOf(*row), toTensor(vector).unsqueeze(0)).squeeze(0));
}

} // namespace grappa
