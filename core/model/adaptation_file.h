#pragma once

#include "core/base/safetensors.h"
#include "core/model/grappa_model.h"

#include <filesystem>

namespace grappa {

/// Keys of an adaptation file's metadata; further ones are kept as they are.
namespace adaptation_key {
inline constexpr const char* format = "grappa.adaptation"; ///< "1"
inline constexpr const char* backboneHash = "grappa.backbone_hash";
inline constexpr const char* backbone = "grappa.backbone";
inline constexpr const char* name = "grappa.name";
inline constexpr const char* granularities = "grappa.granularities"; ///< "32,128,512"
inline constexpr const char* firstBlock = "grappa.first_block";
inline constexpr const char* inputSize = "grappa.input_size";
inline constexpr const char* mainVariant = "grappa.main_variant";
inline constexpr const char* seed = "grappa.seed";
inline constexpr const char* versions = "grappa.versions";
inline constexpr const char* report = "grappa.report"; ///< JSON
inline constexpr const char* licence = "grappa.licence";
} // namespace adaptation_key

/// One portable safetensors file, a few MB. Tensors: "sets.<i>.<block>.down.weight" ..., "fusions.<variant>.<block>.
/// query.weight" ..., "whitening.<variant>.{mean,basis,variances,power}"; the average fusion has none. float32, power
/// float64. The same input gives the same bytes. The metadata are the adaptation's own (they must name the backbone's
/// hash) with format, granularities, first block, input size and main variant as its fields say.
void saveAdaptation(const std::filesystem::path& path, const Adaptation& adaptation);
/// The adaptation, connected, on the CPU, frozen. All missing, extra, misshapen and mistyped names are in one error.
/// Throws WeightsInvalid.
Adaptation loadAdaptation(const SafetensorsFile& file);
/// Whether the file says that it is an adaptation (else it may be a backbone).
bool isAdaptation(const SafetensorsFile& file);

} // namespace grappa
