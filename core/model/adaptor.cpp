#include "core/model/adaptor.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>

namespace grappa {

namespace nn = torch::nn;

AdaptorImpl::AdaptorImpl(const AdaptorOptions& options) {
    down = register_module("down", nn::Linear(options.width, options.bottleneck));
    up = register_module("up", nn::Linear(options.bottleneck, options.width));
    nn::init::zeros_(up->weight);
    nn::init::zeros_(up->bias);
}

torch::Tensor AdaptorImpl::forward(const torch::Tensor& tokens) {
    return tokens + up(torch::gelu(down(tokens)));
}

AdaptorSetImpl::AdaptorSetImpl(const AdaptorOptions& options) : m_options(options) {
    for (std::int64_t block = options.firstBlock; block < options.depth; ++block)
        m_adaptors.push_back(register_module(std::to_string(block), Adaptor(options)));
}

VisionTransformerImpl::AfterBlock AdaptorSetImpl::afterBlock() {
    return [this](std::int64_t block, torch::Tensor tokens) {
        return block < m_options.firstBlock ? tokens : at(block)->forward(tokens);
    };
}

void AdaptorSetImpl::initialise(std::uint64_t seed) {
    const torch::NoGradGuard noGrad;
    // On the CPU, so that a seed means the same on every device.
    auto random = at::detail::createCPUGenerator(seed);
    const double bound = 1 / std::sqrt(static_cast<double>(m_options.width));
    for (Adaptor& adaptor : m_adaptors) {
        adaptor->down->weight.copy_(torch::empty(adaptor->down->weight.sizes()).uniform_(-bound, bound, random));
        for (const torch::Tensor& zero : {adaptor->down->bias, adaptor->up->weight, adaptor->up->bias})
            zero.zero_();
    }
}

} // namespace grappa
