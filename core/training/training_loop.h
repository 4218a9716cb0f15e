#pragma once

#include "core/base/job.h"
#include "core/training/lr_schedule.h"

#include <torch/torch.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace grappa {

/// One point of a curve, stored with the run.
struct TrainingPoint {
    std::string stage; ///< "learn k=128", "combine neighbours"
    std::int64_t step = 0;
    double loss = 0;
    double learningRate = 0;
    std::optional<double> copyFirst; ///< after a pass over the images, where that is measured (probe.h)
};

struct TrainingLoopOptions {
    std::string stage;    ///< for progress and curve
    std::string identity; ///< of the run: a checkpoint of another one is not resumed
    std::filesystem::path checkpoint;
    LearningRateSchedule schedule;
    double weightDecay = 1e-4;
    std::chrono::seconds checkpointEvery{60};
    std::function<void(const TrainingPoint&)> onPoint; ///< after each step; may be empty
    std::int64_t stepsPerEpoch = 0;
    std::function<double(int epoch)> onEpoch; ///< gives the copyFirst of the epoch's last point; may be empty
    bool finish = false;                      ///< train no further: what the checkpoint holds is the result
};

/// Trains `parameters` by AdamW: warm-up and cosine, checkpoints by the save protocol every minute and at a stop,
/// recovery from a bad step. What a step draws must follow from its number alone, so that N steps equal N/2, a stop
/// and N/2, tensor for tensor, on one machine and thread count.
///
/// A loss or gradient that is not finite, or a loss far above what it was, takes the run back to the last good
/// checkpoint with half the rate; after three times: Error(Internal) that says so. On a GPU without memory for a step
/// the step is tried again in twice as many parts.
class TrainingLoop {
public:
    /// Computes the loss of a step in `parts` equal parts of its batch, each with its own backward() (gradients add
    /// up), and returns it. May throw Interrupted at any moment: the step then counts as not done.
    using Step = std::function<double(std::int64_t step, int parts)>;
    struct Parameter {
        std::string name;
        torch::Tensor tensor;
        double rateFactor = 1; ///< times the schedule's rate
    };
    using Parameters = std::vector<Parameter>;

    TrainingLoop(Parameters parameters, TrainingLoopOptions options);

    /// Goes on from the checkpoint if there is one. On a stop: saves a checkpoint and throws Interrupted. Returns the
    /// steps that were done, those before the checkpoint included.
    std::int64_t run(const Step& step, const JobContext& context);

private:
    void save();
    bool restore();
    TrainingPoint pointOf(double loss) const;
    void takeBack(const std::string& why);
    double trainStep(const Step& step);

    Parameters m_parameters;
    TrainingLoopOptions m_options;
    torch::optim::AdamW m_optimizer;
    std::int64_t m_step = 0;
    double m_rateFactor = 1;
    double m_smoothedLoss = 0;
    int m_recoveries = 0;
    int m_parts = 1;
};

} // namespace grappa
