#include "core/training/losses.h"

#include <cmath>

namespace grappa {

namespace F = torch::nn::functional;

namespace {

/// Cosines over tau. z [B, D], prototypes [k, D] -> [B, k]
torch::Tensor cosineLogits(const torch::Tensor& z, const torch::Tensor& prototypes, double tau) {
    return F::normalize(z).matmul(F::normalize(prototypes).t()) / tau;
}

torch::Tensor standardised(const torch::Tensor& z) {
    return (z - z.mean(0)) / (z.std(0) + 1e-4);
}

torch::Tensor entropy(const torch::Tensor& probabilities) {
    return -(probabilities * probabilities.clamp_min(1e-12).log()).sum(-1);
}

double uniformEntropy(const torch::Tensor& alpha) {
    return std::log(static_cast<double>(std::max<std::int64_t>(2, alpha.size(-1))));
}

} // namespace

torch::Tensor normalisedSoftmax(const torch::Tensor& z, const torch::Tensor& prototypes, const torch::Tensor& labels,
                                double tau) {
    return F::cross_entropy(cosineLogits(z, prototypes, tau), labels);
}

torch::Tensor softNormalisedSoftmax(const torch::Tensor& z, const torch::Tensor& teachers,
                                    const torch::Tensor& prototypes, double tau) {
    const auto target = cosineLogits(teachers, prototypes, tau).softmax(1);
    return -(target * cosineLogits(z, prototypes, tau).log_softmax(1)).sum(1).mean();
}

torch::Tensor barlowTwins(const torch::Tensor& z1, const torch::Tensor& z2, double offDiagonal) {
    const auto correlation = standardised(z1).t().matmul(standardised(z2)) / static_cast<double>(z1.size(0));
    const auto diagonal = correlation.diagonal();
    const auto redundancy = correlation.square().sum() - diagonal.square().sum();
    return ((1 - diagonal).square().sum() + offDiagonal * redundancy) / static_cast<double>(z1.size(1));
}

namespace attention_loss {

torch::Tensor consistency(std::span<const torch::Tensor> alpha, std::span<const torch::Tensor> alphaOfPartner) {
    torch::Tensor sum = torch::zeros({}, alpha[0].options());
    for (std::size_t l = 0; l < alpha.size(); ++l)
        sum = sum + (alpha[l] - alphaOfPartner[l]).square().sum(-1).mean();
    return sum / static_cast<double>(alpha.size());
}

torch::Tensor imbalance(std::span<const torch::Tensor> alpha) {
    torch::Tensor sum = torch::zeros({}, alpha[0].options());
    for (const torch::Tensor& block : alpha)
        sum = sum + 1 - entropy(block.mean(0)) / uniformEntropy(block);
    return sum / static_cast<double>(alpha.size());
}

torch::Tensor sharpness(std::span<const torch::Tensor> alpha, double level) {
    torch::Tensor sum = torch::zeros({}, alpha[0].options());
    for (const torch::Tensor& block : alpha)
        sum = sum + (normalisedEntropy(block) - level).square();
    return sum / static_cast<double>(alpha.size());
}

torch::Tensor normalisedEntropy(const torch::Tensor& alpha) {
    return entropy(alpha).mean() / uniformEntropy(alpha);
}

} // namespace attention_loss

} // namespace grappa
