#include "core/jobs/fit_prior.h"

#include "core/jobs/embedding_pipeline.h"
#include "core/library/folder_scanner.h"

#include <algorithm>
#include <map>

namespace grappa {

namespace {

constexpr std::size_t mostImages = 3'000, fewestImages = 100;
constexpr std::uint64_t fileLimit = std::uint64_t{512} << 20;

std::vector<std::filesystem::path> imagesIn(const std::filesystem::path& folder, const JobContext& context) {
    std::vector<std::filesystem::path> all;
    scanFolder(folder, context, [&](const ScannedFile& file) { all.push_back(folder / file.relativePath); });
    std::sort(all.begin(), all.end());
    if (all.size() <= mostImages) return all;
    std::vector<std::filesystem::path> some;
    for (std::size_t i = 0; i < mostImages; ++i)
        some.push_back(std::move(all[i * all.size() / mostImages]));
    return some;
}

torch::Tensor asTensor(const std::vector<float>& values, std::vector<std::int64_t> shape) {
    return torch::tensor(values).view(shape);
}

} // namespace

DescriptorPrior fitPrior(const std::filesystem::path& folder, Embedder& embedder, const JobContext& context) {
    const std::vector<std::filesystem::path> paths = imagesIn(folder, context);
    const auto batch = static_cast<std::size_t>(embedder.preferredBatch());
    DecodePoolOptions decode;
    decode.queued = static_cast<int>(2 * batch);
    DecodePool pool(decode);
    ProgressMeter meter(context, "prior", paths.size());

    std::size_t next = 0;
    const PipelineSource source = [&]() -> std::optional<PipelineItem> {
        if (next == paths.size()) return std::nullopt;
        PipelineItem item{next, std::nullopt};
        try {
            DecodeTask task;
            task.bytes = readUserFile(paths[next], fileLimit).bytes;
            task.cropSize = embedder.inputSize();
            item.task = std::move(task);
        } catch (const Error&) {
            // One image less among thousands.
        }
        ++next;
        return item;
    };
    // By path, not in the order of decoding: the same folder gives the same prior.
    std::map<std::uint64_t, std::pair<torch::Tensor, torch::Tensor>> described;
    std::int64_t rows = 0, cols = 0;
    std::size_t done = 0;
    const PipelineSink sink = [&](std::span<PipelineResult> results) {
        for (const PipelineResult& result : results) {
            ++done;
            if (!result.decoded || result.decoded->crop.empty()) continue;
            const Embedder::Tokens tokens = embedder.tokens(result.decoded->crop, 1);
            rows = tokens.rows;
            cols = tokens.cols;
            described.emplace(result.id,
                              std::pair(asTensor(tokens.classes, {1, embedder.width()}),
                                        asTensor(tokens.patches, {1, rows * cols, embedder.width()}).to(torch::kHalf)));
        }
        meter.advanceTo(done);
    };
    runEmbeddingPipeline(pool, nullptr, batch, source, sink, context);
    if (described.size() < fewestImages)
        throw Error(ErrorCode::Usage, "A prior needs at least " + std::to_string(fewestImages) + " images; " +
                                          displayPath(folder) + " holds " + std::to_string(described.size()) + ".");
    std::vector<torch::Tensor> classes, tokens;
    for (auto& [id, image] : described) {
        classes.push_back(std::move(image.first));
        tokens.push_back(std::move(image.second));
    }
    return DescriptorPrior::fit(torch::cat(classes), torch::cat(tokens), rows, cols);
}

} // namespace grappa
