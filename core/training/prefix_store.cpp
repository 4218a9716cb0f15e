#include "core/training/prefix_store.h"

#include "core/base/file_io.h"
#include "core/base/hash.h"
#include "core/training/autocast.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <map>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace grappa {

namespace {

/// Decoded images that are held while their views are computed.
constexpr std::size_t imagesAtOnce = 16;
/// Views that one thread computes together: a third faster than one by one, and bit for bit the same.
constexpr std::int64_t group = 8;
/// Counts up when views are drawn differently: a cache of another generation is of no use.
constexpr int viewGeneration = 1;

torch::Tensor normalised(const torch::Tensor& pixels, const torch::Device& device) {
    const auto channels = [&](float r, float g, float b) {
        return torch::tensor({r, g, b}).view({3, 1, 1}).to(device);
    };
    const auto mean = channels(0.485F, 0.456F, 0.406F);
    const auto deviation = channels(0.229F, 0.224F, 0.225F);
    return (pixels.to(device, torch::kFloat) / 255 - mean) / deviation;
}

} // namespace

struct PrefixStore::Impl {
    VisionTransformer backbone{nullptr};
    torch::Device device{torch::kCPU};
    std::int64_t firstBlock = 0;
    ImageSource& source;
    PrefixStoreOptions options;
    FileDescriptor file;
    std::int64_t tokens = 0, width = 0;
    std::size_t slots = 0; ///< that fit into the cache
    std::string identity;

    explicit Impl(ImageSource& imageSource) : source(imageSource) {}

    std::size_t tokenBytes() const { return static_cast<std::size_t>(tokens * width) * sizeof(at::Half); }
    std::size_t slotBytes() const { return tokenBytes() + sizeof(ContentHash::bytes); }
    torch::Tensor emptyTokens(std::int64_t views) const { return torch::empty({views, tokens, width}, torch::kHalf); }

    /// The slot of a view, or nothing when it is never cached or does not fit. Crops come first: all stages need them.
    std::optional<std::size_t> slotOf(std::int64_t image, ViewId view) const {
        if (view.kind == ViewId::Kind::Altered) return std::nullopt;
        const std::size_t lane = view.kind == ViewId::Kind::Crop ? 0 : static_cast<std::size_t>(1 + view.number);
        const std::size_t slot = lane * source.size() + static_cast<std::size_t>(image);
        return slot < slots ? std::optional(slot) : std::nullopt;
    }

    /// Into fp16 [T, D] on the CPU, contiguous. False where the slot holds nothing, or something damaged.
    bool readSlot(std::size_t slot, const torch::Tensor& value) const {
        const std::span content(static_cast<std::byte*>(value.mutable_data_ptr()), tokenBytes());
        decltype(ContentHash::bytes) checksum{};
        const std::array parts{iovec{content.data(), content.size()}, iovec{checksum.data(), checksum.size()}};
        const auto read = ::preadv(file.get(), parts.data(), parts.size(), static_cast<off_t>(slot * slotBytes()));
        return read == static_cast<ssize_t>(slotBytes()) && hashBytes(content).bytes == checksum;
    }

    /// A full disk only makes the cache smaller.
    void writeSlot(std::size_t slot, const torch::Tensor& value) {
        // iovec takes no const data; nothing writes to it.
        auto* const content = static_cast<std::byte*>(const_cast<void*>(value.const_data_ptr()));
        auto checksum = hashBytes(std::span(content, tokenBytes())).bytes;
        const std::array parts{iovec{content, tokenBytes()}, iovec{checksum.data(), checksum.size()}};
        const auto written = ::pwritev(file.get(), parts.data(), parts.size(), static_cast<off_t>(slot * slotBytes()));
        if (written != static_cast<ssize_t>(slotBytes())) slots = std::min(slots, slot);
    }

    torch::Tensor pixelsOf(const ImageSource::Sample& sample, std::int64_t image, ViewId view) const {
        if (view.kind == ViewId::Kind::Crop) return sample.crop;
        const std::uint64_t seed =
            mixSeed(source.key(static_cast<std::size_t>(image)), static_cast<std::uint64_t>(view.kind),
                    static_cast<std::uint64_t>(view.number));
        return view.kind == ViewId::Kind::Training
                   ? trainingView(sample.image, options.inputSize, seed, options.augmentation)
                   : alteredCopy(sample.image, options.inputSize, seed);
    }

    struct Wanted {
        std::int64_t image;
        ViewId view;
        std::size_t sample; ///< among the loaded
    };

    /// fp16 [T, D] on the CPU for each wanted view.
    std::vector<torch::Tensor> compute(const std::vector<Wanted>& wanted,
                                       const std::vector<ImageSource::Sample>& samples) {
        std::vector<torch::Tensor> results(wanted.size());
        const std::span all(results);
        at::parallel_for(0, std::ssize(all), group, [&](std::int64_t begin, std::int64_t end) {
            const c10::InferenceMode inference;
            for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
                results[i] = pixelsOf(samples[wanted[i].sample], wanted[i].image, wanted[i].view);
        });
        if (device.is_cuda() && !results.empty()) {
            runPrefix(all);
            return results;
        }
        const auto groups = (std::ssize(all) + group - 1) / group;
        at::parallel_for(0, groups, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i)
                runPrefix(all.subspan(static_cast<std::size_t>(i * group))
                              .first(std::min<std::size_t>(group, all.size() - i * group)));
        });
        return results;
    }

    /// Replaces each view's pixels by its tokens; they are computed together.
    void runPrefix(std::span<torch::Tensor> views) {
        const c10::InferenceMode inference;
        const auto pixels = torch::stack(std::vector(views.begin(), views.end()));
        const auto tokens =
            frozenPrefix(*backbone, normalised(pixels, device), firstBlock).to(torch::kCPU, torch::kHalf);
        for (std::size_t i = 0; i < views.size(); ++i)
            views[i] = tokens[static_cast<std::int64_t>(i)].contiguous();
    }
};

PrefixStore::PrefixStore(VisionTransformer backbone, std::string modelHash, std::int64_t firstBlock,
                         ImageSource& source, PrefixStoreOptions options)
    : m_impl(std::make_unique<Impl>(source)) {
    m_impl->backbone = std::move(backbone);
    m_impl->device = m_impl->backbone->parameters().front().device();
    m_impl->firstBlock = firstBlock;
    m_impl->options = std::move(options);
    const VisionTransformerOptions& model = m_impl->backbone->options();
    const std::int64_t side = m_impl->options.inputSize / model.patch;
    m_impl->tokens = 1 + model.registers + side * side;
    m_impl->width = model.width;
    // The backbone computes its positions at the first call: not in several threads at once.
    m_impl->backbone->embedPatches(
        torch::zeros({1, 3, m_impl->options.inputSize, m_impl->options.inputSize}, m_impl->device));
    const std::size_t all = source.size() * static_cast<std::size_t>(1 + m_impl->options.views);
    m_impl->slots = std::min<std::size_t>(all, m_impl->options.cacheSize / m_impl->slotBytes());

    // A file of other images is emptied; the name beside it says what it holds.
    std::string identity = modelHash + " " + std::to_string(firstBlock) + " " +
                           std::to_string(m_impl->options.inputSize) + " " + std::to_string(viewGeneration);
    for (std::size_t i = 0; i < source.size(); ++i)
        identity += " " + std::to_string(source.key(i));
    const std::string hash = hashBytes(std::as_bytes(std::span(identity))).hex();
    m_impl->identity = hash;
    const std::filesystem::path& path = m_impl->options.file;
    auto label = path;
    label += ".id";
    std::string known;
    std::error_code error;
    if (std::filesystem::exists(label, error)) {
        const auto bytes = readUserFile(label, 1024).bytes;
        known.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    m_impl->file = FileDescriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!m_impl->file) throw systemError(ErrorCode::IoFailed, "Cannot open the cache " + displayPath(path), errno);
    if (known != hash) {
        if (::ftruncate(m_impl->file.get(), 0) != 0)
            throw systemError(ErrorCode::IoFailed, "Cannot empty the cache " + displayPath(path), errno);
        saveFile(label, std::as_bytes(std::span(hash)));
    }
}

PrefixStore::~PrefixStore() = default;

std::size_t PrefixStore::images() const {
    return m_impl->source.size();
}

int PrefixStore::views() const {
    return m_impl->options.views;
}

const std::string& PrefixStore::identity() const {
    return m_impl->identity;
}

std::int64_t PrefixStore::firstBlock() const {
    return m_impl->firstBlock;
}

VisionTransformer& PrefixStore::backbone() {
    return m_impl->backbone;
}

void PrefixStore::fill(const JobContext& context) {
    std::vector<ViewId> views{{}};
    for (int v = 0; v < m_impl->options.views; ++v)
        views.push_back({ViewId::Kind::Training, v});
    const torch::Tensor scratch = m_impl->emptyTokens(1)[0];
    ProgressMeter meter(context, "read", images());
    std::vector<Impl::Wanted> wanted;
    std::vector<ImageSource::Sample> samples;
    const auto flush = [&] {
        const auto values = m_impl->compute(wanted, samples);
        for (std::size_t i = 0; i < wanted.size(); ++i)
            if (const auto slot = m_impl->slotOf(wanted[i].image, wanted[i].view)) m_impl->writeSlot(*slot, values[i]);
        wanted.clear();
        samples.clear();
    };
    for (std::size_t i = 0; i < images(); ++i) {
        context.throwIfStopped();
        const auto image = static_cast<std::int64_t>(i);
        const std::size_t before = wanted.size();
        for (const ViewId& view : views) {
            const auto slot = m_impl->slotOf(image, view);
            if (slot && !m_impl->readSlot(*slot, scratch)) wanted.push_back({image, view, samples.size()});
        }
        if (wanted.size() > before) samples.push_back(m_impl->source.load(i));
        if (samples.size() == imagesAtOnce) flush();
        meter.advanceTo(i + 1);
    }
    flush();
    meter.finish();
}

torch::Tensor PrefixStore::load(std::span<const std::int64_t> images, std::span<const ViewId> views) {
    const torch::Tensor batch = m_impl->emptyTokens(std::ssize(images));
    std::vector<Impl::Wanted> wanted;
    std::vector<std::int64_t> wantedRows;
    std::vector<ImageSource::Sample> samples;
    std::map<std::int64_t, std::size_t> loaded;
    const auto flush = [&] {
        const auto values = m_impl->compute(wanted, samples);
        for (std::size_t i = 0; i < wanted.size(); ++i)
            batch[wantedRows[i]].copy_(values[i]);
        wanted.clear();
        wantedRows.clear();
        samples.clear();
        loaded.clear();
    };
    for (std::size_t i = 0; i < images.size(); ++i) {
        const auto row = static_cast<std::int64_t>(i);
        const auto slot = m_impl->slotOf(images[i], views[i]);
        if (slot && m_impl->readSlot(*slot, batch[row])) continue;
        const auto [place, isNew] = loaded.emplace(images[i], samples.size());
        if (isNew) samples.push_back(m_impl->source.load(static_cast<std::size_t>(images[i])));
        wanted.push_back({images[i], views[i], place->second});
        wantedRows.push_back(row);
        if (samples.size() == imagesAtOnce) flush();
    }
    flush();
    return batch.to(m_impl->device).to(torch::kFloat);
}

torch::Tensor PrefixStore::load(std::span<const std::int64_t> images, ViewId view) {
    return load(images, std::vector<ViewId>(images.size(), view));
}

torch::Tensor PrefixStore::finish(torch::Tensor tokens, const VisionTransformerImpl::AfterBlock& hook) {
    const Autocast autocast(m_impl->device);
    return adaptedSuffix(*m_impl->backbone, std::move(tokens), m_impl->firstBlock, hook).to(torch::kFloat);
}

} // namespace grappa
