#include "core/training/fusion_training.h"

#include "core/training/augmentation.h"
#include "core/training/kmeans.h"
#include "core/training/losses.h"

#include <algorithm>
#include <cmath>

namespace grappa {

namespace {

/// For each image those of its nearest that have it among theirs.
std::vector<std::vector<std::int64_t>> mutualNeighbours(const torch::Tensor& points, std::int64_t count) {
    count = std::min(count, points.size(0) - 1);
    const torch::Tensor nearest = nearestNeighbours(points, count).contiguous();
    const auto rows = nearest.accessor<std::int64_t, 2>();
    std::vector<std::vector<std::int64_t>> mutual(static_cast<std::size_t>(points.size(0)));
    for (std::int64_t i = 0; i < points.size(0); ++i) {
        for (std::int64_t j = 0; j < count; ++j) {
            const std::int64_t other = rows[i][j];
            for (std::int64_t back = 0; back < count; ++back)
                if (rows[other][back] == i) mutual[static_cast<std::size_t>(i)].push_back(other);
        }
    }
    return mutual;
}

class FusionTraining {
public:
    FusionTraining(Fusion& fusion, PrefixStore& store, std::span<const std::int64_t> train, const PseudoLabels& labels,
                   const FusionTrainingOptions& options, const JobContext& context)
        : m_fusion(fusion)
        , m_store(store)
        , m_train(train)
        , m_labels(labels)
        , m_options(options)
        , m_context(context)
        , m_sampler({train.begin(), train.end()}, std::min(options.batch, static_cast<std::int64_t>(train.size())),
                    store.views(), mixSeed(options.seed, 0xF0)) {
        if (options.pairs == FusionPairs::Neighbours) m_mutual = mutualNeighbours(labels.teachers, options.neighbours);
    }

    std::int64_t run(TrainingLoopOptions loop) {
        loop.schedule = {.peak = m_options.learningRate,
                         .warmUp = m_options.warmUp,
                         .steps = m_options.epochs * m_sampler.stepsPerEpoch()};
        loop.weightDecay = m_options.weightDecay;
        m_fusion->initialise(m_options.seed);
        TrainingLoop::Parameters parameters;
        for (const auto& [block, scale] : calibrate()) {
            FusionLayer& layer = m_fusion->at(block);
            const std::string prefix = std::to_string(block) + ".";
            parameters.push_back({prefix + "query.weight", layer->query->weight, scale.weight});
            parameters.push_back({prefix + "query.bias", layer->query->bias, scale.bias});
            parameters.push_back({prefix + "key.weight", layer->key->weight, 1});
            if (layer->value)
                parameters.push_back(
                    {prefix + "value.weight", layer->value->weight, m_options.valueRate / m_options.learningRate});
        }
        for (const TrainingLoop::Parameter& parameter : parameters)
            parameter.tensor.requires_grad_(true);
        loop.stepsPerEpoch = m_sampler.stepsPerEpoch();
        const std::int64_t steps =
            TrainingLoop(parameters, std::move(loop))
                .run([this](std::int64_t step, int parts) { return trainStep(step, parts); }, m_context);
        for (const TrainingLoop::Parameter& parameter : parameters)
            parameter.tensor.requires_grad_(false);
        for (std::int64_t block = first(); block < end(); ++block)
            m_fusion->at(block)->fold();
        return steps;
    }

private:
    struct RateFactors {
        double weight, bias;
    };

    std::int64_t first() const { return m_fusion->options().adaptor.firstBlock; }
    std::int64_t end() const { return m_fusion->options().adaptor.depth; }

    /// Raw scores are tiny at first (their deviation over the sets is some 1e-3), so that no gradient would reach the
    /// attention. The query is taken of centred tokens and scaled so that the [class] scores have the wanted deviation.
    /// AdamW's steps do not follow the scale of a weight, so the rate of W_q does.
    std::map<std::int64_t, RateFactors> calibrate() {
        const torch::NoGradGuard noGrad;
        const BatchSampler::Batch batch = m_sampler.at(0);
        std::map<std::int64_t, RateFactors> factors;
        const auto hook = [&](std::int64_t block, const torch::Tensor& tokens) {
            FusionLayer& layer = m_fusion->at(block);
            const auto mean = tokens.select(1, 0).mean(0);
            const double deviation = (tokens - mean).std().item<double>();
            layer->setCentre(mean);
            layer->query->weight.div_(deviation);
            const auto scores = layer->scores(tokens.narrow(1, 0, 1));
            const double spread = (scores - scores.mean(-1, true)).std().item<double>();
            const double factor = m_options.scoreDeviation / std::max(spread, 1e-12);
            layer->query->weight.mul_(factor);
            factors[block] = {factor / deviation, factor};
            return layer->forward(tokens).tokens;
        };
        adaptedSuffix(*m_store.backbone(), m_store.load(batch.images, batch.views), m_store.firstBlock(), hook);
        return factors;
    }

    /// The partner of each position of a batch: a mutual neighbour for some, else the image itself.
    std::vector<std::int64_t> partners(const BatchSampler::Batch& batch, std::int64_t step) const {
        std::vector<std::int64_t> result = batch.positions;
        if (m_mutual.empty()) return result;
        for (std::size_t i = 0; i < result.size(); ++i) {
            const auto& candidates = m_mutual[static_cast<std::size_t>(result[i])];
            const std::uint64_t draw = mixSeed(m_options.seed, static_cast<std::uint64_t>(step), i);
            const bool neighbour = static_cast<double>(draw >> 11) * 0x1p-53 < m_options.neighbourShare;
            if (neighbour && !candidates.empty()) result[i] = candidates[mixSeed(draw, 1) % candidates.size()];
        }
        return result;
    }

    double trainStep(std::int64_t step, int parts) {
        const BatchSampler::Batch batch = m_sampler.at(step);
        const std::vector<std::int64_t> partner = partners(batch, step);
        const auto size = static_cast<std::int64_t>(partner.size());
        const std::int64_t most = (size + parts - 1) / parts;
        double total = 0;
        for (std::int64_t begin = 0; begin < size; begin += most) {
            const std::int64_t count = std::min(most, size - begin);
            const auto loss =
                pairLoss(batch, partner, begin, count) * (static_cast<double>(count) / static_cast<double>(size));
            loss.backward();
            total += loss.item<double>();
        }
        return total;
    }

    torch::Tensor pairLoss(const BatchSampler::Batch& batch, const std::vector<std::int64_t>& partner,
                           std::int64_t begin, std::int64_t count) {
        std::vector<std::int64_t> positions, images;
        std::vector<ViewId> views;
        for (const bool other : {false, true}) {
            for (std::int64_t i = begin; i < begin + count; ++i) {
                const auto at = static_cast<std::size_t>(i);
                positions.push_back(other ? partner[at] : batch.positions[at]);
                images.push_back(m_train[static_cast<std::size_t>(positions.back())]);
                views.push_back(batch.views[at]);
                if (other) views.back().number = (views.back().number + 1) % m_store.views();
            }
        }
        std::vector<torch::Tensor> alpha;
        const auto hook = stoppable(m_fusion->afterBlock(&alpha), m_context);
        const auto z = m_store.finish(m_store.load(images, views), hook);
        const auto whitened = m_labels.head.apply(z);
        const auto both = whitened.chunk(2);
        torch::Tensor loss;
        if (m_options.loss == FusionLoss::BarlowTwins) {
            loss = barlowTwins(both[0], both[1]);
        } else {
            const auto rows = torch::tensor(positions).to(m_labels.teachers.device());
            const auto teachers = m_labels.teachers.index_select(0, rows).chunk(2);
            const auto crossed = torch::cat({teachers[1], teachers[0]});
            loss = torch::zeros({}, whitened.options());
            for (const torch::Tensor& centroids : m_labels.centroids)
                loss = loss + softNormalisedSoftmax(whitened, crossed, centroids, m_options.temperature);
            loss = loss / static_cast<double>(m_labels.centroids.size());
        }
        std::vector<torch::Tensor> one, two;
        for (const torch::Tensor& block : alpha) {
            const auto halves = block.chunk(2);
            one.push_back(halves[0]);
            two.push_back(halves[1]);
        }
        if (m_options.pairs == FusionPairs::Neighbours)
            loss = loss + m_options.consistency * attention_loss::consistency(one, two);
        loss = loss + m_options.balance * attention_loss::imbalance(alpha);
        return loss + m_options.sharpness * attention_loss::sharpness(alpha, m_options.entropyLevel);
    }

    Fusion& m_fusion;
    PrefixStore& m_store;
    std::span<const std::int64_t> m_train;
    const PseudoLabels& m_labels;
    const FusionTrainingOptions& m_options;
    const JobContext& m_context;
    BatchSampler m_sampler;
    std::vector<std::vector<std::int64_t>> m_mutual; ///< empty for augmentation pairs
};

} // namespace

std::int64_t trainFusion(Fusion& fusion, PrefixStore& store, std::span<const std::int64_t> train,
                         const PseudoLabels& labels, const FusionTrainingOptions& options, TrainingLoopOptions loop,
                         const JobContext& context) {
    return FusionTraining(fusion, store, train, labels, options, context).run(std::move(loop));
}

} // namespace grappa
