#pragma once

#include "core/base/job.h"
#include "core/library/library.h"

#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace grappa {

/// Altered copies of library images, described as the set is: for the copy-first rate of each level.
struct AlteredCopies {
    torch::Tensor vectors;        ///< L2-normalised [c, D]
    std::vector<ImageId> sources; ///< of each
};

struct LevelsOptions {
    using MakeCopies =
        std::function<AlteredCopies(const EmbeddingSet& set, std::span<const ImageId> images, const JobContext&)>;
    std::vector<std::int64_t> granularities; ///< the list of k; empty = the default list, none above 16,384
    int levels = 8;                          ///< of the default list
    double beta = 0.5;
    int iterations = 25;
    std::uint64_t seed = 0;
    MakeCopies copies; ///< of some of the set's images; empty = the copy-first rates are not measured
};

/// Clusters the set at each k and stores the levels with the cluster number of each image, in one
/// commit. Beyond 100,000 images the centroids are those of a sample. overlap@20 is measured on up to 2,000 images; a
/// level whose overlap with the next finer stop (the vectors themselves, or the next larger k that is shown) is 0.9 or
/// more is not shown. Under lockDerivedSets(). Throws Usage for a k above the number of images, Interrupted.
void computeLevels(Library& library, const EmbeddingSet& set, const LevelsOptions& options, const JobContext& context);

/// Images that came since get the number of their nearest centroid; when the set has doubled, it is clustered anew at
/// the same k and beta. Nothing for a set without levels. Under lockDerivedSets().
void updateLevels(Library& library, const EmbeddingSet& set, const JobContext& context);

} // namespace grappa
