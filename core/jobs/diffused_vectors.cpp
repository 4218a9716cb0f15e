#include "core/jobs/diffused_vectors.h"

#include "core/jobs/stored_vectors.h"

namespace grappa {

DiffusedVectors diffusedVectors(const Diffusion& diffusion, const torch::Tensor& points, std::int64_t dim) {
    const torch::NoGradGuard noGradients;
    std::vector<float> spread = diffusion.spread(values(points), static_cast<std::size_t>(points.size(1)));
    auto rows = torch::from_blob(spread.data(), points.sizes());
    DiffusedVectors diffused;
    if (dim < points.size(1)) {
        const auto [strengths, vectors] = torch::linalg_eigh(rows.t().mm(rows), "L"); // ascending
        diffused.axes = vectors.flip(1).narrow(1, 0, dim).contiguous();
        rows = rows.mm(diffused.axes);
    }
    diffused.lengths = rows.norm(2, 1);
    diffused.rows = rows / diffused.lengths.clamp_min(1e-12).unsqueeze(1);
    return diffused;
}

} // namespace grappa
