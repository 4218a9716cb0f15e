#pragma once

#include "core/base/job.h"
#include "core/model/whitening.h"

#include <torch/torch.h>

#include <cstdint>
#include <vector>

namespace grappa {

struct PseudoLabelOptions {
    std::vector<std::int64_t> granularities; ///< k ascending
    double power = 0.5;                      ///< of the whitening that is frozen as the head
    std::int64_t neighbours = 10;            ///< m of the smoothing
    std::uint64_t seed = 0;
};

/// What the adaptors are trained towards, without labels. The teacher of an image is its whitened embedding smoothed
/// over its nearest neighbours; the pseudo-granularity k is a k-means clustering of the teachers, and the
/// pseudo-label of an image the distribution softmax(teacher . centroids / tau) over the k
/// clusters: a soft label gains over the cluster's number (tests/bench/adapt/README.md).
struct PseudoLabels {
    Whitening head;                       ///< frozen; the student is compared through it
    torch::Tensor teachers;               ///< L2-normalised [n, D]
    std::vector<torch::Tensor> centroids; ///< for each k, L2-normalised [k, D]

    /// base: representations of the training images' evaluation crops [n, D]. Stage "group". Throws Interrupted.
    static PseudoLabels make(const torch::Tensor& base, const PseudoLabelOptions& options, const JobContext& context);
};

} // namespace grappa
