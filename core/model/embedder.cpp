#include "core/model/embedder.h"

#include "core/model/weights.h"

#include <torch/torch.h>
#include <torch/version.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace grappa {

namespace {

constexpr int largestInput = 2048;

torch::Device deviceFor(const std::string& name) {
    if (name == "auto") return {defaultDevice()};
    if (name == "cpu") return {torch::kCPU};
    const bool numbered = name.starts_with("cuda:") && name.size() > 5 && name.size() < 9 &&
                          std::ranges::all_of(name.substr(5), [](char c) { return c >= '0' && c <= '9'; });
    if (name != "cuda" && !numbered)
        throw Error(ErrorCode::Usage, "\"" + name + "\" is not a device; use auto, cpu, cuda or cuda:N.");
    const int index = numbered ? std::stoi(name.substr(5)) : 0;
    const int present = torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0;
    if (index >= present)
        throw Error(ErrorCode::DeviceUnavailable, "The device " + name + " is not there: LibTorch sees " +
                                                      std::to_string(present) +
                                                      " CUDA devices. Use --device cpu, or leave it to auto.");
    return {torch::kCUDA, static_cast<torch::DeviceIndex>(index)};
}

int roundedInput(int requested, const torch::Device& device, std::int64_t patch) {
    const int size = requested != 0 ? requested : device.is_cuda() ? 224 : 168;
    if (size < 1 || size > largestInput)
        throw Error(ErrorCode::Usage, "The input size " + std::to_string(size) + " is not from 1 to 2048 pixels.");
    return roundToPatch(size, patch);
}

std::vector<float> toVector(const torch::Tensor& tensor) {
    const torch::Tensor values = tensor.to(torch::kCPU, torch::kFloat).contiguous();
    const auto* first = values.const_data_ptr<float>();
    return {first, first + values.numel()};
}

} // namespace

struct Embedder::Impl {
    BackboneCard card;
    torch::Device device{torch::kCPU};
    int inputSize = 0;
    VisionTransformer backbone{nullptr};
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
            throw Error(ErrorCode::WeightsInvalid,
                        "The backbone " + card.name + " gave values that are not finite numbers; it cannot be used.");
    }
};

Embedder::Embedder(const BackboneCard& card, const EmbedderOptions& options) : m_impl(std::make_unique<Impl>()) {
    m_impl->card = card;
    m_impl->device = deviceFor(options.device);
    m_impl->inputSize = roundedInput(options.inputSize, m_impl->device, card.patch);
    if (options.threads > 0) at::set_num_threads(options.threads);
    std::error_code error;
    if (!std::filesystem::exists(card.file, error))
        throw Error(ErrorCode::ModelMissing, "The file of the backbone " + card.name + " is gone: " +
                                                 displayPath(card.file) + ". Add it again, or choose another.");
    const SafetensorsFile file(card.file);
    if (file.hash() != card.hash)
        throw Error(ErrorCode::WeightsInvalid, displayPath(card.file) + " changed while it was opened; try again.");
    m_impl->backbone = loadBackbone(file, readBackboneOptions(file));
    m_impl->backbone->to(m_impl->device);
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

int Embedder::inputSize() const {
    return m_impl->inputSize;
}

int Embedder::dim() const {
    return static_cast<int>(m_impl->card.width);
}

std::string Embedder::device() const {
    return m_impl->device.str();
}

int Embedder::preferredBatch() const {
    return m_impl->device.is_cuda() ? 64 : 16;
}

std::vector<float> Embedder::embed(std::span<const std::uint8_t> pixels, int batch) {
    if (batch < 0 || pixels.size() != static_cast<std::size_t>(batch) * m_impl->bytesPerImage())
        throw Error(ErrorCode::Internal, "embed() needs [batch, S, S, 3] bytes");
    const c10::InferenceMode inference;
    std::vector<float> vectors;
    vectors.reserve(static_cast<std::size_t>(batch) * static_cast<std::size_t>(dim()));
    // In pieces, so that the working memory does not depend on the caller's batch.
    for (int done = 0; done < batch;) {
        const int count = std::min(preferredBatch(), batch - done);
        const auto piece = pixels.subspan(static_cast<std::size_t>(done) * m_impl->bytesPerImage(),
                                          static_cast<std::size_t>(count) * m_impl->bytesPerImage());
        const auto z = m_impl->backbone->forward(m_impl->images(piece, count));
        m_impl->checkFinite(z);
        const auto values = toVector(torch::nn::functional::normalize(z));
        vectors.insert(vectors.end(), values.begin(), values.end());
        done += count;
    }
    return vectors;
}

Embedder::Maps Embedder::maps(std::span<const std::uint8_t> pixels) {
    if (pixels.size() != m_impl->bytesPerImage()) throw Error(ErrorCode::Internal, "maps() needs [S, S, 3] bytes");
    const c10::InferenceMode inference;
    const auto maps = m_impl->backbone->maps(m_impl->images(pixels, 1));
    m_impl->checkFinite(maps.patchTokens);
    const auto tokens =
        torch::nn::functional::normalize(maps.patchTokens, torch::nn::functional::NormalizeFuncOptions().dim(-1));
    return {.rows = static_cast<int>(maps.rows),
            .cols = static_cast<int>(maps.cols),
            .dim = dim(),
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
