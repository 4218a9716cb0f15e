#pragma once

#include "core/training/random.h"

#include <torch/torch.h>

#include <cstdint>

namespace grappa {

/// Ranges of the views that the adaptors are trained on.
struct AugmentationOptions {
    double smallestArea = 0.4;       ///< of the image, up to 1
    double largestRatio = 4.0 / 3.0; ///< width : height from 1 / largestRatio to largestRatio
    double flipProbability = 0.5;
    double colour = 0.3; ///< brightness, contrast, saturation, each from U(1 - colour, 1 + colour)
};

/// A training view: random resized crop (antialiased), flip, colour jitter in the order brightness, contrast,
/// saturation. Drawn from `seed` alone: the same pixels for every thread count and order of calls. An image longer than
/// the ratio allows is cut anywhere along its long side. Safe to call from several threads.
/// image uint8 RGB [3, H, W] on the CPU, H and W >= 1 -> uint8 [3, size, size]
torch::Tensor trainingView(const torch::Tensor& image, int size, std::uint64_t seed,
                           const AugmentationOptions& options = {});

/// An altered copy for the label-free report, by alterations that training never uses: rotation by up to 20 degrees
/// (cut to the largest upright square in the middle), perspective, blur, noise, partial greyscale, a covered part.
/// Drawn from `seed` alone. Shapes, threads as above.
torch::Tensor alteredCopy(const torch::Tensor& image, int size, std::uint64_t seed);

} // namespace grappa
