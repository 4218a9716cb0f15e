#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace grappa {

/// One directory of a TIFF stream (a TIFF file or an EXIF block). Reads only inside the given bytes, which must stay
/// alive; what is malformed reads as not there.
class TiffDirectory {
public:
    /// The first directory of a stream that begins with its byte-order mark.
    static std::optional<TiffDirectory> first(std::span<const std::byte> stream);

    /// The values of an entry of type BYTE, SHORT or LONG; empty when it is not there. At most 2^16 values.
    std::vector<std::uint32_t> numbers(std::uint16_t tag) const;
    std::uint32_t number(std::uint16_t tag, std::uint32_t otherwise) const;
    std::string text(std::uint16_t tag) const;
    /// The directory that an entry points to (EXIF hangs below the main one).
    std::optional<TiffDirectory> directory(std::uint16_t tag) const;
    /// Offset in the stream of an entry's inline value; nothing when the entry is not there.
    std::optional<std::size_t> valueOffset(std::uint16_t tag) const;

private:
    struct Entry {
        std::uint16_t tag = 0;
        std::uint16_t type = 0;
        std::uint32_t count = 0;
        std::size_t valueOffset = 0;
    };

    TiffDirectory(std::span<const std::byte> stream, bool bigEndian) : m_stream(stream), m_bigEndian(bigEndian) {}
    static std::optional<TiffDirectory> at(std::span<const std::byte> stream, bool bigEndian, std::size_t offset);
    const Entry* find(std::uint16_t tag) const;
    std::span<const std::byte> bytesOf(const Entry& entry, std::size_t elementSize) const;
    std::uint32_t integer(std::size_t offset, int size) const;

    std::span<const std::byte> m_stream;
    bool m_bigEndian;
    std::vector<Entry> m_entries;
};

/// What is read of an image's EXIF block.
struct ExifInfo {
    int orientation = 1;      ///< 1 (upright) to 8, as EXIF numbers them
    std::int64_t takenAt = 0; ///< DateTimeOriginal as seconds since 1970, local time taken as UTC; 0 = unknown
};

/// Never fails: what is malformed is left at its default.
ExifInfo readExif(std::span<const std::byte> stream);
ExifInfo readExif(const TiffDirectory& directory);

} // namespace grappa
