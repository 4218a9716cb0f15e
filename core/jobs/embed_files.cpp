#include "core/jobs/embed_files.h"

#include "core/base/file_io.h"
#include "core/jobs/embedding_pipeline.h"

#include <map>

namespace grappa {

namespace {

/// Describes the decoded crops of a batch; each image's share goes to `files`.
void describeBatch(std::span<const PipelineResult> batch, Embedder& embedder, std::span<const Description> descriptions,
                   std::vector<DescribedFile>& files) {
    std::vector<const std::vector<std::uint8_t>*> crops;
    std::vector<std::uint64_t> ids;
    for (const PipelineResult& result : batch) {
        if (!result.decoded || result.decoded->crop.empty()) continue;
        crops.push_back(&result.decoded->crop);
        ids.push_back(result.id);
    }
    if (crops.empty()) return;
    const auto share = [&](const std::vector<float>& values, std::size_t i) {
        const auto size = static_cast<std::ptrdiff_t>(values.size() / ids.size());
        const auto first = values.begin() + static_cast<std::ptrdiff_t>(i) * size;
        return std::vector<float>(first, first + size);
    };
    for (const Described& all : describeCrops(embedder, crops, descriptions))
        for (std::size_t i = 0; i < ids.size(); ++i)
            files[ids[i]].described.push_back({share(all.vectors, i), share(all.attention, i)});
}

} // namespace

std::vector<DescribedFile> describeFiles(std::span<const std::filesystem::path> paths, Embedder& embedder,
                                         std::span<const Description> descriptions, const std::optional<Region>& region,
                                         const JobContext& context, bool asImported, DecodePoolOptions decode) {
    constexpr std::uint64_t fileLimit = std::uint64_t{512} << 20;
    std::vector<DescribedFile> files(paths.size());
    ProgressMeter meter(context, "embed", paths.size());
    const auto batch = static_cast<std::size_t>(embedder.preferredBatch());
    if (decode.queued == 0) decode.queued = static_cast<int>(2 * batch);
    DecodePool pool(decode);

    std::size_t next = 0;
    const PipelineSource source = [&]() -> std::optional<PipelineItem> {
        if (next == paths.size()) return std::nullopt;
        PipelineItem item{next, std::nullopt};
        DescribedFile& file = files[next];
        try {
            DecodeTask task;
            task.bytes = readUserFile(paths[next], fileLimit).bytes;
            task.cropSize = embedder.inputSize();
            task.wholeFrame = true;
            task.fullDecode = !asImported;
            task.region = region;
            item.task = std::move(task);
        } catch (const Error& error) {
            file.error = error.code();
            file.reason = error.what();
        }
        ++next;
        return item;
    };
    // Batches are cut in the order of `paths`, not of decoding: a matrix product's last bits depend on a row's place
    // in the batch, and the same call shall give the same numbers.
    std::map<std::uint64_t, PipelineResult> early;
    std::vector<PipelineResult> ready;
    std::uint64_t expected = 0;
    std::size_t done = 0;
    const auto describeReady = [&] {
        describeBatch(ready, embedder, descriptions, files);
        done += ready.size();
        ready.clear();
        meter.advanceTo(done);
    };
    const PipelineSink sink = [&](std::span<PipelineResult> results) {
        for (PipelineResult& result : results) {
            if (result.decoded) {
                DescribedFile& file = files[result.id];
                file.error = result.decoded->error;
                if (file.error) file.reason = displayPath(paths[result.id]) + ": " + result.decoded->detail;
            }
            early.emplace(result.id, std::move(result));
        }
        for (auto next = early.find(expected); next != early.end(); next = early.find(++expected)) {
            ready.push_back(std::move(early.extract(next).mapped()));
            if (ready.size() == batch) describeReady();
        }
    };
    runEmbeddingPipeline(pool, nullptr, batch, source, sink, context);
    describeReady();
    return files;
}

std::vector<EmbeddedFile> embedFiles(std::span<const std::filesystem::path> paths, Embedder& embedder,
                                     const std::optional<Region>& region, const JobContext& context, bool asImported,
                                     DecodePoolOptions decode) {
    const Description own = embedder.ownDescription();
    std::vector<EmbeddedFile> files;
    for (DescribedFile& file : describeFiles(paths, embedder, {&own, 1}, region, context, asImported, decode))
        files.push_back({file.described.empty() ? std::vector<float>() : std::move(file.described.front().vectors),
                         file.error, std::move(file.reason)});
    return files;
}

} // namespace grappa
