#pragma once

#include "core/model/adaptation_file.h"
#include "core/model/grappa_model.h"

#include <string>
#include <vector>

namespace grappa::test {

inline VisionTransformerOptions smallViT() {
    return {.patch = 4, .width = 32, .depth = 3, .heads = 2, .hidden = 64, .grid = 5};
}

inline AdaptorOptions smallAdaptor(std::int64_t firstBlock = 1) {
    return {.width = 32, .bottleneck = 8, .firstBlock = firstBlock, .depth = 3};
}

/// Values of a size at which every weight matters.
inline void randomise(torch::nn::Module& module, double deviation = 0.3) {
    const torch::NoGradGuard noGrad;
    for (torch::Tensor& parameter : module.parameters())
        parameter.normal_(0, deviation);
}

inline VisionTransformer randomBackbone() {
    VisionTransformer backbone(smallViT());
    randomise(*backbone);
    for (torch::Tensor& parameter : backbone->parameters())
        parameter.set_requires_grad(false);
    return backbone;
}

inline std::vector<AdaptorSet> randomSets(const AdaptorOptions& options, std::int64_t count) {
    std::vector<AdaptorSet> sets;
    for (std::int64_t i = 0; i < count; ++i)
        randomise(*sets.emplace_back(options));
    return sets;
}

/// Two learned fusions (one with a value), whitenings of two variants.
inline Adaptation randomAdaptation(const AdaptorOptions& options, const std::vector<std::int64_t>& granularities) {
    Adaptation adaptation;
    adaptation.adaptor = options;
    adaptation.granularities = granularities;
    const auto count = static_cast<std::int64_t>(granularities.size());
    adaptation.sets = randomSets(options, count);
    const FusionOptions fusion{.adaptor = options, .sets = count, .keyWidth = 4};
    for (const char* name : {variant::augmentation, variant::neighbours}) {
        Fusion learned(fusion, FusionLayerImpl::Attention::Learned, name == std::string(variant::augmentation));
        randomise(*learned);
        adaptation.fusions.emplace(name, learned);
        adaptation.whitening[name] = Whitening::fit(torch::randn({50, options.width}), 0.75);
    }
    adaptation.inputSize = 20;
    adaptation.metadata = {{adaptation_key::backboneHash, std::string(32, 'a')}, {adaptation_key::name, "random"}};
    adaptation.connect();
    return adaptation;
}

/// The largest difference as a share of the expected values' scale.
inline double difference(const torch::Tensor& actual, const torch::Tensor& expected) {
    return ((actual - expected).abs().max() / expected.abs().max().clamp_min(1e-30)).item<double>();
}

} // namespace grappa::test
