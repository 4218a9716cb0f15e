#pragma once

#include "core/model/fusion.h"
#include "core/training/adaptor_training.h"

#include <cstdint>
#include <span>

namespace grappa {

/// Which pairs the fusion layers learn from.
enum class FusionPairs {
    Augmentation, ///< an image and another view of it
    Neighbours,   ///< half of those, half an image and one of its mutual nearest neighbours
};

/// What is made of a pair.
enum class FusionLoss {
    SoftTargets, ///< each of the two towards the other's pseudo-labels of all granularities
    BarlowTwins, ///< the paper's setting; loses on coarse tasks, kept for comparison
};

struct FusionTrainingOptions {
    FusionPairs pairs = FusionPairs::Neighbours;
    FusionLoss loss = FusionLoss::SoftTargets;
    int epochs = 1;
    std::int64_t batch = 64; ///< pairs
    double learningRate = 1e-3;
    double valueRate = 1e-3; ///< of W_v
    double weightDecay = 1e-4;
    double warmUp = 0.1;
    double temperature = 0.05;
    double neighbourShare = 0.5; ///< of the pairs
    std::int64_t neighbours = 5; ///< mutual nearest ones that a partner is drawn from
    double consistency = 0.1, balance = 1, sharpness = 8;
    double entropyLevel = 0.6;    ///< that sharpness pulls towards, of log N
    double scoreDeviation = 0.25; ///< of the [class] scores at step 0, so that the gradient reaches every block
    std::uint64_t seed = 0;
};

/// Stage 2, adaptors frozen: trains query, key and (where the layers have it) value of `fusion`.
/// The soft targets of all k together keep what each granularity is good for: one target alone gains on fine tasks and
/// loses on coarse ones (tests/bench/adapt/README.md).
/// labels: pseudo-labels made from the averaged model's embeddings of `train`, a teacher for each of them. Returns the
/// steps that were done.
std::int64_t trainFusion(Fusion& fusion, PrefixStore& store, std::span<const std::int64_t> train,
                         const PseudoLabels& labels, const FusionTrainingOptions& options, TrainingLoopOptions loop,
                         const JobContext& context);

} // namespace grappa
