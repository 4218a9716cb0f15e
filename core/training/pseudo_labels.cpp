#include "core/training/pseudo_labels.h"

#include "core/training/augmentation.h"
#include "core/training/kmeans.h"

namespace grappa {

PseudoLabels PseudoLabels::make(const torch::Tensor& base, const PseudoLabelOptions& options,
                                const JobContext& context) {
    const torch::NoGradGuard noGrad;
    PseudoLabels labels;
    ProgressMeter meter(context, "group", options.granularities.size());
    labels.head = Whitening::fit(base, options.power);
    labels.teachers = smoothed(torch::nn::functional::normalize(labels.head.apply(base)), options.neighbours);
    for (const std::int64_t k : options.granularities) {
        context.throwIfStopped();
        labels.centroids.push_back(kMeans(labels.teachers,
                                          {.clusters = k, .seed = mixSeed(options.seed, static_cast<std::uint64_t>(k))},
                                          context)
                                       .centroids);
        meter.advanceTo(labels.centroids.size(), "k = " + std::to_string(k));
    }
    meter.finish();
    return labels;
}

} // namespace grappa
