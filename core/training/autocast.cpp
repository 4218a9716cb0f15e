#include "core/training/autocast.h"

#include <ATen/detail/CUDAHooksInterface.h>

namespace grappa {

bool Autocast::supported(const torch::Device& device) {
    // The one question of LibTorch without CUDA headers that means "compute capability 8 or newer".
    return device.is_cuda() && at::detail::getCUDAHooks().supportsBFloat16ConvolutionWithCuDNNv8();
}

} // namespace grappa
