#include "core/training/evaluation.h"

#include "core/base/error.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <unordered_map>

namespace grappa {

namespace {

/// One query's share of the scores; relevant = 0 leaves it out.
struct QueryScores {
    std::size_t relevant = 0;
    double rPrecision = 0, averagePrecision = 0, first = 0;
};

std::vector<float> normalised(std::span<const float> features, std::size_t dim) {
    std::vector<float> rows(features.begin(), features.end());
    for (std::size_t begin = 0; begin < rows.size(); begin += dim) {
        double squares = 0;
        for (std::size_t i = 0; i < dim; ++i)
            squares += double{rows[begin + i]} * rows[begin + i];
        if (!std::isfinite(squares))
            throw Error(ErrorCode::Usage, "Features to be evaluated hold values that are not finite numbers");
        const double scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
        for (std::size_t i = 0; i < dim; ++i)
            rows[begin + i] = static_cast<float>(rows[begin + i] * scale);
    }
    return rows;
}

/// Always adds in the same order: equal vectors get equal scores, which a blocked matrix product does not promise.
float dot(const float* a, const float* b, std::size_t dim) {
    constexpr std::size_t lanes = 16;
    std::array<float, lanes> sums{};
    std::size_t i = 0;
    for (; i + lanes <= dim; i += lanes)
        for (std::size_t lane = 0; lane < lanes; ++lane)
            sums[lane] += a[i + lane] * b[i + lane];
    float total = std::accumulate(sums.begin(), sums.end(), 0.0F);
    for (; i < dim; ++i)
        total += a[i] * b[i];
    return total;
}

std::vector<std::size_t> numbered(std::span<const std::string> labels, std::vector<std::size_t>& counts) {
    std::unordered_map<std::string_view, std::size_t> numbers;
    std::vector<std::size_t> classes;
    classes.reserve(labels.size());
    for (const std::string& label : labels) {
        const std::size_t number = numbers.try_emplace(label, numbers.size()).first->second;
        counts.resize(numbers.size());
        ++counts[number];
        classes.push_back(number);
    }
    return classes;
}

/// Ranks the gallery of one query down to `relevant` places. `scores` and `order` are scratch.
QueryScores scoreQuery(std::size_t query, std::span<const float> rows, std::size_t dim,
                       std::span<const std::size_t> classes, std::size_t relevant, std::vector<float>& scores,
                       std::vector<std::uint32_t>& order) {
    for (std::size_t i = 0; i < classes.size(); ++i)
        scores[i] = dot(&rows[query * dim], &rows[i * dim], dim);
    order.resize(classes.size());
    std::iota(order.begin(), order.end(), 0U);
    order.erase(order.begin() + static_cast<std::ptrdiff_t>(query));
    const auto better = [&](std::uint32_t a, std::uint32_t b) {
        return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
    };
    const auto end = order.begin() + static_cast<std::ptrdiff_t>(relevant);
    std::partial_sort(order.begin(), end, order.end(), better);

    QueryScores result{.relevant = relevant};
    std::size_t hits = 0;
    for (std::size_t rank = 0; rank < relevant; ++rank) {
        if (classes[order[rank]] != classes[query]) continue;
        ++hits;
        result.averagePrecision += static_cast<double>(hits) / static_cast<double>(rank + 1);
        if (rank == 0) result.first = 1;
    }
    result.rPrecision = static_cast<double>(hits) / static_cast<double>(relevant);
    result.averagePrecision /= static_cast<double>(relevant);
    return result;
}

} // namespace

RetrievalScores retrievalScores(std::span<const float> features, std::size_t dim, std::span<const std::string> labels) {
    return retrievalScores(features, dim, labels, 0, labels.size());
}

RetrievalScores retrievalScores(std::span<const float> features, std::size_t dim, std::span<const std::string> labels,
                                std::size_t first, std::size_t count) {
    if (dim == 0 || features.size() != labels.size() * dim || first + count > labels.size())
        throw Error(ErrorCode::Usage, "Features and labels to be evaluated differ in number");
    const std::vector<float> rows = normalised(features, dim);
    std::vector<std::size_t> counts;
    const std::vector<std::size_t> classes = numbered(labels, counts);

    std::vector<QueryScores> queries(labels.size());
    at::parallel_for(static_cast<std::int64_t>(first), static_cast<std::int64_t>(first + count), 16, [&](std::int64_t begin, std::int64_t end) {
        std::vector<float> scores(labels.size());
        std::vector<std::uint32_t> order;
        for (auto query = static_cast<std::size_t>(begin); query < static_cast<std::size_t>(end); ++query)
            if (const std::size_t relevant = counts[classes[query]] - 1; relevant > 0)
                queries[query] = scoreQuery(query, rows, dim, classes, relevant, scores, order);
    });

    RetrievalScores result;
    for (const QueryScores& query : queries) {
        if (query.relevant == 0) continue;
        ++result.queries;
        result.rPrecision += query.rPrecision;
        result.mapAtR += query.averagePrecision;
        result.recallAt1 += query.first;
    }
    if (result.queries == 0) return result;
    const double perCent = 100 / static_cast<double>(result.queries);
    result.rPrecision *= perCent;
    result.mapAtR *= perCent;
    result.recallAt1 *= perCent;
    return result;
}

} // namespace grappa
