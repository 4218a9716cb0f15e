#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace grappa {

/// The nearest rows of each row, by cosine.
struct NearestRows {
    static constexpr std::uint32_t none = UINT32_MAX; ///< fills up where there are fewer
    std::size_t count = 0;                            ///< kept of each row
    std::vector<std::uint32_t> rows;                  ///< [n, count], best first, without the row itself
    std::vector<float> cosines;                       ///< [n, count]

    std::size_t size() const { return count == 0 ? 0 : rows.size() / count; }
};

struct DiffusionOptions {
    std::size_t neighbours = 15; ///< k of the reciprocal neighbours
    float alpha = 0.9F;          ///< what comes from the neighbours in a step; the rest is the row's own vector
    int steps = 10;
    int exponent = 4; ///< of the cosine, as the weight of an edge
};

/// p of the whitening of vectors that are diffused: more than for vectors that are compared as they are, since the mean
/// of neighbours takes the noise of the weak directions away.
inline constexpr double diffusedPower = 0.9;

/// Two rows that are joined, once for each pair.
struct DiffusionEdge {
    std::uint32_t a = 0, b = 0;
    float cosine = 0; ///< above 0
};

/// The pairs that are among the k nearest of each other.
std::vector<DiffusionEdge> reciprocalEdges(const NearestRows& nearest, std::size_t k);

/// Vectors spread over the graph of reciprocal k-neighbours (two rows are joined when each is among the k nearest of
/// the other), weighted by a power of the cosine and normalised symmetrically: f <- alpha S f + (1 - alpha) z. A group
/// of any size is pulled together and stops at its border, so that no number of neighbours has to be chosen for it
/// (Zhou et al. 2003, "Learning with local and global consistency"; for retrieval Iscen et al. 2017). Immutable.
class Diffusion {
public:
    /// nearest: at least options.neighbours of each row where there are so many.
    Diffusion(const NearestRows& nearest, const DiffusionOptions& options);
    /// A part of a graph: the last rows are its border, which lies in the whole graph and keeps its vectors. degrees:
    /// of the border's rows without these edges [at most rows].
    Diffusion(std::size_t rows, std::span<const DiffusionEdge> edges, const DiffusionOptions& options,
              std::span<const float> degrees = {});

    std::size_t size() const { return m_starts.size() - 1; }
    /// vectors [n, dim], those of the border diffused already -> [n, dim], not normalised. Works on a few columns at a
    /// time, so that its own memory does not grow with dim. threads: 0 = all cores.
    std::vector<float> spread(std::span<const float> vectors, std::size_t dim, int threads = 0) const;
    /// Sum of the weights of a row's edges before they were normalised.
    float degree(std::size_t row) const { return m_degrees[row]; }

private:
    DiffusionOptions m_options;
    std::size_t m_free = 0;            ///< rows before the border
    std::vector<std::size_t> m_starts; ///< of each row's edges, and the end [n + 1]
    std::vector<std::uint32_t> m_ends; ///< the row at the other end of each edge
    std::vector<float> m_weights;      ///< normalised, of each edge
    std::vector<float> m_degrees;      ///< [n]
};

/// Each row divided by its length; rows of zeros stay.
void normaliseRows(std::span<float> vectors, std::size_t dim);

} // namespace grappa
