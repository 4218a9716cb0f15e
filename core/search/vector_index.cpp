#include "core/search/vector_index.h"

#include "core/base/row_format.h"

// The distance is our own, so hnswlib's kernels, which it chooses when it is compiled, are not wanted.
#define NO_MANUAL_VECTORIZATION
#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstring>
#include <exception>
#include <mutex>
#include <numeric>
#include <random>
#include <set>
#include <thread>

namespace grappa {

namespace {

using Graph = hnswlib::HierarchicalNSW<float>;
using Row = const std::byte*;

/// What hnswlib stores for an element is the address of its row in the mapped segment.
class RowSpace : public hnswlib::SpaceInterface<float> {
public:
    RowSpace(RowFormat format, int dim) : m_format(format), m_dim(static_cast<std::size_t>(dim)) {}
    std::size_t get_data_size() override { return sizeof(Row); }
    hnswlib::DISTFUNC<float> get_dist_func() override {
        return m_format == RowFormat::Half ? distance<RowFormat::Half> : distance<RowFormat::Int8>;
    }
    void* get_dist_func_param() override { return &m_dim; }

private:
    template <RowFormat format>
    static float distance(const void* a, const void* b, const void* dim) {
        Row rows[2];
        std::memcpy(&rows[0], a, sizeof(Row));
        std::memcpy(&rows[1], b, sizeof(Row));
        return 1 - rowDot(format, rows[0], rows[1], *static_cast<const std::size_t*>(dim));
    }

    RowFormat m_format;
    std::size_t m_dim;
};

constexpr std::array<char, 8> magic{'g', 'r', 'a', 'p', 'p', 'a', 'h', 'i'};
constexpr std::uint32_t version = 2;
constexpr std::uint32_t innerProduct = 1;
constexpr std::uint32_t maxM = 256;
constexpr std::uint32_t maxLevels = 64;

struct Header {
    std::array<char, 8> magic;
    std::uint32_t version;
    std::uint32_t dim;
    std::uint32_t rows;     ///< of the segment
    std::uint32_t elements; ///< of the graph
    std::uint64_t length;   ///< bytes of the file
    std::uint32_t metric;
    std::uint32_t m;
    std::uint32_t topLevel;
    std::uint32_t entry;
    std::array<char, 32> segment; ///< checksum (hex) of the segment
};
static_assert(sizeof(Header) == 80);
// Then for each element: its row, its level, its links at level 0 (1 + 2 m numbers, the first is how many), its links
// at each level above (1 + m numbers). Then for each row of the segment the element that stands for it.
using Word = std::uint32_t;

/// From this inner product on a row joins the element that is nearest to it instead of becoming one. Among many rows
/// that are nearly equal each would have links to others of them alone: an island that a search cannot leave, or not
/// reach.
constexpr float joinsFrom = 0.95f;

std::vector<int> drawLevels(std::size_t count, const VectorIndexOptions& options) {
    std::mt19937_64 random(options.seed);
    const double scale = 1 / std::log(options.m);
    std::vector<int> levels(count);
    for (int& level : levels) {
        const double uniform = (static_cast<double>(random() >> 11) + 1) * 0x1p-53; // (0, 1]
        level = static_cast<int>(-std::log(uniform) * scale);
    }
    return levels;
}

/// Calls `work` on several threads, the calling one among them; the first exception is thrown here.
void onThreads(int threads, const std::function<void(int thread)>& work) {
    std::exception_ptr failure;
    std::mutex mutex;
    const auto guarded = [&](int thread) {
        try {
            work(thread);
        } catch (...) {
            const std::lock_guard lock(mutex);
            if (!failure) failure = std::current_exception();
        }
    };
    {
        std::vector<std::jthread> others;
        for (int thread = 1; thread < threads; ++thread)
            others.emplace_back(guarded, thread);
        guarded(0);
    }
    if (failure) std::rethrow_exception(failure);
}

using Found = std::pair<float, hnswlib::tableint>; ///< distance, element
using Candidates = std::invoke_result_t<decltype(&Graph::searchBaseLayer), Graph&, hnswlib::tableint, const void*, int>;

/// The nearest of candidates, which hnswlib keeps in a queue with the farthest on top.
Found nearest(const Candidates& candidates) {
    struct Access : Candidates {
        static const auto& elements(const Candidates& queue) { return queue.*&Access::c; }
    };
    const auto& elements = Access::elements(candidates);
    return *std::min_element(elements.begin(), elements.end());
}

/// Reads words of a file one after the other.
class WordReader {
public:
    explicit WordReader(std::span<const std::byte> bytes) : m_bytes(bytes) {}
    /// Nothing when there are not as many left.
    std::optional<std::span<const Word>> take(std::size_t count) {
        if (m_bytes.size() / sizeof(Word) < count) return std::nullopt;
        const std::span<const Word> words(reinterpret_cast<const Word*>(m_bytes.data()), count);
        m_bytes = m_bytes.subspan(count * sizeof(Word));
        return words;
    }
    bool atEnd() const { return m_bytes.empty(); }

private:
    std::span<const std::byte> m_bytes;
};

/// One element of the graph in an index file, its links still in the mapped bytes.
struct Element {
    Word row = 0;
    Word level = 0;
    std::vector<std::span<const Word>> links; ///< by level, each with its count in front
};

class IndexFile {
public:
    IndexFile(const std::filesystem::path& path, const std::string& checksum, const VectorSegment& segment, int dim)
        : m_path(path), m_file(path) {
        const auto bytes = m_file.bytes();
        require(hashBytes(bytes).hex() == checksum, "does not match its checksum");
        require(bytes.size() >= sizeof(Header), "is too short");
        std::memcpy(&header, bytes.data(), sizeof header);
        require(header.magic == magic && header.version == version && header.metric == innerProduct,
                "has another version");
        require(header.length == bytes.size() && header.dim == static_cast<std::uint32_t>(dim) &&
                    header.rows == segment.size() && header.elements <= header.rows &&
                    std::string_view(header.segment.data(), header.segment.size()) == segment.checksum(),
                "was built over another segment");
        require(header.m >= 2 && header.m <= maxM && header.topLevel < maxLevels && header.entry < header.elements,
                "has a wrong header");
        readElements(bytes.subspan(sizeof(Header)));
        checkLinks();
    }

    Header header;
    std::vector<Element> elements;
    std::span<const Word> elementOf; ///< of each row

private:
    void require(bool holds, const char* what) const {
        if (!holds) throw Error(ErrorCode::Corrupt, "The index " + displayPath(m_path) + " " + what);
    }

    void readElements(std::span<const std::byte> bytes) {
        WordReader reader(bytes);
        std::vector<bool> rows(header.rows);
        elements.resize(header.elements);
        for (Element& element : elements) {
            const auto head = reader.take(2);
            require(head.has_value(), "ends early");
            element.row = (*head)[0];
            element.level = (*head)[1];
            require(element.row < header.rows && !rows[element.row], "has two elements of one row");
            rows[element.row] = true;
            require(element.level <= header.topLevel, "has a wrong level");
            for (Word level = 0; level <= element.level; ++level) {
                const auto links = reader.take(1 + (level == 0 ? 2 * header.m : header.m));
                require(links.has_value(), "ends early");
                element.links.push_back(*links);
            }
        }
        const auto last = reader.take(header.rows);
        require(last.has_value(), "ends early");
        elementOf = *last;
        for (const Word element : elementOf)
            require(element < header.elements, "has a row without an element");
        require(reader.atEnd(), "has bytes that belong to nothing");
        require(elements[header.entry].level == header.topLevel, "has a wrong entry");
    }

    void checkLinks() const {
        for (const Element& element : elements)
            for (std::size_t level = 0; level < element.links.size(); ++level) {
                const auto links = element.links[level];
                require(links.front() < links.size(), "has too many links");
                for (const Word link : links.subspan(1, links.front()))
                    require(link < header.elements && elements[link].level >= level, "has a wrong link");
            }
    }

    std::filesystem::path m_path;
    MappedFile m_file;
};

} // namespace

struct VectorIndex::Impl {
    Impl(std::shared_ptr<const VectorSegment> rows, int rowDim, std::size_t capacity, std::size_t m,
         std::size_t efConstruction)
        : segment(std::move(rows))
        , dim(rowDim)
        , space(segment->format(), rowDim)
        , graph(&space, capacity, m, efConstruction)
        , elementOf(segment->size()) {}

    void insertFirst(std::size_t row, int level);
    void insert(std::size_t row, int level);
    void restore(const IndexFile& file);
    void groupRows();

    std::span<const Word> rowsOf(hnswlib::tableint element) const {
        return std::span(rowsByElement).subspan(firstRow[element], firstRow[element + 1] - firstRow[element]);
    }

    std::shared_ptr<const VectorSegment> segment;
    int dim;
    RowSpace space;
    Graph graph;
    std::vector<Word> elementOf;     ///< of each row
    std::vector<Word> rowsByElement; ///< ascending within each element
    std::vector<Word> firstRow;      ///< of each element in rowsByElement, and its end

private:
    hnswlib::tableint newElement(std::size_t row, int level);
    hnswlib::tableint descend(const Row& address, int level);
    float distance(const Row& address, hnswlib::tableint element) {
        return graph.fstdistfunc_(&address, graph.getDataByInternalId(element), graph.dist_func_param_);
    }

    std::mutex creation;                  ///< of elements, during a build
    std::set<hnswlib::tableint> unlinked; ///< elements that are there, but not all of their links
};

/// An element without links, which nothing leads to. During a build under `creation`.
hnswlib::tableint VectorIndex::Impl::newElement(std::size_t row, int level) {
    const auto element = static_cast<hnswlib::tableint>(graph.cur_element_count++);
    const Row address = segment->row(row);
    std::memset(graph.get_linklist0(element), 0, graph.size_data_per_element_);
    std::memcpy(graph.getDataByInternalId(element), &address, sizeof address);
    graph.setExternalLabel(element, row);
    graph.element_levels_[element] = 0; // hnswlib frees the lists of the levels above
    if (level > 0) {
        graph.linkLists_[element] =
            static_cast<char*>(std::calloc(static_cast<std::size_t>(level), graph.size_links_per_element_));
        if (graph.linkLists_[element] == nullptr) throw std::bad_alloc();
        graph.element_levels_[element] = level;
    }
    return element;
}

/// The nearest element that is found from the top down to the level above `level`, which is not above the top.
hnswlib::tableint VectorIndex::Impl::descend(const Row& address, int level) {
    Found best{distance(address, graph.enterpoint_node_), graph.enterpoint_node_};
    for (int at = graph.maxlevel_; at > level; --at)
        for (bool nearer = true; nearer;) {
            nearer = false;
            const std::lock_guard lock(graph.link_list_locks_[best.second]);
            Word* const links = graph.get_linklist(best.second, at);
            for (const Word link : std::span(links + 1, graph.getListCount(links)))
                if (const float found = distance(address, link); found < best.first) {
                    best = {found, link};
                    nearer = true;
                }
        }
    return best.second;
}

/// The first row alone, of the highest level: then no other insertion moves the entry point.
void VectorIndex::Impl::insertFirst(std::size_t row, int level) {
    graph.enterpoint_node_ = elementOf[row] = newElement(row, level);
    graph.maxlevel_ = level;
}

/// As hnswlib inserts, but that a row may join an element, and that all is searched before anything is linked. Then no
/// two threads can each hold an element that the other one waits for.
void VectorIndex::Impl::insert(std::size_t row, int level) {
    const Row address = segment->row(row);
    // What another thread is about to link is not found yet. Of two elements that are nearly equal one would lose all
    // links to it.
    hnswlib::tableint firstUnseen = 0;
    {
        const std::lock_guard lock(creation);
        firstUnseen = unlinked.empty() ? static_cast<hnswlib::tableint>(graph.cur_element_count) : *unlinked.begin();
    }
    std::vector<Candidates> candidates(static_cast<std::size_t>(level) + 1);
    Found closest{0, descend(address, level)};
    for (int at = level; at >= 0; --at) {
        candidates[static_cast<std::size_t>(at)] = graph.searchBaseLayer(closest.second, &address, at);
        closest = nearest(candidates[static_cast<std::size_t>(at)]);
    }
    if (1 - closest.first >= joinsFrom) {
        elementOf[row] = closest.second;
        return;
    }
    hnswlib::tableint element = 0;
    {
        const std::lock_guard lock(creation);
        for (hnswlib::tableint other = firstUnseen; other < graph.cur_element_count; ++other)
            if (1 - distance(address, other) >= joinsFrom) {
                elementOf[row] = other;
                return;
            }
        element = elementOf[row] = newElement(row, level);
        unlinked.insert(element);
    }
    {
        // Whoever comes here by the first link waits for the last one.
        const std::lock_guard lock(graph.link_list_locks_[element]);
        for (int at = level; at >= 0; --at)
            graph.mutuallyConnectNewElement(&address, element, candidates[static_cast<std::size_t>(at)], at, false);
    }
    const std::lock_guard lock(creation);
    unlinked.erase(element);
}

void VectorIndex::Impl::restore(const IndexFile& file) {
    for (const Element& element : file.elements) {
        const hnswlib::tableint i = newElement(element.row, static_cast<int>(element.level));
        for (Word level = 0; level <= element.level; ++level)
            std::memcpy(graph.get_linklist_at_level(i, static_cast<int>(level)), element.links[level].data(),
                        element.links[level].size_bytes());
    }
    graph.maxlevel_ = static_cast<int>(file.header.topLevel);
    graph.enterpoint_node_ = file.header.entry;
    elementOf.assign(file.elementOf.begin(), file.elementOf.end());
    groupRows();
}

void VectorIndex::Impl::groupRows() {
    firstRow.assign(graph.cur_element_count + 1, 0);
    for (const Word element : elementOf)
        ++firstRow[element + 1];
    std::partial_sum(firstRow.begin(), firstRow.end(), firstRow.begin());
    rowsByElement.resize(elementOf.size());
    std::vector<Word> next(firstRow.begin(), firstRow.end() - 1);
    for (std::size_t row = 0; row < elementOf.size(); ++row)
        rowsByElement[next[elementOf[row]]++] = static_cast<Word>(row);
}

VectorIndex::VectorIndex(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
VectorIndex::VectorIndex(VectorIndex&&) noexcept = default;
VectorIndex::~VectorIndex() = default;

VectorIndex VectorIndex::build(std::shared_ptr<const VectorSegment> segment, int dim, const Options& options,
                               const JobContext& context) {
    const std::size_t count = segment->size();
    if (count == 0 || options.m < 2 || static_cast<std::uint32_t>(options.m) > maxM)
        throw Error(ErrorCode::Internal, "There is nothing to index, or m is out of range");
    auto impl = std::make_unique<Impl>(std::move(segment), dim, count, static_cast<std::size_t>(options.m),
                                       static_cast<std::size_t>(options.efConstruction));
    const std::vector<int> levels = drawLevels(count, options);
    const auto top = static_cast<std::size_t>(std::max_element(levels.begin(), levels.end()) - levels.begin());
    impl->insertFirst(top, levels[top]);

    const int threads =
        options.threads > 0 ? options.threads : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    std::atomic<std::size_t> next = 0;
    std::atomic<bool> failed = false;
    ProgressMeter meter(context, "index", count);
    onThreads(threads, [&](int thread) {
        try {
            for (std::size_t row = next++; row < count && !failed; row = next++) {
                context.throwIfStopped();
                if (row != top) impl->insert(row, levels[row]);
                if (thread == 0) meter.advanceTo(row);
            }
        } catch (...) {
            failed = true;
            throw;
        }
    });
    meter.advanceTo(count);
    impl->groupRows();
    return VectorIndex(std::move(impl));
}

std::string VectorIndex::save(const std::filesystem::path& path) const {
    const Graph& graph = m_impl->graph;
    Header header{};
    header.magic = magic;
    header.version = version;
    header.dim = static_cast<std::uint32_t>(m_impl->dim);
    header.rows = static_cast<std::uint32_t>(m_impl->elementOf.size());
    header.elements = static_cast<std::uint32_t>(graph.cur_element_count);
    header.metric = innerProduct;
    header.m = static_cast<std::uint32_t>(graph.M_);
    header.topLevel = static_cast<std::uint32_t>(graph.maxlevel_);
    header.entry = graph.enterpoint_node_;
    m_impl->segment->checksum().copy(header.segment.data(), header.segment.size());

    std::vector<Word> words;
    words.reserve(graph.cur_element_count * (3 + 2 * graph.M_) + header.rows);
    for (hnswlib::tableint i = 0; i < graph.cur_element_count; ++i) {
        words.push_back(static_cast<Word>(graph.getExternalLabel(i)));
        words.push_back(static_cast<Word>(graph.element_levels_[i]));
        for (int level = 0; level <= graph.element_levels_[i]; ++level) {
            const Word* links = graph.get_linklist_at_level(i, level);
            words.insert(words.end(), links, links + 1 + (level == 0 ? graph.maxM0_ : graph.maxM_));
        }
    }
    words.insert(words.end(), m_impl->elementOf.begin(), m_impl->elementOf.end());
    header.length = sizeof header + words.size() * sizeof(Word);
    AtomicFile file(path);
    file.write(&header, sizeof header);
    file.write(std::as_bytes(std::span(words)));
    file.commit();
    return hashBytes(MappedFile(path).bytes()).hex();
}

VectorIndex VectorIndex::load(const std::filesystem::path& path, const std::string& checksum,
                              std::shared_ptr<const VectorSegment> segment, int dim) {
    const IndexFile file(path, checksum, *segment, dim);
    auto impl = std::make_unique<Impl>(std::move(segment), dim, file.header.elements, file.header.m, file.header.m);
    impl->restore(file);
    return VectorIndex(std::move(impl));
}

std::vector<VectorIndex::Hit> VectorIndex::search(const RowQuery& query, std::size_t count, std::size_t ef) const {
    const VectorSegment& segment = *m_impl->segment;
    if (query.format() != segment.format() || query.dim() != static_cast<std::size_t>(m_impl->dim))
        throw Error(ErrorCode::Internal, "The query is not for the rows of this index");
    const Row address = query.row();
    std::vector<Hit> hits;
    // The graph is asked with the query rounded like a row; that has no part in the scores.
    for (auto found = m_impl->graph.searchKnn(&address, std::max(count, ef)); !found.empty(); found.pop())
        for (const Word row : m_impl->rowsOf(m_impl->elementOf[found.top().second]))
            hits.push_back({row, query.dot(segment.row(row))});
    const std::size_t kept = std::min(count, hits.size());
    std::partial_sort(
        hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(kept), hits.end(),
        [](const Hit& a, const Hit& b) { return a.score > b.score || (a.score == b.score && a.row < b.row); });
    hits.resize(kept);
    return hits;
}

std::string indexLibraryVersion() {
    return std::string("hnswlib, ") +
           (__builtin_cpu_supports("avx512f") ? "AVX-512"
            : __builtin_cpu_supports("avx2")  ? "AVX2"
                                              : "no AVX2") +
           " processor";
}

} // namespace grappa
