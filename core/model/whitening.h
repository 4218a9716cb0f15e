#pragma once

#include <torch/torch.h>

namespace grappa {

/// PCA whitening z_w = (z - mu) V diag(lambda_s)^(-p/2), lambda_s = 0.95 lambda + 0.05 mean(lambda). Fitted on
/// L2-normalised representations, and applied to such. Any p follows from one fit.
struct Whitening {
    torch::Tensor mean;      ///< mu [D]
    torch::Tensor basis;     ///< V [D, D], one eigenvector a column, by eigenvalue descending, signs fixed
    torch::Tensor variances; ///< lambda [D], descending
    double power = 0.5;      ///< p; 0 = rotation only
    double shrink = 0.05;    ///< how far lambda_s is pulled towards the mean

    /// z [n, D], n >= 2; computed in double on the CPU, stored in float on z's device. Deterministic.
    static Whitening fit(const torch::Tensor& z, double power);
    /// The mean of z alone, and the covariance (n own + m prior) / (n + m), as if m = `priorImages` foreign images had
    /// been seen too: few images, or images of one subject, do not span the space that they are compared in.
    /// z [n, D], n >= 1; prior [D, D], double on the CPU.
    static Whitening fitBlended(const torch::Tensor& z, const torch::Tensor& prior, double power);
    static constexpr double priorImages = 5000;
    /// From a mean [D] and a covariance [D, D] that are known.
    static Whitening of(const torch::Tensor& mean, const torch::Tensor& covariance, double power, double shrink);
    Whitening withPower(double p) const;
    /// [.., D] -> [.., D]; z is L2-normalised first; the result is not. Differentiable.
    torch::Tensor apply(const torch::Tensor& z) const;
    Whitening to(const torch::Device& device) const;
};

} // namespace grappa
