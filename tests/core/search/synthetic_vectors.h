#pragma once

#include "core/base/row_format.h"
#include "core/library/library.h"

#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

/// Unit vectors in clusters, as embeddings of a photo collection lie; the same ones for the same seed.
class SyntheticVectors {
public:
    SyntheticVectors(std::size_t count, int dim, unsigned seed = 1, std::size_t clusters = 0)
        : m_dim(static_cast<std::size_t>(dim)), m_random(seed) {
        if (clusters == 0) clusters = 1 + count / 100;
        std::vector<float> centres(clusters * m_dim);
        for (float& value : centres)
            value = m_normal(m_random);
        floats.resize(count * m_dim);
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t cluster = m_random() % clusters;
            for (std::size_t k = 0; k < m_dim; ++k)
                floats[i * m_dim + k] = centres[cluster * m_dim + k] + 0.7f * m_normal(m_random);
            normalise(i);
        }
        halves.resize(floats.size());
        grappa::toHalf(floats, halves);
    }

    std::span<const float> vector(std::size_t i) const { return std::span(floats).subspan(i * m_dim, m_dim); }
    const std::uint16_t* row(std::size_t i) const { return halves.data() + i * m_dim; }

    /// The first `count` vectors as rows, one after the other.
    std::vector<std::byte> rows(grappa::RowFormat format, std::size_t count) const {
        const std::size_t size = grappa::rowBytes(format, m_dim);
        std::vector<std::byte> rows(count * size);
        for (std::size_t i = 0; i < count; ++i)
            grappa::encodeRow(vector(i), format, rows.data() + i * size);
        return rows;
    }

    /// 1, 3, 5, ...
    static std::vector<grappa::ImageId> oddIds(std::size_t count) {
        std::vector<grappa::ImageId> ids(count);
        for (std::size_t i = 0; i < count; ++i)
            ids[i] = static_cast<grappa::ImageId>(2 * i + 1);
        return ids;
    }

    void normalise(std::size_t i) {
        float* const values = floats.data() + i * m_dim;
        const float norm = std::sqrt(std::inner_product(values, values + m_dim, values, 0.0f));
        for (std::size_t k = 0; k < m_dim; ++k)
            values[k] /= norm;
    }

    std::vector<float> floats;
    std::vector<std::uint16_t> halves;

private:
    std::size_t m_dim;
    std::mt19937 m_random;
    std::normal_distribution<float> m_normal;
};
