#include "core/search/index_job.h"

#include "core/search/vector_index.h"
#include "core/search/vector_segment.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <numeric>

namespace grappa {

namespace {

/// Rows of one file that is written: bounds the memory of a merge and the work that a stop can lose.
constexpr std::size_t maxRows = 250'000;

class IndexJob {
public:
    IndexJob(Library& library, const EmbeddingSet& set, const IndexOptions& options, const JobContext& context)
        : m_library(library)
        , m_set(set)
        , m_options(options)
        , m_context(context)
        , m_format(rowFormat(set.key))
        , m_rowBytes(rowBytes(m_format, static_cast<std::size_t>(set.dim))) {}

    void run() {
        forgetDamagedSegments();
        sealTail();
        mergeSegments();
        for (const SegmentRow& segment : m_library.segments(m_set.id))
            indexSegment(segment);
    }

private:
    std::shared_ptr<const VectorSegment> open(const SegmentRow& row) const {
        return std::make_shared<VectorSegment>(pathOf(row.file), row.checksum, m_set.key.modelHash, m_set.dim,
                                               m_format);
    }
    std::filesystem::path pathOf(const std::string& name) const { return m_library.paths().segments() / name; }

    void forgetDamagedSegments() {
        for (const SegmentRow& row : m_library.segments(m_set.id)) {
            m_context.throwIfStopped();
            try {
                open(row);
            } catch (const Error& error) {
                // A file that cannot be read just now may be read tomorrow.
                if (error.code() == ErrorCode::Corrupt || !std::filesystem::exists(pathOf(row.file)))
                    m_library.forgetSegment(row.id);
                else
                    throw;
            }
        }
    }

    void sealTail() {
        if (m_library.findEmbeddingSet(m_set.key)->tail <= m_options.tailLimit) return;
        for (;;) {
            m_context.throwIfStopped();
            auto rows = m_library.tail(m_set.id, 0, maxRows);
            if (rows.empty()) return;
            std::sort(rows.begin(), rows.end(),
                      [](const TailVector& a, const TailVector& b) { return a.image < b.image; });
            std::vector<ImageId> images;
            std::vector<std::byte> bytes;
            bytes.reserve(rows.size() * m_rowBytes);
            for (const TailVector& row : rows) {
                images.push_back(row.image);
                bytes.insert(bytes.end(), row.row.begin(), row.row.end());
            }
            m_library.sealSegment(save(images, bytes), rows);
        }
    }

    SegmentRow save(std::span<const ImageId> images, std::span<const std::byte> rows) const {
        SegmentRow row;
        row.set = m_set.id;
        row.count = images.size();
        if (images.empty()) return row;
        row.file = newFileName(m_set.id, ".vectors");
        row.checksum = VectorSegment::save(pathOf(row.file), m_set.key.modelHash, m_set.dim, m_format, images, rows);
        return row;
    }

    void mergeSegments() {
        const auto deleted = m_library.tombstones(m_set.id);
        std::vector<SegmentRow> small, group;
        std::size_t groupRows = 0;
        const auto mergeGroup = [&] {
            if (!group.empty()) merge(group, deleted);
            group.clear();
            groupRows = 0;
        };
        for (const SegmentRow& row : m_library.segments(m_set.id)) {
            if (tooManyDeleted(row, deleted))
                merge({row}, deleted);
            else if (row.count < m_options.smallSegment)
                small.push_back(row);
        }
        if (small.size() <= m_options.maxSmallSegments) return;
        for (const SegmentRow& row : small) {
            if (groupRows + row.count > maxRows) mergeGroup();
            group.push_back(row);
            groupRows += row.count;
        }
        mergeGroup();
    }

    bool tooManyDeleted(const SegmentRow& row, const std::vector<ImageId>& deleted) const {
        if (deleted.empty()) return false;
        const auto segment = open(row);
        const auto count = std::count_if(deleted.begin(), deleted.end(),
                                         [&](ImageId image) { return segment->find(image).has_value(); });
        return static_cast<double>(count) > m_options.maxDeleted * static_cast<double>(row.count);
    }

    /// Writes the segments' living rows into one file.
    void merge(const std::vector<SegmentRow>& group, const std::vector<ImageId>& deleted) {
        m_context.throwIfStopped();
        struct Source {
            ImageId image;
            const std::byte* row;
        };
        std::vector<std::shared_ptr<const VectorSegment>> opened;
        std::vector<std::int64_t> ids;
        std::vector<Source> sources;
        for (const SegmentRow& row : group) {
            const auto& segment = opened.emplace_back(open(row));
            ids.push_back(row.id);
            for (std::size_t i = 0; i < segment->size(); ++i)
                if (!std::binary_search(deleted.begin(), deleted.end(), segment->ids()[i]))
                    sources.push_back({segment->ids()[i], segment->row(i)});
        }
        std::sort(sources.begin(), sources.end(), [](const Source& a, const Source& b) { return a.image < b.image; });
        std::vector<ImageId> images;
        std::vector<std::byte> rows;
        rows.reserve(sources.size() * m_rowBytes);
        for (const Source& source : sources) {
            images.push_back(source.image);
            rows.insert(rows.end(), source.row, source.row + m_rowBytes);
        }
        m_library.mergeSegments(ids, save(images, rows), images);
    }

    void indexSegment(const SegmentRow& row) {
        m_context.throwIfStopped();
        if (row.count < m_options.indexAbove) return;
        const auto segment = open(row);
        if (!row.indexFile.empty() && indexHolds(row, segment)) return;
        VectorIndexOptions options;
        options.threads = m_options.threads;
        const VectorIndex index = VectorIndex::build(segment, m_set.dim, options, m_context);
        const std::string name = newFileName(m_set.id, ".index");
        m_library.setSegmentIndex(row.id, name, index.save(pathOf(name)));
    }

    bool indexHolds(const SegmentRow& row, const std::shared_ptr<const VectorSegment>& segment) const {
        try {
            VectorIndex::load(pathOf(row.indexFile), row.indexChecksum, segment, m_set.dim);
            return true;
        } catch (const Error& error) {
            return false; // derived: it is built again
        }
    }

    Library& m_library;
    const EmbeddingSet& m_set;
    const IndexOptions& m_options;
    const JobContext& m_context;
    RowFormat m_format;
    std::size_t m_rowBytes;
};

void verifySegment(Library& library, const EmbeddingSet& set, const SegmentRow& row) {
    const auto folder = library.paths().segments();
    const auto segment = std::make_shared<VectorSegment>(folder / row.file, row.checksum, set.key.modelHash, set.dim,
                                                         rowFormat(set.key));
    const auto expected = library.imagesOfSegment(row.id);
    if (!std::equal(expected.begin(), expected.end(), segment->ids().begin(), segment->ids().end()))
        throw Error(ErrorCode::Corrupt, "The segment " + row.file + " does not hold the images of the catalogue");
    if (!row.indexFile.empty()) VectorIndex::load(folder / row.indexFile, row.indexChecksum, segment, set.dim);
}

} // namespace

void indexEmbeddingSet(Library& library, const EmbeddingSet& set, const IndexOptions& options,
                       const JobContext& context) {
    const auto lock = FileLock::tryAcquire(library.paths().jobLock("index"));
    if (!lock) throw Error(ErrorCode::Locked, "Another process indexes this library; wait until it is done.");
    IndexJob(library, set, options, context).run();
}

std::vector<std::string> verifyVectors(Library& library) {
    std::vector<std::string> problems;
    for (const EmbeddingSet& set : library.embeddingSets())
        for (const SegmentRow& row : library.segments(set.id))
            try {
                verifySegment(library, set, row);
            } catch (const Error& error) {
                problems.push_back(error.what());
            }
    return problems;
}

} // namespace grappa
