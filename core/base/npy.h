#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace grappa {

/// Saves a float32 matrix [rows, columns] as a NumPy .npy file (version 1.0) by the save protocol.
/// Throws DiskFull or IoFailed.
void saveNpy(const std::filesystem::path& path, std::span<const float> values, std::size_t columns);

} // namespace grappa
