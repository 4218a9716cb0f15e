#pragma once

#include <torch/torch.h>

#include <cstddef>

namespace grappa {

/// The images of an adaptation, as the trainer sees them: no files, no library. Indices are stable during a run.
/// Thread: one caller at a time; callers ask in ascending order where they can, so that a source may read ahead.
class ImageSource {
public:
    virtual ~ImageSource() = default;

    struct Sample {
        torch::Tensor image; ///< uint8 RGB [3, H, W], any size; what augmented views are cut from
        torch::Tensor crop;  ///< uint8 RGB [3, S, S], the evaluation crop at the model's input size
    };
    virtual std::size_t size() const = 0;
    /// Throws Error with the reason when the image can no longer be read.
    virtual Sample load(std::size_t index) = 0;
    /// A number that stays with the image's content, whatever its place: views are drawn from it.
    virtual std::uint64_t key(std::size_t index) const = 0;
};

} // namespace grappa
