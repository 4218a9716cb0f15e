#pragma once

#include <torch/torch.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace grappa {

/// A state that can be saved and resumed: named tensors and strings, one safetensors file written by the save
/// protocol, so that a kill leaves the old state or the new one.
struct Checkpoint {
    std::map<std::string, torch::Tensor> tensors; ///< float32 or int64; loaded on the CPU
    std::map<std::string, std::string> values;

    /// Throws IoFailed, DiskFull; Internal for a tensor that is not finite: such a state is never saved.
    void save(const std::filesystem::path& path) const;
    /// Nothing when there is no such file, or when it is damaged or from a run with another `identity` (the value of
    /// that name): then the work starts anew.
    static std::optional<Checkpoint> load(const std::filesystem::path& path, const std::string& identity);
    static constexpr const char* identityKey = "identity";
};

} // namespace grappa
