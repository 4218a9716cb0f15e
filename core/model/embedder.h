#pragma once

#include "core/model/backbone_registry.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace grappa {

struct EmbedderOptions {
    std::string device = "auto"; ///< "auto", "cpu", "cuda", "cuda:N"
    /// pixels; 0 = what the adaptation was trained at, else 168 on a CPU, 224 on a GPU; rounded to the nearest multiple
    /// of the patch
    int inputSize = 0;
    int threads = 0; ///< intra-op threads; 0 = all cores
    /// Whether embed() joins vectors with the patch half (core/model/descriptor.h), which needs the backbone's prior.
    bool patches = false;
};

/// An adaptation that is loaded: what its file says.
struct AdaptationCard {
    std::filesystem::path file;
    ContentHash hash;                        ///< of the whole file
    std::string name;                        ///< from the metadata
    std::vector<std::int64_t> granularities; ///< k ascending, N
    std::vector<std::int64_t> blocks;        ///< the adapted ones, 0-based, m
    std::vector<std::string> variants;       ///< what it can compute, "base" first
    std::string mainVariant;                 ///< what embed() gives
    int inputSize = 0;                       ///< it was trained at
    std::map<std::string, std::string> metadata;
};

/// What to compute of an image.
struct Description {
    std::string variant{}; ///< empty = the main variant; "base" where there is no adaptation
    bool whitened = true;  ///< by the adaptation's whitening of that variant, where it has one
    bool patches = false;  ///< joined with the backbone's patch half: [2 D], both halves L2-normalised
};

/// A batch of images under one description.
struct Described {
    std::vector<float> vectors;   ///< L2-normalised [B, D], row-major; with patches [B, 2 D]
    std::vector<float> attention; ///< granularity attention [B, m, N]; empty where the variant has no fusion
};

/// A backbone ready to embed images, alone or under an adaptation. No LibTorch in this header, so that what uses it
/// need not see any. One caller at a time.
class Embedder {
public:
    /// `adaptation` is an adaptation file of this very backbone. Throws ModelMissing, WeightsInvalid, DeviceUnavailable
    /// (a device asked for but absent is never replaced).
    Embedder(const BackboneCard& card, const EmbedderOptions& options,
             const std::optional<std::filesystem::path>& adaptation = {});
    ~Embedder();
    Embedder(Embedder&&) noexcept;

    const BackboneCard& card() const;
    const std::optional<AdaptationCard>& adaptation() const;
    int inputSize() const;      ///< after rounding
    int width() const;          ///< D
    bool patches() const;       ///< whether embed() joins the patch half
    int dim() const;            ///< of embed(): D, with patches 2 D
    /// The prior of the backbone; nothing where it has none.
    const std::optional<std::filesystem::path>& prior() const;
    std::string device() const; ///< what runs it: "cpu", "cuda:0"
    int preferredBatch() const;

    /// L2-normalised representations: the adaptation's main variant, else the base. `pixels` is uint8 RGB [B, S, S, 3],
    /// S = inputSize(); returns [B, dim()] row-major.
    std::vector<float> embed(std::span<const std::uint8_t> pixels, int batch);
    /// The same images under several descriptions, in their order; what the variants share is computed once. Throws
    /// ModelMissing for a variant that is not there.
    std::vector<Described> describe(std::span<const std::uint8_t> pixels, int batch,
                                    std::span<const Description> descriptions);
    Described describe(std::span<const std::uint8_t> pixels, int batch, const Description& description);
    /// What embed() computes.
    Description ownDescription() const { return {{}, true, patches()}; }

    struct Tokens {
        int rows = 0, cols = 0;
        std::vector<float> classes; ///< [class] vectors, L2-normalised [B, D]
        std::vector<float> patches; ///< patch tokens that enter the last block, L2-normalised [B, rows * cols, D]
    };
    /// What a prior is fitted on, by the backbone alone.
    Tokens tokens(std::span<const std::uint8_t> pixels, int batch);

    struct Maps {
        int rows = 0, cols = 0, dim = 0;
        std::vector<float> patchTokens;    ///< [rows * cols, D], L2-normalised
        std::vector<float> classAttention; ///< [rows * cols]
    };
    /// Patch tokens and [class] attention of one image [S, S, 3], under the main variant.
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
