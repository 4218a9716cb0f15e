#pragma once

#include "core/base/file_io.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace grappa {

/// One tensor of a safetensors file: a view into the mapped bytes.
struct SafetensorsEntry {
    std::string name;
    std::string dtype;               ///< "F64" "F32" "F16" "BF16" "I64" "I32" "I16" "I8" "U8" "BOOL"
    std::vector<std::int64_t> shape; ///< empty = scalar
    std::uint64_t begin = 0;         ///< byte offsets into the data section
    std::uint64_t end = 0;
};

/// A tensor to be saved. `bytes` must stay alive during the save.
struct SafetensorsTensor {
    std::string name;
    std::string dtype;
    std::vector<std::int64_t> shape;
    std::span<const std::byte> bytes;
};

/// A safetensors file, mapped and checked before anything is read from it: header at most 100 MB and inside the file,
/// strict JSON without repeated names, known dtypes, shape x dtype = length, tensors contiguous from 0 to the end of
/// the file without overlap or gap, metadata of strings only. Nothing in a file can run code. Throws WeightsInvalid
/// with the file and the reason; WeightsUnsafe when the bytes are a pickle, a zip archive (.pth, TorchScript, .pt2).
class SafetensorsFile {
public:
    explicit SafetensorsFile(const std::filesystem::path& path);

    const std::vector<SafetensorsEntry>& entries() const { return m_entries; } ///< in order of offset
    const std::map<std::string, std::string>& metadata() const { return m_metadata; }
    /// The entry with that name, or nullptr.
    const SafetensorsEntry* find(std::string_view name) const;
    /// The tensor's bytes, valid as long as this object.
    std::span<const std::byte> bytes(const SafetensorsEntry& entry) const;
    /// XXH3-128 of the whole file: the model hash.
    ContentHash hash() const { return hashBytes(m_file.bytes()); }
    std::uint64_t size() const { return m_file.bytes().size(); } ///< bytes of the whole file
    const std::filesystem::path& path() const { return m_path; }

private:
    std::filesystem::path m_path;
    MappedFile m_file;
    std::vector<SafetensorsEntry> m_entries;
    std::map<std::string, std::size_t, std::less<>> m_index; ///< name -> place in m_entries
    std::map<std::string, std::string> m_metadata;
    std::size_t m_dataOffset = 0;
};

/// Writes a safetensors file by the save protocol; the same input gives the same bytes. Throws DiskFull or IoFailed.
void saveSafetensors(const std::filesystem::path& path, std::span<const SafetensorsTensor> tensors,
                     const std::map<std::string, std::string>& metadata);

/// Bytes of one element of a dtype; 0 = unknown dtype.
std::size_t safetensorsElementSize(std::string_view dtype);

} // namespace grappa
