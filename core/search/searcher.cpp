#include "core/search/searcher.h"

#include "core/base/half.h"
#include "core/search/vector_index.h"
#include "core/search/vector_segment.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

namespace grappa {

namespace {

/// Filters that fewer images pass are answered by a scan of just these.
constexpr std::size_t scanBelow = 20'000;
/// Candidates that the graph keeps: with 16 links, recall@10 over 0.99 at a million.
constexpr std::size_t minEf = 128;

bool better(const Neighbour& a, const Neighbour& b) {
    return a.score > b.score || (a.score == b.score && a.image < b.image);
}

/// The best `limit` of what is added, as a heap with the worst on top.
class BestNeighbours {
public:
    BestNeighbours(std::size_t limit, std::optional<float> minScore) : m_limit(limit), m_minScore(minScore) {}

    void add(ImageId image, float product) {
        const Neighbour neighbour{image, std::clamp(product, -1.0f, 1.0f)};
        if (m_minScore && neighbour.score < *m_minScore) return;
        if (m_heap.size() == m_limit) {
            if (!better(neighbour, m_heap.front())) return;
            std::pop_heap(m_heap.begin(), m_heap.end(), better);
            m_heap.pop_back();
        }
        m_heap.push_back(neighbour);
        std::push_heap(m_heap.begin(), m_heap.end(), better);
    }

    std::vector<Neighbour> take() {
        std::sort(m_heap.begin(), m_heap.end(), better);
        return std::move(m_heap);
    }

private:
    std::size_t m_limit;
    std::optional<float> m_minScore;
    std::vector<Neighbour> m_heap;
};

/// The images that may be found.
class Candidates {
public:
    /// passing: ascending; none = all. deleted: ascending.
    Candidates(const std::vector<ImageId>* passing, std::span<const ImageId> deleted, std::optional<ImageId> exclude)
        : m_passing(passing), m_deleted(deleted), m_exclude(exclude) {}

    bool accept(ImageId image) const {
        return image != m_exclude && !std::binary_search(m_deleted.begin(), m_deleted.end(), image) &&
               (m_passing == nullptr || std::binary_search(m_passing->begin(), m_passing->end(), image));
    }
    /// When they are few: these.
    const std::vector<ImageId>* few() const {
        return m_passing != nullptr && m_passing->size() < scanBelow ? m_passing : nullptr;
    }

private:
    const std::vector<ImageId>* m_passing;
    std::span<const ImageId> m_deleted;
    std::optional<ImageId> m_exclude;
};

struct Segment {
    SegmentRow row;
    std::shared_ptr<const VectorSegment> vectors; ///< none when damaged
    std::shared_ptr<const VectorIndex> index;     ///< none when not built, or damaged
    std::vector<std::string> problems;
};

/// The best of an index, over-fetched until enough of them are accepted; false when a scan is the better way.
bool searchIndex(const Segment& segment, const std::uint16_t* query, const SearchOptions& options,
                 const Candidates& candidates, BestNeighbours& best) {
    const std::size_t rows = segment.vectors->size();
    for (std::size_t count = options.limit + 1; count <= rows / 8; count *= 4) {
        const auto hits = segment.index->search(query, count, std::max(minEf, 2 * count));
        std::size_t accepted = 0;
        for (const auto& hit : hits)
            accepted += candidates.accept(segment.vectors->ids()[hit.row]);
        const bool allGood = options.minScore && !hits.empty() && hits.back().score < *options.minScore;
        if (accepted < options.limit && !allGood) continue;
        for (const auto& hit : hits)
            if (const ImageId image = segment.vectors->ids()[hit.row]; candidates.accept(image))
                best.add(image, hit.score);
        return true;
    }
    return false;
}

} // namespace

struct Searcher::Impl {
    Impl(Library& searched, const EmbeddingSet& searchedSet) : library(searched), set(searchedSet) {}

    void refresh();
    /// The images that pass the filter, ascending; none when all do. Valid until the next call.
    const std::vector<ImageId>* passing(const ImageFilter& filter);
    std::vector<SegmentRow> readCatalogue();
    void readTail(std::uint64_t expected);
    Segment load(const SegmentRow& row, const Segment* before) const;

    Library& library;
    EmbeddingSet set;
    std::int64_t version = -1;

    std::vector<Segment> segments;
    std::vector<ImageId> deleted; ///< sealed, but not to be found; ascending
    std::vector<std::string> problems;

    ImageFilter lastFilter; ///< one query after the other goes through the same filter
    std::int64_t lastFilterVersion = -1;
    std::vector<ImageId> lastPassing;

    VectorId lastVector = 0; ///< of the tail
    std::vector<ImageId> tailImages;
    std::vector<std::uint16_t> tailHalves; ///< [tailImages.size(), dim]
};

const std::vector<ImageId>* Searcher::Impl::passing(const ImageFilter& filter) {
    if (!filter.any()) return nullptr;
    const std::int64_t current = library.dataVersion();
    if (current != lastFilterVersion || filter != lastFilter) {
        lastPassing = library.imageIds(filter);
        lastFilter = filter;
        lastFilterVersion = current;
    }
    return &lastPassing;
}

void Searcher::Impl::readTail(std::uint64_t expected) {
    const auto dim = static_cast<std::size_t>(set.dim);
    const auto append = [&] {
        for (const TailVector& vector : library.tail(set.id, lastVector)) {
            if (vector.halves.size() != dim)
                throw Error(ErrorCode::Corrupt, "Vector " + std::to_string(vector.id) +
                                                    " of the library has a wrong "
                                                    "length; verify the library.");
            lastVector = vector.id;
            tailImages.push_back(vector.image);
            tailHalves.insert(tailHalves.end(), vector.halves.begin(), vector.halves.end());
        }
    };
    append();
    if (tailImages.size() == expected) return;
    // Some were sealed or deleted.
    lastVector = 0;
    tailImages.clear();
    tailHalves.clear();
    append();
}

std::vector<SegmentRow> Searcher::Impl::readCatalogue() {
    const auto snapshot = library.snapshot();
    const auto now = library.findEmbeddingSet(set.key);
    if (!now) throw Error(ErrorCode::NotFound, "The embedding set is not in the library any more.");
    set = *now;
    deleted = library.tombstones(set.id);
    readTail(set.tail);
    return library.segments(set.id);
}

Segment Searcher::Impl::load(const SegmentRow& row, const Segment* before) const {
    // Verified once: these files never change.
    Segment segment;
    const bool sameVectors = before != nullptr && before->row.id == row.id;
    if (sameVectors && before->row.indexFile == row.indexFile && before->row.indexChecksum == row.indexChecksum)
        return *before;
    segment.row = row;
    const auto folder = library.paths().segments();
    try {
        segment.vectors = sameVectors ? before->vectors : nullptr;
        if (!segment.vectors)
            segment.vectors =
                std::make_shared<VectorSegment>(folder / row.file, row.checksum, set.key.modelHash, set.dim);
        if (segment.vectors->size() != row.count)
            throw Error(ErrorCode::Corrupt, "The segment " + row.file + " does not have the vectors of the catalogue");
    } catch (const Error& error) {
        segment.vectors = nullptr;
        segment.problems.push_back(error.what());
        return segment;
    }
    try {
        if (!row.indexFile.empty())
            segment.index = std::make_shared<VectorIndex>(
                VectorIndex::load(folder / row.indexFile, row.indexChecksum, segment.vectors, set.dim));
    } catch (const Error& error) {
        segment.problems.push_back(error.what());
    }
    return segment;
}

void Searcher::Impl::refresh() {
    // A merge may remove files between the look into the catalogue and their opening; then the catalogue has changed.
    for (int attempt = 0; attempt < 5 && version != library.dataVersion(); ++attempt) {
        const std::int64_t current = library.dataVersion();
        std::vector<Segment> loaded;
        for (const SegmentRow& row : readCatalogue()) {
            const auto before = std::find_if(segments.begin(), segments.end(),
                                             [&row](const Segment& segment) { return segment.row.id == row.id; });
            loaded.push_back(load(row, before == segments.end() ? nullptr : &*before));
        }
        segments = std::move(loaded);
        version = current;
        problems.clear();
        for (const Segment& segment : segments)
            problems.insert(problems.end(), segment.problems.begin(), segment.problems.end());
        if (problems.empty()) break;
    }
}

Searcher::Searcher(Library& library, const EmbeddingSet& set) : m_impl(std::make_unique<Impl>(library, set)) {
    refresh();
}
Searcher::~Searcher() = default;
Searcher::Searcher(Searcher&&) noexcept = default;

void Searcher::refresh() {
    m_impl->refresh();
}

const EmbeddingSet& Searcher::set() const {
    return m_impl->set;
}

std::size_t Searcher::size() const {
    std::size_t size = m_impl->tailImages.size();
    for (const Segment& segment : m_impl->segments)
        if (segment.vectors)
            size += segment.vectors->size() - static_cast<std::size_t>(std::count_if(
                                                  m_impl->deleted.begin(), m_impl->deleted.end(), [&](ImageId image) {
                                                      return segment.vectors->find(image).has_value();
                                                  }));
    return size;
}

std::vector<Neighbour> Searcher::search(std::span<const float> query, const SearchOptions& options) {
    const auto dim = static_cast<std::size_t>(m_impl->set.dim);
    if (query.size() != dim)
        throw Error(ErrorCode::Usage, "The query has " + std::to_string(query.size()) +
                                          " values, the vectors of this embedding set have " + std::to_string(dim));
    double squares = 0;
    for (const float value : query)
        squares += double{value} * value;
    if (!(squares > 0) || !std::isfinite(squares))
        throw Error(ErrorCode::Usage, "The query is zero or not finite: it has no direction to search in.");
    if (options.limit == 0) return {};
    std::vector<float> unit(query.begin(), query.end());
    for (float& value : unit)
        value = static_cast<float>(value / std::sqrt(squares));
    std::vector<std::uint16_t> halves(dim);
    toHalf(unit, halves);

    const Candidates candidates(m_impl->passing(options.filter), m_impl->deleted, options.exclude);
    BestNeighbours best(options.limit, options.minScore);
    const auto score = [&](ImageId image, const std::uint16_t* row) {
        if (candidates.accept(image)) best.add(image, halfDot(halves.data(), row, dim));
    };
    for (std::size_t i = 0; i < m_impl->tailImages.size(); ++i)
        score(m_impl->tailImages[i], m_impl->tailHalves.data() + i * dim);
    for (const Segment& segment : m_impl->segments) {
        if (!segment.vectors) continue;
        const auto& vectors = *segment.vectors;
        const bool exact = options.exact || !segment.index;
        if (const auto* few = candidates.few(); few != nullptr && !options.exact && few->size() < vectors.size()) {
            for (const ImageId image : *few)
                if (const auto row = vectors.find(image)) score(image, vectors.row(*row));
        } else if (exact || !searchIndex(segment, halves.data(), options, candidates, best)) {
            for (std::size_t row = 0; row < vectors.size(); ++row)
                score(vectors.ids()[row], vectors.row(row));
        }
    }
    return best.take();
}

std::optional<std::vector<float>> Searcher::vectorOf(ImageId image) const {
    const auto dim = static_cast<std::size_t>(m_impl->set.dim);
    const auto asFloats = [dim](const std::uint16_t* halves) {
        std::vector<float> vector(dim);
        toFloat({halves, dim}, vector);
        return vector;
    };
    const auto& tail = m_impl->tailImages;
    if (const auto at = std::find(tail.begin(), tail.end(), image); at != tail.end())
        return asFloats(m_impl->tailHalves.data() + static_cast<std::size_t>(at - tail.begin()) * dim);
    if (std::binary_search(m_impl->deleted.begin(), m_impl->deleted.end(), image)) return std::nullopt;
    for (const Segment& segment : m_impl->segments)
        if (segment.vectors)
            if (const auto row = segment.vectors->find(image)) return asFloats(segment.vectors->row(*row));
    return std::nullopt;
}

const std::vector<std::string>& Searcher::problems() const {
    return m_impl->problems;
}

} // namespace grappa
