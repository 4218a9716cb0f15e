#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace grappa {

/// Ranges of the views that the adaptors are trained on (method: section 3).
struct AugmentationOptions {
    double smallestArea = 0.4; ///< of the image, up to 1
    double largestRatio = 4.0 / 3.0;
    double flipProbability = 0.5;
    double colour = 0.3; ///< brightness, contrast, saturation from U(1 - colour, 1 + colour)
};

/// A training view: random resized crop (antialiased), flip, colour jitter. Drawn from `seed` alone, the same on every
/// device and thread count. image uint8 [3, H, W] -> uint8 [3, size, size]
torch::Tensor trainingView(const torch::Tensor& image, int size, std::uint64_t seed,
                           const AugmentationOptions& options = {});

/// An altered copy for the label-free report, by alterations that training never uses: rotation up to 20 degrees (cut
/// to the largest upright rectangle), perspective, blur, noise, partial greyscale, a covered part. Drawn from `seed`
/// alone. image uint8 [3, H, W] -> uint8 [3, size, size]
torch::Tensor alteredCopy(const torch::Tensor& image, int size, std::uint64_t seed);

/// Mixes numbers into one well-spread seed (splitmix64).
std::uint64_t mixSeed(std::uint64_t a, std::uint64_t b, std::uint64_t c = 0);

} // namespace grappa
