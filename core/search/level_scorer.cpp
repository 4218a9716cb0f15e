#include "core/search/level_scorer.h"

#include "core/base/half.h"

#include <algorithm>
#include <cmath>

namespace grappa {

LevelScorer::LevelScorer(LevelRow level, int dim, RowFormat format)
    : m_level(std::move(level))
    , m_dim(static_cast<std::size_t>(dim))
    , m_format(format)
    , m_beta(static_cast<float>(m_level.beta)) {}

LevelScorer::Entry LevelScorer::entry(std::uint32_t cluster, const std::byte* row) const {
    const std::uint16_t* c = centroid(cluster);
    const float a = 1 - m_beta, b = m_beta;
    const float squares = a * a * rowDot(m_format, row, row, m_dim) + b * b * halfDot(c, c, m_dim) +
                          2 * a * b * rowHalfDot(m_format, row, c, m_dim);
    return {cluster, squares > 0 ? 1 / std::sqrt(squares) : 0};
}

LevelScorer::Query LevelScorer::query(std::span<const float> unit) const {
    Query query;
    query.products.resize(clusters());
    // Centroids are fp16 whatever the rows are, and so is what they are multiplied by.
    std::vector<std::uint16_t> halves(m_dim);
    const auto multiply = [&](std::span<const float> vector) {
        toHalf(vector, halves);
        for (std::size_t i = 0; i < clusters(); ++i)
            query.products[i] = halfDot(halves.data(), centroid(i), m_dim);
    };
    multiply(unit);
    query.cluster = static_cast<std::uint32_t>(std::max_element(query.products.begin(), query.products.end()) -
                                               query.products.begin());

    std::vector<float> blended(m_dim);
    toFloat({centroid(query.cluster), m_dim}, blended);
    float squares = 0;
    for (std::size_t i = 0; i < m_dim; ++i) {
        blended[i] = (1 - m_beta) * unit[i] + m_beta * blended[i];
        squares += blended[i] * blended[i];
    }
    const float scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
    for (float& value : blended)
        value *= scale;
    multiply(blended);
    query.blended = RowQuery(m_format, blended);
    return query;
}

} // namespace grappa
