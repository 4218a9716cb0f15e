#include "core/search/outside_query.h"

#include "core/search/smoothing.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace grappa {

namespace {

void normalise(std::vector<double>& values) {
    const double squares = std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
    const double scale = 1 / std::max(std::sqrt(squares), 1e-12);
    for (double& value : values)
        value *= scale;
}

} // namespace

std::vector<float> whitenedBy(const WhiteningRow& whitening, std::span<const float> base) {
    const std::size_t dim = whitening.mean.size();
    if (base.size() != dim) throw Error(ErrorCode::Usage, "The query does not have the length of the whitening.");
    std::vector<double> centred(base.begin(), base.end());
    normalise(centred);
    for (std::size_t i = 0; i < dim; ++i)
        centred[i] -= double{whitening.mean[i]};
    std::vector<double> mapped(dim);
    for (std::size_t i = 0; i < dim; ++i)
        for (std::size_t j = 0; j < dim; ++j)
            mapped[j] += centred[i] * double{whitening.basis[i * dim + j]};
    constexpr double smallest = 1e-12; // of a variance
    const double mean =
        std::accumulate(whitening.variances.begin(), whitening.variances.end(), 0.0) / static_cast<double>(dim);
    for (std::size_t j = 0; j < dim; ++j) {
        const double smoothed = std::max(0.95 * double{whitening.variances[j]} + 0.05 * mean, smallest);
        mapped[j] *= std::pow(smoothed, -whitening.power / 2);
    }
    normalise(mapped);
    return {mapped.begin(), mapped.end()};
}

std::vector<float> outsideQuery(Library& library, const EmbeddingSet& set, std::span<const float> vector,
                                const SearcherOf& searcherOf) {
    const auto raw = set.key.smoothing == "raw" ? set : library.findEmbeddingSet(rawKey(set.key));
    if (!raw) throw Error(ErrorCode::NotFound, "The vectors that the smoothed ones were made of are gone.");
    std::vector<float> query(vector.begin(), vector.end());
    if (const auto whitening = library.whitening(raw->id)) query = whitenedBy(*whitening, query);
    return raw->id == set.id ? query : smoothedVector(searcherOf(*raw), query);
}

} // namespace grappa
