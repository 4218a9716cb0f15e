#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace grappa {

/// Linear warm-up over the first `warmUp` share of the steps, then a cosine to zero.
struct LearningRateSchedule {
    double peak = 3e-3;
    double warmUp = 0.1;
    std::int64_t steps = 1;

    /// step is 0-based.
    double at(std::int64_t step) const {
        const auto warm = std::max<std::int64_t>(1, std::llround(warmUp * static_cast<double>(steps)));
        if (step < warm) return peak * static_cast<double>(step + 1) / static_cast<double>(warm);
        const double done =
            static_cast<double>(step - warm) / static_cast<double>(std::max<std::int64_t>(1, steps - warm));
        return peak * 0.5 * (1 + std::cos(std::numbers::pi * std::min(done, 1.0)));
    }
};

} // namespace grappa
