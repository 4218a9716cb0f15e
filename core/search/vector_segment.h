#pragma once

#include "core/base/file_io.h"
#include "core/library/library.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace grappa {

/// A name in LibraryPaths::segments() that no file had before: other processes may still have old ones mapped.
std::string newFileName(EmbeddingSetId set, const char* suffix);

/// An immutable file of fp16 vectors with their image ids. Header: magic, version, dim, count, metric, model hash,
/// length. The XXH3-128 of the whole file stands in the catalogue and is verified before the first use. Mapped, never
/// loaded whole.
class VectorSegment {
public:
    /// Writes a segment by the save protocol and returns its checksum (hex). ids ascending, halves [ids.size(), dim].
    static std::string save(const std::filesystem::path& path, const std::string& modelHash, int dim,
                            std::span<const ImageId> ids, std::span<const std::uint16_t> halves);
    /// Opens and verifies checksum and header. Throws Corrupt, also for another dim or model, or IoFailed.
    VectorSegment(const std::filesystem::path& path, const std::string& checksum, const std::string& modelHash,
                  int dim);

    std::size_t size() const { return m_ids.size(); }
    std::span<const ImageId> ids() const { return m_ids; } ///< ascending
    const std::uint16_t* row(std::size_t i) const { return m_halves + i * static_cast<std::size_t>(m_dim); }
    std::optional<std::size_t> find(ImageId image) const;
    const std::string& checksum() const { return m_checksum; } ///< hex

private:
    MappedFile m_file;
    std::string m_checksum;
    int m_dim = 0;
    std::span<const ImageId> m_ids;
    const std::uint16_t* m_halves = nullptr;
};

} // namespace grappa
