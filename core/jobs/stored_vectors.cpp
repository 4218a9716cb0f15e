#include "core/jobs/stored_vectors.h"

#include "core/base/row_format.h"

#include <algorithm>

namespace grappa {

StoredVectors toMatrix(std::span<const Searcher::Row> rows, const EmbeddingSet& set) {
    StoredVectors stored;
    stored.vectors = torch::empty({static_cast<std::int64_t>(rows.size()), set.dim});
    auto* to = stored.vectors.data_ptr<float>();
    const auto width = static_cast<std::size_t>(set.dim);
    const RowFormat format = rowFormat(set.key);
    for (const Searcher::Row& row : rows) {
        stored.images.push_back(row.image);
        decodeRow(row.row, format, {to, width});
        to += width;
    }
    return stored;
}

StoredVectors storedVectors(Library& library, const EmbeddingSet& set) {
    return toMatrix(Searcher(library, set).rows(), set);
}

StoredVectors storedVectors(Library& library, const EmbeddingSet& set, std::span<const ImageId> images) {
    const Searcher searcher(library, set);
    std::vector<Searcher::Row> rows = searcher.rows();
    std::erase_if(
        rows, [&](const Searcher::Row& row) { return !std::binary_search(images.begin(), images.end(), row.image); });
    return toMatrix(rows, set);
}

std::span<const float> values(const torch::Tensor& contiguous) {
    return {contiguous.data_ptr<float>(), static_cast<std::size_t>(contiguous.numel())};
}

} // namespace grappa
