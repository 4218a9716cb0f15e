#pragma once

#include "core/model/adaptor.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace grappa {

struct FusionOptions {
    AdaptorOptions adaptor;
    std::int64_t sets = 4;      ///< N
    std::int64_t keyWidth = 64; ///< d_k
};

/// Fusion of the N adaptor sets after one block, in the exact factored form: one D -> N*b and one
/// N*b -> D product, whatever N is. With a_i = A_i(h):
///   alpha = softmax_i( (W_q h + b_q) . (W_k a_i) / sqrt(d_k) ) for each token, output W_v sum_i alpha_i a_i + b_v.
/// Without query and key (`Uniform`) alpha is 1/N: the average. W_v = I + value.weight, b_v = value.bias; where the
/// value is not trained, W_v = I, b_v = 0 and cost nothing.
/// The adaptors are copied in by setAdaptors() and frozen (buffers). Trainable are query.weight [d_k, D],
/// query.bias [d_k], key.weight [d_k, D] and, when enabled, value.weight [D, D], value.bias [D].
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
    /// tokens [B, T, D]. Differentiable in the tokens and in what is trainable. Where no gradient is recorded, what
    /// depends on weights alone is computed once and again after they changed in place, moved or were replaced.
    Output forward(const torch::Tensor& tokens);
    /// Trains the query on tokens - centre, centre [D], which is better conditioned; fold() moves it into the bias.
    void setCentre(const torch::Tensor& centre) { m_centre = centre; }
    void fold();
    /// Scores before the softmax, [B, T, N], up to a constant for each token.
    torch::Tensor scores(const torch::Tensor& tokens);

    torch::nn::Linear query{nullptr}, key{nullptr}, value{nullptr}; ///< empty where not used

private:
    /// The keys of the N sets without W_k h, which the softmax cancels, over sqrt(d_k): as functions of the codes.
    struct Keys {
        torch::Tensor ofCodes;  ///< (W_k U_i)^T of all sets, [N*b, d_k]
        torch::Tensor constant; ///< W_k c_i, [N, d_k]
    };
    /// g_i = gelu(V_i h + b_i) of all sets. [.., D] -> [.., N*b]
    torch::Tensor codes(const torch::Tensor& tokens);
    torch::Tensor scores(const torch::Tensor& tokens, const torch::Tensor& codes);
    Keys keys();

    FusionOptions m_options;
    torch::Tensor m_centre;           ///< of the tokens while the query is trained; else undefined
    torch::Tensor m_down, m_downBias; ///< V of all sets [N*b, D], [N*b]
    torch::Tensor m_up, m_upBias;     ///< U of all sets [D, N*b], c [N, D]

    /// State of a weight: it changes when the weight's values do.
    struct Stamp {
        const void* storage = nullptr;
        std::int64_t version = 0;
        bool operator==(const Stamp&) const = default;
    };
    static Stamp stampOf(const torch::Tensor& weight);
    Keys m_keys; ///< as of m_keyStamps
    std::array<Stamp, 3> m_keyStamps;
};
TORCH_MODULE(FusionLayer);

/// The fusion layers of all adapted blocks. Names: "<block>.query.weight" ...
class FusionImpl : public torch::nn::Module {
public:
    FusionImpl(const FusionOptions& options, FusionLayerImpl::Attention attention, bool trainValue);

    const FusionOptions& options() const { return m_options; }
    void setAdaptors(std::vector<AdaptorSet>& sets); ///< in order of k ascending
    void initialise(std::uint64_t seed);             ///< each layer differently
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
