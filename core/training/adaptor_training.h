#pragma once

#include "core/model/adaptor.h"
#include "core/training/prefix_store.h"
#include "core/training/pseudo_labels.h"
#include "core/training/training_loop.h"

#include <cstdint>
#include <span>

namespace grappa {

/// How views are dealt to the steps of a stage: each epoch shuffles the images and moves every image to its next view.
/// A pure function of (seed, step), so that a resumed run draws what the unbroken one would have.
class BatchSampler {
public:
    /// `images` are the indices to draw from; an incomplete last batch is dropped.
    BatchSampler(std::vector<std::int64_t> images, std::int64_t batch, int views, std::uint64_t seed);

    std::int64_t stepsPerEpoch() const { return static_cast<std::int64_t>(m_images.size()) / m_batch; }

    struct Batch {
        std::vector<std::int64_t> positions; ///< in the list of images
        std::vector<std::int64_t> images;    ///< m_images[position]
        std::vector<ViewId> views;
    };
    Batch at(std::int64_t step);

private:
    std::vector<std::int64_t> m_images, m_order;
    std::vector<int> m_offsets;
    std::int64_t m_batch;
    int m_views;
    std::uint64_t m_seed;
    std::int64_t m_epoch = -1;
};

struct AdaptorTrainingOptions {
    int epochs = 4;
    std::int64_t batch = 64;
    double learningRate = 3e-3;
    double weightDecay = 1e-4;
    double warmUp = 0.1;
    double temperature = 0.05; ///< tau, of the pseudo-labels and of the student
    std::uint64_t seed = 0;
};

/// Stage 1 for one pseudo-granularity: trains `set` so that any view of an image, through the
/// frozen head, falls on the clusters as the image's teacher does. Sets are independent of each other: their order, or
/// leaving one out, changes no number of another. `loop` names the stage, checkpoint and curve; its schedule is filled
/// in here. Returns the steps that were done.
/// train: indices of the store's images; teachers and centroids as in PseudoLabels, a teacher for each of `train`.
std::int64_t trainAdaptorSet(AdaptorSet& set, PrefixStore& store, std::span<const std::int64_t> train,
                             const Whitening& head, const torch::Tensor& teachers, const torch::Tensor& centroids,
                             const AdaptorTrainingOptions& options, TrainingLoopOptions loop,
                             const JobContext& context);

/// A hook for VisionTransformer that acts as `inner` and leaves the forward or backward pass (Interrupted) soon after
/// a stop was requested.
VisionTransformerImpl::AfterBlock stoppable(VisionTransformerImpl::AfterBlock inner, const JobContext& context);

} // namespace grappa
