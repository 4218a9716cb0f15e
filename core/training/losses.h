#pragma once

#include <torch/torch.h>

#include <span>
#include <vector>

namespace grappa {

/// Normalised softmax: CE( cos(z, w) / tau, label ), mean over the batch.
/// z [B, D], prototypes [k, D], labels int64 [B] -> scalar
torch::Tensor normalisedSoftmax(const torch::Tensor& z, const torch::Tensor& prototypes, const torch::Tensor& labels,
                                double tau = 0.05);

/// The same towards soft labels: the distribution softmax( cos(teacher, w) / tau ). z, teachers [B, D] -> scalar
torch::Tensor softNormalisedSoftmax(const torch::Tensor& z, const torch::Tensor& teachers,
                                    const torch::Tensor& prototypes, double tau = 0.05);

/// Barlow Twins on the two images of each pair (Zbontar et al. 2021): cross-correlation towards the identity, the
/// off-diagonal weighted, divided by D. z1, z2 [B, D] -> scalar
torch::Tensor barlowTwins(const torch::Tensor& z1, const torch::Tensor& z2, double offDiagonal = 0.005);

/// Terms that shape the granularity attention, each a mean over blocks. alpha: for each adapted block [B, N].
namespace attention_loss {
/// || alpha(x) - alpha(x') ||^2, mean over pairs: attention propagated across neighbours.
torch::Tensor consistency(std::span<const torch::Tensor> alpha, std::span<const torch::Tensor> alphaOfPartner);
/// 1 - H(mean alpha of the batch) / log N: no set is left unused.
torch::Tensor imbalance(std::span<const torch::Tensor> alpha);
/// ( mean over images of H(alpha) / log N - level )^2: an image decides, to that level and not beyond.
torch::Tensor sharpness(std::span<const torch::Tensor> alpha, double level);
/// H(alpha) / log N, mean over images: 1 = uniform, 0 = one set alone. alpha [B, N] -> scalar
torch::Tensor normalisedEntropy(const torch::Tensor& alpha);
} // namespace attention_loss

} // namespace grappa
