#pragma once

#include "core/base/job.h"
#include "core/library/library.h"

namespace grappa {

struct IndexOptions {
    std::size_t tailLimit = 20'000;  ///< seal when the tail holds more
    std::size_t indexAbove = 20'000; ///< smaller segments are scanned exactly
    int threads = 0;
};

/// Seals the tail of the set into a segment when it is over its limit, merges small segments, builds missing or damaged
/// indexes. Each step is saved before the next, so that it can be stopped anywhere. One at a time (job lock "index").
void indexEmbeddingSet(Library& library, const EmbeddingSet& set, const IndexOptions& options,
                       const JobContext& context);

} // namespace grappa
