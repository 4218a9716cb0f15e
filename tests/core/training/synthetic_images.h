#pragma once

#include "core/model/vision_transformer.h"
#include "core/training/augmentation.h"
#include "core/training/image_source.h"

#include <functional>

namespace grappa::test {

/// Images of a few kinds: each kind has its colour and stripe width, each image its own phase. Counts what is loaded.
class SyntheticImages : public ImageSource {
public:
    SyntheticImages(std::size_t count, int inputSize) : m_count(count), m_size(inputSize) {}

    std::size_t size() const override { return m_count; }
    std::uint64_t key(std::size_t index) const override { return mixSeed(index, 77); }
    Sample load(std::size_t index) override {
        ++loads;
        if (onLoad) onLoad(index);
        const auto kind = static_cast<double>(index % 6);
        const auto phase = static_cast<double>(mixSeed(index, 1) % 1000) / 100;
        const auto side = 2 * m_size;
        const auto x = torch::arange(side).view({1, 1, side});
        const auto y = torch::arange(side).view({1, side, 1});
        const auto channel = torch::arange(3).view({3, 1, 1});
        const auto wave = (x * (0.1 + 0.1 * kind) + y * 0.05 + phase + channel * (kind - 2)).sin();
        const auto image = (127 + 100 * wave).to(torch::kByte).contiguous();
        return {image, image.slice(1, 0, m_size).slice(2, 0, m_size).contiguous()};
    }

    std::size_t loads = 0;
    std::function<void(std::size_t index)> onLoad;

private:
    std::size_t m_count;
    int m_size;
};

/// A random backbone of three blocks and width 32, the same at each call.
inline VisionTransformer smallTransformer() {
    torch::manual_seed(5);
    VisionTransformer backbone(
        VisionTransformerOptions{.patch = 4, .width = 32, .depth = 3, .heads = 2, .hidden = 64, .grid = 4});
    for (torch::Tensor& parameter : backbone->parameters()) {
        const torch::NoGradGuard noGrad;
        parameter.add_(torch::randn(parameter.sizes()) * 0.05);
        parameter.requires_grad_(false);
    }
    backbone->eval();
    return backbone;
}

} // namespace grappa::test
