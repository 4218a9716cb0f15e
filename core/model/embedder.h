#pragma once

#include "core/model/backbone_registry.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace grappa {

struct EmbedderOptions {
    std::string device = "auto"; ///< "auto", "cpu", "cuda", "cuda:N"
    int inputSize = 0; ///< pixels; 0 = 168 on a CPU, 224 on a GPU; rounded to the nearest multiple of the patch
    int threads = 0;   ///< intra-op threads; 0 = all cores
};

/// A backbone ready to embed images. No LibTorch in this header, so that what uses it need not see any.
/// One caller at a time.
class Embedder {
public:
    /// Throws ModelMissing, WeightsInvalid, DeviceUnavailable (a device asked for but absent is never replaced).
    Embedder(const BackboneCard& card, const EmbedderOptions& options);
    ~Embedder();
    Embedder(Embedder&&) noexcept;

    const BackboneCard& card() const;
    int inputSize() const;      ///< after rounding
    int dim() const;            ///< D
    std::string device() const; ///< what runs it: "cpu", "cuda:0"
    int preferredBatch() const;

    /// L2-normalised representations. `pixels` is uint8 RGB [B, S, S, 3], S = inputSize(); returns [B, D] row-major.
    std::vector<float> embed(std::span<const std::uint8_t> pixels, int batch);

    struct Maps {
        int rows = 0, cols = 0, dim = 0;
        std::vector<float> patchTokens;    ///< [rows * cols, D], L2-normalised
        std::vector<float> classAttention; ///< [rows * cols]
    };
    /// Patch tokens and [class] attention of one image [S, S, 3].
    Maps maps(std::span<const std::uint8_t> pixels);

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

/// The multiple of the patch nearest to `size`, at least one patch.
int roundToPatch(int size, std::int64_t patch);
/// The device that "auto" means here.
std::string defaultDevice();
/// LibTorch's version and devices, one line, for --version.
std::string torchVersion();

} // namespace grappa
