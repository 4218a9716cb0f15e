#pragma once

#include "core/base/file_io.h"
#include "core/base/row_format.h"
#include "core/library/library.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace grappa {

/// A name in LibraryPaths::segments() that no file had before: other processes may still have old ones mapped.
std::string newFileName(EmbeddingSetId set, const char* suffix);

/// An immutable file of vectors, as rows of one format, with their image ids. Header: magic, version (1 where the rows
/// are fp16, else 2), dim, count, length, metric, format, model hash. The XXH3-128 of the whole file stands in the
/// catalogue and is verified before the first use. Mapped, never loaded whole.
class VectorSegment {
public:
    /// Writes a segment by the save protocol and returns its checksum (hex). ids ascending, rows of all of them, one
    /// after the other. Throws Internal when they do not fit each other.
    static std::string save(const std::filesystem::path& path, const std::string& modelHash, int dim,
                            RowFormat format, std::span<const ImageId> ids, std::span<const std::byte> rows);
    /// Opens and verifies checksum and header. Throws Corrupt, also for another dim, format or model, or IoFailed.
    VectorSegment(const std::filesystem::path& path, const std::string& checksum, const std::string& modelHash, int dim,
                  RowFormat format);

    std::size_t size() const { return m_ids.size(); }
    std::span<const ImageId> ids() const { return m_ids; } ///< ascending
    RowFormat format() const { return m_format; }
    const std::byte* row(std::size_t i) const { return m_rows + i * m_rowBytes; }
    std::optional<std::size_t> find(ImageId image) const;
    const std::string& checksum() const { return m_checksum; } ///< hex

private:
    MappedFile m_file;
    std::string m_checksum;
    RowFormat m_format;
    std::size_t m_rowBytes;
    std::span<const ImageId> m_ids;
    const std::byte* m_rows = nullptr;
};

} // namespace grappa
