#pragma once

#include <torch/torch.h>

namespace grappa {

/// Normalised softmax (method: section 3): the mean cross-entropy of cos(z, w) / tau against the pseudo-labels.
/// z [B, D], prototypes w [k, D], labels int64 [B] -> scalar. Neither z nor w need be normalised.
torch::Tensor normalisedSoftmax(const torch::Tensor& z, const torch::Tensor& prototypes, const torch::Tensor& labels,
                                double tau = 0.05);

/// Barlow Twins on the two images of each pair (method: section 4): their cross-correlation against the identity, its
/// off-diagonal part weighted by `offDiagonal`, divided by D. z1, z2 [B, D], B >= 2 -> scalar
torch::Tensor barlowTwins(const torch::Tensor& z1, const torch::Tensor& z2, double offDiagonal = 0.005);

} // namespace grappa
