#pragma once

#include "core/base/adaptation_header.h"
#include "core/model/grappa_model.h"

#include <filesystem>

namespace grappa {

/// One portable safetensors file, a few MB. Tensors: "sets.<i>.<block>.down.weight" ..., "fusions.<variant>.<block>.
/// query.weight" ..., "whitening.<variant>.{mean,basis,variances,power}"; the average fusion has none. float32, power
/// float64. The same input gives the same bytes. The metadata are the adaptation's own (they must name the backbone's
/// hash) with format, granularities, first block, input size and main variant as its fields say.
void saveAdaptation(const std::filesystem::path& path, const Adaptation& adaptation);
/// The adaptation, connected, on the CPU, frozen. All missing, extra, misshapen and mistyped names are in one error.
/// Throws WeightsInvalid.
Adaptation loadAdaptation(const SafetensorsFile& file);

} // namespace grappa
