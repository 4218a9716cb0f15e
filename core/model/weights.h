#pragma once

#include "core/base/safetensors.h"
#include "core/model/vision_transformer.h"

#include <map>
#include <string>
#include <string_view>

namespace grappa {

/// Metadata of a weights file that describes what no tensor shows, and the model card.
namespace metadata_key {
inline constexpr const char* title = "grappa.title";
inline constexpr const char* source = "grappa.source";
inline constexpr const char* licence = "grappa.licence";
inline constexpr const char* heads = "grappa.heads";
inline constexpr const char* epsilon = "grappa.epsilon";
inline constexpr const char* interpolation = "grappa.interpolation"; ///< "dino", "bicubic", "bicubic-antialias"
} // namespace metadata_key

/// A view of one stored tensor, copied into a tensor of its own dtype on the CPU.
torch::Tensor toTensor(const SafetensorsFile& file, const SafetensorsEntry& entry);

/// What the file says of its architecture. DINO/DINOv2, timm and Hugging Face names are understood
/// (`blocks.0.attn.qkv`, `encoder.layer.0.attention.attention.query`); a classifier head is ignored. Conventions that
/// no tensor shows (heads, epsilon, interpolation) come from the file's metadata (`grappa.heads`, `grappa.epsilon`,
/// `grappa.interpolation`) or else from the naming family. All missing, extra and misshapen names are in one error.
/// Throws WeightsInvalid.
VisionTransformerOptions readBackboneOptions(const SafetensorsFile& file);
/// The same with `metadata` in place of the file's.
VisionTransformerOptions readBackboneOptions(const SafetensorsFile& file,
                                             const std::map<std::string, std::string>& metadata);

/// The conventions of `options` that no tensor shows, as metadata.
std::map<std::string, std::string> conventionsAsMetadata(const VisionTransformerOptions& options);

/// The backbone with the file's weights, in eval mode, float32 on the CPU, frozen. `options` are those that were read
/// from this file. Throws WeightsInvalid.
VisionTransformer loadBackbone(const SafetensorsFile& file, const VisionTransformerOptions& options);

} // namespace grappa
