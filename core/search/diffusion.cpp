#include "core/search/diffusion.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <thread>

namespace grappa {

namespace {

constexpr std::size_t columnsAtATime = 32;
/// Keeps a row without neighbours finite.
constexpr float smallestDegree = 1e-6F;

/// Whether `row` is among the first k of `of`.
bool isAmongNearest(const NearestRows& nearest, std::size_t k, std::uint32_t of, std::uint32_t row) {
    const auto first = nearest.rows.begin() + static_cast<std::ptrdiff_t>(of * nearest.count);
    return std::find(first, first + static_cast<std::ptrdiff_t>(k), row) != first + static_cast<std::ptrdiff_t>(k);
}

float weightOf(const DiffusionEdge& edge, const DiffusionOptions& options) {
    float weight = 1;
    for (int power = 0; power < options.exponent; ++power)
        weight *= std::min(edge.cosine, 1.0F);
    return weight;
}

/// Calls work(i) for i < count on that many threads.
template <class Work>
void inParallel(std::size_t count, int threads, const Work& work) {
    std::atomic<std::size_t> next{0};
    const auto loop = [&] {
        for (std::size_t i = next++; i < count; i = next++)
            work(i);
    };
    const unsigned wanted = threads > 0 ? static_cast<unsigned>(threads) : std::thread::hardware_concurrency();
    std::vector<std::jthread> helpers;
    for (unsigned i = 1; i < std::min<std::size_t>(wanted, count); ++i)
        helpers.emplace_back(loop);
    loop();
}

} // namespace

std::vector<DiffusionEdge> reciprocalEdges(const NearestRows& nearest, std::size_t k) {
    std::vector<DiffusionEdge> edges;
    k = std::min(k, nearest.count);
    for (std::uint32_t row = 0; row < nearest.size(); ++row)
        for (std::size_t i = 0; i < k; ++i) {
            const std::uint32_t other = nearest.rows[row * nearest.count + i];
            const float cosine = nearest.cosines[row * nearest.count + i];
            if (other == NearestRows::none || other < row || cosine <= 0) continue;
            if (isAmongNearest(nearest, k, other, row)) edges.push_back({row, other, cosine});
        }
    return edges;
}

Diffusion::Diffusion(const NearestRows& nearest, const DiffusionOptions& options)
    : Diffusion(nearest.size(), reciprocalEdges(nearest, options.neighbours), options) {}

Diffusion::Diffusion(std::size_t rows, std::span<const DiffusionEdge> edges, const DiffusionOptions& options,
                     std::span<const float> degrees)
    : m_options(options), m_free(rows - degrees.size()), m_starts(rows + 1), m_degrees(rows, smallestDegree) {
    for (std::size_t i = 0; i < degrees.size(); ++i)
        m_degrees[m_free + i] += degrees[i];
    for (const DiffusionEdge& edge : edges) {
        ++m_starts[edge.a + 1];
        ++m_starts[edge.b + 1];
        m_degrees[edge.a] += weightOf(edge, options);
        m_degrees[edge.b] += weightOf(edge, options);
    }
    std::partial_sum(m_starts.begin(), m_starts.end(), m_starts.begin());
    m_ends.resize(m_starts.back());
    m_weights.resize(m_starts.back());
    std::vector<std::size_t> next(m_starts.begin(), m_starts.end() - 1);
    const auto join = [&](std::uint32_t from, std::uint32_t to, float weight) {
        m_ends[next[from]] = to;
        m_weights[next[from]++] = weight;
    };
    for (const DiffusionEdge& edge : edges) {
        const float weight = weightOf(edge, options) / std::sqrt(m_degrees[edge.a] * m_degrees[edge.b]);
        join(edge.a, edge.b, weight);
        join(edge.b, edge.a, weight);
    }
}

std::vector<float> Diffusion::spread(std::span<const float> vectors, std::size_t dim, int threads) const {
    const std::size_t n = size();
    std::vector<float> result(vectors.size());
    inParallel((dim + columnsAtATime - 1) / columnsAtATime, threads, [&](std::size_t block) {
        const std::size_t begin = block * columnsAtATime, width = std::min(columnsAtATime, dim - begin);
        std::vector<float> own(n * width);
        for (std::size_t row = 0; row < n; ++row)
            std::copy_n(vectors.begin() + static_cast<std::ptrdiff_t>(row * dim + begin), width,
                        own.begin() + static_cast<std::ptrdiff_t>(row * width));
        std::vector<float> now = own, next = own;
        for (int step = 0; step < m_options.steps; ++step) {
            for (std::size_t row = 0; row < m_free; ++row) {
                float* to = next.data() + row * width;
                const float* from = own.data() + row * width;
                for (std::size_t i = 0; i < width; ++i)
                    to[i] = (1 - m_options.alpha) * from[i];
                for (std::size_t edge = m_starts[row]; edge < m_starts[row + 1]; ++edge) {
                    const float weight = m_options.alpha * m_weights[edge];
                    const float* other = now.data() + m_ends[edge] * width;
                    for (std::size_t i = 0; i < width; ++i)
                        to[i] += weight * other[i];
                }
            }
            now.swap(next);
        }
        for (std::size_t row = 0; row < n; ++row)
            std::copy_n(now.begin() + static_cast<std::ptrdiff_t>(row * width), width,
                        result.begin() + static_cast<std::ptrdiff_t>(row * dim + begin));
    });
    return result;
}

void normaliseRows(std::span<float> vectors, std::size_t dim) {
    for (std::size_t begin = 0; begin + dim <= vectors.size(); begin += dim) {
        double squares = 0;
        for (std::size_t i = 0; i < dim; ++i)
            squares += double{vectors[begin + i]} * vectors[begin + i];
        if (squares <= 0) continue;
        const double scale = 1 / std::sqrt(squares);
        for (std::size_t i = 0; i < dim; ++i)
            vectors[begin + i] = static_cast<float>(vectors[begin + i] * scale);
    }
}

} // namespace grappa
