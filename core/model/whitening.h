#pragma once

#include <torch/torch.h>

namespace grappa {

/// PCA whitening z_w = (z - mu) V diag(lambda_s)^(-p/2), lambda_s = 0.95 lambda + 0.05 mean(lambda) (method: section
/// 8). Fitted on L2-normalised representations, and applied to such. Any p follows from one fit.
struct Whitening {
    torch::Tensor mean;      ///< mu [D]
    torch::Tensor basis;     ///< V [D, D], one eigenvector a column, by eigenvalue descending, signs fixed
    torch::Tensor variances; ///< lambda [D], descending
    double power = 0.5;      ///< p; 0 = rotation only

    /// z [n, D], n >= 2; computed in double on the CPU, stored in float on z's device. Deterministic.
    static Whitening fit(const torch::Tensor& z, double power);
    Whitening withPower(double p) const;
    /// [.., D] -> [.., D]; z is L2-normalised first; the result is not. Differentiable.
    torch::Tensor apply(const torch::Tensor& z) const;
    Whitening to(const torch::Device& device) const;
};

} // namespace grappa
