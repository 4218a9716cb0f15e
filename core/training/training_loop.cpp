#include "core/training/training_loop.h"

#include "core/training/checkpoint.h"

#include <cmath>

namespace grappa {

namespace {

constexpr int mostRecoveries = 3;
constexpr int mostParts = 64;
/// A loss this many times its running mean is taken as divergence.
constexpr double divergence = 4;
constexpr double lossMemory = 0.9;

/// A group for each parameter, so that each can have a rate of its own.
std::vector<torch::optim::OptimizerParamGroup> groupsOf(const TrainingLoop::Parameters& parameters) {
    std::vector<torch::optim::OptimizerParamGroup> groups;
    for (const TrainingLoop::Parameter& parameter : parameters)
        groups.emplace_back(std::vector{parameter.tensor});
    return groups;
}

} // namespace

TrainingLoop::TrainingLoop(Parameters parameters, TrainingLoopOptions options)
    : m_parameters(std::move(parameters))
    , m_options(std::move(options))
    , m_optimizer(groupsOf(m_parameters),
                  torch::optim::AdamWOptions(m_options.schedule.peak).weight_decay(m_options.weightDecay)) {}

std::int64_t TrainingLoop::run(const Step& step, const JobContext& context) {
    restore();
    if (m_options.finish) return m_step;
    if (m_step == 0) save(); // so that there is always a good state to go back to
    ProgressMeter meter(context, m_options.stage, static_cast<std::uint64_t>(m_options.schedule.steps));
    auto saved = std::chrono::steady_clock::now();
    while (m_step < m_options.schedule.steps) {
        try {
            context.throwIfStopped();
            const double loss = trainStep(step);
            if (!std::isfinite(loss)) continue; // taken back
            const TrainingPoint point = pointOf(loss);
            if (m_options.onPoint) m_options.onPoint(point);
            meter.advanceTo(static_cast<std::uint64_t>(m_step), "loss " + std::to_string(loss));
        } catch (const Error& error) {
            if (error.code() == ErrorCode::Interrupted) save();
            throw;
        }
        if (std::chrono::steady_clock::now() - saved >= m_options.checkpointEvery) {
            save();
            saved = std::chrono::steady_clock::now();
        }
    }
    save();
    meter.finish();
    return m_step;
}

TrainingPoint TrainingLoop::pointOf(double loss) const {
    TrainingPoint point{m_options.stage, m_step, loss, m_options.schedule.at(m_step - 1) * m_rateFactor, {}};
    if (m_options.onEpoch && m_step % m_options.stepsPerEpoch == 0)
        point.copyFirst = m_options.onEpoch(static_cast<int>(m_step / m_options.stepsPerEpoch));
    return point;
}

double TrainingLoop::trainStep(const Step& step) {
    const double rate = m_options.schedule.at(m_step) * m_rateFactor;
    for (std::size_t i = 0; i < m_parameters.size(); ++i)
        static_cast<torch::optim::AdamWOptions&>(m_optimizer.param_groups()[i].options())
            .lr(rate * m_parameters[i].rateFactor);
    double loss = 0;
    for (;;) {
        m_optimizer.zero_grad();
        try {
            loss = step(m_step, m_parts);
            break;
        } catch (const c10::OutOfMemoryError&) {
            if (m_parts >= mostParts)
                throw Error(ErrorCode::DeviceUnavailable, "The device has too little memory even for the smallest "
                                                          "batch; free some of it, or use --device cpu.");
        }
        // Outside the handler, where the exception no longer holds tensors.
        m_parts *= 2;
    }
    bool good = std::isfinite(loss);
    for (const auto& [name, parameter, factor] : m_parameters)
        if (good && parameter.grad().defined()) good = parameter.grad().isfinite().all().item<bool>();
    if (!good) {
        takeBack("the loss or a gradient was not a finite number");
        return std::nan("");
    }
    if (m_smoothedLoss > 0 && loss > divergence * m_smoothedLoss) {
        takeBack("the loss rose to " + std::to_string(loss));
        return std::nan("");
    }
    m_smoothedLoss = m_smoothedLoss == 0 ? loss : lossMemory * m_smoothedLoss + (1 - lossMemory) * loss;
    m_optimizer.step();
    ++m_step;
    return loss;
}

void TrainingLoop::takeBack(const std::string& why) {
    const double rateFactor = m_rateFactor / 2;
    const int recoveries = m_recoveries + 1;
    const std::int64_t at = m_step;
    if (recoveries > mostRecoveries || !restore())
        throw Error(ErrorCode::Internal, "Learning (" + m_options.stage + ") did not converge: at step " +
                                             std::to_string(at) + " " + why + ", after " +
                                             std::to_string(mostRecoveries) +
                                             " tries with smaller rates. What was learned before this stage is kept; "
                                             "try again with another --seed or a smaller --learning-rate.");
    m_rateFactor = rateFactor;
    m_recoveries = recoveries;
}

void TrainingLoop::save() {
    Checkpoint checkpoint;
    checkpoint.values[Checkpoint::identityKey] = m_options.identity;
    checkpoint.values["step"] = std::to_string(m_step);
    checkpoint.values["recoveries"] = std::to_string(m_recoveries);
    checkpoint.tensors["loop"] = torch::tensor({m_rateFactor, m_smoothedLoss}, torch::kDouble).view(torch::kLong);
    for (const auto& [name, parameter, factor] : m_parameters) {
        checkpoint.tensors["parameter." + name] = parameter;
        const auto found = m_optimizer.state().find(parameter.unsafeGetTensorImpl());
        if (found == m_optimizer.state().end()) continue;
        const auto& state = static_cast<const torch::optim::AdamWParamState&>(*found->second);
        checkpoint.tensors["mean." + name] = state.exp_avg();
        checkpoint.tensors["square." + name] = state.exp_avg_sq();
        checkpoint.tensors["steps." + name] = torch::tensor({state.step()}, torch::kLong);
    }
    checkpoint.save(m_options.checkpoint);
}

bool TrainingLoop::restore() {
    const std::optional<Checkpoint> checkpoint = Checkpoint::load(m_options.checkpoint, m_options.identity);
    if (!checkpoint) return false;
    const torch::NoGradGuard noGrad;
    for (auto& [name, parameter, factor] : m_parameters) {
        const auto value = checkpoint->tensors.find("parameter." + name);
        if (value == checkpoint->tensors.end() || value->second.sizes() != parameter.sizes()) return false;
        parameter.copy_(value->second);
        m_optimizer.state().erase(parameter.unsafeGetTensorImpl());
        const auto mean = checkpoint->tensors.find("mean." + name);
        if (mean == checkpoint->tensors.end()) continue;
        auto state = std::make_unique<torch::optim::AdamWParamState>();
        state->exp_avg(mean->second.to(parameter.device()));
        state->exp_avg_sq(checkpoint->tensors.at("square." + name).to(parameter.device()));
        state->step(checkpoint->tensors.at("steps." + name).item<std::int64_t>());
        m_optimizer.state()[parameter.unsafeGetTensorImpl()] = std::move(state);
    }
    const torch::Tensor loop = checkpoint->tensors.at("loop").view(torch::kDouble);
    m_rateFactor = loop[0].item<double>();
    m_smoothedLoss = loop[1].item<double>();
    m_step = std::stoll(checkpoint->values.at("step"));
    m_recoveries = std::stoi(checkpoint->values.at("recoveries"));
    return true;
}

} // namespace grappa
