#pragma once

#include "core/model/adaptor.h"

#include <cstdint>
#include <span>
#include <vector>

namespace grappa {

struct FusionOptions {
    AdaptorOptions adaptor;
    std::int64_t sets = 4;      ///< N
    std::int64_t keyWidth = 64; ///< d_k
};

/// Fusion of the N adaptor sets after one block (method: section 4), in the exact factored form: one D -> N*b and one
/// N*b -> D product, whatever N is. With a_i = A_i(h):
///   alpha = softmax_i( (W_q h + b_q) . (W_k a_i) / sqrt(d_k) ) for each token, output W_v sum_i alpha_i a_i.
/// Without query and key (`uniform`) alpha is 1/N: the average. W_v = I + value; value is zero at first and `value`
/// is left out of the product as long as it was not given.
/// The adaptors are copied in by setAdaptors() and frozen (buffers); trainable are query.weight [d_k, D],
/// query.bias [d_k], key.weight [d_k, D] and, when enabled, value.weight [D, D].
class FusionLayerImpl : public torch::nn::Module {
public:
    enum class Attention { Uniform, Learned };
    FusionLayerImpl(const FusionOptions& options, Attention attention, bool trainValue);

    /// Copies the adaptors of one block, one of each set, in order of k ascending.
    void setAdaptors(std::span<const Adaptor> adaptors);
    /// W_q, W_k ~ N(0, 0.02) from `seed` alone, b_q = 0, value = 0: close to the average.
    void initialise(std::uint64_t seed);

    struct Output {
        torch::Tensor tokens; ///< [B, T, D]
        torch::Tensor alpha;  ///< attention over the sets, [B, T, N]
    };
    /// tokens [B, T, D]
    Output forward(const torch::Tensor& tokens);
    /// Scores before the softmax, [B, T, N], up to a constant for each token.
    torch::Tensor scores(const torch::Tensor& tokens);
    /// Has to be called after the weights changed under InferenceMode / no_grad use: recomputes W_k U.
    void refresh();

    torch::nn::Linear query{nullptr}, key{nullptr}, value{nullptr}; ///< empty where not used

private:
    FusionOptions m_options;
    torch::Tensor m_down, m_downBias; ///< [N*b, D], [N*b]
    torch::Tensor m_up, m_upBias;     ///< [D, N*b], [N, D]
};
TORCH_MODULE(FusionLayer);

/// The fusion layers of all adapted blocks. Names: "<block>.query.weight" ...
class FusionImpl : public torch::nn::Module {
public:
    FusionImpl(const FusionOptions& options, FusionLayerImpl::Attention attention, bool trainValue);

    const FusionOptions& options() const { return m_options; }
    void setAdaptors(std::vector<AdaptorSet>& sets); ///< in order of k ascending
    void initialise(std::uint64_t seed);
    FusionLayer& at(std::int64_t block) {
        return m_layers[static_cast<std::size_t>(block - m_options.adaptor.firstBlock)];
    }

    /// What acts after the backbone's blocks; each call appends alpha of the [class] token, [B, N], to `attention`
    /// where that is given. Both must outlive the result.
    VisionTransformerImpl::AfterBlock afterBlock(std::vector<torch::Tensor>* attention = nullptr);

private:
    FusionOptions m_options;
    std::vector<FusionLayer> m_layers;
};
TORCH_MODULE(Fusion);

} // namespace grappa
