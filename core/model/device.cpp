#include "core/model/device.h"

#include "core/base/error.h"
#include "core/model/embedder.h"

#include <algorithm>

namespace grappa {

torch::Device deviceFor(const std::string& name) {
    if (name == "auto") return deviceFor(defaultDevice());
    if (name == "cpu") return {torch::kCPU};
    const bool numbered = name.starts_with("cuda:") && name.size() > 5 && name.size() < 9 &&
                          std::ranges::all_of(name.substr(5), [](char c) { return c >= '0' && c <= '9'; });
    if (name != "cuda" && !numbered)
        throw Error(ErrorCode::Usage, "\"" + name + "\" is not a device; use auto, cpu, cuda or cuda:N.");
    const int index = numbered ? std::stoi(name.substr(5)) : 0;
    const int present = torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0;
    if (index >= present)
        throw Error(ErrorCode::DeviceUnavailable, "The device " + name + " is not there: LibTorch sees " +
                                                      std::to_string(present) +
                                                      " CUDA devices. Use --device cpu, or leave it to auto.");
    // The patch embedding is a convolution; by default its factors would be rounded to 10 bits, and an image would have
    // other vectors than on a CPU.
    at::globalContext().setAllowTF32CuDNN(false);
    return {torch::kCUDA, static_cast<torch::DeviceIndex>(index)};
}

} // namespace grappa
