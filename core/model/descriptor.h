#pragma once

#include "core/model/whitening.h"

#include <filesystem>
#include <string>

namespace grappa {

/// What is known of a backbone's vectors from a few thousand varied images, none of which is in it: statistics that a
/// collection's own are blended with. It belongs to one backbone and lies beside its file, as NAME.prior.
struct DescriptorPrior {
    torch::Tensor classCovariance; ///< of L2-normalised [class] vectors [D, D]
    torch::Tensor tokenMean;       ///< of L2-normalised patch tokens (VisionTransformerImpl::tokens) [D]
    torch::Tensor tokenCovariance; ///< [D, D]
    torch::Tensor halfCovariance;  ///< of patch halves [D, D]
    std::int64_t images = 0;       ///< that it was fitted on

    /// classes [n, D], tokens [n, rows * cols, D], n >= 2.
    static DescriptorPrior fit(const torch::Tensor& classes, const torch::Tensor& tokens, std::int64_t rows,
                               std::int64_t cols);
    /// By the save protocol. backboneHash: hex.
    void save(const std::filesystem::path& path, const std::string& backboneHash) const;
    /// Throws WeightsInvalid for a file that is damaged or belongs to another backbone.
    static DescriptorPrior load(const std::filesystem::path& path, const std::string& backboneHash);
};

/// The map of patch tokens to the patch half.
class PatchHalf {
public:
    explicit PatchHalf(const DescriptorPrior& prior);
    /// The mean of whitened, normalised tokens, weighted by exp(-r^2 / 2 (.2 side)^2) with r the distance from the
    /// middle, as a share of width and height; L2-normalised. tokens [B, rows * cols, D] -> [B, D]
    torch::Tensor operator()(const torch::Tensor& tokens, std::int64_t rows, std::int64_t cols) const;
    void to(const torch::Device& device) { m_whitening = m_whitening.to(device); }

private:
    Whitening m_whitening;
};

/// The descriptor of images: both halves of a raw one [n, 2 D] ([class] vector and patch half, each L2-normalised)
/// whitened about the collection's own mean, normalised and joined. Of a raw one without patches [n, D] the first alone.
class DescriptorWhitening {
public:
    /// Fitted on the images that are searched, blended with the prior (Whitening::fitBlended). n >= 1.
    static DescriptorWhitening fit(const torch::Tensor& raw, const DescriptorPrior& prior, double power);
    explicit DescriptorWhitening(std::vector<Whitening> halves) : m_halves(std::move(halves)) {}

    /// [n, 2 D] -> L2-normalised [n, 2 D]
    torch::Tensor apply(const torch::Tensor& raw) const;
    const std::vector<Whitening>& halves() const { return m_halves; }
    DescriptorWhitening withPower(double power) const;

    static constexpr double plainPower = 0.5; ///< for a vector that is compared as it is

private:
    std::vector<Whitening> m_halves;
};

} // namespace grappa
