#pragma once

#include <torch/torch.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace grappa {

/// How position embeddings [1, 1 + n*n, D] reach a grid of another size: each family's reference does it its own way,
/// and the outputs differ visibly when the wrong one is taken.
enum class PositionInterpolation {
    DinoScaleFactor,  ///< DINO, DINOv2: bicubic by scale factor (size + 0.1) / n
    Bicubic,          ///< HF ViT, HF DINOv2, our reference: bicubic to the size
    BicubicAntialias, ///< timm, DINOv2 with registers: bicubic to the size, antialiased
};

/// Sizes and conventions of a pre-LN ViT. Patch, width, depth and the rest are read from the weights; heads, epsilon
/// and interpolation are not in them and come from the registry.
struct VisionTransformerOptions {
    std::int64_t patch = 14;
    std::int64_t width = 384; ///< D
    std::int64_t depth = 11;  ///< L
    std::int64_t heads = 6;
    std::int64_t hidden = 1536; ///< width of the MLP
    std::int64_t grid = 37;     ///< n of the position embedding [1, 1 + n*n, D]
    std::int64_t registers = 0; ///< register tokens, between [class] and patches, without positions
    bool qkvBias = true;
    bool layerScale = false;
    double layerNormEpsilon = 1e-6;
    PositionInterpolation interpolation = PositionInterpolation::Bicubic;
};

/// The learned gain of a residual branch, one number a channel.
struct LayerScaleImpl : torch::nn::Module {
    explicit LayerScaleImpl(std::int64_t width) : gamma(register_parameter("gamma", torch::ones({width}))) {}
    torch::Tensor gamma;
};
TORCH_MODULE(LayerScale);

/// One pre-LN block: h~ = ls1 * MSA(LN(h)) + h ; h' = ls2 * MLP(LN(h~)) + h~.
class TransformerBlockImpl : public torch::nn::Module {
public:
    explicit TransformerBlockImpl(const VisionTransformerOptions& options);

    /// tokens [B, T, D] -> [B, T, D]
    torch::Tensor forward(const torch::Tensor& tokens);
    /// The same for the [class] token alone (exact: keys and values are of all tokens). [B, T, D] -> [B, 1, D]
    torch::Tensor forwardClassToken(const torch::Tensor& tokens);
    /// Attention of the [class] token over all tokens, mean over heads. [B, T, D] -> [B, T]
    torch::Tensor classAttention(const torch::Tensor& tokens);

private:
    /// Query of the [class] token, keys and values of all tokens. [B, T, D] -> [B, 1, D], [B, T, D], [B, T, D]
    std::array<torch::Tensor, 3> classQuery(const torch::Tensor& tokens);
    /// Attention and MLP with their residuals; `tokens` are those that ask. All [B, ., D]
    torch::Tensor attend(const torch::Tensor& tokens, const torch::Tensor& query, const torch::Tensor& key,
                         const torch::Tensor& value);

    std::int64_t m_heads;
    torch::nn::LayerNorm m_norm1{nullptr}, m_norm2{nullptr};
    torch::nn::Linear m_qkv{nullptr}, m_projection{nullptr}, m_expand{nullptr}, m_contract{nullptr};
    LayerScale m_layerScale1{nullptr}, m_layerScale2{nullptr}; ///< empty without LayerScale
};
TORCH_MODULE(TransformerBlock);

/// A frozen pre-LN Vision Transformer. Registered names are DINO's (`blocks.0.attn.qkv.weight`). Its weights must not
/// change after the first call.
/// Images are ImageNet-normalised float [B, 3, H, W] with H and W multiples of the patch.
/// Thread: a const-like forward; one caller at a time.
class VisionTransformerImpl : public torch::nn::Module {
public:
    /// Acts on the tokens after block l: where adaptors or fusion sit. tokens [B, T, D] -> [B, T, D];
    /// after the last block T = 1 (the [class] token).
    using AfterBlock = std::function<torch::Tensor(std::int64_t block, torch::Tensor tokens)>;

    explicit VisionTransformerImpl(const VisionTransformerOptions& options);

    const VisionTransformerOptions& options() const { return m_options; }

    /// Representation z = LN(h_L)[class]; images [B, 3, H, W] -> [B, D]
    torch::Tensor forward(const torch::Tensor& images, const AfterBlock& afterBlock = {});

    /// Patches, [class], registers and positions. images [B, 3, H, W] -> tokens [B, T, D]
    torch::Tensor embedPatches(const torch::Tensor& images);
    /// Blocks [first, last). tokens [B, T, D] -> [B, T, D]; the last block of the model runs for all tokens here.
    torch::Tensor runBlocks(torch::Tensor tokens, std::int64_t first, std::int64_t last,
                            const AfterBlock& afterBlock = {});
    /// The model's last block for the [class] token alone. tokens [B, T, D] -> [B, 1, D]
    torch::Tensor runLastBlock(const torch::Tensor& tokens);
    /// From the tokens that enter block `first` to z; the model's last block for the [class] token alone.
    /// tokens [B, T, D] -> [B, D]
    torch::Tensor finish(torch::Tensor tokens, std::int64_t first, const AfterBlock& afterBlock = {});

    struct Tokens {
        torch::Tensor z;           ///< as of forward() [B, D]
        torch::Tensor patchTokens; ///< that enter the last block, after the final LayerNorm [B, rows * cols, D]
        std::int64_t rows = 0, cols = 0;
    };
    /// forward() without anything after the blocks, and the patch tokens that it computes on its way.
    /// images [B, 3, H, W]
    Tokens tokens(const torch::Tensor& images);

    struct Maps {
        torch::Tensor patchTokens;    ///< [B, rows * cols, D], after the final LayerNorm
        torch::Tensor classAttention; ///< [B, rows * cols], last block, mean over heads
        std::int64_t rows = 0, cols = 0;
    };
    /// The last block in full, for overlays. images [B, 3, H, W]
    Maps maps(const torch::Tensor& images, const AfterBlock& afterBlock = {});

private:
    /// What is added to the patches, and the tokens that go before them with their positions.
    struct Positions {
        torch::Tensor grid;   ///< [1, rows * cols, D]
        torch::Tensor prefix; ///< [1, 1 + registers, D]
    };

    TransformerBlockImpl& block(std::int64_t index);
    /// Computed once a size: the weights are frozen.
    const Positions& positions(std::int64_t rows, std::int64_t cols);
    /// [1, n * n, D] -> [1, rows * cols, D]
    torch::Tensor interpolated(const torch::Tensor& positions, std::int64_t rows, std::int64_t cols) const;

    VisionTransformerOptions m_options;
    std::map<std::pair<std::int64_t, std::int64_t>, Positions> m_positions;
    torch::Tensor m_classToken, m_positionEmbedding, m_registerTokens;
    torch::nn::Conv2d m_patchProjection{nullptr};
    torch::nn::ModuleList m_blocks{nullptr};
    torch::nn::LayerNorm m_norm{nullptr};
};
TORCH_MODULE(VisionTransformer);

} // namespace grappa
