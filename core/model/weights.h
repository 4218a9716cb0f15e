#pragma once

#include "core/base/safetensors.h"
#include "core/model/vision_transformer.h"

#include <filesystem>

namespace grappa {

/// A view of one stored tensor, copied into a tensor of its own dtype on the CPU.
torch::Tensor toTensor(const SafetensorsFile& file, const SafetensorsEntry& entry);

/// What the file says of its architecture. DINO/DINOv2, timm and Hugging Face names are understood
/// (`blocks.0.attn.qkv`, `encoder.layer.0.attention.attention.query`); a classifier head is ignored. Conventions that
/// no tensor shows (heads, epsilon, interpolation) come from the file's metadata (`grappa.heads`, `grappa.epsilon`,
/// `grappa.interpolation`) or else from the naming family. Throws WeightsInvalid.
VisionTransformerOptions readBackboneOptions(const SafetensorsFile& file);

/// The backbone with the file's weights, in eval mode, float32 on the CPU, frozen. All missing, extra and misshapen
/// names are in one error. Throws WeightsInvalid or WeightsUnsafe.
VisionTransformer loadBackbone(const SafetensorsFile& file, const VisionTransformerOptions& options);

} // namespace grappa
