#pragma once

#include "core/search/diffusion.h"

#include <torch/torch.h>

namespace grappa {

/// What diffusion makes of all points of a collection, along the first principal axes of the result: the eigenvectors
/// of F^T F with the largest eigenvalues, F being the diffused rows before they are normalised.
struct DiffusedVectors {
    torch::Tensor rows;    ///< [n, d], L2-normalised
    torch::Tensor lengths; ///< [n], of the rows before
    torch::Tensor axes;    ///< [D, d], orthonormal columns; undefined where d = D: then the rows keep all numbers
};

/// points: [n, D], contiguous float32; d = min(D, dim). Memory: about 6 bytes a number of the points.
DiffusedVectors diffusedVectors(const Diffusion& diffusion, const torch::Tensor& points, std::int64_t dim);

} // namespace grappa
