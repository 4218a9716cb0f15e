#include "core/model/whitening.h"

#include "core/base/error.h"

namespace grappa {

namespace {

torch::Tensor normalised(const torch::Tensor& z) {
    return torch::nn::functional::normalize(z, torch::nn::functional::NormalizeFuncOptions().dim(-1));
}

struct Moments {
    torch::Tensor mean, covariance; ///< double [D], [D, D]
};

Moments momentsOf(const torch::Tensor& z) {
    constexpr std::int64_t rows = 16384; // in double at a time
    const auto width = z.size(1);
    auto sum = torch::zeros({width}, torch::kDouble);
    auto moment = torch::zeros({width, width}, torch::kDouble);
    for (const torch::Tensor& part : z.split(rows)) {
        const auto points = normalised(part.to(torch::kCPU, torch::kDouble));
        sum += points.sum(0);
        moment.addmm_(points.t(), points);
    }
    const auto mean = sum / z.size(0);
    return {.mean = mean, .covariance = moment / z.size(0) - torch::outer(mean, mean)};
}

} // namespace

Whitening Whitening::fit(const torch::Tensor& z, double power) {
    if (z.dim() != 2 || z.size(0) < 2) throw Error(ErrorCode::Internal, "A whitening is fitted on [n, D], n >= 2");
    const torch::NoGradGuard noGrad;
    const auto [mean, covariance] = momentsOf(z);
    return of(mean, covariance, power, Whitening{}.shrink).to(z.device());
}

Whitening Whitening::fitBlended(const torch::Tensor& z, const torch::Tensor& prior, double power) {
    if (z.dim() != 2 || z.size(0) < 1 || prior.size(0) != z.size(1))
        throw Error(ErrorCode::Internal, "A blended whitening is fitted on [n, D], n >= 1, with a prior [D, D]");
    const torch::NoGradGuard noGrad;
    const auto [mean, covariance] = momentsOf(z);
    const auto images = static_cast<double>(z.size(0));
    return of(mean, (images * covariance + priorImages * prior) / (images + priorImages), power, Whitening{}.shrink)
        .to(z.device());
}

Whitening Whitening::of(const torch::Tensor& mean, const torch::Tensor& covariance, double power, double shrink) {
    const auto [ascending, vectors] = torch::linalg_eigh(covariance.to(torch::kDouble));
    auto basis = vectors.flip(1);
    // LAPACK leaves each sign open: the component of the largest magnitude is made positive.
    basis = basis * basis.gather(0, basis.abs().argmax(0, true)).sign();
    return {.mean = mean.to(torch::kFloat),
            .basis = basis.to(torch::kFloat).contiguous(),
            .variances = ascending.flip(0).clamp_min(0).to(torch::kFloat),
            .power = power,
            .shrink = shrink};
}

Whitening Whitening::withPower(double p) const {
    Whitening other = *this;
    other.power = p;
    return other;
}

torch::Tensor Whitening::apply(const torch::Tensor& z) const {
    constexpr double smallest = 1e-12; // of a variance: points that are all equal have none
    const auto smoothed = ((1 - shrink) * variances + shrink * variances.mean()).clamp_min(smallest);
    return (normalised(z) - mean).matmul(basis * smoothed.pow(-power / 2));
}

Whitening Whitening::to(const torch::Device& device) const {
    return {.mean = mean.to(device),
            .basis = basis.to(device),
            .variances = variances.to(device),
            .power = power,
            .shrink = shrink};
}

} // namespace grappa
