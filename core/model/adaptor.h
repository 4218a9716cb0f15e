#pragma once

#include "core/model/vision_transformer.h"

#include <cstdint>
#include <vector>

namespace grappa {

/// Sizes that all adaptors of an adaptation share.
struct AdaptorOptions {
    std::int64_t width = 384;     ///< D
    std::int64_t bottleneck = 64; ///< b
    std::int64_t firstBlock = 6;  ///< the first adapted block, 0-based; all later ones are adapted too
    std::int64_t depth = 11;      ///< L, blocks of the backbone

    std::int64_t adaptedBlocks() const { return depth - firstBlock; } ///< m
};

/// Residual bottleneck after a block: A(h) = h + U gelu(V h + b_V) + b_U. U and b_U start at zero,
/// so that step 0 is the backbone exactly. Names: down.weight [b, D], down.bias [b], up.weight [D, b], up.bias [D].
class AdaptorImpl : public torch::nn::Module {
public:
    explicit AdaptorImpl(const AdaptorOptions& options);

    /// tokens [B, T, D] -> [B, T, D]
    torch::Tensor forward(const torch::Tensor& tokens);

    torch::nn::Linear down{nullptr}, up{nullptr};
};
TORCH_MODULE(Adaptor);

/// One adaptor a block, for one pseudo-granularity. Names: "<block>.down.weight" ... with the backbone's block numbers.
class AdaptorSetImpl : public torch::nn::Module {
public:
    explicit AdaptorSetImpl(const AdaptorOptions& options);

    const AdaptorOptions& options() const { return m_options; }
    Adaptor& at(std::int64_t block) { return m_adaptors[static_cast<std::size_t>(block - m_options.firstBlock)]; }
    /// What acts after the backbone's blocks. Valid as long as this module.
    VisionTransformerImpl::AfterBlock afterBlock();
    /// V of every adaptor ~ U(-1/sqrt(D), 1/sqrt(D)) from `seed` alone; the other weights zero. Sets with one seed
    /// share their V, so that their hidden codes stay comparable.
    void initialise(std::uint64_t seed);

private:
    AdaptorOptions m_options;
    std::vector<Adaptor> m_adaptors;
};
TORCH_MODULE(AdaptorSet);

} // namespace grappa
