#include "core/training/trainer.h"

#include "core/base/hash.h"
#include "core/training/augmentation.h"
#include "core/training/checkpoint.h"
#include "core/training/kmeans.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <sstream>
#include <utility>

namespace grappa {

namespace F = torch::nn::functional;

namespace {

constexpr std::int64_t fewestImages = 64;
constexpr std::int64_t mostHeldOut = 500;
/// Images that a whitening is fitted on, at most: ten for each of 384 dimensions.
constexpr std::size_t whiteningSample = 4096;
constexpr std::int64_t describeBatch = 64;
constexpr auto saveEvery = std::chrono::seconds(60);

torch::Tensor rowsOf(const torch::Tensor& tensor, std::span<const std::int64_t> rows) {
    return tensor.index_select(0, torch::tensor(std::vector(rows.begin(), rows.end())).to(tensor.device()));
}

std::span<const std::int64_t> firstOf(const std::vector<std::int64_t>& list, std::size_t count) {
    return std::span(list).first(std::min(count, list.size()));
}

std::string setFile(std::int64_t k) {
    return "set-" + std::to_string(k);
}

std::string fusionFile(const std::string& name) {
    return "combine-" + name;
}

torch::Tensor unchanged(std::int64_t /*block*/, torch::Tensor tokens) {
    return tokens;
}

/// Mean reciprocal rank of each copy's source in the gallery; both L2-normalised.
double meanReciprocalRank(const torch::Tensor& gallery, const torch::Tensor& copies,
                          const std::vector<std::int64_t>& sources) {
    const auto scores = copies.matmul(gallery.t());
    const auto own = scores.gather(1, torch::tensor(sources).to(scores.device()).unsqueeze(1));
    return (1.0 / (1 + (scores > own).sum(1)).to(torch::kDouble)).mean().item<double>();
}

} // namespace

Trainer::Trainer(PrefixStore& store, TrainerOptions options) : m_store(store), m_options(std::move(options)) {
    const auto n = static_cast<std::int64_t>(store.images());
    if (n < fewestImages)
        throw Error(ErrorCode::Usage, "A collection needs at least " + std::to_string(fewestImages) +
                                          " images to be learned; this one has " + std::to_string(n) + ".");
    m_all.resize(store.images());
    std::iota(m_all.begin(), m_all.end(), 0);
    std::vector<std::int64_t> order = m_all;
    std::sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
        return mixSeed(m_options.seed, static_cast<std::uint64_t>(a), 0x4E) <
               mixSeed(m_options.seed, static_cast<std::uint64_t>(b), 0x4E);
    });
    const auto held = std::min(mostHeldOut, static_cast<std::int64_t>(m_options.heldOut * static_cast<double>(n)));
    m_heldOut.assign(order.begin(), order.begin() + held);
    m_train.assign(order.begin() + held, order.end());
    std::sort(m_heldOut.begin(), m_heldOut.end());
    std::sort(m_train.begin(), m_train.end());

    const auto trained = static_cast<std::int64_t>(m_train.size());
    if (m_options.granularities.empty()) m_options.granularities = defaultGranularities(trained, m_options.levels);
    std::sort(m_options.granularities.begin(), m_options.granularities.end());
    if (m_options.granularities.front() < 2 || m_options.granularities.back() > trained)
        throw Error(ErrorCode::Usage, "Each k of --granularities must be from 2 to the number of images that are "
                                      "learned from, " +
                                          std::to_string(trained) + ".");
    if (std::adjacent_find(m_options.granularities.begin(), m_options.granularities.end()) !=
        m_options.granularities.end())
        throw Error(ErrorCode::Usage, "Each k of --granularities can be named only once.");

    const VisionTransformerOptions& model = store.backbone()->options();
    m_adaptation.adaptor = {.width = model.width,
                            .bottleneck = m_options.bottleneck,
                            .firstBlock = store.firstBlock(),
                            .depth = model.depth};
    m_adaptation.granularities = m_options.granularities;
    m_identity = m_describedIdentity = computeIdentity();
}

TrainerResult Trainer::run(const JobContext& context) {
    const auto start = std::chrono::steady_clock::now();
    std::filesystem::create_directories(m_options.folder);
    if (m_options.finish &&
        std::ranges::none_of(m_options.granularities, [&](std::int64_t k) { return hasLearned(setFile(k)); }))
        throw Error(ErrorCode::NotFound, "Nothing was learned yet that could be kept; let it go on, or discard it.");
    m_store.fill(context);
    m_base = describe(variant::base, m_all, {}, unchanged, context);
    m_labels = makeLabels(m_base, inStage(context, "group"));
    if (m_options.onGroups) showGroups();
    if (m_options.onProbe && !m_options.finish) {
        m_probe.emplace(m_store, m_heldOut, m_train);
        if (!hasLearned(setFile(m_options.granularities.front())))
            probe("describe", 0, unchanged, m_labels.head, context);
    }
    if (m_options.maxMinutes > 0) planEpochs(start);
    learnSets(context);

    m_adaptation.connect(); // makes the average
    m_adaptation.to(m_base.device());
    std::erase_if(m_options.fusions, [&](const std::string& name) {
        return name != variant::average && m_options.finish && !hasLearned(fusionFile(name));
    });
    m_adaptation.mainVariant = m_options.fusions.empty() ? variant::average : m_options.fusions.front();
    for (const std::string& name : m_options.fusions)
        if (name != variant::average) combine(name, inStage(context, "combine " + name));

    TrainerResult result;
    result.report = check(inStage(context, "check"));
    result.adaptation = m_adaptation;
    return result;
}

bool Trainer::hasLearned(const std::string& file) const {
    const auto saved = Checkpoint::load(m_options.folder / (file + ".safetensors"), m_identity);
    return saved && saved->values.at("step") != "0";
}

void Trainer::showGroups() const {
    constexpr std::int64_t groups = 6, images = 6;
    for (std::size_t level = 0; level < m_options.granularities.size(); ++level) {
        const auto scores = m_labels.teachers.matmul(m_labels.centroids[level].t()).cpu();
        const auto label = scores.argmax(1);
        const auto sizes = torch::bincount(label, {}, scores.size(1));
        const auto largest = std::get<1>(sizes.topk(std::min(groups, scores.size(1))));
        std::vector<GroupSample> samples;
        for (std::int64_t i = 0; i < largest.size(0); ++i) {
            const auto group = largest[i].item<std::int64_t>();
            const auto members = (label == group).nonzero().squeeze(1);
            if (members.size(0) == 0) break;
            const auto nearness = scores.select(1, group).index_select(0, members);
            const auto nearest =
                members.index_select(0, std::get<1>(nearness.topk(std::min(images, members.size(0))))).contiguous();
            GroupSample sample{static_cast<std::uint64_t>(members.size(0)), {}};
            for (std::int64_t j = 0; j < nearest.size(0); ++j)
                sample.images.push_back(m_train[static_cast<std::size_t>(nearest[j].item<std::int64_t>())]);
            samples.push_back(std::move(sample));
        }
        m_options.onGroups(m_options.granularities[level], samples);
    }
}

double Trainer::probe(const std::string& stage, int epoch, const VisionTransformerImpl::AfterBlock& hook,
                      const Whitening& head, const JobContext& context) {
    const ProbeResult result = m_probe->measure(hook, head, context);
    m_options.onProbe(stage, epoch, result);
    return result.copyFirst;
}

PseudoLabels Trainer::makeLabels(const torch::Tensor& z, const JobContext& context) const {
    PseudoLabels labels = PseudoLabels::make(rowsOf(z, m_train),
                                             {.granularities = m_options.granularities,
                                              .power = m_options.headPower,
                                              .neighbours = m_options.smoothing,
                                              .seed = m_options.seed},
                                             context);
    if (m_options.shufflePseudoLabels)
        labels.teachers = labels.teachers.roll(labels.teachers.size(0) / 2, 0).contiguous();
    return labels;
}

std::string Trainer::computeIdentity() const {
    std::ostringstream text;
    const auto& a = m_options.adaptors;
    const auto& f = m_options.fusion;
    text.precision(17);
    text << m_store.identity() << ' ' << m_options.maxMinutes << ' ' << m_options.seed << ' ' << m_options.bottleneck
         << ' ' << m_options.headPower << ' ' << m_options.smoothing << ' ' << m_options.heldOut << ' '
         << m_options.shufflePseudoLabels << ' ' << a.epochs << ' ' << a.batch << ' ' << a.learningRate << ' '
         << a.weightDecay << ' ' << a.warmUp << ' ' << a.temperature << ' ' << static_cast<int>(f.loss) << ' '
         << f.epochs << ' ' << f.batch << ' ' << f.learningRate << ' ' << f.valueRate << ' ' << f.neighbourShare << ' '
         << f.neighbours << ' ' << f.consistency << ' ' << f.balance << ' ' << f.sharpness << ' ' << f.entropyLevel
         << ' ' << f.scoreDeviation << ' ' << m_options.trainValue;
    for (const std::int64_t k : m_options.granularities)
        text << ' ' << k;
    const std::string whole = text.str();
    return hashBytes(std::as_bytes(std::span(whole))).hex();
}

TrainingLoopOptions Trainer::loop(const std::string& stage, const std::string& file) const {
    TrainingLoopOptions options;
    options.stage = stage;
    options.identity = m_identity;
    options.checkpoint = m_options.folder / (file + ".safetensors");
    options.onPoint = m_options.onPoint;
    options.finish = m_options.finish;
    return options;
}

TrainingLoopOptions Trainer::probed(TrainingLoopOptions loop, const VisionTransformerImpl::AfterBlock& hook,
                                    const Whitening& head, const JobContext& context) {
    if (!m_probe) return loop;
    loop.onEpoch = [this, stage = loop.stage, hook, &head, &context](int epoch) {
        return probe(stage, epoch, hook, head, context);
    };
    return loop;
}

torch::Tensor Trainer::describe(const std::string& name, std::span<const std::int64_t> images, ViewId view,
                                const VisionTransformerImpl::AfterBlock& hook, const JobContext& context) {
    std::string fileName = "described-" + name;
    std::replace(fileName.begin(), fileName.end(), ':', '-');
    const std::filesystem::path file = m_options.folder / (fileName + ".safetensors");
    const torch::Device device = m_store.backbone()->parameters().front().device();
    std::vector<torch::Tensor> pieces;
    std::size_t done = 0;
    if (const auto saved = Checkpoint::load(file, m_describedIdentity)) {
        pieces.push_back(saved->tensors.at("z").to(device));
        done = static_cast<std::size_t>(pieces.front().size(0));
    }
    const auto save = [&] {
        if (pieces.empty()) return;
        Checkpoint checkpoint;
        checkpoint.values[Checkpoint::identityKey] = m_describedIdentity;
        checkpoint.tensors["z"] = torch::cat(pieces);
        checkpoint.save(file);
    };
    const c10::InferenceMode inference;
    ProgressMeter meter(context, "describe", images.size());
    auto saved = std::chrono::steady_clock::now();
    const bool whole = done == images.size();
    while (done < images.size()) {
        if (context.stopRequested()) save();
        context.throwIfStopped();
        const auto batch = images.subspan(done, std::min<std::size_t>(describeBatch, images.size() - done));
        pieces.push_back(m_store.finish(m_store.load(batch, view), hook));
        done += batch.size();
        meter.advanceTo(done, name);
        if (std::chrono::steady_clock::now() - saved >= saveEvery) {
            save();
            saved = std::chrono::steady_clock::now();
        }
    }
    if (!whole) save();
    meter.finish();
    const c10::InferenceMode leave(false);
    return torch::cat(pieces).clone();
}

/// Times a step of one set and keeps the plan, so that a resumed run follows the first one's.
void Trainer::planEpochs(std::chrono::steady_clock::time_point start) {
    const std::filesystem::path file = m_options.folder / "plan.safetensors";
    if (const auto plan = Checkpoint::load(file, m_identity)) {
        m_options.adaptors.epochs = std::stoi(plan->values.at("epochs"));
        return;
    }
    AdaptorSet set(m_adaptation.adaptor);
    set->initialise(m_options.seed);
    set->to(m_base.device());
    for (torch::Tensor& parameter : set->parameters())
        parameter.requires_grad_(true);
    const auto batch = firstOf(m_train, static_cast<std::size_t>(m_options.adaptors.batch));
    const auto timeStep = [&] {
        const auto begin = std::chrono::steady_clock::now();
        const auto tokens = m_store.load(batch, ViewId{ViewId::Kind::Training, 0});
        m_store.finish(tokens, set->afterBlock()).square().mean().backward();
        if (tokens.is_cuda()) torch::cuda::synchronize();
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    timeStep(); // the first one also warms up
    const double step = timeStep();
    const double stepsPerEpoch = static_cast<double>(m_train.size()) / static_cast<double>(m_options.adaptors.batch);
    // A fusion works on twice the images a step; a description is a third of a step's work; the collection is
    // described once for each set and fusion.
    const double sets = static_cast<double>(m_options.granularities.size());
    const double fusions = static_cast<double>(m_options.fusions.size());
    const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const double fixed = stepsPerEpoch * step * (fusions * 2 * m_options.fusion.epochs + (sets + fusions + 1) / 3);
    const double left = m_options.maxMinutes * 60 - elapsed - fixed;
    const auto epochs = static_cast<int>(left / (stepsPerEpoch * step * sets));
    m_options.adaptors.epochs = std::clamp(epochs, 1, m_options.adaptors.epochs);
    Checkpoint plan;
    plan.values[Checkpoint::identityKey] = m_identity;
    plan.values["epochs"] = std::to_string(m_options.adaptors.epochs);
    plan.tensors["step"] = torch::tensor({static_cast<float>(step)});
    plan.save(file);
}

void Trainer::learnSets(const JobContext& context) {
    const std::vector<std::int64_t> wanted = std::exchange(m_options.granularities, {});
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const std::int64_t k = wanted[i];
        if (m_options.finish && !hasLearned(setFile(k))) continue;
        AdaptorSet set(m_adaptation.adaptor);
        // All sets start with the same V, so that their hidden codes stay comparable.
        set->initialise(m_options.seed);
        set->to(m_base.device());
        AdaptorTrainingOptions options = m_options.adaptors;
        options.seed = mixSeed(m_options.seed, static_cast<std::uint64_t>(k), 0xA0);
        trainAdaptorSet(
            set, m_store, m_train, m_labels.head, m_labels.teachers, m_labels.centroids[i], options,
            probed(loop("learn k=" + std::to_string(k), setFile(k)), set->afterBlock(), m_labels.head, context),
            context);
        m_adaptation.sets.push_back(set);
        m_options.granularities.push_back(k);
    }
    m_adaptation.granularities = m_options.granularities;
    if (m_options.granularities != wanted) m_describedIdentity += " finished";
}

void Trainer::combine(const std::string& name, const JobContext& context) {
    const torch::Tensor z =
        describe(variant::average, m_all, {}, m_adaptation.fusions.at(variant::average)->afterBlock(), context);
    const PseudoLabels labels = makeLabels(z, context);
    Fusion fusion(
        FusionOptions{.adaptor = m_adaptation.adaptor, .sets = static_cast<std::int64_t>(m_adaptation.sets.size())},
        FusionLayerImpl::Attention::Learned, m_options.trainValue);
    fusion->setAdaptors(m_adaptation.sets);
    fusion->to(m_base.device());
    FusionTrainingOptions options = m_options.fusion;
    options.pairs = name == variant::augmentation ? FusionPairs::Augmentation : FusionPairs::Neighbours;
    options.seed = mixSeed(m_options.seed, 0xF05);
    trainFusion(fusion, m_store, m_train, labels, options,
                probed(loop("combine " + name, fusionFile(name)), fusion->afterBlock(), labels.head, context), context);
    m_adaptation.fusions.emplace(name, fusion);
}

AdaptationReport Trainer::check(const JobContext& context) {
    const std::string& main = m_adaptation.mainVariant;
    const auto mainHook = [&] { return m_adaptation.fusions.at(main)->afterBlock(); };
    const torch::Tensor adapted = describe(main, m_all, {}, mainHook(), context);

    std::vector<std::int64_t> sources;
    std::vector<torch::Tensor> baseCopies, adaptedCopies;
    {
        const c10::InferenceMode inference;
        ProgressMeter meter(context, "check", m_heldOut.size() * static_cast<std::size_t>(m_options.copies));
        for (int copy = 0; copy < m_options.copies; ++copy) {
            for (std::size_t begin = 0; begin < m_heldOut.size(); begin += describeBatch) {
                context.throwIfStopped();
                const auto batch =
                    std::span(m_heldOut).subspan(begin, std::min<std::size_t>(describeBatch, m_heldOut.size() - begin));
                const auto tokens = m_store.load(batch, ViewId{ViewId::Kind::Altered, copy});
                baseCopies.push_back(m_store.finish(tokens, unchanged));
                adaptedCopies.push_back(m_store.finish(tokens, mainHook()));
                sources.insert(sources.end(), batch.begin(), batch.end());
                meter.advanceTo(sources.size());
            }
        }
    }
    const auto vectors = [](const torch::Tensor& z, const Whitening& whitening) {
        return F::normalize(whitening.apply(z)).contiguous();
    };
    const c10::InferenceMode leave(false);
    const torch::Tensor baseZ = torch::cat(baseCopies).clone(), adaptedZ = torch::cat(adaptedCopies).clone();

    const auto sample = firstOf(m_train, whiteningSample);
    double power = m_options.finalPower;
    Whitening mainWhitening = Whitening::fit(rowsOf(adapted, sample), power > 0 ? power : 0.5);
    if (power > 0 && m_options.chooseFinalPower && !sources.empty()) {
        double best = -1;
        for (const double candidate : {0.25, 0.5, 0.75, 1.0}) {
            const Whitening whitening = mainWhitening.withPower(candidate);
            const double rank = meanReciprocalRank(vectors(adapted, whitening), vectors(adaptedZ, whitening), sources);
            if (rank > best) {
                best = rank;
                power = candidate;
            }
        }
    }
    const Whitening baseWhitening = Whitening::fit(rowsOf(m_base, sample), power > 0 ? power : 0.75);
    m_adaptation.whitening[variant::base] = baseWhitening;
    if (power > 0) {
        m_adaptation.whitening[main] = mainWhitening.withPower(power);
        for (std::size_t i = 0; i < m_adaptation.sets.size(); ++i) {
            const std::string name = variant::granularity(m_options.granularities[i]);
            const auto z = describe(name, sample, {}, m_adaptation.sets[i]->afterBlock(), context);
            m_adaptation.whitening[name] = Whitening::fit(z, power);
        }
        for (auto& [name, fusion] : m_adaptation.fusions) {
            if (name == main) continue;
            const auto z = name == variant::average && m_options.fusions.size() > 0
                               ? rowsOf(describe(name, m_all, {}, fusion->afterBlock(), context), sample)
                               : describe(name, sample, {}, fusion->afterBlock(), context);
            m_adaptation.whitening[name] = Whitening::fit(z, power);
        }
    }

    const Whitening none = baseWhitening; // the base is compared through its whitening in any case: the stronger rival
    const auto ownVectors = [&](const torch::Tensor& z) {
        return power > 0 ? vectors(z, m_adaptation.whitening.at(main)) : F::normalize(z).contiguous();
    };
    return adaptationReport({.baseGallery = vectors(m_base, none),
                             .adaptedGallery = ownVectors(adapted),
                             .baseCopies = vectors(baseZ, none),
                             .adaptedCopies = ownVectors(adaptedZ),
                             .heldOut = m_heldOut,
                             .granularities = m_options.granularities,
                             .seed = m_options.seed},
                            context);
}

} // namespace grappa
