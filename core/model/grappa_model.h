#pragma once

#include "core/model/adaptor.h"
#include "core/model/fusion.h"
#include "core/model/whitening.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace grappa {

/// Names of what one adaptation can compute; the same words are the rows of `eval` and the fusion of an embedding set:
/// "base", "granularity:<k>", "average", "augmentation", "neighbours".
namespace variant {
inline constexpr const char* base = "base";
inline constexpr const char* average = "average";
inline constexpr const char* augmentation = "augmentation";
inline constexpr const char* neighbours = "neighbours";
std::string granularity(std::int64_t k);
} // namespace variant

/// What was learned: adaptor sets, fusions, whitenings. Without the backbone it is what an adaptation file holds.
struct Adaptation {
    AdaptorOptions adaptor;
    std::vector<std::int64_t> granularities;    ///< k ascending
    std::vector<AdaptorSet> sets;               ///< one for each k
    std::map<std::string, Fusion> fusions;      ///< by variant: "average", "augmentation", "neighbours"
    std::map<std::string, Whitening> whitening; ///< by variant, "base" too
    std::string mainVariant = variant::neighbours;
    int inputSize = 0; ///< pixels it was trained at
    /// As strings, for people and other programs: backbone hash (hex), name, seed, versions, report (JSON), licence...
    std::map<std::string, std::string> metadata;

    std::vector<std::string> variants() const; ///< those that it can compute, "base" first
    void to(const torch::Device& device);
    /// Gives the fusions the sets' adaptors, and adds the average, which has nothing to learn.
    void connect();
};

/// A frozen backbone under an adaptation. Thread: one caller at a time.
class GrappaModel {
public:
    /// Connects the adaptation. Throws WeightsInvalid where its width or depth is not the backbone's.
    GrappaModel(VisionTransformer backbone, Adaptation adaptation);

    VisionTransformer& backbone() { return m_backbone; }
    Adaptation& adaptation() { return m_adaptation; }

    struct Output {
        torch::Tensor z;         ///< representation, not whitened, not normalised [B, D]
        torch::Tensor attention; ///< granularity attention [B, m, N]; undefined without a fusion
    };
    /// The frozen part that all variants share, see frozenPrefix().
    torch::Tensor prefix(const torch::Tensor& images);
    /// The rest, from prefix tokens [B, T, D]. Throws ModelMissing for a variant that the adaptation does not hold.
    Output finish(const torch::Tensor& prefixTokens, const std::string& variant);
    Output forward(const torch::Tensor& images, const std::string& variant) { return finish(prefix(images), variant); }
    /// The last block in full, for overlays. images [B, 3, H, W]
    VisionTransformerImpl::Maps maps(const torch::Tensor& images, const std::string& variant);
    /// Whitened where the adaptation holds a whitening of that variant, then L2-normalised. z [B, D]
    torch::Tensor describe(const torch::Tensor& z, const std::string& variant) const;

private:
    /// What acts after the blocks under that variant; alpha is appended to `attention`.
    VisionTransformerImpl::AfterBlock afterBlock(const std::string& variant, std::vector<torch::Tensor>* attention);

    VisionTransformer m_backbone;
    Adaptation m_adaptation;
};

/// Output of the first adapted block, before its adaptor: images [B, 3, H, W] -> [B, T, D]. T = 1, [class] alone, where
/// that block is the backbone's last one.
torch::Tensor frozenPrefix(VisionTransformerImpl& backbone, const torch::Tensor& images, std::int64_t firstBlock);
/// From those tokens to z [B, D]; `afterBlock` acts on the first adapted block too; empty = the backbone alone.
torch::Tensor adaptedSuffix(VisionTransformerImpl& backbone, torch::Tensor prefixTokens, std::int64_t firstBlock,
                            const VisionTransformerImpl::AfterBlock& afterBlock);

} // namespace grappa
