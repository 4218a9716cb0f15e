#include "core/training/losses.h"

namespace grappa {

namespace {

namespace F = torch::nn::functional;

/// Zero mean and unit deviation in each dimension over the batch.
torch::Tensor standardised(const torch::Tensor& z) {
    constexpr double smallest = 1e-4; // a dimension that is constant in the batch
    return (z - z.mean(0)) / (z.std(0) + smallest);
}

} // namespace

torch::Tensor normalisedSoftmax(const torch::Tensor& z, const torch::Tensor& prototypes, const torch::Tensor& labels,
                                double tau) {
    return F::cross_entropy(F::normalize(z).matmul(F::normalize(prototypes).t()) / tau, labels);
}

torch::Tensor barlowTwins(const torch::Tensor& z1, const torch::Tensor& z2, double offDiagonal) {
    const auto correlation = standardised(z1).t().matmul(standardised(z2)) / z1.size(0);
    const auto diagonal = correlation.diagonal();
    const auto redundancy = correlation.pow(2).sum() - diagonal.pow(2).sum();
    return ((1 - diagonal).pow(2).sum() + offDiagonal * redundancy) / z1.size(1);
}

} // namespace grappa
