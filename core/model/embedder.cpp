#include "core/model/embedder.h"

#include "core/model/adaptation_file.h"
#include "core/model/descriptor.h"
#include "core/model/device.h"
#include "core/model/weights.h"

#include <torch/torch.h>
#include <torch/version.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <tuple>

namespace grappa {

namespace {

constexpr int largestInput = 2048;

int roundedInput(int requested, int trainedAt, const torch::Device& device, std::int64_t patch) {
    const int usual = trainedAt != 0 ? trainedAt : device.is_cuda() ? 224 : 168;
    const int size = requested != 0 ? requested : usual;
    if (size < 1 || size > largestInput)
        throw Error(ErrorCode::Usage, "The input size " + std::to_string(size) + " is not from 1 to 2048 pixels.");
    return roundToPatch(size, patch);
}

void append(std::vector<float>& values, const torch::Tensor& tensor) {
    const torch::Tensor more = tensor.to(torch::kCPU, torch::kFloat).contiguous();
    const auto* first = more.const_data_ptr<float>();
    values.insert(values.end(), first, first + more.numel());
}

std::vector<float> toVector(const torch::Tensor& tensor) {
    std::vector<float> values;
    append(values, tensor);
    return values;
}

void checkPresent(const std::filesystem::path& path, const std::string& what) {
    std::error_code error;
    if (!std::filesystem::exists(path, error))
        throw Error(ErrorCode::ModelMissing, "The file of the " + what + " is gone: " + displayPath(path) +
                                                 ". Add it again, or choose another.");
}

Error priorMissing(const BackboneCard& card) {
    return {ErrorCode::ModelMissing, "The backbone " + card.name +
                                         " has no prior beside its file, which its patch half needs; make one from a "
                                         "folder of varied images: grappa-cli models prior --images FOLDER"};
}

/// The adaptation of that file, which must have been made for this backbone.
std::pair<AdaptationCard, Adaptation> openAdaptation(const std::filesystem::path& path, const BackboneCard& backbone) {
    checkPresent(path, "adaptation");
    const SafetensorsFile file(path);
    Adaptation adaptation = loadAdaptation(file);
    const auto& metadata = adaptation.metadata;
    const auto valueOr = [&](const char* key, const std::string& otherwise) {
        const auto found = metadata.find(key);
        return found == metadata.end() ? otherwise : found->second;
    };
    std::vector<std::int64_t> blocks;
    for (std::int64_t block = adaptation.adaptor.firstBlock; block < adaptation.adaptor.depth; ++block)
        blocks.push_back(block);
    AdaptationCard card{.file = path,
                        .hash = file.hash(),
                        .name = valueOr(adaptation_key::name, path.stem().string()),
                        .granularities = adaptation.granularities,
                        .blocks = std::move(blocks),
                        .variants = adaptation.variants(),
                        .mainVariant = adaptation.mainVariant,
                        .inputSize = adaptation.inputSize,
                        .metadata = metadata};
    if (metadata.at(adaptation_key::backboneHash) != backbone.hash.hex())
        throw Error(ErrorCode::WeightsInvalid, "The adaptation \"" + card.name + "\" was made for the backbone " +
                                                   valueOr(adaptation_key::backbone, "of another file") + " (" +
                                                   metadata.at(adaptation_key::backboneHash).substr(0, 8) +
                                                   ") and cannot be used with " + backbone.name + " (" +
                                                   backbone.hash.hex().substr(0, 8) + ").");
    return {std::move(card), std::move(adaptation)};
}

} // namespace

struct Embedder::Impl {
    BackboneCard card;
    torch::Device device{torch::kCPU};
    int inputSize = 0;
    int batch = 0; ///< images computed together; less once the device ran out of memory
    VisionTransformer backbone{nullptr};
    std::optional<AdaptationCard> adaptationCard;
    std::optional<GrappaModel> model; ///< the backbone under the adaptation, where there is one
    std::optional<std::filesystem::path> prior;
    std::optional<PatchHalf> patchHalf; ///< where there is a prior
    bool patches = false;
    torch::Tensor gain, offset; ///< ImageNet normalisation of bytes: x * gain + offset, [3, 1, 1]

    /// uint8 RGB [B, S, S, 3] -> normalised float [B, 3, S, S] on the device
    torch::Tensor images(std::span<const std::uint8_t> pixels, std::int64_t batch) const {
        // from_blob takes no const data; nothing writes to it.
        const auto bytes =
            torch::from_blob(const_cast<std::uint8_t*>(pixels.data()), {batch, inputSize, inputSize, 3}, torch::kByte);
        return torch::addcmul(offset, bytes.to(device).permute({0, 3, 1, 2}).to(torch::kFloat), gain);
    }

    std::size_t bytesPerImage() const { return std::size_t{3} * static_cast<std::size_t>(inputSize) * inputSize; }

    void checkFinite(const torch::Tensor& values) const {
        if (!values.isfinite().all().item<bool>())
            throw Error(ErrorCode::WeightsInvalid, (adaptationCard ? "The adaptation \"" + adaptationCard->name + '"'
                                                                   : "The backbone " + card.name) +
                                                       " gave values that are not finite numbers; it cannot be used.");
    }

    std::string variantOf(const Description& description) const {
        if (!description.variant.empty()) return description.variant;
        return adaptationCard ? adaptationCard->mainVariant : variant::base;
    }

    /// Appends what is asked of these images to `results`.
    void describe(const torch::Tensor& images, std::span<const Description> descriptions,
                  std::vector<Described>& results) {
        std::map<std::string, GrappaModel::Output> outputs;
        torch::Tensor prefix, half, base;
        if (std::any_of(descriptions.begin(), descriptions.end(), [](const Description& d) { return d.patches; })) {
            if (!patchHalf) throw priorMissing(card);
            const auto tokens = backbone->tokens(images);
            base = tokens.z;
            half = (*patchHalf)(tokens.patchTokens, tokens.rows, tokens.cols);
            checkFinite(half);
        }
        for (std::size_t i = 0; i < descriptions.size(); ++i) {
            const std::string variant = variantOf(descriptions[i]);
            auto [entry, isNew] = outputs.try_emplace(variant);
            GrappaModel::Output& output = entry->second;
            if (isNew) {
                if (model) {
                    if (!prefix.defined()) prefix = model->prefix(images);
                    output = model->finish(prefix, variant);
                } else if (variant == variant::base) {
                    output.z = base.defined() ? base : backbone->forward(images);
                } else {
                    throw Error(ErrorCode::ModelMissing, "\"" + variant + "\" needs an adaptation; none is loaded.");
                }
                checkFinite(output.z);
            }
            const auto z = model && descriptions[i].whitened ? model->describe(output.z, variant)
                                                             : torch::nn::functional::normalize(output.z);
            append(results[i].vectors, descriptions[i].patches ? torch::cat({z, half}, 1) : z);
            if (output.attention.defined()) append(results[i].attention, output.attention);
        }
    }
};

Embedder::Embedder(const BackboneCard& card, const EmbedderOptions& options,
                   const std::optional<std::filesystem::path>& adaptation)
    : m_impl(std::make_unique<Impl>()) {
    m_impl->card = card;
    m_impl->device = deviceFor(options.device);
    m_impl->batch = m_impl->device.is_cuda() ? 64 : 16;
    if (options.threads > 0) at::set_num_threads(options.threads);
    std::optional<Adaptation> loaded;
    if (adaptation) std::tie(m_impl->adaptationCard, loaded) = openAdaptation(*adaptation, card);
    m_impl->inputSize = roundedInput(options.inputSize, loaded ? loaded->inputSize : 0, m_impl->device, card.patch);
    checkPresent(card.file, "backbone " + card.name);
    const SafetensorsFile file(card.file);
    if (file.hash() != card.hash)
        throw Error(ErrorCode::WeightsInvalid, displayPath(card.file) + " changed while it was opened; try again.");
    m_impl->backbone = loadBackbone(file, readBackboneOptions(file));
    m_impl->backbone->to(m_impl->device);
    if (loaded) {
        loaded->to(m_impl->device);
        m_impl->model.emplace(m_impl->backbone, std::move(*loaded));
    }
    if (const auto path = card.priorFile(); std::filesystem::exists(path)) {
        m_impl->prior = path;
        m_impl->patchHalf.emplace(DescriptorPrior::load(path, card.hash.hex()));
        m_impl->patchHalf->to(m_impl->device);
    }
    m_impl->patches = options.patches;
    if (options.patches && !m_impl->prior) throw priorMissing(card);
    const auto channels = [](float r, float g, float b) { return torch::tensor({r, g, b}).view({3, 1, 1}); };
    const auto mean = channels(0.485F, 0.456F, 0.406F);
    const auto deviation = channels(0.229F, 0.224F, 0.225F);
    m_impl->gain = (1 / (255 * deviation)).to(m_impl->device);
    m_impl->offset = (-mean / deviation).to(m_impl->device);
}

Embedder::~Embedder() = default;
Embedder::Embedder(Embedder&&) noexcept = default;

const BackboneCard& Embedder::card() const {
    return m_impl->card;
}

const std::optional<AdaptationCard>& Embedder::adaptation() const {
    return m_impl->adaptationCard;
}

int Embedder::inputSize() const {
    return m_impl->inputSize;
}

int Embedder::width() const {
    return static_cast<int>(m_impl->card.width);
}

bool Embedder::patches() const {
    return m_impl->patches;
}

int Embedder::dim() const {
    return patches() ? 2 * width() : width();
}

const std::optional<std::filesystem::path>& Embedder::prior() const {
    return m_impl->prior;
}

std::string Embedder::device() const {
    return m_impl->device.str();
}

int Embedder::preferredBatch() const {
    return m_impl->batch;
}

std::vector<float> Embedder::embed(std::span<const std::uint8_t> pixels, int batch) {
    return describe(pixels, batch, ownDescription()).vectors;
}

Described Embedder::describe(std::span<const std::uint8_t> pixels, int batch, const Description& description) {
    return std::move(describe(pixels, batch, std::span(&description, 1)).front());
}

std::vector<Described> Embedder::describe(std::span<const std::uint8_t> pixels, int batch,
                                          std::span<const Description> descriptions) {
    if (batch < 0 || pixels.size() != static_cast<std::size_t>(batch) * m_impl->bytesPerImage())
        throw Error(ErrorCode::Internal, "Images must be [batch, S, S, 3] bytes");
    const c10::InferenceMode inference;
    std::vector<Described> results(descriptions.size());
    // In pieces, so that the working memory does not depend on the caller's batch.
    for (int done = 0; done < batch;) {
        const int count = std::min(m_impl->batch, batch - done);
        const auto piece = pixels.subspan(static_cast<std::size_t>(done) * m_impl->bytesPerImage(),
                                          static_cast<std::size_t>(count) * m_impl->bytesPerImage());
        std::vector<Described> described(descriptions.size());
        try {
            m_impl->describe(m_impl->images(piece, count), descriptions, described);
        } catch (const c10::OutOfMemoryError&) {
            if (count == 1)
                throw Error(ErrorCode::DeviceUnavailable, "The device has too little memory even for one image; free "
                                                          "some of it, or use --device cpu.");
            m_impl->batch = count / 2;
            continue;
        }
        for (std::size_t i = 0; i < results.size(); ++i) {
            const auto& [vectors, attention] = described[i];
            results[i].vectors.insert(results[i].vectors.end(), vectors.begin(), vectors.end());
            results[i].attention.insert(results[i].attention.end(), attention.begin(), attention.end());
        }
        done += count;
    }
    return results;
}

Embedder::Tokens Embedder::tokens(std::span<const std::uint8_t> pixels, int batch) {
    if (pixels.size() != static_cast<std::size_t>(batch) * m_impl->bytesPerImage())
        throw Error(ErrorCode::Internal, "Images must be [batch, S, S, 3] bytes");
    const c10::InferenceMode inference;
    const auto tokens = m_impl->backbone->tokens(m_impl->images(pixels, batch));
    m_impl->checkFinite(tokens.patchTokens);
    const auto unit = torch::nn::functional::NormalizeFuncOptions().dim(-1);
    return {.rows = static_cast<int>(tokens.rows),
            .cols = static_cast<int>(tokens.cols),
            .classes = toVector(torch::nn::functional::normalize(tokens.z, unit)),
            .patches = toVector(torch::nn::functional::normalize(tokens.patchTokens, unit))};
}

Embedder::Maps Embedder::maps(std::span<const std::uint8_t> pixels) {
    if (pixels.size() != m_impl->bytesPerImage()) throw Error(ErrorCode::Internal, "maps() needs [S, S, 3] bytes");
    const c10::InferenceMode inference;
    const auto images = m_impl->images(pixels, 1);
    const auto maps = m_impl->model ? m_impl->model->maps(images, m_impl->adaptationCard->mainVariant)
                                    : m_impl->backbone->maps(images);
    m_impl->checkFinite(maps.patchTokens);
    const auto tokens =
        torch::nn::functional::normalize(maps.patchTokens, torch::nn::functional::NormalizeFuncOptions().dim(-1));
    return {.rows = static_cast<int>(maps.rows),
            .cols = static_cast<int>(maps.cols),
            .dim = width(),
            .patchTokens = toVector(tokens),
            .classAttention = toVector(maps.classAttention)};
}

int roundToPatch(int size, std::int64_t patch) {
    const auto patches =
        std::max<std::int64_t>(1, std::llround(static_cast<double>(size) / static_cast<double>(patch)));
    return static_cast<int>(patches * patch);
}

std::string defaultDevice() {
    return torch::cuda::is_available() ? "cuda:0" : "cpu";
}

std::string torchVersion() {
    const auto devices = torch::cuda::is_available() ? torch::cuda::device_count() : 0;
    return "LibTorch " TORCH_VERSION ", " + std::to_string(at::get_num_threads()) + " CPU threads, " +
           std::to_string(devices) + " CUDA devices";
}

} // namespace grappa
