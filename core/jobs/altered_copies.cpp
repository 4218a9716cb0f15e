#include "core/jobs/altered_copies.h"

#include "core/jobs/file_image_source.h"
#include "core/search/stored_whitening.h"
#include "core/training/augmentation.h"

#include <algorithm>

namespace grappa {

namespace {

constexpr std::size_t sample = 200;
constexpr std::uint64_t copySeed = 0xC0;

/// Altered copies, as the model takes pixels: uint8 RGB [S, S, 3], one after the other.
struct Altered {
    std::vector<std::uint8_t> bytes;
    std::vector<ImageId> sources;
};

Altered alteredPixels(Library& library, std::span<const ImageId> images, int size, const DecodePoolOptions& decode,
                      const JobContext& context) {
    std::vector<FileImageSource::Item> items;
    std::vector<ImageId> ids;
    const std::size_t count = std::min(sample, images.size());
    for (std::size_t i = 0; i < count; ++i) {
        const ImageId id = images[i * images.size() / count];
        const std::optional<Image> image = library.image(id);
        if (!image || !image->online) continue;
        items.push_back({image->path, image->hash});
        ids.push_back(id);
    }
    FileImageSource source(std::move(items), size, decode);
    ProgressMeter meter(context, "alter copies", ids.size());
    Altered pixels;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        context.throwIfStopped();
        try {
            const torch::Tensor image = source.load(i).image;
            const torch::Tensor copy = alteredCopy(image, size, mixSeed(source.key(i), copySeed));
            const torch::Tensor rows = copy.permute({1, 2, 0}).contiguous();
            const auto* begin = rows.const_data_ptr<std::uint8_t>();
            pixels.bytes.insert(pixels.bytes.end(), begin, begin + rows.numel());
            pixels.sources.push_back(ids[i]);
        } catch (const Error& error) {
            if (error.code() == ErrorCode::Interrupted) throw;
            // The next import of the collection says what is wrong with the file.
        }
        meter.advanceTo(i + 1);
    }
    return pixels;
}

} // namespace

LevelsOptions::MakeCopies alteredCopies(Library& library, Embedder& embedder, const DecodePoolOptions& decode) {
    return [&library, &embedder, decode](const EmbeddingSet& set, std::span<const ImageId> images,
                                         const JobContext& context) {
        const auto size = static_cast<std::size_t>(embedder.inputSize());
        Altered pixels = alteredPixels(library, images, embedder.inputSize(), decode, context);
        AlteredCopies copies;
        const std::optional<WhiteningRow> whitening = library.whitening(set.id);
        const std::size_t imageBytes = size * size * 3, batch = static_cast<std::size_t>(embedder.preferredBatch());
        std::vector<float> all;
        for (std::size_t begin = 0; begin < pixels.sources.size(); begin += batch) {
            context.throwIfStopped();
            const std::size_t count = std::min(batch, pixels.sources.size() - begin);
            const auto part = std::span(pixels.bytes).subspan(begin * imageBytes, count * imageBytes);
            const std::vector<float> vectors = embedder.embed(part, static_cast<int>(count));
            const std::size_t dim = vectors.size() / count;
            for (std::size_t i = 0; i < count; ++i) {
                const auto raw = std::span(vectors).subspan(i * dim, dim);
                const std::vector<float> vector =
                    whitening ? whitenedBy(*whitening, raw) : std::vector<float>(raw.begin(), raw.end());
                all.insert(all.end(), vector.begin(), vector.end());
            }
        }
        copies.sources = std::move(pixels.sources);
        const auto count = static_cast<std::int64_t>(copies.sources.size());
        copies.vectors = torch::tensor(all).view({count, count == 0 ? set.dim : -1});
        return copies;
    };
}

} // namespace grappa
