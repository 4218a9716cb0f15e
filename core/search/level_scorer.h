#pragma once

#include "core/base/row_format.h"
#include "core/library/library.h"

#include <cstdint>
#include <span>
#include <vector>

namespace grappa {

/// Scores at one level: the cosine of z_k = normalise((1 - beta) z + beta c_k(z)) of query and
/// image, by one product an image and two a centroid. Immutable.
class LevelScorer {
public:
    /// level: with centroids [k, dim]. format: of the rows; the centroids are fp16 in any case.
    LevelScorer(LevelRow level, int dim, RowFormat format);

    /// What is kept of an image: 8 bytes.
    struct Entry {
        std::uint32_t cluster = none;
        float scale = 1; ///< 1 / | (1 - beta) z + beta c |
    };
    /// An image that came after the last clustering has no cluster number yet; it is scored by its vector alone.
    static constexpr std::uint32_t none = UINT32_MAX;
    Entry entry(std::uint32_t cluster, const std::byte* row) const;

    struct Query {
        std::uint32_t cluster = none; ///< the nearest, which it is blended with
        RowQuery blended;             ///< normalised: what rows are multiplied by
        std::vector<float> products;  ///< of it with each centroid [k]
    };
    /// A query is blended with its nearest centroid. unit: L2-normalised [dim].
    Query query(std::span<const float> unit) const;

    /// product: of the row with query.blended.
    float score(const Query& query, Entry entry, float product) const {
        if (entry.cluster == none) return product;
        return ((1 - m_beta) * product + m_beta * query.products[entry.cluster]) * entry.scale;
    }
    std::size_t clusters() const { return static_cast<std::size_t>(m_level.k); }

private:
    const std::uint16_t* centroid(std::size_t cluster) const { return m_level.centroids.data() + cluster * m_dim; }

    LevelRow m_level;
    std::size_t m_dim;
    RowFormat m_format;
    float m_beta;
};

} // namespace grappa
