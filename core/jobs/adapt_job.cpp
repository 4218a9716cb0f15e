#include "core/jobs/adapt_job.h"

#include "core/base/safetensors.h"
#include "core/jobs/derived_sets.h"
#include "core/jobs/embedding_pipeline.h"
#include "core/jobs/file_image_source.h"
#include "core/jobs/import_job.h"
#include "core/model/adaptation_file.h"
#include "core/model/device.h"
#include "core/model/weights.h"
#include "core/search/index_job.h"
#include "core/training/trainer.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>

namespace grappa {

namespace {

using Json = nlohmann::ordered_json;

/// Images that an adaptation learns from, at most: more cost time and gain little.
constexpr std::size_t sampleSize = 20'000;
constexpr std::uint64_t fileLimit = std::uint64_t{512} << 20;
constexpr std::int64_t blocksOnCpu = 3;
constexpr auto storePointsEvery = std::chrono::seconds(2);

ImageFilter only(CollectionId collection) {
    ImageFilter filter;
    filter.collection = collection;
    return filter;
}

struct Chosen {
    std::vector<FileImageSource::Item> items;
    std::uint64_t skipped = 0;
};

/// The collection's images whose file is there, a sample of them where they are many; ordered by content, so that the
/// order of import does not matter.
Chosen chooseImages(Library& library, CollectionId collection) {
    Chosen chosen;
    for (const ImageId id : library.imageIds(only(collection))) {
        const std::optional<Image> image = library.image(id);
        if (image && image->online)
            chosen.items.push_back({image->path, image->hash});
        else
            ++chosen.skipped;
    }
    // Content hashes are as good as random: the first ones are a sample.
    std::sort(chosen.items.begin(), chosen.items.end(), [](const auto& a, const auto& b) { return a.hash < b.hash; });
    if (chosen.items.size() > sampleSize) chosen.items.resize(sampleSize);
    return chosen;
}

/// What decides the result, as stored with the adaptation; equal parameters go on where a stopped run was.
Json parametersOf(const Collection& collection, const BackboneCard& card, const AdaptOptions& options, int inputSize,
                  std::int64_t blocks, const std::string& device) {
    Json parameters{{"collection", collection.name},
                    {"backbone", card.name},
                    {"inputSize", inputSize},
                    {"blocks", blocks},
                    {"granularities", options.granularities},
                    {"epochs", options.epochs},
                    {"maxMinutes", options.maxMinutes},
                    {"learningRate", options.learningRate},
                    {"fusions", options.fusions},
                    {"seed", options.seed},
                    {"device", device}};
    parameters["whitening"] = options.whitening ? Json(*options.whitening) : Json("auto");
    return parameters;
}

/// Stores the points of a curve in batches: a transaction for each would slow the steps down.
class CurveWriter {
public:
    CurveWriter(Library& library, RunId run, const std::function<void(const CurvePoint&)>& also)
        : m_library(library), m_run(run), m_also(also) {}

    void add(const TrainingPoint& point) {
        m_points.push_back({point.stage, point.step, point.loss, point.learningRate, {}});
        if (m_also) m_also(m_points.back());
        if (std::chrono::steady_clock::now() - m_stored < storePointsEvery) return;
        store();
    }
    void store() {
        m_library.addCurvePoints(m_run, m_points);
        m_points.clear();
        m_stored = std::chrono::steady_clock::now();
    }

private:
    Library& m_library;
    RunId m_run;
    const std::function<void(const CurvePoint&)>& m_also;
    std::vector<CurvePoint> m_points;
    std::chrono::steady_clock::time_point m_stored = std::chrono::steady_clock::now();
};

std::string freeName(Library& library, const std::string& collection) {
    for (int number = 1;; ++number) {
        const std::string name = collection + " " + std::to_string(number);
        if (!library.findAdaptation(name)) return name;
    }
}

class Adapt {
public:
    Adapt(Library& library, const Collection& collection, const BackboneCard& card, RunId run,
          const AdaptOptions& options, const JobContext& context)
        : m_library(library)
        , m_collection(collection)
        , m_card(card)
        , m_run(run)
        , m_options(options)
        , m_context(context)
        , m_device(deviceFor(options.device)) {
        if (options.threads > 0) at::set_num_threads(options.threads);
        m_inputSize = roundToPatch(options.inputSize > 0 ? options.inputSize : importedSize(), card.patch);
        m_blocks = options.blocks > 0    ? options.blocks
                   : options.blocks == 0 ? card.depth
                   : m_device.is_cuda()  ? card.depth
                                         : std::min(blocksOnCpu, card.depth);
        if (m_blocks > card.depth)
            throw Error(ErrorCode::Usage, "The backbone " + card.name + " has " + std::to_string(card.depth) +
                                              " blocks; --blocks asks for " + std::to_string(m_blocks) + ".");
        m_parameters = parametersOf(collection, card, options, m_inputSize, m_blocks, m_device.str()).dump();
    }

    AdaptationRow learned() {
        for (AdaptationRow& row : m_library.adaptations())
            if (row.state == AdaptationState::Trained && row.parameters == m_parameters) return std::move(row);
        return learn();
    }

    std::uint64_t images() const { return m_images; }
    std::uint64_t skipped() const { return m_skipped; }
    int inputSize() const { return m_inputSize; }

private:
    /// The size that the collection's base vectors have, so that both can be compared.
    int importedSize() {
        for (const EmbeddingSet& set : m_library.embeddingSets())
            if (set.key.modelHash == m_card.hash.hex() && set.key.isRawBase() && set.vectors > 0)
                return set.key.inputSize;
        return m_device.is_cuda() ? 224 : 168;
    }

    AdaptationRow learn() {
        if (!m_options.name.empty() && m_library.findAdaptation(m_options.name))
            throw Error(ErrorCode::Usage, "There is an adaptation \"" + m_options.name +
                                              "\" already; name another with --name, or remove that one.");
        Chosen chosen = chooseImages(m_library, m_collection.id);
        m_images = chosen.items.size();
        m_skipped = chosen.skipped;
        FileImageSource source(std::move(chosen.items), m_inputSize, m_options.decode);

        const SafetensorsFile file(m_card.file);
        VisionTransformer backbone = loadBackbone(file, readBackboneOptions(file));
        backbone->to(m_device);
        const TrainerOptions trainerOptions = optionsOfTrainer();
        PrefixStore store(backbone, m_card.hash.hex(), m_card.depth - m_blocks, source,
                          {.file = m_library.paths().cache / "prefixes",
                           .cacheSize = m_options.cacheSize,
                           .views = trainerOptions.views,
                           .inputSize = m_inputSize,
                           .augmentation = {}});
        CurveWriter curve(m_library, m_run, m_options.onPoint);
        TrainerOptions withCurve = trainerOptions;
        withCurve.onPoint = [&](const TrainingPoint& point) { curve.add(point); };
        TrainerResult result;
        try {
            result = Trainer(store, withCurve).run(m_context);
        } catch (const Error&) {
            curve.store();
            throw;
        }
        curve.store();
        describe(result);
        AdaptationRow row;
        row.name = m_options.name.empty() ? freeName(m_library, m_collection.name) : m_options.name;
        row.collection = m_collection.id;
        row.modelHash = m_card.hash.hex();
        row.run = m_run;
        row.parameters = m_parameters;
        row.report = toJson(result.report);
        result.adaptation.metadata[adaptation_key::name] = row.name;
        row = m_library.addAdaptation(
            row, [&](const std::filesystem::path& path) { saveAdaptation(path, result.adaptation); });
        std::filesystem::remove_all(withCurve.folder);
        return row;
    }

    TrainerOptions optionsOfTrainer() const {
        TrainerOptions trainer;
        trainer.granularities = m_options.granularities;
        trainer.fusions = m_options.fusions;
        trainer.seed = m_options.seed;
        trainer.maxMinutes = m_options.maxMinutes;
        if (m_options.epochs > 0) trainer.adaptors.epochs = m_options.epochs;
        if (m_options.learningRate > 0) trainer.adaptors.learningRate = m_options.learningRate;
        if (m_options.whitening) {
            trainer.finalPower = *m_options.whitening;
            trainer.chooseFinalPower = false;
        }
        const std::string identity = m_parameters + m_card.hash.hex() + std::to_string(m_collection.id);
        trainer.folder = m_library.paths().data / "runs" / hashBytes(std::as_bytes(std::span(identity))).hex();
        return trainer;
    }

    void describe(TrainerResult& result) const {
        auto& metadata = result.adaptation.metadata;
        result.adaptation.inputSize = m_inputSize;
        metadata[adaptation_key::backboneHash] = m_card.hash.hex();
        metadata[adaptation_key::backbone] = m_card.name;
        metadata[adaptation_key::seed] = std::to_string(m_options.seed);
        metadata[adaptation_key::versions] = "grappa " GRAPPA_VERSION ", " + torchVersion();
        metadata[adaptation_key::report] = toJson(result.report);
        metadata[adaptation_key::licence] = m_card.licence;
    }

    Library& m_library;
    const Collection& m_collection;
    const BackboneCard& m_card;
    RunId m_run;
    const AdaptOptions& m_options;
    const JobContext& m_context;
    torch::Device m_device;
    int m_inputSize = 0;
    std::int64_t m_blocks = 0;
    std::string m_parameters;
    std::uint64_t m_images = 0, m_skipped = 0;
};

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
    indexEmbeddingSet(library, set, {}, context);
    return set;
}

AdaptSummary adaptCollection(Library& library, const Collection& collection, const BackboneCard& card, RunId run,
                             const AdaptOptions& options, const JobContext& context) {
    const std::optional<FileLock> lock = FileLock::tryAcquire(library.paths().jobLock("adapt"));
    if (!lock) throw Error(ErrorCode::Locked, "Another adaptation is running; wait for it or stop it.");
    const auto start = std::chrono::steady_clock::now();
    Adapt adapt(library, collection, card, run, options, context);
    AdaptSummary summary;
    summary.adaptation = adapt.learned();
    summary.images = adapt.images();
    summary.skipped = adapt.skipped();

    Embedder embedder(card, {.device = options.device, .inputSize = adapt.inputSize(), .threads = options.threads},
                      library.paths().adaptations() / summary.adaptation.file);
    const EmbeddingSet set =
        embedUnderAdaptation(library, collection.id, summary.adaptation, embedder, options.decode, context);
    summary.set = set.id;
    summary.granularities = embedder.adaptation()->granularities;
    LevelsOptions levels;
    levels.granularities = summary.granularities;
    levels.seed = options.seed;
    deriveFrom(library, set, levels, context);
    summary.adaptation.state = AdaptationState::Ready;
    library.updateAdaptation(summary.adaptation);

    const AdaptationReport report = reportFromJson(summary.adaptation.report);
    summary.verdict = verdictName(report.verdict);
    summary.sentence = report.sentence;
    summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return summary;
}

} // namespace grappa
