#include "core/training/adaptor_training.h"

#include "core/training/augmentation.h"
#include "core/training/losses.h"

#include <algorithm>
#include <numeric>

namespace grappa {

BatchSampler::BatchSampler(std::vector<std::int64_t> images, std::int64_t batch, int views, std::uint64_t seed)
    : m_images(std::move(images))
    , m_order(m_images.size())
    , m_offsets(m_images.size())
    , m_batch(batch)
    , m_views(views)
    , m_seed(seed) {
    for (std::size_t i = 0; i < m_images.size(); ++i)
        m_offsets[i] = static_cast<int>(mixSeed(seed, i, 1) % static_cast<std::uint64_t>(views));
}

BatchSampler::Batch BatchSampler::at(std::int64_t step) {
    const std::int64_t epoch = step / stepsPerEpoch();
    if (epoch != m_epoch) {
        std::iota(m_order.begin(), m_order.end(), 0);
        for (std::size_t i = m_order.size(); i > 1; --i)
            std::swap(m_order[i - 1], m_order[mixSeed(m_seed, static_cast<std::uint64_t>(epoch) + 2, i) % i]);
        m_epoch = epoch;
    }
    Batch batch;
    const std::int64_t first = step % stepsPerEpoch() * m_batch;
    for (std::int64_t i = first; i < first + m_batch; ++i) {
        const std::int64_t position = m_order[static_cast<std::size_t>(i)];
        batch.positions.push_back(position);
        batch.images.push_back(m_images[static_cast<std::size_t>(position)]);
        const auto view = (m_offsets[static_cast<std::size_t>(position)] + epoch) % m_views;
        batch.views.push_back({ViewId::Kind::Training, static_cast<int>(view)});
    }
    return batch;
}

VisionTransformerImpl::AfterBlock stoppable(VisionTransformerImpl::AfterBlock inner, const JobContext& context) {
    return [inner = std::move(inner), &context](std::int64_t block, torch::Tensor tokens) {
        context.throwIfStopped();
        torch::Tensor result = inner(block, std::move(tokens));
        if (result.requires_grad())
            result.register_hook([&context](const torch::Tensor& gradient) {
                context.throwIfStopped();
                return gradient;
            });
        return result;
    };
}

std::int64_t trainAdaptorSet(AdaptorSet& set, PrefixStore& store, std::span<const std::int64_t> train,
                             const Whitening& head, const torch::Tensor& teachers, const torch::Tensor& centroids,
                             const AdaptorTrainingOptions& options, TrainingLoopOptions loop,
                             const JobContext& context) {
    BatchSampler sampler({train.begin(), train.end()}, std::min(options.batch, static_cast<std::int64_t>(train.size())),
                         store.views(), options.seed);
    loop.schedule = {
        .peak = options.learningRate, .warmUp = options.warmUp, .steps = options.epochs * sampler.stepsPerEpoch()};
    loop.weightDecay = options.weightDecay;
    loop.stepsPerEpoch = sampler.stepsPerEpoch();
    TrainingLoop::Parameters parameters;
    for (const auto& item : set->named_parameters())
        parameters.push_back({item.key(), item.value().requires_grad_(true)});

    const auto hook = stoppable(set->afterBlock(), context);
    const auto step = [&](std::int64_t number, int parts) {
        const BatchSampler::Batch batch = sampler.at(number);
        const auto size = static_cast<std::int64_t>(batch.images.size());
        double total = 0;
        for (std::int64_t begin = 0; begin < size; begin += (size + parts - 1) / parts) {
            const std::int64_t count = std::min((size + parts - 1) / parts, size - begin);
            const auto part = [&](const auto& all) {
                return std::span(all).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(count));
            };
            const auto z = store.finish(store.load(part(batch.images), part(batch.views)), hook);
            const auto rows = torch::tensor(std::vector(part(batch.positions).begin(), part(batch.positions).end()))
                                  .to(teachers.device());
            const auto loss =
                softNormalisedSoftmax(head.apply(z), teachers.index_select(0, rows), centroids, options.temperature) *
                (static_cast<double>(count) / static_cast<double>(size));
            loss.backward();
            total += loss.item<double>();
        }
        return total;
    };
    const std::int64_t steps = TrainingLoop(parameters, std::move(loop)).run(step, context);
    for (const TrainingLoop::Parameter& parameter : parameters)
        parameter.tensor.requires_grad_(false);
    return steps;
}

} // namespace grappa
