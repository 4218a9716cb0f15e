#pragma once

#include "core/base/job.h"
#include "core/search/vector_segment.h"

#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

namespace grappa {

struct VectorIndexOptions {
    int m = 16;
    int efConstruction = 200;
    int threads = 0; ///< 0 = all cores
    std::uint32_t seed = 1;
};

/// HNSW over one segment, inner product of its rows. Rows that are equal or nearly equal are one element of the graph
/// and a list, so any number of them leaves the search of the others as it is. Holds graph and lists alone: the vectors
/// are read from the mapped segment. Built once, then never changed; share it as shared_ptr<const VectorIndex>.
/// Searches may run on any number of threads.
class VectorIndex {
public:
    using Options = VectorIndexOptions;

    /// Throws Interrupted. The levels depend on the seed alone; with more than one thread the links vary a little.
    static VectorIndex build(std::shared_ptr<const VectorSegment> segment, int dim, const Options& options,
                             const JobContext& context);
    /// Saves by the save protocol under a header with a checksum; returns it (hex).
    std::string save(const std::filesystem::path& path) const;
    /// Verifies checksum, header (the segment it was built over) and every link before the graph is used. Throws
    /// Corrupt or IoFailed.
    static VectorIndex load(const std::filesystem::path& path, const std::string& checksum,
                            std::shared_ptr<const VectorSegment> segment, int dim);
    VectorIndex(VectorIndex&&) noexcept;
    ~VectorIndex();

    struct Hit {
        std::size_t row; ///< in the segment
        float score;     ///< inner product, as the query's dot() has it
    };
    /// The `count` best rows of the `ef` best elements, best first, equal ones in the order of rows (fewer when there
    /// are fewer). query: of the segment's format and dim, else Internal is thrown.
    std::vector<Hit> search(const RowQuery& query, std::size_t count, std::size_t ef) const;

private:
    struct Impl;
    explicit VectorIndex(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

/// Name and version of the index library, for --version.
std::string indexLibraryVersion();

} // namespace grappa
