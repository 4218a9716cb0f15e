#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace grappa {

/// Scores of one retrieval task, in per cent.
struct RetrievalScores {
    double rPrecision = 0;
    double mapAtR = 0;
    double recallAt1 = 0;
    std::size_t queries = 0; ///< with at least one relevant image
};

/// R-Precision, MAP@R and R@1 by exact cosine search; each row is a query once and is not in its own gallery; queries
/// without a relevant image are left out; ties go to the lower row. features [N, D] row-major (need not be normalised),
/// labels [N]. Memory: O(N * block), never N x N.
RetrievalScores retrievalScores(std::span<const float> features, std::size_t dim, std::span<const std::string> labels);
/// The same where only the rows [first, first + count) are queries; all rows are the gallery.
RetrievalScores retrievalScores(std::span<const float> features, std::size_t dim, std::span<const std::string> labels,
                                std::size_t first, std::size_t count);

} // namespace grappa
