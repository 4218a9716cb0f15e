#include "core/model/vision_transformer.h"

#include "core/base/error.h"

#include <cmath>

namespace grappa {

namespace {

namespace nn = torch::nn;

nn::LayerNorm layerNorm(const VisionTransformerOptions& options) {
    return nn::LayerNorm(nn::LayerNormOptions({options.width}).eps(options.layerNormEpsilon));
}

/// The residual branch `update` added to `base`; `scale` may be empty.
torch::Tensor addScaled(const torch::Tensor& base, const torch::Tensor& update, const LayerScale& scale) {
    return scale ? torch::addcmul(base, update, scale->gamma) : base + update;
}

/// Modules under a common name, so that the registered names are those of the checkpoints.
nn::ModuleDict group(std::vector<std::pair<std::string, std::shared_ptr<nn::Module>>> members) {
    return nn::ModuleDict(std::move(members));
}

/// [B, T, D] -> [B, heads, T, D / heads]
torch::Tensor splitHeads(const torch::Tensor& tokens, std::int64_t heads) {
    return tokens.unflatten(-1, {heads, -1}).transpose(1, 2);
}

} // namespace

TransformerBlockImpl::TransformerBlockImpl(const VisionTransformerOptions& options) : m_heads(options.heads) {
    const std::int64_t width = options.width;
    m_norm1 = register_module("norm1", layerNorm(options));
    m_qkv = nn::Linear(nn::LinearOptions(width, 3 * width).bias(options.qkvBias));
    m_projection = nn::Linear(width, width);
    register_module("attn", group({{"qkv", m_qkv.ptr()}, {"proj", m_projection.ptr()}}));
    m_norm2 = register_module("norm2", layerNorm(options));
    m_expand = nn::Linear(width, options.hidden);
    m_contract = nn::Linear(options.hidden, width);
    register_module("mlp", group({{"fc1", m_expand.ptr()}, {"fc2", m_contract.ptr()}}));
    if (options.layerScale) {
        m_layerScale1 = register_module("ls1", LayerScale(width));
        m_layerScale2 = register_module("ls2", LayerScale(width));
    }
}

torch::Tensor TransformerBlockImpl::forward(const torch::Tensor& tokens) {
    const auto parts = m_qkv(m_norm1(tokens)).chunk(3, -1);
    return attend(tokens, parts[0], parts[1], parts[2]);
}

torch::Tensor TransformerBlockImpl::forwardClassToken(const torch::Tensor& tokens) {
    const auto [query, key, value] = classQuery(tokens);
    return attend(tokens.narrow(1, 0, 1), query, key, value);
}

torch::Tensor TransformerBlockImpl::classAttention(const torch::Tensor& tokens) {
    const auto [query, key, value] = classQuery(tokens);
    const auto scores = splitHeads(query, m_heads).matmul(splitHeads(key, m_heads).transpose(-2, -1));
    const double headWidth = static_cast<double>(query.size(-1)) / static_cast<double>(m_heads);
    return (scores / std::sqrt(headWidth)).softmax(-1).mean(1).squeeze(1);
}

std::array<torch::Tensor, 3> TransformerBlockImpl::classQuery(const torch::Tensor& tokens) {
    const auto normed = m_norm1(tokens);
    const std::int64_t width = tokens.size(-1);
    const auto rows = [&](std::int64_t begin, std::int64_t count, const torch::Tensor& input) {
        const auto bias = m_qkv->bias.defined() ? m_qkv->bias.narrow(0, begin, count) : torch::Tensor();
        return torch::linear(input, m_qkv->weight.narrow(0, begin, count), bias);
    };
    const auto keyValue = rows(width, 2 * width, normed).chunk(2, -1);
    return {rows(0, width, normed.narrow(1, 0, 1)), keyValue[0], keyValue[1]};
}

torch::Tensor TransformerBlockImpl::attend(const torch::Tensor& tokens, const torch::Tensor& query,
                                           const torch::Tensor& key, const torch::Tensor& value) {
    const auto mixed = torch::scaled_dot_product_attention(splitHeads(query, m_heads), splitHeads(key, m_heads),
                                                           splitHeads(value, m_heads));
    const auto attended = addScaled(tokens, m_projection(mixed.transpose(1, 2).flatten(2)), m_layerScale1);
    return addScaled(attended, m_contract(torch::gelu(m_expand(m_norm2(attended)))), m_layerScale2);
}

VisionTransformerImpl::VisionTransformerImpl(const VisionTransformerOptions& options) : m_options(options) {
    const std::int64_t width = options.width;
    m_classToken = register_parameter("cls_token", torch::zeros({1, 1, width}));
    m_positionEmbedding = register_parameter("pos_embed", torch::zeros({1, 1 + options.grid * options.grid, width}));
    if (options.registers > 0)
        m_registerTokens = register_parameter("register_tokens", torch::zeros({1, options.registers, width}));
    m_patchProjection = nn::Conv2d(nn::Conv2dOptions(3, width, options.patch).stride(options.patch));
    register_module("patch_embed", group({{"proj", m_patchProjection.ptr()}}));
    m_blocks = register_module("blocks", nn::ModuleList());
    for (std::int64_t l = 0; l < options.depth; ++l)
        m_blocks->push_back(TransformerBlock(options));
    m_norm = register_module("norm", layerNorm(options));
}

torch::Tensor VisionTransformerImpl::forward(const torch::Tensor& images, const AfterBlock& afterBlock) {
    return finish(embedPatches(images), 0, afterBlock);
}

torch::Tensor VisionTransformerImpl::embedPatches(const torch::Tensor& images) {
    const std::int64_t patch = m_options.patch;
    if (images.dim() != 4 || images.size(1) != 3 || images.size(2) % patch != 0 || images.size(3) % patch != 0)
        throw Error(ErrorCode::Internal, "Images must be [B, 3, H, W] with H and W multiples of the patch");
    const auto patches = m_patchProjection(images);
    const Positions& position = positions(patches.size(2), patches.size(3));
    return torch::cat(
        {position.prefix.expand({images.size(0), -1, -1}), patches.flatten(2).transpose(1, 2) + position.grid}, 1);
}

torch::Tensor VisionTransformerImpl::runBlocks(torch::Tensor tokens, std::int64_t first, std::int64_t last,
                                               const AfterBlock& afterBlock) {
    for (std::int64_t l = first; l < last; ++l) {
        tokens = block(l).forward(tokens);
        if (afterBlock) tokens = afterBlock(l, tokens);
    }
    return tokens;
}

torch::Tensor VisionTransformerImpl::runLastBlock(const torch::Tensor& tokens) {
    return block(m_options.depth - 1).forwardClassToken(tokens);
}

torch::Tensor VisionTransformerImpl::finish(torch::Tensor tokens, std::int64_t first, const AfterBlock& afterBlock) {
    const std::int64_t last = m_options.depth - 1;
    tokens = runBlocks(tokens, first, last, afterBlock);
    if (first <= last) {
        tokens = runLastBlock(tokens);
        if (afterBlock) tokens = afterBlock(last, tokens);
    }
    return m_norm(tokens.select(1, 0));
}

VisionTransformerImpl::Tokens VisionTransformerImpl::tokens(const torch::Tensor& images) {
    const std::int64_t last = m_options.depth - 1;
    const auto entering = runBlocks(embedPatches(images), 0, last);
    return {.z = finish(entering, last),
            .patchTokens = m_norm(entering.slice(1, 1 + m_options.registers)),
            .rows = images.size(2) / m_options.patch,
            .cols = images.size(3) / m_options.patch};
}

VisionTransformerImpl::Maps VisionTransformerImpl::maps(const torch::Tensor& images, const AfterBlock& afterBlock) {
    const std::int64_t last = m_options.depth - 1;
    const std::int64_t prefix = 1 + m_options.registers;
    const auto entering = runBlocks(embedPatches(images), 0, last, afterBlock);
    const auto tokens = runBlocks(entering, last, last + 1, afterBlock);
    return {.patchTokens = m_norm(tokens.slice(1, prefix)),
            .classAttention = block(last).classAttention(entering).slice(1, prefix),
            .rows = images.size(2) / m_options.patch,
            .cols = images.size(3) / m_options.patch};
}

TransformerBlockImpl& VisionTransformerImpl::block(std::int64_t index) {
    return *m_blocks[static_cast<std::size_t>(index)]->as<TransformerBlockImpl>();
}

const VisionTransformerImpl::Positions& VisionTransformerImpl::positions(std::int64_t rows, std::int64_t cols) {
    Positions& cached = m_positions[{rows, cols}];
    if (!cached.grid.defined() || cached.grid.options().device() != m_positionEmbedding.device() ||
        cached.grid.scalar_type() != m_positionEmbedding.scalar_type()) {
        // The cache outlives this call: what is made in inference mode could not be used in training.
        const c10::InferenceMode leaveInferenceMode(false);
        const torch::NoGradGuard noGrad;
        const auto position = m_positionEmbedding.detach();
        cached.grid = interpolated(position.slice(1, 1), rows, cols);
        cached.prefix = m_classToken.detach() + position.slice(1, 0, 1);
        if (m_registerTokens.defined()) cached.prefix = torch::cat({cached.prefix, m_registerTokens.detach()}, 1);
    }
    return cached;
}

torch::Tensor VisionTransformerImpl::interpolated(const torch::Tensor& positions, std::int64_t rows,
                                                  std::int64_t cols) const {
    const std::int64_t n = m_options.grid;
    if (rows == n && cols == n) return positions.contiguous();
    const auto grid = positions.view({1, n, n, -1}).permute({0, 3, 1, 2}).contiguous();
    torch::Tensor resized;
    switch (m_options.interpolation) {
    case PositionInterpolation::DinoScaleFactor: {
        const auto scale = [n](std::int64_t size) {
            return (static_cast<double>(size) + 0.1) / static_cast<double>(n);
        };
        resized = at::upsample_bicubic2d(grid, {rows, cols}, false, scale(rows), scale(cols));
        break;
    }
    case PositionInterpolation::Bicubic:
        resized = at::upsample_bicubic2d(grid, {rows, cols}, false);
        break;
    case PositionInterpolation::BicubicAntialias:
        resized = at::_upsample_bicubic2d_aa(grid, {rows, cols}, false);
        break;
    }
    return resized.flatten(2).transpose(1, 2).contiguous();
}

} // namespace grappa
