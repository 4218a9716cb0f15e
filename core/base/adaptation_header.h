#pragma once

#include "core/base/safetensors.h"

#include <cstdint>
#include <string>
#include <vector>

namespace grappa {

/// Keys of an adaptation file's metadata (core/model/adaptation_file.h); further ones are kept as they are.
namespace adaptation_key {
inline constexpr const char* format = "grappa.adaptation"; ///< formatVersion
inline constexpr const char* formatVersion = "1";
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

/// What an adaptation file says of itself, read without any model.
struct AdaptationHeader {
    std::string name; ///< empty = it does not say
    std::string backboneHash;
    std::string mainVariant;
    std::vector<std::int64_t> granularities; ///< k ascending, at most 256
    std::vector<std::int64_t> blocks;        ///< the adapted ones, 0-based
    int inputSize = 0;
};

/// Whether the file says that it is an adaptation (else it may be a backbone).
bool isAdaptation(const SafetensorsFile& file);
/// Throws WeightsInvalid where the metadata do not hold.
AdaptationHeader readAdaptationHeader(const SafetensorsFile& file);
/// Throws WeightsInvalid with the file and the reason.
[[noreturn]] void refuseAdaptation(const SafetensorsFile& file, const std::string& reason);

} // namespace grappa
