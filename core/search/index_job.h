#pragma once

#include "core/base/job.h"
#include "core/library/library.h"

#include <cstddef>
#include <string>
#include <vector>

namespace grappa {

struct IndexOptions {
    std::size_t tailLimit = 20'000;     ///< seal when the tail holds more
    std::size_t indexAbove = 20'000;    ///< smaller segments are scanned exactly
    std::size_t smallSegment = 100'000; ///< below this a segment may be merged with others
    std::size_t maxSmallSegments = 8;
    double maxDeleted = 0.2; ///< share of deleted images above which a segment is written anew
    int threads = 0;         ///< 0 = all cores
};

/// Seals the tail of the set into segments when it is over its limit, merges small segments, builds missing or damaged
/// indexes. The vectors of a damaged segment are forgotten, so that they are computed again. Each step is saved before
/// the next, so that it can be stopped anywhere. One at a time (job lock "index"); throws Locked, Interrupted.
void indexEmbeddingSet(Library& library, const EmbeddingSet& set, const IndexOptions& options,
                       const JobContext& context);

/// What Library::verify() cannot see: whether each segment and index opens and holds the images that the catalogue
/// says. Empty = clean.
std::vector<std::string> verifyVectors(Library& library);

} // namespace grappa
