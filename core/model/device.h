#pragma once

#include <torch/torch.h>

#include <string>

namespace grappa {

/// "auto", "cpu", "cuda" or "cuda:N" as LibTorch's device; "auto" is the first GPU where there is one. Throws Usage for
/// another word, DeviceUnavailable for a device that is not there: it is never replaced by another. Choosing a GPU
/// turns TF32 off in convolutions, for the whole process.
torch::Device deviceFor(const std::string& name);

} // namespace grappa
