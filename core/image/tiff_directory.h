#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
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
    int orientation = 0;      ///< 1 (upright) to 8, as EXIF numbers them; 0 = not said
    std::int64_t takenAt = 0; ///< DateTimeOriginal as seconds since 1970, local time taken as UTC; 0 = unknown
    bool adobeRgb = false;    ///< cameras say so here (DCF's option file) when they write no profile
};

/// Never fails: what is malformed is left at its default. The block may begin with JPEG's marker.
ExifInfo readExif(std::span<const std::byte> block);

/// Adds what `info` does not know yet. Of several places that say an orientation the first one counts; decoders ask
/// in the order EXIF, EXIF kept as text, XMP.
void addExif(ExifInfo& info, std::span<const std::byte> block);
void addXmp(ExifInfo& info, std::string_view packet);

} // namespace grappa
