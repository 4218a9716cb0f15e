#include "core/jobs/nearest_rows.h"

#include "core/training/kmeans.h"

#include <algorithm>

namespace grappa {

NearestRows nearestRows(const torch::Tensor& points, std::int64_t count, const JobContext& context) {
    const torch::NoGradGuard noGradients;
    const std::int64_t n = points.size(0), others = std::min(count, n - 1);
    NearestRows nearest;
    nearest.count = static_cast<std::size_t>(std::max<std::int64_t>(others, 1));
    nearest.rows.assign(static_cast<std::size_t>(n) * nearest.count, NearestRows::none);
    nearest.cosines.assign(nearest.rows.size(), 0);
    if (others < 1) return nearest;
    const auto transposed = points.t();
    const std::int64_t block = blockRows(n);
    ProgressMeter meter(context, "neighbours", static_cast<std::uint64_t>(n));
    for (std::int64_t begin = 0; begin < n; begin += block) {
        context.throwIfStopped();
        const std::int64_t size = std::min(block, n - begin);
        auto cosines = torch::mm(points.narrow(0, begin, size), transposed);
        cosines.diagonal(begin).fill_(-std::numeric_limits<float>::infinity());
        const auto [best, rows] = cosines.topk(others, 1);
        const auto bestRows = best.contiguous(), ids = rows.contiguous();
        const std::ptrdiff_t to = begin * others;
        std::copy_n(ids.const_data_ptr<std::int64_t>(), ids.numel(), nearest.rows.begin() + to);
        std::copy_n(bestRows.const_data_ptr<float>(), bestRows.numel(), nearest.cosines.begin() + to);
        meter.advanceTo(static_cast<std::uint64_t>(begin + size));
    }
    return nearest;
}

} // namespace grappa
