#pragma once

#include "core/model/fusion.h"
#include "core/training/adaptor_training.h"

#include <cstdint>
#include <span>

namespace grappa {

/// Which pairs the fusion layers learn from (method: section 4).
enum class FusionPairs {
    Augmentation, ///< an image and another view of it
    Neighbours,   ///< half of those, half an image and one of its mutual nearest neighbours
};

/// What is made of a pair.
enum class FusionLoss {
    SoftTargets, ///< each of the two towards the other's pseudo-label over the smoothed embeddings
    BarlowTwins, ///< the paper's setting; loses on coarse tasks (method: section 6), kept for comparison
};

struct FusionTrainingOptions {
    FusionPairs pairs = FusionPairs::Neighbours;
    FusionLoss loss = FusionLoss::SoftTargets;
    int epochs = 1;
    std::int64_t batch = 64; ///< pairs
    double learningRate = 3e-3;
    double valueRate = 2e-4; ///< of W_v
    double weightDecay = 1e-4;
    double warmUp = 0.1;
    double temperature = 0.05;
    double neighbourShare = 0.5; ///< of the pairs
    std::int64_t neighbours = 5; ///< mutual nearest ones that a partner is drawn from
    double consistency = 0.1, balance = 1, sharpness = 4;
    double entropyLevel = 0.65;    ///< that sharpness pulls towards, of log N
    double scoreDeviation = 0.25;  ///< of the [class] scores at step 0, so that the gradient reaches every block
    std::int64_t prototypes = 8192; ///< smoothed embeddings that pseudo-labels are over, at most
    std::uint64_t seed = 0;
};

/// Stage 2 (method: section 4), adaptors frozen: trains query, key and (where the layers have it) value of `fusion`.
/// teachers: smoothed, whitened embeddings of the averaged model [n, D], one for each of `train`; head: the whitening
/// under which they were made.
void trainFusion(Fusion& fusion, PrefixStore& store, std::span<const std::int64_t> train, const Whitening& head,
                 const torch::Tensor& teachers, const FusionTrainingOptions& options, TrainingLoopOptions loop,
                 const JobContext& context);

} // namespace grappa
