#include "core/model/fusion.h"

#include "core/base/error.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>

namespace grappa {

namespace nn = torch::nn;

FusionLayerImpl::FusionLayerImpl(const FusionOptions& options, Attention attention, bool trainValue)
    : m_options(options) {
    const std::int64_t width = options.adaptor.width;
    const std::int64_t codes = options.sets * options.adaptor.bottleneck;
    m_down = register_buffer("adaptors_down", torch::zeros({codes, width}));
    m_downBias = register_buffer("adaptors_down_bias", torch::zeros({codes}));
    m_up = register_buffer("adaptors_up", torch::zeros({width, codes}));
    m_upBias = register_buffer("adaptors_up_bias", torch::zeros({options.sets, width}));
    if (attention == Attention::Learned) {
        query = register_module("query", nn::Linear(width, options.keyWidth));
        key = register_module("key", nn::Linear(nn::LinearOptions(width, options.keyWidth).bias(false)));
    }
    if (trainValue) value = register_module("value", nn::Linear(width, width));
    initialise(0);
}

void FusionLayerImpl::setAdaptors(std::span<const Adaptor> adaptors) {
    if (adaptors.size() != static_cast<std::size_t>(m_options.sets))
        throw Error(ErrorCode::Internal, "A fusion needs one adaptor of each set");
    const torch::NoGradGuard noGrad;
    std::vector<torch::Tensor> down, downBias, up, upBias;
    for (const Adaptor& adaptor : adaptors) {
        down.push_back(adaptor->down->weight);
        downBias.push_back(adaptor->down->bias);
        up.push_back(adaptor->up->weight);
        upBias.push_back(adaptor->up->bias);
    }
    m_down.copy_(torch::cat(down));
    m_downBias.copy_(torch::cat(downBias));
    m_up.copy_(torch::cat(up, 1));
    m_upBias.copy_(torch::stack(upBias));
}

void FusionLayerImpl::initialise(std::uint64_t seed) {
    constexpr double deviation = 0.02;
    const torch::NoGradGuard noGrad;
    auto random = at::detail::createCPUGenerator(seed);
    for (nn::Linear& linear : {std::ref(query), std::ref(key)})
        if (linear) linear->weight.copy_(torch::empty(linear->weight.sizes()).normal_(0, deviation, random));
    if (query) query->bias.zero_();
    if (value) {
        value->weight.zero_();
        value->bias.zero_();
    }
}

FusionLayerImpl::Output FusionLayerImpl::forward(const torch::Tensor& tokens) {
    const std::int64_t sets = m_options.sets;
    const auto rows = tokens.flatten(0, 1); // [B*T, D], as addmm takes them
    const auto hidden = codes(rows);
    const auto alpha = query ? scores(rows, hidden).softmax(-1)
                             : torch::full({rows.size(0), sets}, 1.0 / static_cast<double>(sets), rows.options());
    const auto weighted = (hidden.unflatten(-1, {sets, -1}) * alpha.unsqueeze(-1)).flatten(1);
    auto mixed = rows + torch::addmm(alpha.matmul(m_upBias), weighted, m_up.t());
    if (value) mixed = mixed + value(mixed);
    return {.tokens = mixed.view_as(tokens), .alpha = alpha.unflatten(0, {tokens.size(0), tokens.size(1)})};
}

torch::Tensor FusionLayerImpl::scores(const torch::Tensor& tokens) {
    if (!query) return tokens.new_zeros({tokens.size(0), tokens.size(1), m_options.sets});
    return scores(tokens, codes(tokens));
}

torch::Tensor FusionLayerImpl::codes(const torch::Tensor& tokens) {
    return torch::gelu(torch::linear(tokens, m_down, m_downBias));
}

torch::Tensor FusionLayerImpl::scores(const torch::Tensor& tokens, const torch::Tensor& codes) {
    const auto asked = query(tokens);
    const auto [ofCodes, constant] = keys();
    // q.(W_k U_i g_i) as (q W_k U_i).g_i: no tensor of N*D a token.
    const auto products = torch::linear(asked, ofCodes) * codes;
    return products.unflatten(-1, {m_options.sets, -1}).sum(-1) + torch::linear(asked, constant);
}

FusionLayerImpl::Keys FusionLayerImpl::keys() {
    const auto computed = [this] {
        const auto scaled = key->weight / std::sqrt(static_cast<double>(m_options.keyWidth));
        return Keys{.ofCodes = m_up.t().matmul(scaled.t()), .constant = m_upBias.matmul(scaled.t())};
    };
    if (torch::GradMode::is_enabled()) return computed();
    const std::array stamps{stampOf(key->weight), stampOf(m_up), stampOf(m_upBias)};
    if (!m_keys.ofCodes.defined() || stamps != m_keyStamps) {
        m_keys = computed();
        m_keyStamps = stamps;
    }
    return m_keys;
}

FusionLayerImpl::Stamp FusionLayerImpl::stampOf(const torch::Tensor& weight) {
    // A tensor that was made in inference mode counts no changes.
    return {.storage = weight.const_data_ptr(), .version = weight.is_inference() ? 0 : weight._version()};
}

FusionImpl::FusionImpl(const FusionOptions& options, FusionLayerImpl::Attention attention, bool trainValue)
    : m_options(options) {
    for (std::int64_t block = options.adaptor.firstBlock; block < options.adaptor.depth; ++block)
        m_layers.push_back(register_module(std::to_string(block), FusionLayer(options, attention, trainValue)));
    initialise(0);
}

void FusionImpl::setAdaptors(std::vector<AdaptorSet>& sets) {
    for (std::int64_t block = m_options.adaptor.firstBlock; block < m_options.adaptor.depth; ++block) {
        std::vector<Adaptor> adaptors;
        for (AdaptorSet& set : sets)
            adaptors.push_back(set->at(block));
        at(block)->setAdaptors(adaptors);
    }
}

void FusionImpl::initialise(std::uint64_t seed) {
    constexpr std::uint64_t spread = 0x9E3779B97F4A7C15; // so that neighbouring seeds share no layer
    for (std::size_t i = 0; i < m_layers.size(); ++i)
        m_layers[i]->initialise(seed ^ (spread * (i + 1)));
}

VisionTransformerImpl::AfterBlock FusionImpl::afterBlock(std::vector<torch::Tensor>* attention) {
    return [this, attention](std::int64_t block, torch::Tensor tokens) {
        if (block < m_options.adaptor.firstBlock) return tokens;
        auto [fused, alpha] = at(block)->forward(tokens);
        if (attention) attention->push_back(alpha.select(1, 0));
        return fused;
    };
}

} // namespace grappa
