#pragma once

#include "core/image/decode_pool.h"
#include "core/jobs/levels_job.h"
#include "core/model/embedder.h"

namespace grappa {

/// For LevelsOptions::copies: an altered copy of up to 200 images that are spread over the set, described by
/// `embedder`, which must be the set's. What cannot be read is left out. Library and embedder must outlive the result.
LevelsOptions::MakeCopies alteredCopies(Library& library, Embedder& embedder, const DecodePoolOptions& decode);

} // namespace grappa
