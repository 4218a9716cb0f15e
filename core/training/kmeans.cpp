#include "core/training/kmeans.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace grappa {

namespace {

constexpr std::int64_t blockElements = std::int64_t{1} << 24;
/// Points that the seeding looks at: enough for every cluster to be seen, few enough to cost less than an iteration.
constexpr std::int64_t smallestSample = 8'192;
/// Up to this k the seeding draws one centroid after the other; above, as many rounds with several each.
constexpr std::int64_t seedingRounds = 64;

torch::Tensor normalised(const torch::Tensor& rows) {
    return torch::nn::functional::normalize(rows, torch::nn::functional::NormalizeFuncOptions().dim(1));
}

struct Assignment {
    torch::Tensor cluster; ///< int64 [n]
    torch::Tensor score;   ///< cosine [n]
};

Assignment assign(const torch::Tensor& points, const torch::Tensor& centroids, const JobContext& context) {
    const std::int64_t n = points.size(0);
    const auto transposed = centroids.t();
    Assignment result{torch::empty({n}, points.options().dtype(torch::kLong)), torch::empty({n}, points.options())};
    const std::int64_t rows = blockRows(centroids.size(0));
    for (std::int64_t begin = 0; begin < n; begin += rows) {
        context.throwIfStopped();
        const std::int64_t count = std::min(rows, n - begin);
        const auto [score, cluster] = torch::mm(points.narrow(0, begin, count), transposed).max(1);
        result.cluster.narrow(0, begin, count).copy_(cluster);
        result.score.narrow(0, begin, count).copy_(score);
    }
    return result;
}

/// Centroids far from each other: drawn with a chance that grows with the squared distance to the nearest one so far.
torch::Tensor seedCentroids(const torch::Tensor& points, std::int64_t k, std::uint64_t seed,
                            const JobContext& context) {
    auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    const std::int64_t n = points.size(0);
    const std::int64_t wanted = std::min(n, std::max(smallestSample, 4 * k));
    auto sample = points;
    if (wanted < n) {
        const auto drawn = torch::randperm(n, generator, torch::kLong).narrow(0, 0, wanted);
        sample = points.index_select(0, std::get<0>(drawn.sort()).to(points.device()));
    }

    auto distance = torch::full({wanted}, 2.0, torch::kDouble); // 1 - cosine, to the nearest one so far
    auto taken = torch::zeros({wanted}, torch::kBool);
    std::vector<torch::Tensor> centroids;
    const std::int64_t each = (k + seedingRounds - 1) / seedingRounds;
    for (std::int64_t have = 0; have < k;) {
        context.throwIfStopped();
        // The largest of weight / Exp(1) are a draw without replacement with these weights. A little weight stays with
        // points that equal a centroid: there may be nothing else.
        const auto noise = torch::empty({wanted}, torch::kDouble).exponential_(1, generator);
        const auto chance = ((distance.square() + 1e-20) / noise).masked_fill(taken, -1);
        const auto drawn = std::get<1>(chance.topk(std::min(each, k - have)));
        taken.index_fill_(0, drawn, true);
        centroids.push_back(sample.index_select(0, drawn.to(points.device())));
        have += drawn.size(0);
        const auto nearest = assign(sample, centroids.back(), context).score.to(torch::kCPU, torch::kDouble);
        distance = torch::minimum(distance, (1 - nearest).clamp_min(0));
    }
    return torch::cat(centroids);
}

/// Gives every empty cluster a point of another one that has more: those that fit their own worst.
void fillEmptyClusters(Assignment& assignment, std::int64_t k) {
    const auto counts = torch::bincount(assignment.cluster, {}, k).to(torch::kCPU);
    if (counts.min().item<std::int64_t>() > 0) return;
    const auto worstFirst = std::get<1>(assignment.score.to(torch::kCPU).sort(/*stable=*/true, 0, false));
    auto cluster = assignment.cluster.to(torch::kCPU).clone();
    const auto order = worstFirst.accessor<std::int64_t, 1>();
    auto size = counts.accessor<std::int64_t, 1>();
    auto owner = cluster.accessor<std::int64_t, 1>();
    std::int64_t next = 0;
    for (std::int64_t empty = 0; empty < k; ++empty) {
        if (size[empty] > 0) continue;
        while (size[owner[order[next]]] < 2)
            ++next;
        --size[owner[order[next]]];
        owner[order[next]] = empty;
        size[empty] = 1;
        ++next;
    }
    assignment.cluster = cluster.to(assignment.cluster.device());
}

torch::Tensor centroidsOf(const torch::Tensor& points, const torch::Tensor& cluster, const torch::Tensor& before) {
    auto sums = torch::zeros_like(before);
    // Each the way that adds in a fixed order on its device.
    if (points.is_cuda())
        sums.index_put_({cluster}, points, /*accumulate=*/true);
    else
        sums.index_add_(0, cluster, points);
    const auto length = sums.norm(2, 1, true);
    // Points that cancel out have no direction.
    return torch::where(length > 1e-6, sums / length.clamp_min(1e-12), before);
}

} // namespace

std::int64_t blockRows(std::int64_t columns) {
    return std::max<std::int64_t>(1, blockElements / std::max<std::int64_t>(1, columns));
}

KMeansResult kMeans(const torch::Tensor& points, const KMeansOptions& options, const JobContext& context) {
    const torch::NoGradGuard noGradients;
    const std::int64_t k = options.clusters, n = points.size(0);
    if (k < 1 || k > n)
        throw Error(ErrorCode::Usage, std::to_string(n) + " images cannot form " + std::to_string(k) +
                                          " clusters; choose 1 to " + std::to_string(n) + ".");
    const auto rows = points.to(torch::kFloat).contiguous();
    const auto total = static_cast<std::uint64_t>(std::max(1, options.iterations));
    const std::string detail = "k = " + std::to_string(k);
    ProgressMeter meter(context, "cluster", total);

    KMeansResult result;
    result.centroids = normalised(seedCentroids(rows, k, options.seed, context));
    torch::Tensor before;
    for (std::uint64_t iteration = 0; iteration < total; ++iteration) {
        Assignment assignment = assign(rows, result.centroids, context);
        fillEmptyClusters(assignment, k);
        ++result.iterations;
        const bool settled = before.defined() && torch::equal(before, assignment.cluster);
        before = assignment.cluster;
        if (settled) break;
        result.centroids = centroidsOf(rows, before, result.centroids);
        meter.advanceTo(iteration + 1, detail);
    }
    meter.advanceTo(total, detail);
    result.assignment = before.to(torch::kCPU);
    return result;
}

torch::Tensor nearestCentroid(const torch::Tensor& points, const torch::Tensor& centroids) {
    const torch::NoGradGuard noGradients;
    return assign(points.to(torch::kFloat), centroids.to(points.device(), torch::kFloat), {}).cluster.to(torch::kCPU);
}

torch::Tensor nearestNeighbours(const torch::Tensor& points, std::int64_t count) {
    return nearestNeighbours(points, count, torch::arange(points.size(0)));
}

torch::Tensor nearestNeighbours(const torch::Tensor& points, std::int64_t count, const torch::Tensor& rows) {
    const torch::NoGradGuard noGradients;
    const std::int64_t n = points.size(0);
    if (count < 0 || count >= n)
        throw Error(ErrorCode::Usage,
                    "There are no " + std::to_string(count) + " neighbours among " + std::to_string(n) + " images.");
    const auto transposed = points.t();
    auto neighbours = torch::empty({rows.size(0), count}, torch::kLong);
    const std::int64_t block = blockRows(n);
    for (std::int64_t begin = 0; begin < rows.size(0); begin += block) {
        const std::int64_t size = std::min(block, rows.size(0) - begin);
        const auto asked = rows.narrow(0, begin, size).to(points.device());
        auto scores = torch::mm(points.index_select(0, asked), transposed);
        scores.scatter_(1, asked.unsqueeze(1), -std::numeric_limits<float>::infinity());
        neighbours.narrow(0, begin, size).copy_(std::get<1>(scores.topk(count, 1)));
    }
    return neighbours;
}

torch::Tensor smoothed(const torch::Tensor& points, std::int64_t m) {
    const torch::NoGradGuard noGradients;
    const std::int64_t n = points.size(0), dim = points.size(1);
    const std::int64_t others = std::min(m, n - 1);
    if (others < 1) return points.clone();
    const auto neighbours = nearestNeighbours(points, others);
    auto result = torch::empty_like(points);
    const std::int64_t rows = blockRows(others * dim);
    for (std::int64_t begin = 0; begin < n; begin += rows) {
        const std::int64_t size = std::min(rows, n - begin);
        const auto members = neighbours.narrow(0, begin, size).reshape({-1}).to(points.device());
        const auto sums = points.index_select(0, members).view({size, others, dim}).sum(1);
        result.narrow(0, begin, size).copy_(normalised(sums + points.narrow(0, begin, size)));
    }
    return result;
}

std::vector<std::int64_t> defaultGranularities(std::int64_t images, int levels) {
    constexpr double smallestStep = 1.25;
    if (images < 8 || levels < 1) return {};
    const auto last = static_cast<double>(images / 4);
    const double first = std::min(last, std::max(16.0, static_cast<double>(images) / 512));
    const int steps = std::min(levels - 1, static_cast<int>(std::log(last / first) / std::log(smallestStep)));
    if (steps == 0) return {std::llround(std::sqrt(first * last))};
    std::vector<std::int64_t> list;
    for (int i = 0; i <= steps; ++i)
        list.push_back(std::llround(first * std::pow(last / first, static_cast<double>(i) / steps)));
    return list;
}

} // namespace grappa
