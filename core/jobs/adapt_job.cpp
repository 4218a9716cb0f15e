#include "core/jobs/adapt_job.h"

#include "core/base/safetensors.h"
#include "core/jobs/adapted_set.h"
#include "core/jobs/file_image_source.h"
#include "core/model/adaptation_file.h"
#include "core/model/device.h"
#include "core/model/weights.h"
#include "core/training/kmeans.h"
#include "core/training/trainer.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

namespace grappa {

namespace {

using Json = nlohmann::ordered_json;

/// Images that an adaptation learns from, at most: more cost time and gain little.
constexpr std::size_t sampleSize = 20'000;
constexpr std::int64_t blocksOnCpu = 3;
/// Images that an estimate is taken on: some seconds.
constexpr std::size_t timedImages = 32;
constexpr auto storePointsEvery = std::chrono::seconds(2);

ImageFilter only(CollectionId collection) {
    ImageFilter filter;
    filter.collection = collection;
    return filter;
}

struct Chosen {
    std::vector<FileImageSource::Item> items;
    std::vector<ImageId> ids; ///< of each
    std::uint64_t skipped = 0;
};

/// The collection's images whose file is there, a sample of them where they are many; ordered by content, so that the
/// order of import does not matter.
Chosen chooseImages(Library& library, CollectionId collection) {
    Chosen chosen;
    std::vector<Image> images;
    for (const ImageId id : library.imageIds(only(collection))) {
        std::optional<Image> image = library.image(id);
        if (image && image->online)
            images.push_back(std::move(*image));
        else
            ++chosen.skipped;
    }
    // Content hashes are as good as random: the first ones are a sample.
    std::sort(images.begin(), images.end(), [](const auto& a, const auto& b) { return a.hash < b.hash; });
    if (images.size() > sampleSize) images.resize(sampleSize);
    for (const Image& image : images) {
        chosen.items.push_back({image.path, image.hash});
        chosen.ids.push_back(image.id);
    }
    return chosen;
}

/// What a depth stands for.
struct Effort {
    int levels, epochs;
};
Effort effortOf(AdaptDepth depth) {
    switch (depth) {
    case AdaptDepth::Quick:
        return {3, 2};
    case AdaptDepth::Normal:
        break;
    case AdaptDepth::Thorough:
        return {8, 6};
    }
    return {4, 4};
}

/// What decides the result, as stored with the adaptation; equal parameters go on where a stopped run was.
Json parametersOf(const Collection& collection, const BackboneCard& card, const AdaptOptions& options, int inputSize,
                  std::int64_t blocks, const std::string& device) {
    Json parameters{{"collection", collection.name},
                    {"backbone", card.name},
                    {"inputSize", inputSize},
                    {"blocks", blocks},
                    {"depth", adaptDepthName(options.depth)},
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
        const std::string extra = point.copyFirst ? Json{{"copyFirst", *point.copyFirst}}.dump() : "";
        m_points.push_back({point.stage, point.step, point.loss, point.learningRate, extra});
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
        // One of this very run may be complete: it was killed before its job was ended.
        for (AdaptationRow& row : m_library.adaptations())
            if ((row.state == AdaptationState::Trained || row.run == m_run) && row.parameters == m_parameters)
                return std::move(row);
        return learn();
    }

    bool discard() {
        bool any = false;
        for (const AdaptationRow& row : m_library.adaptations()) {
            if (row.state != AdaptationState::Trained || row.parameters != m_parameters) continue;
            m_library.removeAdaptation(row.id);
            any = true;
        }
        return std::filesystem::remove_all(runFolder()) > 0 || any;
    }

    AdaptEstimate estimate() {
        Chosen chosen = chooseImages(m_library, m_collection.id);
        AdaptEstimate result{chosen.items.size(), m_device.str(), at::get_num_threads(), {}};
        const auto images = static_cast<std::int64_t>(chosen.items.size());
        chosen.items.resize(std::min(chosen.items.size(), timedImages));
        if (chosen.items.empty()) throw Error(ErrorCode::Usage, "The collection has no image whose file is there.");
        const Cost cost = measure(std::move(chosen.items));
        for (const AdaptDepth depth : {AdaptDepth::Quick, AdaptDepth::Normal, AdaptDepth::Thorough}) {
            const Effort effort = effortOf(depth);
            const auto sets = static_cast<double>(
                m_options.granularities.empty()
                    ? defaultGranularities(images - static_cast<std::int64_t>(0.05 * static_cast<double>(images)),
                                           effort.levels)
                          .size()
                    : m_options.granularities.size());
            const auto fusions = static_cast<double>(m_options.fusions.size());
            const double epochs = m_options.epochs > 0 ? m_options.epochs : effort.epochs;
            // A fusion takes two images a pair; a description is a third of a step; each set and fusion is described
            // once, and shown after each pass on an eighth of the images.
            const double steps = sets * epochs * 1.05 + fusions * 2 + (sets + 2 * fusions + 1) / 3;
            result.seconds.emplace_back(depth,
                                        static_cast<double>(images) * (cost.read + cost.step * steps + cost.embed));
        }
        return result;
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

    /// Seconds an image.
    struct Cost {
        double read = 0;  ///< its crop and its views, through the prefix
        double step = 0;  ///< of training a set
        double embed = 0; ///< with the result
    };

    Cost measure(std::vector<FileImageSource::Item> items) {
        using Clock = std::chrono::steady_clock;
        std::vector<std::int64_t> all(items.size());
        std::iota(all.begin(), all.end(), 0);
        const auto perImage = [&](Clock::time_point begin) {
            return std::chrono::duration<double>(Clock::now() - begin).count() / static_cast<double>(all.size());
        };
        FileImageSource source(std::move(items), m_inputSize, m_options.decode);
        VisionTransformer backbone = loadedBackbone();
        const std::filesystem::path file = m_library.paths().cache / "prefixes-timed";
        PrefixStore store(backbone, m_card.hash.hex(), m_card.depth - m_blocks, source,
                          {.file = file, .cacheSize = 0, .inputSize = m_inputSize, .augmentation = {}});
        Cost cost;
        store.load(std::span(all).first(1), ViewId{}); // warms up
        auto begin = Clock::now();
        const torch::Tensor tokens = store.load(all, ViewId{ViewId::Kind::Training, 0});
        const double view = perImage(begin);
        AdaptorSet set(AdaptorOptions{.width = m_card.width, .firstBlock = store.firstBlock(), .depth = m_card.depth});
        set->initialise(0);
        set->to(m_device);
        for (torch::Tensor& parameter : set->parameters())
            parameter.requires_grad_(true);
        for (int turn = 0; turn < 2; ++turn) { // the first one warms up
            begin = Clock::now();
            store.finish(tokens, set->afterBlock()).square().mean().backward();
            if (m_device.is_cuda()) torch::cuda::synchronize();
            cost.step = perImage(begin);
        }
        cost.read = 3 * view;
        cost.embed = view + cost.step / 3;
        std::filesystem::remove(file);
        std::filesystem::remove(file.string() + ".id");
        return cost;
    }

    VisionTransformer loadedBackbone() const {
        const SafetensorsFile file(m_card.file);
        VisionTransformer backbone = loadBackbone(file, readBackboneOptions(file));
        backbone->to(m_device);
        return backbone;
    }

    std::filesystem::path runFolder() const {
        const std::string identity = m_parameters + m_card.hash.hex() + std::to_string(m_collection.id);
        return m_library.paths().data / "runs" / hashBytes(std::as_bytes(std::span(identity))).hex();
    }

    AdaptationRow learn() {
        if (!m_options.name.empty() && m_library.findAdaptation(m_options.name))
            throw Error(ErrorCode::Usage, "There is an adaptation \"" + m_options.name +
                                              "\" already; name another with --name, or remove that one.");
        Chosen chosen = chooseImages(m_library, m_collection.id);
        m_images = chosen.items.size();
        m_skipped = chosen.skipped;
        FileImageSource source(std::move(chosen.items), m_inputSize, m_options.decode);

        VisionTransformer backbone = loadedBackbone();
        TrainerOptions trainerOptions = optionsOfTrainer();
        PrefixStore store(backbone, m_card.hash.hex(), m_card.depth - m_blocks, source,
                          {.file = m_library.paths().cache / "prefixes",
                           .cacheSize = m_options.cacheSize,
                           .views = trainerOptions.views,
                           .inputSize = m_inputSize,
                           .augmentation = {}});
        CurveWriter curve(m_library, m_run, m_options.watch.onPoint);
        watch(trainerOptions, curve, chosen.ids);
        TrainerResult result;
        try {
            Trainer trainer(store, trainerOptions);
            announce(trainer.granularities());
            result = trainer.run(m_context);
        } catch (const c10::OutOfMemoryError&) {
            curve.store();
            throw Error(ErrorCode::DeviceUnavailable, "The device ran out of memory. What was learned so far is kept: "
                                                      "free some of it and start again, or use --device cpu.");
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
        std::filesystem::remove_all(trainerOptions.folder);
        return row;
    }

    void announce(const std::vector<std::int64_t>& granularities) const {
        if (!m_options.watch.onPlan) return;
        AdaptWatch::Plan plan{
            {"read", "describe", "group"}, granularities, m_images, m_device.str(), at::get_num_threads()};
        for (const std::int64_t k : granularities)
            plan.stages.push_back("learn k=" + std::to_string(k));
        for (const std::string& fusion : m_options.fusions)
            plan.stages.push_back("combine " + fusion);
        plan.stages.insert(plan.stages.end(), {"check", "embed", "levels"});
        m_options.watch.onPlan(plan);
    }

    /// Hands on what the trainer shows, its indices as images of the library.
    void watch(TrainerOptions& trainer, CurveWriter& curve, const std::vector<ImageId>& ids) const {
        const auto imagesOf = [&ids](const std::vector<std::int64_t>& indices) {
            std::vector<ImageId> images;
            for (const std::int64_t index : indices)
                images.push_back(ids[static_cast<std::size_t>(index)]);
            return images;
        };
        trainer.onPoint = [&curve](const TrainingPoint& point) { curve.add(point); };
        if (m_options.watch.onGroups)
            trainer.onGroups = [this, imagesOf](std::int64_t k, const std::vector<GroupSample>& samples) {
                std::vector<ImageGroup> groups;
                for (const GroupSample& sample : samples)
                    groups.push_back({sample.size, imagesOf(sample.images)});
                m_options.watch.onGroups(k, groups);
            };
        trainer.onProbe = [this, &curve, imagesOf](const std::string& stage, int epoch, const ProbeResult& result) {
            // The other epochs' rates are in their last points.
            if (epoch == 0) curve.add({stage, 0, std::nan(""), 0, result.copyFirst});
            if (!m_options.watch.onProbe) return;
            AdaptWatch::Probe probe{stage, epoch, result.copyFirst, {}};
            for (const ProbeResult::Row& row : result.rows)
                probe.rows.push_back({imagesOf({row.query}).front(), imagesOf(row.results)});
            m_options.watch.onProbe(probe);
        };
    }

    TrainerOptions optionsOfTrainer() const {
        TrainerOptions trainer;
        trainer.granularities = m_options.granularities;
        trainer.fusions = m_options.fusions;
        trainer.seed = m_options.seed;
        trainer.maxMinutes = m_options.maxMinutes;
        const Effort effort = effortOf(m_options.depth);
        trainer.levels = effort.levels;
        trainer.adaptors.epochs = m_options.epochs > 0 ? m_options.epochs : effort.epochs;
        trainer.finish = m_options.finish;
        if (m_options.learningRate > 0) trainer.adaptors.learningRate = m_options.learningRate;
        if (m_options.whitening) {
            trainer.finalPower = *m_options.whitening;
            trainer.chooseFinalPower = false;
        }
        trainer.folder = runFolder();
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

FileLock lockAdapt(const Library& library) {
    auto lock = FileLock::tryAcquire(library.paths().jobLock("adapt"));
    if (!lock) throw Error(ErrorCode::Locked, "Another adaptation is running; wait for it or stop it.");
    return std::move(*lock);
}

} // namespace

std::string adaptDepthName(AdaptDepth depth) {
    return depth == AdaptDepth::Quick ? "quick" : depth == AdaptDepth::Normal ? "normal" : "thorough";
}

AdaptSummary adaptCollection(Library& library, const Collection& collection, const BackboneCard& card, RunId run,
                             const AdaptOptions& options, const JobContext& context) {
    const FileLock lock = lockAdapt(library);
    const auto start = std::chrono::steady_clock::now();
    Adapt adapt(library, collection, card, run, options, context);
    AdaptSummary summary;
    summary.adaptation = adapt.learned();
    summary.images = adapt.images();
    summary.skipped = adapt.skipped();

    Embedder embedder(card, {.device = options.device, .inputSize = adapt.inputSize(), .threads = options.threads},
                      library.paths().adaptations() / summary.adaptation.file);
    summary.granularities = embedder.adaptation()->granularities;
    summary.set = describeUnderAdaptation(library, collection.id, summary.adaptation, embedder, options.decode,
                                          options.seed, context)
                      .id;
    summary.adaptation.state = AdaptationState::Ready;

    const AdaptationReport report = reportFromJson(summary.adaptation.report);
    summary.verdict = verdictName(report.verdict);
    summary.sentence = report.sentence;
    summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return summary;
}

bool discardAdaptation(Library& library, const Collection& collection, const BackboneCard& card,
                       const AdaptOptions& options) {
    const FileLock lock = lockAdapt(library);
    return Adapt(library, collection, card, 0, options, {}).discard();
}

AdaptEstimate estimateAdaptation(Library& library, const Collection& collection, const BackboneCard& card,
                                 const AdaptOptions& options) {
    return Adapt(library, collection, card, 0, options, {}).estimate();
}

} // namespace grappa
