#include "core/base/granularity_attention.h"

#include <algorithm>

namespace grappa {

std::vector<double> meanOverBlocks(std::span<const float> attention, std::size_t granularities) {
    std::vector<double> mean(granularities);
    const double share = static_cast<double>(granularities) / static_cast<double>(attention.size());
    for (std::size_t i = 0; i < attention.size(); ++i)
        mean[i % granularities] += share * attention[i];
    return mean;
}

AttentionReading readAttention(std::span<const double> mean) {
    constexpr double clearly = 1.25; // times an even share
    const auto top = static_cast<std::size_t>(std::max_element(mean.begin(), mean.end()) - mean.begin());
    AttentionReading reading{.granularity = top, .share = mean[top]};
    const auto count = static_cast<double>(mean.size());
    if (mean.size() < 2 || reading.share * count < clearly) return reading;
    const double place = static_cast<double>(top) / (count - 1);
    reading.kind = place < 1.0 / 3   ? AttentionReading::Kind::Broad
                   : place > 2.0 / 3 ? AttentionReading::Kind::Fine
                                     : AttentionReading::Kind::Middle;
    return reading;
}

} // namespace grappa
