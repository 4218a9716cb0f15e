#include "core/search/stored_whitening.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace grappa {

namespace {

template <class Value>
void normalise(std::span<Value> values) {
    const double squares = std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
    const double scale = 1 / std::max(std::sqrt(squares), 1e-12);
    for (Value& value : values)
        value = static_cast<Value>(value * scale);
}

/// lambda_s^(-p/2) of each number (core/model/whitening.h).
std::vector<double> scalesOf(const WhiteningRow& whitening, double power) {
    constexpr double smallest = 1e-12; // of a variance
    const std::size_t width = whitening.halfWidth();
    std::vector<double> scales;
    for (std::size_t begin = 0; begin < whitening.variances.size(); begin += width) {
        const auto variances = std::span(whitening.variances).subspan(begin, width);
        const double mean = std::accumulate(variances.begin(), variances.end(), 0.0) / static_cast<double>(width);
        for (const float variance : variances)
            scales.push_back(std::pow(std::max(0.95 * double{variance} + 0.05 * mean, smallest), -power / 2));
    }
    return scales;
}

} // namespace

std::vector<float> whitenedBy(const WhiteningRow& whitening, std::span<const float> raw) {
    const std::size_t dim = whitening.mean.size(), width = whitening.halfWidth();
    if (raw.size() != dim) throw Error(ErrorCode::Usage, "The query does not have the length of the whitening.");
    const std::vector<double> scales = scalesOf(whitening, whitening.power);
    std::vector<double> mapped(dim);
    for (std::size_t begin = 0; begin < dim; begin += width) {
        std::vector<double> centred(raw.begin() + static_cast<std::ptrdiff_t>(begin),
                                    raw.begin() + static_cast<std::ptrdiff_t>(begin + width));
        normalise(std::span(centred));
        const auto half = std::span(mapped).subspan(begin, width);
        for (std::size_t i = 0; i < width; ++i) {
            const double from = centred[i] - double{whitening.mean[begin + i]};
            const float* axis = whitening.basis.data() + (begin + i) * width;
            for (std::size_t j = 0; j < width; ++j)
                half[j] += from * double{axis[j]};
        }
        for (std::size_t j = 0; j < width; ++j)
            half[j] *= scales[begin + j];
        normalise(half);
    }
    normalise(std::span(mapped));
    return {mapped.begin(), mapped.end()};
}

PowerChange::PowerChange(const std::optional<WhiteningRow>& whitening, double power) {
    if (!whitening || whitening->power == power) return;
    m_halfWidth = whitening->halfWidth();
    const std::vector<double> scales = scalesOf(*whitening, power - whitening->power);
    m_scale.assign(scales.begin(), scales.end());
}

void PowerChange::apply(std::span<float> vector) const {
    if (m_scale.empty()) return;
    for (std::size_t i = 0; i < vector.size(); ++i)
        vector[i] *= m_scale[i];
    for (std::size_t begin = 0; begin < vector.size(); begin += m_halfWidth)
        normalise(vector.subspan(begin, m_halfWidth));
    normalise(vector);
}

} // namespace grappa
