#include "core/jobs/stored_vectors.h"

#include "core/base/half.h"

#include <algorithm>

namespace grappa {

StoredVectors toMatrix(std::span<const Searcher::Row> rows, int dim) {
    StoredVectors stored;
    stored.vectors = torch::empty({static_cast<std::int64_t>(rows.size()), dim});
    auto* to = stored.vectors.data_ptr<float>();
    const auto width = static_cast<std::size_t>(dim);
    for (const Searcher::Row& row : rows) {
        stored.images.push_back(row.image);
        toFloat({row.halves, width}, {to, width});
        to += width;
    }
    return stored;
}

StoredVectors storedVectors(Library& library, const EmbeddingSet& set) {
    return toMatrix(Searcher(library, set).rows(), set.dim);
}

StoredVectors storedVectors(Library& library, const EmbeddingSet& set, std::span<const ImageId> images) {
    const Searcher searcher(library, set);
    std::vector<Searcher::Row> rows = searcher.rows();
    std::erase_if(
        rows, [&](const Searcher::Row& row) { return !std::binary_search(images.begin(), images.end(), row.image); });
    return toMatrix(rows, set.dim);
}

std::span<const float> values(const torch::Tensor& contiguous) {
    return {contiguous.data_ptr<float>(), static_cast<std::size_t>(contiguous.numel())};
}

} // namespace grappa
