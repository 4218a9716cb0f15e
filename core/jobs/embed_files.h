#pragma once

#include "core/base/job.h"
#include "core/image/decode_pool.h"
#include "core/model/embedder.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace grappa {

/// What was computed of one image file, or the reason why nothing was.
struct DescribedFile {
    std::vector<Described> described; ///< B = 1, one for each description; empty = failed
    std::optional<ErrorCode> error;
    std::string reason;
};

/// Describes image files that need not be in any library. asImported: decoded as an import decodes them, so that a file
/// of the library gets the vector that it has there; else at full size: the reference path, for evaluation and
/// comparison with other programs. Result i belongs to path i.
std::vector<DescribedFile> describeFiles(std::span<const std::filesystem::path> paths, Embedder& embedder,
                                         std::span<const Description> descriptions, const std::optional<Region>& region,
                                         const JobContext& context, bool asImported = false,
                                         DecodePoolOptions decode = {});

/// One image file's vector, or the reason why it has none.
struct EmbeddedFile {
    std::vector<float> vector; ///< L2-normalised [D]; empty = failed
    std::optional<ErrorCode> error;
    std::string reason;
};

/// The same for the main variant's vectors alone.
std::vector<EmbeddedFile> embedFiles(std::span<const std::filesystem::path> paths, Embedder& embedder,
                                     const std::optional<Region>& region, const JobContext& context,
                                     bool asImported = false, DecodePoolOptions decode = {});

} // namespace grappa
