#include "core/training/levels.h"

namespace grappa {

torch::Tensor levelBlend(const torch::Tensor& z, const torch::Tensor& centroids, const torch::Tensor& assignment,
                         double beta) {
    const auto own = centroids.to(z.options()).index_select(0, assignment.to(z.device()));
    return torch::nn::functional::normalize((1 - beta) * z + beta * own,
                                            torch::nn::functional::NormalizeFuncOptions().dim(1));
}

double neighbourOverlap(const torch::Tensor& a, const torch::Tensor& b) {
    if (a.numel() == 0) return 1;
    return (a.unsqueeze(2) == b.unsqueeze(1)).any(2).to(torch::kDouble).mean().item<double>();
}

} // namespace grappa
