#include "core/search/searcher.h"

#include "core/base/row_format.h"
#include "core/search/level_scorer.h"
#include "core/search/vector_index.h"
#include "core/search/vector_segment.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <numeric>
#include <optional>
#include <unordered_map>

namespace grappa {

namespace {

/// Filters that fewer images pass are answered by a scan of just these.
constexpr std::size_t scanBelow = 20'000;
/// Candidates that the graph keeps: with 16 links, recall@10 over 0.99 at a million.
constexpr std::size_t minEf = 128;
/// Candidates of the index in a search at a level.
constexpr std::size_t levelIndexHits = 1'000;

bool better(const Neighbour& a, const Neighbour& b) {
    return a.score > b.score || (a.score == b.score && a.image < b.image);
}

/// The best `limit` of what is added, as a heap with the worst on top.
class BestNeighbours {
public:
    BestNeighbours(std::size_t limit, std::optional<float> minScore) : m_limit(limit), m_minScore(minScore) {}

    void add(ImageId image, float product, bool inGroup = false) {
        const Neighbour neighbour{image, std::clamp(product, -1.0f, 1.0f), inGroup};
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

/// A level over the rows of the segments and the tail.
struct Level {
    LevelScorer scorer;
    std::vector<std::vector<LevelScorer::Entry>> segments; ///< of each segment's rows
    std::vector<LevelScorer::Entry> tail;
    std::vector<std::uint64_t> sizes; ///< images of each cluster
    /// Rows of each segment by cluster: the first sizes of them, then the next. Filled at the first search that does
    /// not scan.
    std::vector<std::vector<std::uint32_t>> rowsByCluster;
};

/// How one query scores a row.
struct Scorer {
    RowQuery row;
    std::optional<LevelScorer::Query> query; ///< at a level
    const LevelScorer* level = nullptr;

    /// entry: of the row; null = not at a level.
    void score(ImageId image, const std::byte* other, const LevelScorer::Entry* entry, BestNeighbours& best) const {
        const float product = row.dot(other);
        if (entry == nullptr) return best.add(image, product);
        best.add(image, level->score(*query, *entry, product), entry->cluster == query->cluster);
    }
};

/// The best of an index, over-fetched until enough of them are accepted; false when a scan is the better way.
bool searchIndex(const Segment& segment, const RowQuery& query, const SearchOptions& options,
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
    Impl(Library& searched, const EmbeddingSet& searchedSet)
        : library(searched)
        , set(searchedSet)
        , format(rowFormat(set.key))
        , rowSize(rowBytes(format, static_cast<std::size_t>(set.dim))) {}

    void refresh();
    /// The images that pass the filter, ascending; none when all do. Valid until the next call.
    const std::vector<ImageId>* passing(const ImageFilter& filter);
    std::vector<SegmentRow> readCatalogue();
    void readTail(std::uint64_t expected);
    Segment load(const SegmentRow& row, const Segment* before) const;
    /// Throws Usage for a query without a direction.
    std::vector<float> normalised(std::span<const float> query) const;
    Level& level(std::int64_t k);
    Level loadLevel(std::int64_t k);
    std::vector<Neighbour> find(std::span<const float> query, const SearchOptions& options,
                                const std::vector<ImageId>* passing);
    void searchSegment(const Segment& segment, const std::vector<LevelScorer::Entry>* entries, const Scorer& scorer,
                       const SearchOptions& options, const Candidates& candidates, BestNeighbours& best) const;
    /// Long pictures are found by the best of their parts too.
    void addParts(std::vector<Neighbour>& found, const RowQuery& query, const SearchOptions& options,
                  const Candidates& candidates) const;
    /// Of a large set the images that can be near at the level; false when a scan is the better way.
    bool probeLevel(Level& level, const Scorer& scorer, const SearchOptions& options, const Candidates& candidates,
                    BestNeighbours& best) const;
    std::size_t sealedRows() const;

    Library& library;
    EmbeddingSet set;
    RowFormat format;    ///< of the set's rows
    std::size_t rowSize; ///< bytes
    std::int64_t version = -1;

    std::vector<Segment> segments;
    std::vector<ImageId> deleted; ///< sealed, but not to be found; ascending
    std::vector<std::string> problems;

    ImageFilter lastFilter; ///< one query after the other goes through the same filter
    std::int64_t lastFilterVersion = -1;
    std::vector<ImageId> lastPassing;

    std::vector<PartVector> parts; ///< of long pictures

    VectorId lastVector = 0; ///< of the tail
    std::vector<ImageId> tailImages;
    std::vector<std::byte> tailRows; ///< [tailImages.size(), rowSize]

    std::map<std::int64_t, Level> levels;    ///< those that were searched at, over
    std::vector<std::int64_t> levelsAreOver; ///< these rows and clusterings
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
    const auto append = [&] {
        for (const TailVector& vector : library.tail(set.id, lastVector)) {
            if (vector.row.size() != rowSize)
                throw Error(ErrorCode::Corrupt, "Vector " + std::to_string(vector.id) +
                                                    " of the library has a wrong "
                                                    "length; verify the library.");
            lastVector = vector.id;
            tailImages.push_back(vector.image);
            tailRows.insert(tailRows.end(), vector.row.begin(), vector.row.end());
        }
    };
    append();
    if (tailImages.size() == expected) return;
    // Some were sealed or deleted.
    lastVector = 0;
    tailImages.clear();
    tailRows.clear();
    append();
}

std::vector<SegmentRow> Searcher::Impl::readCatalogue() {
    const auto snapshot = library.snapshot();
    const auto now = library.findEmbeddingSet(set.key);
    if (!now) throw Error(ErrorCode::NotFound, "The embedding set is not in the library any more.");
    set = *now;
    deleted = library.tombstones(set.id);
    readTail(set.tail);
    parts = library.parts(set.id);
    for (const PartVector& part : parts)
        if (part.row.size() != rowSize)
            throw Error(ErrorCode::Corrupt, "A part of image " + std::to_string(part.image) +
                                                " has a vector of a wrong length; verify the library.");
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
                std::make_shared<VectorSegment>(folder / row.file, row.checksum, set.key.modelHash, set.dim, format);
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
        std::vector<std::int64_t> over{set.levelsVersion, lastVector, static_cast<std::int64_t>(tailImages.size())};
        for (const Segment& segment : segments)
            over.push_back(segment.row.id);
        if (over != levelsAreOver) levels.clear();
        levelsAreOver = std::move(over);
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

std::vector<float> Searcher::Impl::normalised(std::span<const float> query) const {
    if (query.size() != static_cast<std::size_t>(set.dim))
        throw Error(ErrorCode::Usage, "The query has " + std::to_string(query.size()) +
                                          " values, the vectors of this embedding set have " + std::to_string(set.dim));
    double squares = 0;
    for (const float value : query)
        squares += double{value} * value;
    if (!(squares > 0) || !std::isfinite(squares))
        throw Error(ErrorCode::Usage, "The query is zero or not finite: it has no direction to search in.");
    std::vector<float> unit(query.begin(), query.end());
    for (float& value : unit)
        value = static_cast<float>(value / std::sqrt(squares));
    return unit;
}

Level& Searcher::Impl::level(std::int64_t k) {
    auto found = levels.find(k);
    if (found == levels.end()) found = levels.emplace(k, loadLevel(k)).first;
    return found->second;
}

Level Searcher::Impl::loadLevel(std::int64_t k) {
    const auto snapshot = library.snapshot();
    auto row = library.level(set.id, k);
    if (!row) throw Error(ErrorCode::NotFound, "The embedding set has no level of " + std::to_string(k) + " clusters.");
    const ClusterScan scan = library.clusterNumbers(set.id, k);
    Level level{LevelScorer(std::move(*row), set.dim, format), {}, {}, {}, {}};
    level.sizes.resize(level.scorer.clusters());
    const auto entry = [&](ImageId image, const std::byte* stored) {
        const auto at = std::lower_bound(scan.images.begin(), scan.images.end(), image);
        if (at == scan.images.end() || *at != image) return LevelScorer::Entry{};
        const std::uint32_t cluster = scan.clusters[static_cast<std::size_t>(at - scan.images.begin())];
        ++level.sizes[cluster];
        return level.scorer.entry(cluster, stored);
    };
    for (const Segment& segment : segments) {
        auto& entries = level.segments.emplace_back();
        for (std::size_t i = 0; segment.vectors && i < segment.vectors->size(); ++i)
            entries.push_back(entry(segment.vectors->ids()[i], segment.vectors->row(i)));
    }
    for (std::size_t i = 0; i < tailImages.size(); ++i)
        level.tail.push_back(entry(tailImages[i], tailRows.data() + i * rowSize));
    return level;
}

std::size_t Searcher::Impl::sealedRows() const {
    std::size_t rows = 0;
    for (const Segment& segment : segments)
        rows += segment.vectors ? segment.vectors->size() : 0;
    return rows;
}

void Searcher::Impl::searchSegment(const Segment& segment, const std::vector<LevelScorer::Entry>* entries,
                                   const Scorer& scorer, const SearchOptions& options, const Candidates& candidates,
                                   BestNeighbours& best) const {
    const auto& vectors = *segment.vectors;
    const auto score = [&](std::size_t row) {
        if (const ImageId image = vectors.ids()[row]; candidates.accept(image))
            scorer.score(image, vectors.row(row), entries != nullptr ? &(*entries)[row] : nullptr, best);
    };
    if (const auto* few = candidates.few(); few != nullptr && !options.exact && few->size() < vectors.size()) {
        for (const ImageId image : *few)
            if (const auto row = vectors.find(image)) score(*row);
        return;
    }
    const bool useIndex = !options.exact && entries == nullptr && segment.index;
    if (useIndex && searchIndex(segment, scorer.row, options, candidates, best)) return;
    for (std::size_t row = 0; row < vectors.size(); ++row)
        score(row);
}

bool Searcher::Impl::probeLevel(Level& level, const Scorer& scorer, const SearchOptions& options,
                                const Candidates& candidates, BestNeighbours& best) const {
    const std::size_t clusters = level.scorer.clusters();
    const bool indexed = std::all_of(segments.begin(), segments.end(), [](const Segment& segment) {
        return !segment.vectors || segment.index || segment.row.count < scanBelow;
    });
    if (options.exact || !indexed || options.limit > levelIndexHits || candidates.few() != nullptr ||
        sealedRows() <= options.levelScan)
        return false;

    std::vector<std::uint32_t> clusterHeap(clusters);
    std::iota(clusterHeap.begin(), clusterHeap.end(), 0u);
    const auto& products = scorer.query->products;
    // A heap: of many clusters only the nearest few are asked for.
    const auto farther = [&](std::uint32_t a, std::uint32_t b) { return products[a] < products[b]; };
    std::make_heap(clusterHeap.begin(), clusterHeap.end(), farther);
    std::vector<bool> probed(clusters);
    std::uint64_t images = 0;
    std::vector<std::uint32_t> nearest;
    while (!clusterHeap.empty() && images < options.levelScan / 10) {
        std::pop_heap(clusterHeap.begin(), clusterHeap.end(), farther);
        nearest.push_back(clusterHeap.back());
        clusterHeap.pop_back();
        probed[nearest.back()] = true;
        images += level.sizes[nearest.back()];
    }

    if (level.rowsByCluster.empty())
        for (const auto& entries : level.segments) {
            auto& rows = level.rowsByCluster.emplace_back(entries.size());
            std::iota(rows.begin(), rows.end(), 0u);
            std::sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) {
                return entries[a].cluster != entries[b].cluster ? entries[a].cluster < entries[b].cluster : a < b;
            });
        }
    std::size_t accepted = 0;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const Segment& segment = segments[i];
        if (!segment.vectors) continue;
        const auto& vectors = *segment.vectors;
        const auto& entries = level.segments[i];
        const auto score = [&](std::size_t row) {
            const ImageId image = vectors.ids()[row];
            if (!candidates.accept(image)) return;
            ++accepted;
            scorer.score(image, vectors.row(row), &entries[row], best);
        };
        if (!segment.index) {
            for (std::size_t row = 0; row < vectors.size(); ++row)
                score(row);
            continue;
        }
        const auto& rows = level.rowsByCluster[i];
        for (const std::uint32_t cluster : nearest) {
            const auto first = std::partition_point(rows.begin(), rows.end(),
                                                    [&](std::uint32_t row) { return entries[row].cluster < cluster; });
            for (auto row = first; row != rows.end() && entries[*row].cluster == cluster; ++row)
                score(*row);
        }
        for (const auto& hit : segment.index->search(scorer.row, levelIndexHits, levelIndexHits))
            if (const std::uint32_t cluster = entries[hit.row].cluster;
                cluster == LevelScorer::none || !probed[cluster])
                score(hit.row);
    }
    return accepted >= options.limit;
}

std::vector<Neighbour> Searcher::Impl::find(std::span<const float> query, const SearchOptions& options,
                                            const std::vector<ImageId>* passing) {
    const std::vector<float> unit = normalised(query);
    Level* const at = options.level ? &level(*options.level) : nullptr;
    if (options.limit == 0) return {};
    Scorer scorer;
    if (at != nullptr) {
        scorer.level = &at->scorer;
        scorer.query = at->scorer.query(unit);
        scorer.row = scorer.query->blended;
    } else {
        scorer.row = RowQuery(format, unit);
    }

    const Candidates candidates(passing, deleted, options.exclude);
    BestNeighbours best(options.limit, options.minScore);
    const bool probed = at != nullptr && probeLevel(*at, scorer, options, candidates, best);
    if (!probed) {
        best = BestNeighbours(options.limit, options.minScore);
        for (std::size_t i = 0; i < segments.size(); ++i)
            if (segments[i].vectors)
                searchSegment(segments[i], at != nullptr ? &at->segments[i] : nullptr, scorer, options, candidates,
                              best);
    }
    for (std::size_t i = 0; i < tailImages.size(); ++i)
        if (candidates.accept(tailImages[i]))
            scorer.score(tailImages[i], tailRows.data() + i * rowSize, at != nullptr ? &at->tail[i] : nullptr, best);
    std::vector<Neighbour> found = best.take();
    if (at == nullptr && !parts.empty()) addParts(found, scorer.row, options, candidates);
    return found;
}

void Searcher::Impl::addParts(std::vector<Neighbour>& found, const RowQuery& query, const SearchOptions& options,
                              const Candidates& candidates) const {
    std::unordered_map<ImageId, float> scores;
    for (const Neighbour& neighbour : found)
        scores.emplace(neighbour.image, neighbour.score);
    for (const PartVector& part : parts) {
        if (!candidates.accept(part.image)) continue;
        const float score = query.dot(part.row.data());
        const auto [known, isNew] = scores.try_emplace(part.image, score);
        if (!isNew) known->second = std::max(known->second, score);
    }
    BestNeighbours best(options.limit, options.minScore);
    for (const auto& [image, score] : scores)
        best.add(image, score);
    found = best.take();
}

std::vector<Neighbour> Searcher::search(std::span<const float> query, const SearchOptions& options) {
    return m_impl->find(query, options, m_impl->passing(options.filter));
}

std::vector<Neighbour> Searcher::rank(std::span<const float> query, std::vector<ImageId> images,
                                      std::optional<std::int64_t> level) {
    std::sort(images.begin(), images.end());
    images.erase(std::unique(images.begin(), images.end()), images.end());
    SearchOptions options;
    options.limit = images.size();
    options.level = level;
    return m_impl->find(query, options, &images);
}

std::vector<Searcher::Row> Searcher::rows() const {
    const Candidates candidates(nullptr, m_impl->deleted, {});
    std::vector<Row> rows;
    for (const Segment& segment : m_impl->segments)
        for (std::size_t i = 0; segment.vectors && i < segment.vectors->size(); ++i)
            if (const ImageId image = segment.vectors->ids()[i]; candidates.accept(image))
                rows.push_back({image, segment.vectors->row(i)});
    for (std::size_t i = 0; i < m_impl->tailImages.size(); ++i)
        rows.push_back({m_impl->tailImages[i], m_impl->tailRows.data() + i * m_impl->rowSize});
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.image < b.image; });
    return rows;
}

std::optional<std::vector<float>> Searcher::vectorOf(ImageId image) const {
    const auto dim = static_cast<std::size_t>(m_impl->set.dim);
    const auto asFloats = [&](const std::byte* row) {
        std::vector<float> vector(dim);
        decodeRow(row, m_impl->format, vector);
        return vector;
    };
    const auto& tail = m_impl->tailImages;
    if (const auto at = std::find(tail.begin(), tail.end(), image); at != tail.end())
        return asFloats(m_impl->tailRows.data() + static_cast<std::size_t>(at - tail.begin()) * m_impl->rowSize);
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
