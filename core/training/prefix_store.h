#pragma once

#include "core/base/job.h"
#include "core/model/grappa_model.h"
#include "core/training/augmentation.h"
#include "core/training/image_source.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace grappa {

/// Which picture of an image: its evaluation crop, a training view, or an altered copy for the report.
struct ViewId {
    enum class Kind : std::uint8_t { Crop, Training, Altered };
    Kind kind = Kind::Crop;
    int number = 0; ///< of the training views, or of the altered copies
    bool operator==(const ViewId&) const = default;
};

struct PrefixStoreOptions {
    std::filesystem::path file; ///< in the cache folder; made anew when it belongs to other images or another model
    std::uint64_t cacheSize = std::uint64_t{4} << 30; ///< bytes of the file at most; never changes a result
    int views = 2;                                    ///< training views an image
    int inputSize = 168;
    AugmentationOptions augmentation;
};

/// The frozen prefix of each (image, view): tokens [T, D] after the first adapted block, computed once and shared by
/// all adaptor sets and runs. Always rounded through fp16, so that it does not matter whether a value was cached. On a
/// CPU few images are computed together, by one thread, so that the numbers do not depend on the number of threads. The
/// file's slots carry checksums: what a killed process left half-written is computed again. Altered copies are not
/// cached. Thread: one caller at a time.
class PrefixStore {
public:
    PrefixStore(VisionTransformer backbone, std::string modelHash, std::int64_t firstBlock, ImageSource& source,
                PrefixStoreOptions options);
    ~PrefixStore();

    std::size_t images() const;
    const std::string& identity() const; ///< of model, block, input size and images, as hex
    std::int64_t firstBlock() const;
    int views() const; ///< training views an image
    VisionTransformer& backbone();

    /// Computes what fits into the cache and is not there, each image decoded once. Stage "read". Throws Interrupted.
    void fill(const JobContext& context);
    /// Tokens [B, T, D] in float32 on the backbone's device; images and views of equal length.
    torch::Tensor load(std::span<const std::int64_t> images, std::span<const ViewId> views);
    torch::Tensor load(std::span<const std::int64_t> images, ViewId view);
    /// The rest of the backbone, adapted by `hook`: loaded tokens -> z [B, D] in float32. In bf16 on a GPU that has it.
    torch::Tensor finish(torch::Tensor tokens, const VisionTransformerImpl::AfterBlock& hook);

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace grappa
