#pragma once

#include <torch/torch.h>

namespace grappa {

/// Each vector pulled towards the centroid of its cluster: normalise((1 - beta) z + beta c). z and
/// centroids L2-normalised [n, D] and [k, D], assignment int64 [n] -> [n, D]. core/search/level_scorer.h scores the
/// same without making these vectors.
torch::Tensor levelBlend(const torch::Tensor& z, const torch::Tensor& centroids, const torch::Tensor& assignment,
                         double beta = 0.5);

/// Mean share of common entries, row by row: neighbour lists int64 [s, m] each -> 0 to 1.
double neighbourOverlap(const torch::Tensor& a, const torch::Tensor& b);

} // namespace grappa
