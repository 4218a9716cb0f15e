#include "core/model/grappa_model.h"

#include "core/base/error.h"

#include <algorithm>

namespace grappa {

namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

} // namespace

std::string variant::granularity(std::int64_t k) {
    return "granularity:" + std::to_string(k);
}

std::vector<std::string> Adaptation::variants() const {
    std::vector<std::string> names{variant::base};
    std::ranges::transform(granularities, std::back_inserter(names), variant::granularity);
    names.emplace_back(variant::average);
    for (const auto& [name, fusion] : fusions)
        if (name != variant::average) names.push_back(name);
    return names;
}

void Adaptation::to(const torch::Device& device) {
    for (AdaptorSet& set : sets)
        set->to(device);
    for (auto& [name, fusion] : fusions)
        fusion->to(device);
    for (auto& [name, fitted] : whitening)
        fitted = fitted.to(device);
}

void Adaptation::connect() {
    if (sets.empty() || sets.size() != granularities.size())
        throw Error(ErrorCode::Internal, "An adaptation needs one adaptor set for each granularity");
    if (!fusions.contains(variant::average)) {
        const FusionOptions options{.adaptor = adaptor, .sets = static_cast<std::int64_t>(sets.size())};
        Fusion average(options, FusionLayerImpl::Attention::Uniform, false);
        average->to(sets.front()->parameters().front().device());
        fusions.emplace(variant::average, std::move(average));
    }
    for (auto& [name, fusion] : fusions)
        fusion->setAdaptors(sets);
}

GrappaModel::GrappaModel(VisionTransformer backbone, Adaptation adaptation)
    : m_backbone(std::move(backbone)), m_adaptation(std::move(adaptation)) {
    const VisionTransformerOptions& options = m_backbone->options();
    if (m_adaptation.adaptor.width != options.width || m_adaptation.adaptor.depth != options.depth)
        throw Error(ErrorCode::WeightsInvalid, "The adaptation is for a backbone of another size: width " +
                                                   std::to_string(m_adaptation.adaptor.width) + " and " +
                                                   std::to_string(m_adaptation.adaptor.depth) + " blocks instead of " +
                                                   std::to_string(options.width) + " and " +
                                                   std::to_string(options.depth) + '.');
    m_adaptation.connect();
}

torch::Tensor GrappaModel::prefix(const torch::Tensor& images) {
    return frozenPrefix(*m_backbone, images, m_adaptation.adaptor.firstBlock);
}

GrappaModel::Output GrappaModel::finish(const torch::Tensor& prefixTokens, const std::string& variant) {
    std::vector<torch::Tensor> attention;
    const auto z =
        adaptedSuffix(*m_backbone, prefixTokens, m_adaptation.adaptor.firstBlock, afterBlock(variant, &attention));
    return {.z = z, .attention = attention.empty() ? torch::Tensor() : torch::stack(attention, 1)};
}

VisionTransformerImpl::Maps GrappaModel::maps(const torch::Tensor& images, const std::string& variant) {
    return m_backbone->maps(images, afterBlock(variant, nullptr));
}

torch::Tensor GrappaModel::describe(const torch::Tensor& z, const std::string& variant) const {
    const auto found = m_adaptation.whitening.find(variant);
    return torch::nn::functional::normalize(found == m_adaptation.whitening.end() ? z : found->second.apply(z));
}

VisionTransformerImpl::AfterBlock GrappaModel::afterBlock(const std::string& variant,
                                                          std::vector<torch::Tensor>* attention) {
    if (variant == variant::base) return {};
    if (const auto fusion = m_adaptation.fusions.find(variant); fusion != m_adaptation.fusions.end())
        return fusion->second->afterBlock(attention);
    for (std::size_t i = 0; i < m_adaptation.sets.size(); ++i)
        if (variant == variant::granularity(m_adaptation.granularities[i])) return m_adaptation.sets[i]->afterBlock();
    throw Error(ErrorCode::ModelMissing, "The adaptation does not hold the variant \"" + variant + "\"; it holds " +
                                             joined(m_adaptation.variants()) + '.');
}

torch::Tensor frozenPrefix(VisionTransformerImpl& backbone, const torch::Tensor& images, std::int64_t firstBlock) {
    const auto tokens = backbone.embedPatches(images);
    const std::int64_t last = backbone.options().depth - 1;
    return firstBlock < last ? backbone.runBlocks(tokens, 0, firstBlock + 1)
                             : backbone.runLastBlock(backbone.runBlocks(tokens, 0, last));
}

torch::Tensor adaptedSuffix(VisionTransformerImpl& backbone, torch::Tensor prefixTokens, std::int64_t firstBlock,
                            const VisionTransformerImpl::AfterBlock& afterBlock) {
    if (afterBlock) prefixTokens = afterBlock(firstBlock, std::move(prefixTokens));
    return backbone.finish(std::move(prefixTokens), firstBlock + 1, afterBlock);
}

} // namespace grappa
