#include "core/jobs/embed_files.h"

#include "core/base/file_io.h"
#include "core/jobs/embedding_pipeline.h"

namespace grappa {

std::vector<EmbeddedFile> embedFiles(std::span<const std::filesystem::path> paths, Embedder& embedder,
                                     const std::optional<Region>& region, const JobContext& context,
                                     DecodePoolOptions decode) {
    constexpr std::uint64_t fileLimit = std::uint64_t{512} << 20;
    std::vector<EmbeddedFile> files(paths.size());
    ProgressMeter meter(context, "embed", paths.size());
    const auto batch = static_cast<std::size_t>(embedder.preferredBatch());
    if (decode.queued == 0) decode.queued = static_cast<int>(2 * batch);
    DecodePool pool(decode);

    std::size_t next = 0;
    const PipelineSource source = [&]() -> std::optional<PipelineItem> {
        if (next == paths.size()) return std::nullopt;
        PipelineItem item{next, std::nullopt};
        EmbeddedFile& file = files[next];
        try {
            DecodeTask task;
            task.bytes = readUserFile(paths[next], fileLimit).bytes;
            task.cropSize = embedder.inputSize();
            task.fullDecode = true;
            task.region = region;
            item.task = std::move(task);
        } catch (const Error& error) {
            file.error = error.code();
            file.reason = error.what();
        }
        ++next;
        return item;
    };
    std::size_t done = 0;
    const PipelineSink sink = [&](std::span<PipelineResult> results) {
        for (PipelineResult& result : results) {
            if (!result.decoded) continue;
            EmbeddedFile& file = files[result.id];
            file.error = result.decoded->error;
            if (file.error) file.reason = displayPath(paths[result.id]) + ": " + result.decoded->detail;
            file.vector = std::move(result.vector);
        }
        done += results.size();
        meter.advanceTo(done);
    };
    runEmbeddingPipeline(pool, &embedder, batch, source, sink, context);
    return files;
}

} // namespace grappa
