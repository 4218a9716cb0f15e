#pragma once

#include "core/base/job.h"
#include "core/image/decode_pool.h"
#include "core/library/library.h"
#include "core/model/embedder.h"

#include <cstdint>

namespace grappa {

/// Embeds what an adaptation's set does not hold yet of a collection, committing batch by batch. `embedder` is one
/// under the adaptation's file. A file that cannot be read now is left out. Stage "embed".
EmbeddingSet embedUnderAdaptation(Library& library, CollectionId collection, const AdaptationRow& adaptation,
                                  Embedder& embedder, const DecodePoolOptions& decode, const JobContext& context);

/// The same, then levels at the adaptation's granularities and smoothing (stage "levels"); the adaptation is Ready
/// after it. Resumable. Throws Locked, Interrupted.
EmbeddingSet describeUnderAdaptation(Library& library, CollectionId collection, AdaptationRow adaptation,
                                     Embedder& embedder, const DecodePoolOptions& decode, std::uint64_t seed,
                                     const JobContext& context);

} // namespace grappa
