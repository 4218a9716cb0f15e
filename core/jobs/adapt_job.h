#pragma once

#include "core/base/job.h"
#include "core/image/decode_pool.h"
#include "core/library/library.h"
#include "core/model/embedder.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace grappa {

/// How much is learned: how many granularities, how many passes over the images for each.
enum class AdaptDepth { Quick, Normal, Thorough };
std::string adaptDepthName(AdaptDepth depth); ///< "quick", ...

/// Images of the library that one pseudo-label holds together.
struct ImageGroup {
    std::uint64_t size = 0;
    std::vector<ImageId> images; ///< a few, nearest to the centroid first
};

/// For the eye of who watches; may be empty. Called on the job's thread.
struct AdaptWatch {
    struct Plan {
        std::vector<std::string> stages; ///< of progress, in order; those that are done already may report nothing
        std::vector<std::int64_t> granularities;
        std::uint64_t images = 0;
        std::string device;
        int threads = 0;
    };
    std::function<void(const Plan&)> onPlan;
    std::function<void(std::int64_t k, const std::vector<ImageGroup>&)> onGroups;
    std::function<void(const CurvePoint&)> onPoint; ///< each point, as it is stored
    struct Probe {
        std::string stage;
        int epoch = 0;
        double copyFirst = 0; ///< per cent
        struct Row {
            ImageId query = 0;
            std::vector<ImageId> results;
        };
        std::vector<Row> rows;
    };
    std::function<void(const Probe&)> onProbe;
};

struct AdaptOptions {
    AdaptDepth depth = AdaptDepth::Normal;
    std::string name; ///< of the adaptation; empty = the collection's name and a number
    std::string device = "auto";
    int threads = 0;
    int inputSize = 0;                       ///< pixels; 0 = as the collection's base vectors
    std::vector<std::int64_t> granularities; ///< empty = from the depth and the number of images
    std::int64_t blocks = -1;                ///< the last m; 0 = all, -1 = all on a GPU, the default's on a CPU
    int epochs = 0;                          ///< of each adaptor set; 0 = from the depth
    double maxMinutes = 0;                   ///< epochs are cut so that learning ends in about this time; 0 = no limit
    std::vector<std::string> fusions{"neighbours"};
    std::optional<double> whitening; ///< the power p; 0 = off; nothing = chosen by the label-free report
    double learningRate = 0;         ///< 0 = the default
    std::uint64_t cacheSize = std::uint64_t{4} << 30;
    std::uint64_t seed = 0;
    bool finish = false; ///< learn no further: keep what a stopped run with equal options has learned
    DecodePoolOptions decode;
    AdaptWatch watch;
};

struct AdaptSummary {
    AdaptationRow adaptation;
    std::string verdict, sentence; ///< of the label-free report
    std::vector<std::int64_t> granularities;
    std::uint64_t images = 0;  ///< learned from or held out
    std::uint64_t skipped = 0; ///< images of the collection whose file is not there now
    EmbeddingSetId set = 0;    ///< the collection's vectors under the adaptation
    double seconds = 0;        ///< of this start
};

/// Learns a collection without labels (the whole method, core/training/trainer.h) and embeds it with the result.
/// Resumable: starting again with equal options goes on from the last checkpoint. What was learned is saved as one
/// file, then named by the catalogue, then the collection's vectors and granularity attentions are committed batch by
/// batch, then levels and smoothing are derived. Base vectors stay untouched, and so does the library's default set.
/// A collection of more than 20,000 images is learned from a sample of that size. Curve points are stored under `run`.
/// One at a time (job lock "adapt"; throws Locked). Throws Usage for a collection that is too small,
/// DeviceUnavailable, Interrupted, Internal where learning does not converge.
AdaptSummary adaptCollection(Library& library, const Collection& collection, const BackboneCard& card, RunId run,
                             const AdaptOptions& options, const JobContext& context);

/// Forgets what a stopped run with equal options has learned, and the adaptation itself where its vectors are not
/// complete. Whether there was one. Throws Locked.
bool discardAdaptation(Library& library, const Collection& collection, const BackboneCard& card,
                       const AdaptOptions& options);

/// About how long adaptCollection() takes on this machine, from timing a few steps on the collection's own images; as
/// if nothing of it was in the cache. Throws as adaptCollection().
struct AdaptEstimate {
    std::uint64_t images = 0;
    std::string device;
    int threads = 0;
    std::vector<std::pair<AdaptDepth, double>> seconds;
};
AdaptEstimate estimateAdaptation(Library& library, const Collection& collection, const BackboneCard& card,
                                 const AdaptOptions& options);

} // namespace grappa
