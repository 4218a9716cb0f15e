#include "core/search/set_replacement.h"

#include "core/search/vector_segment.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

namespace grappa {

namespace {

/// Rows of one file.
constexpr std::size_t maxRows = 250'000;

FileLock waitFor(const std::filesystem::path& path, const JobContext& context) {
    for (;;) {
        if (auto lock = FileLock::tryAcquire(path)) return std::move(*lock);
        context.throwIfStopped();
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

} // namespace

SetReplacement::SetReplacement(Library& library, const EmbeddingSet& set)
    : m_library(library), m_set(set), m_format(rowFormat(set.key)) {}

void SetReplacement::add(std::span<const ImageId> images, std::span<const float> vectors) {
    const auto dim = static_cast<std::size_t>(m_set.dim);
    if (vectors.size() != images.size() * dim ||
        !std::all_of(vectors.begin(), vectors.end(), [](float x) { return std::isfinite(x); }))
        throw Error(ErrorCode::Internal, "The vectors of a derived set do not fit it, or are not finite");
    m_images.insert(m_images.end(), images.begin(), images.end());
    const std::size_t before = m_rows.size(), size = rowBytes(m_format, dim);
    m_rows.resize(before + images.size() * size);
    for (std::size_t i = 0; i < images.size(); ++i)
        encodeRow(vectors.subspan(i * dim, dim), m_format, m_rows.data() + before + i * size);
}

void SetReplacement::commit(const SetMapping& mapping, const JobContext& context) {
    const FileLock lock = waitFor(m_library.paths().jobLock("index"), context);
    const std::size_t size = rowBytes(m_format, static_cast<std::size_t>(m_set.dim));
    std::vector<SegmentRow> segments;
    std::vector<std::vector<ImageId>> images;
    // Files of a commit that does not come about are removed when the library is opened next.
    for (std::size_t begin = 0; begin < m_images.size(); begin += maxRows) {
        context.throwIfStopped();
        const std::size_t count = std::min(maxRows, m_images.size() - begin);
        const auto ids = std::span(m_images).subspan(begin, count);
        SegmentRow& row = segments.emplace_back();
        row.set = m_set.id;
        row.count = count;
        row.file = newFileName(m_set.id, ".vectors");
        row.checksum = VectorSegment::save(m_library.paths().segments() / row.file, m_set.key.modelHash, m_set.dim,
                                           m_format, ids, std::span(m_rows).subspan(begin * size, count * size));
        images.emplace_back(ids.begin(), ids.end());
    }
    m_library.replaceVectors(m_set.id, segments, images, mapping);
}

} // namespace grappa
