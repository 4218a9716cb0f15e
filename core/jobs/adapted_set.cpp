#include "core/jobs/adapted_set.h"

#include "core/jobs/altered_copies.h"
#include "core/jobs/derived_sets.h"
#include "core/jobs/embedding_pipeline.h"
#include "core/jobs/import_job.h"
#include "core/search/index_job.h"

namespace grappa {

namespace {

constexpr std::uint64_t fileLimit = std::uint64_t{512} << 20;

ImageFilter only(CollectionId collection) {
    ImageFilter filter;
    filter.collection = collection;
    return filter;
}

/// The key of the set that a collection has under an adaptation.
EmbeddingSetKey adaptedSet(const AdaptationRow& row, const Embedder& embedder) {
    const AdaptationCard& card = *embedder.adaptation();
    EmbeddingSetKey key = baseEmbeddingSet(embedder);
    key.adaptation = row.checksum;
    key.fusion = card.mainVariant;
    key.whitening = "adapted";
    return key;
}

} // namespace

EmbeddingSet embedUnderAdaptation(Library& library, CollectionId collection, const AdaptationRow& adaptation,
                                  Embedder& embedder, const DecodePoolOptions& decodeOptions,
                                  const JobContext& context) {
    const EmbeddingSet set = library.embeddingSet(adaptedSet(adaptation, embedder), embedder.dim());
    std::vector<std::pair<ImageId, std::filesystem::path>> missing;
    for (const ImageId id : library.imagesWithoutVector(set.id, only(collection)))
        if (const std::optional<Image> image = library.image(id); image && image->online)
            missing.emplace_back(id, image->path);
    const auto batch = static_cast<std::size_t>(embedder.preferredBatch());
    DecodePoolOptions decode = decodeOptions;
    if (decode.queued == 0) decode.queued = static_cast<int>(2 * batch);
    DecodePool pool(decode);
    ProgressMeter meter(context, "embed", missing.size());

    std::size_t next = 0;
    const PipelineSource source = [&]() -> std::optional<PipelineItem> {
        if (next == missing.size()) return std::nullopt;
        PipelineItem item{next, std::nullopt};
        try {
            DecodeTask task;
            task.bytes = readUserFile(missing[next].second, fileLimit).bytes;
            task.cropSize = embedder.inputSize();
            task.wholeFrame = true;
            item.task = std::move(task);
        } catch (const Error&) {
            // The next import of the collection says what is wrong with it.
        }
        ++next;
        return item;
    };
    std::size_t done = 0;
    const PipelineSink sink = [&](std::span<PipelineResult> results) {
        std::vector<ImageId> images;
        std::vector<float> vectors, attention;
        for (const PipelineResult& result : results) {
            if (result.vector.empty()) continue;
            images.push_back(missing[result.id].first);
            vectors.insert(vectors.end(), result.vector.begin(), result.vector.end());
            attention.insert(attention.end(), result.attention.begin(), result.attention.end());
        }
        if (!images.empty()) library.commitVectors(set.id, images, vectors, attention);
        done += results.size();
        meter.advanceTo(done);
    };
    runEmbeddingPipeline(pool, &embedder, batch, source, sink, context);
    meter.finish();
    indexEmbeddingSet(library, set, {}, inStage(context, "embed"));
    return set;
}

EmbeddingSet describeUnderAdaptation(Library& library, CollectionId collection, AdaptationRow adaptation,
                                     Embedder& embedder, const DecodePoolOptions& decode, std::uint64_t seed,
                                     const JobContext& context) {
    library.addDescribedCollection(adaptation.id, collection);
    const EmbeddingSet set = embedUnderAdaptation(library, collection, adaptation, embedder, decode, context);
    LevelsOptions levels;
    levels.granularities = embedder.adaptation()->granularities;
    levels.seed = seed;
    levels.copies = alteredCopies(library, embedder, decode);
    const std::optional<EmbeddingSet> now = library.findEmbeddingSet(set.key);
    std::erase_if(levels.granularities, [&](std::int64_t k) { return k > static_cast<std::int64_t>(now->vectors); });
    deriveFrom(library, set, levels, inStage(context, "levels"));
    adaptation.state = AdaptationState::Ready;
    library.updateAdaptation(adaptation);
    return set;
}

} // namespace grappa
