#pragma once

#include "core/base/job.h"
#include "core/image/decode_pool.h"
#include "core/model/embedder.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace grappa {

/// One thing on its way through the pipeline. Without a task it passes through to the sink undecoded (a file that is
/// known already, or that could not be read).
struct PipelineItem {
    std::uint64_t id = 0;
    std::optional<DecodeTask> task; ///< its id is set by the pipeline; cropSize > 0 = embed it
};

struct PipelineResult {
    std::uint64_t id = 0;
    std::optional<DecodeOutcome> decoded; ///< nothing for an item without a task
    std::vector<float> vector;            ///< L2-normalised [D]; empty when not embedded
    std::vector<float> parts;             ///< of an image with more than two squares those of each, [squares, D]
    std::vector<float> attention;         ///< granularity attention [m * N]; empty without an adaptation that fuses
};

/// What the embedder makes of the crops of images: of an image with several (DecodeTask::wholeFrame) the mean, with
/// each half of the descriptor normalised. crops: of each image uint8 RGB [1.., S, S, 3], S = embedder.inputSize().
/// parts: gets of each image with more than two crops what the first description makes of them one by one.
std::vector<Described> describeCrops(Embedder& embedder, std::span<const std::vector<std::uint8_t>* const> crops,
                                     std::span<const Description> descriptions,
                                     std::vector<std::vector<float>>* parts = nullptr);

struct PipelineStatistics {
    double decodeWaitSeconds = 0; ///< the model waited for pixels
    double embedSeconds = 0;
};

/// The next item, or nothing at the end. Called on a thread of the pipeline's own, so that files are read while the
/// model computes.
using PipelineSource = std::function<std::optional<PipelineItem>()>;
/// Takes a finished batch, in any order of ids. Called on the caller's thread.
using PipelineSink = std::function<void(std::span<PipelineResult> batch)>;

/// Reads, decodes and embeds: source -> decode workers -> model -> sink, all at once and in bounded memory (by bytes,
/// whatever the size of the files). Without an embedder nothing is embedded. Exceptions of source and sink end it and
/// reach the caller; so does Interrupted, and then what was not given to the sink is dropped.
PipelineStatistics runEmbeddingPipeline(DecodePool& pool, Embedder* embedder, std::size_t batch,
                                        const PipelineSource& source, const PipelineSink& sink,
                                        const JobContext& context);

} // namespace grappa
