#pragma once

#include "core/base/job.h"
#include "core/model/descriptor.h"
#include "core/model/embedder.h"

#include <filesystem>

namespace grappa {

/// Fits the prior of the embedder's backbone on the images of a folder and those below it: all, or 3,000 of them at
/// equal steps. Files that cannot be read are left out. Throws Usage where fewer than 100 images are left, Interrupted.
DescriptorPrior fitPrior(const std::filesystem::path& folder, Embedder& embedder, const JobContext& context);

} // namespace grappa
