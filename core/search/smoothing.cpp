#include "core/search/smoothing.h"

#include <cmath>
#include <numeric>

namespace grappa {

namespace {

void normalise(std::vector<float>& vector) {
    const double squares = std::inner_product(vector.begin(), vector.end(), vector.begin(), 0.0);
    if (squares <= 0) return;
    for (float& value : vector)
        value = static_cast<float>(value / std::sqrt(squares));
}

} // namespace

std::vector<float> smoothedVector(Searcher& raw, std::span<const float> vector, std::optional<ImageId> self,
                                  std::size_t m) {
    std::vector<float> own(vector.begin(), vector.end());
    normalise(own);
    std::vector<float> sum = own;
    SearchOptions options;
    options.limit = m;
    options.exclude = self;
    for (const Neighbour& neighbour : raw.search(vector, options))
        if (const auto other = raw.vectorOf(neighbour.image))
            for (std::size_t i = 0; i < sum.size(); ++i)
                sum[i] += (*other)[i];
    // Neighbours that cancel it out leave the vector as it is.
    if (std::inner_product(sum.begin(), sum.end(), sum.begin(), 0.0) < 1e-12) return own;
    normalise(sum);
    return sum;
}

EmbeddingSetKey smoothedKey(EmbeddingSetKey raw) {
    raw.smoothing = "smoothed";
    return raw;
}

EmbeddingSetKey rawKey(EmbeddingSetKey smoothed) {
    smoothed.smoothing = "raw";
    return smoothed;
}

} // namespace grappa
