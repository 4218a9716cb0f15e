#pragma once

#include "core/base/file_io.h"
#include "core/library/library.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace grappa {

/// An immutable file of fp16 vectors with their image ids. Header: magic, version, dim, count, metric, model hash,
/// length; an XXH3-128 checksum over all of it, verified before the first use. Mapped, never loaded whole.
class VectorSegment {
public:
    /// Writes a segment by the save protocol and returns its checksum (hex). halves [ids.size(), dim].
    static std::string save(const std::filesystem::path& path, const std::string& modelHash, int dim,
                            std::span<const ImageId> ids, std::span<const std::uint16_t> halves);
    /// Opens and verifies header and checksum. Throws Corrupt or IoFailed.
    VectorSegment(const std::filesystem::path& path, const std::string& checksum, int dim);

    std::size_t size() const { return m_ids.size(); }
    std::span<const ImageId> ids() const { return m_ids; } ///< ascending
    const std::uint16_t* row(std::size_t i) const { return m_halves + i * static_cast<std::size_t>(m_dim); }

private:
    MappedFile m_file;
    int m_dim = 0;
    std::span<const ImageId> m_ids;
    const std::uint16_t* m_halves = nullptr;
};

} // namespace grappa
