#include "core/model/descriptor.h"

#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/base/safetensors.h"

#include <cmath>
#include <cstring>

namespace grappa {

namespace {

constexpr const char* formatKey = "grappa.format";
constexpr const char* priorFormat = "grappa-prior-1";
constexpr const char* backboneKey = "grappa.backbone_hash";
constexpr const char* imagesKey = "grappa.images";

constexpr double tokenPower = 0.75, tokenShrink = 0.3;
constexpr double centreSpread = 0.2; // of the side

torch::Tensor unit(const torch::Tensor& z) {
    return torch::nn::functional::normalize(z, torch::nn::functional::NormalizeFuncOptions().dim(-1));
}

torch::Tensor covarianceAbout(const torch::Tensor& mean, const torch::Tensor& points) {
    const auto centred = points - mean;
    return centred.t().matmul(centred) / points.size(0);
}

/// Distances from the middle of `count` patches, as shares of the side.
torch::Tensor fromMiddle(std::int64_t count) {
    return (torch::arange(count, torch::kFloat) - static_cast<double>(count - 1) / 2) / count;
}

} // namespace

PatchHalf::PatchHalf(const DescriptorPrior& prior)
    : m_whitening(Whitening::of(prior.tokenMean, prior.tokenCovariance, tokenPower, tokenShrink)) {}

torch::Tensor PatchHalf::operator()(const torch::Tensor& tokens, std::int64_t rows, std::int64_t cols) const {
    const auto squares =
        (fromMiddle(rows).square().unsqueeze(1) + fromMiddle(cols).square().unsqueeze(0)).flatten().to(tokens.device());
    const auto weights = (squares / (-2 * centreSpread * centreSpread)).exp();
    const auto whitened = unit(m_whitening.apply(tokens));
    return unit((whitened * (weights / weights.sum()).unsqueeze(1)).sum(1));
}

DescriptorPrior DescriptorPrior::fit(const torch::Tensor& classes, const torch::Tensor& tokens, std::int64_t rows,
                                     std::int64_t cols) {
    const torch::NoGradGuard noGrad;
    DescriptorPrior prior;
    prior.images = classes.size(0);
    const auto points = unit(classes.to(torch::kDouble));
    prior.classCovariance = covarianceAbout(points.mean(0), points);
    const auto width = tokens.size(2);
    auto sum = torch::zeros({width}, torch::kDouble);
    auto moment = torch::zeros({width, width}, torch::kDouble);
    for (const torch::Tensor& part : tokens.split(64)) {
        const auto some = unit(part.reshape({-1, width}).to(torch::kDouble));
        sum += some.sum(0);
        moment.addmm_(some.t(), some);
    }
    const auto count = tokens.size(0) * tokens.size(1);
    prior.tokenMean = sum / count;
    prior.tokenCovariance = moment / count - torch::outer(prior.tokenMean, prior.tokenMean);
    const PatchHalf patchHalf(prior);
    std::vector<torch::Tensor> halves;
    for (const torch::Tensor& part : tokens.split(64))
        halves.push_back(patchHalf(part.to(torch::kFloat), rows, cols));
    const auto half = torch::cat(halves).to(torch::kDouble);
    prior.halfCovariance = covarianceAbout(half.mean(0), half);
    return prior;
}

void DescriptorPrior::save(const std::filesystem::path& path, const std::string& backboneHash) const {
    std::vector<torch::Tensor> kept;
    std::vector<SafetensorsTensor> tensors;
    const auto add = [&](const char* name, const torch::Tensor& values) {
        const auto& tensor = kept.emplace_back(values.to(torch::kFloat).contiguous());
        tensors.push_back({name, "F32", tensor.sizes().vec(),
                           std::as_bytes(std::span(tensor.const_data_ptr<float>(), tensor.numel()))});
    };
    kept.reserve(4);
    add("class_covariance", classCovariance);
    add("token_mean", tokenMean);
    add("token_covariance", tokenCovariance);
    add("half_covariance", halfCovariance);
    saveSafetensors(path, tensors,
                    {{formatKey, priorFormat}, {backboneKey, backboneHash}, {imagesKey, std::to_string(images)}});
}

DescriptorPrior DescriptorPrior::load(const std::filesystem::path& path, const std::string& backboneHash) {
    const SafetensorsFile file(path);
    const auto refuse = [&](const std::string& why) {
        throw Error(ErrorCode::WeightsInvalid,
                    "The prior " + displayPath(path) + " " + why + "; make it again with: grappa-cli models prior");
    };
    const auto metadata = [&](const char* key) {
        const auto found = file.metadata().find(key);
        return found == file.metadata().end() ? std::string() : found->second;
    };
    if (metadata(formatKey) != priorFormat) refuse("is not of this version");
    if (metadata(backboneKey) != backboneHash) refuse("belongs to another backbone");
    std::int64_t width = 0;
    const auto tensor = [&](const char* name, std::int64_t dims) {
        const SafetensorsEntry* entry = file.find(name);
        if (entry == nullptr || entry->dtype != "F32") refuse(std::string("has no ") + name);
        if (width == 0) width = entry->shape.front();
        if (entry->shape != std::vector<std::int64_t>(static_cast<std::size_t>(dims), width))
            refuse(std::string("has a wrong ") + name);
        auto values = torch::empty(entry->shape);
        std::memcpy(values.data_ptr<float>(), file.bytes(*entry).data(), file.bytes(*entry).size());
        if (!values.isfinite().all().item<bool>()) refuse("holds values that are not finite numbers");
        return values.to(torch::kDouble);
    };
    DescriptorPrior prior;
    prior.classCovariance = tensor("class_covariance", 2);
    prior.tokenMean = tensor("token_mean", 1);
    prior.tokenCovariance = tensor("token_covariance", 2);
    prior.halfCovariance = tensor("half_covariance", 2);
    prior.images = std::strtoll(metadata(imagesKey).c_str(), nullptr, 10);
    return prior;
}

DescriptorWhitening DescriptorWhitening::fit(const torch::Tensor& raw, const DescriptorPrior& prior, double power) {
    const std::int64_t width = prior.classCovariance.size(0);
    std::vector<Whitening> halves{Whitening::fitBlended(raw.narrow(1, 0, width), prior.classCovariance, power)};
    if (raw.size(1) == 2 * width)
        halves.push_back(Whitening::fitBlended(raw.narrow(1, width, width), prior.halfCovariance, power));
    return DescriptorWhitening(std::move(halves));
}

torch::Tensor DescriptorWhitening::apply(const torch::Tensor& raw) const {
    const torch::NoGradGuard noGrad;
    const std::int64_t width = raw.size(1) / static_cast<std::int64_t>(m_halves.size());
    std::vector<torch::Tensor> parts;
    for (std::size_t i = 0; i < m_halves.size(); ++i)
        parts.push_back(unit(m_halves[i].apply(raw.narrow(1, static_cast<std::int64_t>(i) * width, width))));
    return torch::cat(parts, 1) / std::sqrt(static_cast<double>(parts.size()));
}

DescriptorWhitening DescriptorWhitening::withPower(double power) const {
    std::vector<Whitening> halves;
    for (const Whitening& half : m_halves)
        halves.push_back(half.withPower(power));
    return DescriptorWhitening(std::move(halves));
}

} // namespace grappa
