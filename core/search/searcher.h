#pragma once

#include "core/library/library.h"

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace grappa {

struct SearchOptions {
    std::size_t limit = 50;
    std::optional<float> minScore; ///< leave out what scores lower
    ImageFilter filter;
    std::optional<ImageId> exclude; ///< the query itself
    bool exact = false;             ///< scan everything instead of using the index
    /// The k of a level: scores are the cosine of the vectors blended at it (core/search/level_scorer.h). A set of up
    /// to `levelScan` vectors is scanned; in a larger one the best 1,000 of the index for the blended query and the
    /// images of the clusters nearest to it, a tenth of `levelScan` or more, are compared. NotFound when the set has no
    /// such level.
    std::optional<std::int64_t> level;
    std::size_t levelScan = 100'000;
};

struct Neighbour {
    ImageId image = 0;
    float score = 0;      ///< cosine
    bool inGroup = false; ///< of a search at a level: in the cluster that the query is blended with
};

/// Search over one embedding set: sealed segments (by their index where one is built, else by a scan) plus an exact
/// scan of the tail. A long picture scores by the best of its whole and its parts, which are scanned; at a level by its
/// whole. Sees what was committed before the last refresh(). Belongs to the thread of its Library.
class Searcher {
public:
    Searcher(Library& library, const EmbeddingSet& set);
    ~Searcher();
    Searcher(Searcher&&) noexcept;

    /// Takes in newly committed vectors, newly sealed segments and indexes; cheap when nothing changed.
    void refresh();
    const EmbeddingSet& set() const;
    std::size_t size() const; ///< vectors that can be found

    /// Best first; ties by image id. query: [dim], need not be normalised.
    std::vector<Neighbour> search(std::span<const float> query, const SearchOptions& options);
    /// Just these images (in any order; those without a vector are left out), best first: what the window shows in
    /// another order when the level changes.
    std::vector<Neighbour> rank(std::span<const float> query, std::vector<ImageId> images,
                                std::optional<std::int64_t> level);
    /// The stored vector, as floats, or nothing.
    std::optional<std::vector<float>> vectorOf(ImageId image) const;
    /// All images that can be found, ascending, with their stored vectors; valid until the next refresh().
    struct Row {
        ImageId image = 0;
        const std::byte* row = nullptr; ///< in the set's format
    };
    std::vector<Row> rows() const;
    /// Segments or indexes that did not verify and were left out or are scanned instead; to be rebuilt by the index
    /// job.
    const std::vector<std::string>& problems() const;

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace grappa
