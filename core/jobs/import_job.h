#pragma once

#include "core/base/job.h"
#include "core/image/decode_pool.h"
#include "core/library/folder_scanner.h"
#include "core/library/library.h"
#include "core/model/embedder.h"

#include <cstdint>
#include <functional>

namespace grappa {

struct ImportOptions {
    std::size_t batch = 0; ///< images embedded and committed together; 0 = the embedder's preference
    std::uint64_t fileLimit = std::uint64_t{512} << 20;  ///< bytes; a larger file is a row with its reason
    std::uint64_t diskReserve = std::uint64_t{64} << 20; ///< free bytes below which an import does not start
    /// Read and decode every file anew, whatever its stamp says: after a change that left none, or a fault of the disk.
    /// Size, damage and thumbnail follow; the vector of a content that is known already stays.
    bool reread = false;
    DecodePoolOptions decode;
};

struct ImportSummary {
    std::uint64_t found = 0;      ///< image files in the folders
    std::uint64_t unchanged = 0;  ///< cost a stat
    std::uint64_t imported = 0;   ///< new or changed files that now have an image
    std::uint64_t embedded = 0;   ///< vectors computed
    std::uint64_t damaged = 0;    ///< of the imported
    std::uint64_t unreadable = 0; ///< files (and folders) with a reason instead of an image, known ones included
    std::uint64_t offline = 0;    ///< files that vanished since the last import
    std::uint64_t moved = 0;      ///< files that are now elsewhere in the library; not among the offline ones
    LeftAlone leftAlone;          ///< what the folders hold beside pictures
    double seconds = 0;
    double decodeWaitSeconds = 0; ///< the model waited for reading and decoding
    double embedSeconds = 0;
};

/// Called after each commit: what is committed can be searched at once.
using OnCommitted = std::function<void(EmbeddingSetId set, const Library::Committed&)>;

/// Brings the folders of a collection into the library: scan, read, decode, embed, commit batch by batch. Incremental
/// and resumable: starting again goes on where the last run ended, so at most one batch is computed twice. One at a
/// time (job lock "import"; throws Locked). On a stop the batch under way is dropped and Interrupted thrown.
ImportSummary importCollection(Library& library, CollectionId collection, Embedder& embedder,
                               const ImportOptions& options, const JobContext& context,
                               const OnCommitted& committed = {});

/// The key of the set that `embedder` fills: base vectors at its input size.
EmbeddingSetKey baseEmbeddingSet(const Embedder& embedder);

} // namespace grappa
