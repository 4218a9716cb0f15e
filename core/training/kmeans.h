#pragma once

#include "core/base/job.h"

#include <torch/torch.h>

#include <cstdint>
#include <vector>

namespace grappa {

struct KMeansOptions {
    std::int64_t clusters = 64; ///< k
    int iterations = 25;        ///< at most; ends when no assignment changes
    std::uint64_t seed = 0;
};

struct KMeansResult {
    torch::Tensor centroids;  ///< L2-normalised [k, D], float32, on the points' device
    torch::Tensor assignment; ///< int64 [n], on the CPU; every cluster has at least one point
    int iterations = 0;
};

/// Spherical k-means on L2-normalised points [n, D] by blocked matrix products on the points' device: never an n x k
/// matrix (100,000 x 384 with k = 16,384 fits in 2 GiB). Seeded by k-means++ on a sample (for a large k several at a
/// time); an empty cluster takes the points that fit their own worst. Deterministic by seed on one machine and thread
/// count. Throws Usage when k > n or k < 1, Interrupted.
KMeansResult kMeans(const torch::Tensor& points, const KMeansOptions& options, const JobContext& context = {});

/// Nearest centroid of each point by cosine, blocked: points [n, D], centroids [k, D] (normalised) -> int64 [n] on CPU.
torch::Tensor nearestCentroid(const torch::Tensor& points, const torch::Tensor& centroids);

/// For each point its `count` nearest others by cosine, best first, itself left out: points L2-normalised [n, D] ->
/// int64 [n, count] on the CPU. Exact, blocked. Throws Usage when there are not as many others.
torch::Tensor nearestNeighbours(const torch::Tensor& points, std::int64_t count);
/// The same for some of the points alone: rows int64 [s] -> [s, count].
torch::Tensor nearestNeighbours(const torch::Tensor& points, std::int64_t count, const torch::Tensor& rows);

/// Neighbourhood smoothing: the normalised mean of each point and its m nearest others (all
/// others where they are fewer). [n, D]
torch::Tensor smoothed(const torch::Tensor& points, std::int64_t m);

/// The default list of k for n training images, ascending: geometric from max(16, n/512) to n/4.
/// Fewer than `levels` where neighbours would differ by less than a quarter; one below 64 images, none below 8.
std::vector<std::int64_t> defaultGranularities(std::int64_t images, int levels);

/// Rows of a block of a [rows, columns] float32 matrix that is computed piece by piece: 64 MiB, at least one row.
std::int64_t blockRows(std::int64_t columns);

} // namespace grappa
