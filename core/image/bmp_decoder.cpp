#include "core/image/codecs.h"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <vector>

// Bitmaps of Windows and OS/2. No library that distributions ship reads the variants that are found in folders: both
// OS/2 headers, every mask, run lengths that miss the ends of their rows, an alpha that nobody filled in.
namespace grappa {

namespace {

using Bytes = std::span<const std::byte>;
using Rgb = cv::Vec3b;

[[noreturn]] void refuse(const std::string& reason) {
    throw Error(ErrorCode::ImageUndecodable, reason);
}

/// The little-endian integer of `size` bytes at `offset`.
std::uint32_t integerAt(Bytes bytes, std::size_t offset, std::size_t size) {
    if (offset > bytes.size() || bytes.size() - offset < size) refuse("The BMP ends within its header.");
    std::uint32_t value = 0;
    for (std::size_t i = size; i-- > 0;)
        value = value << 8 | std::to_integer<std::uint32_t>(bytes[offset + i]);
    return value;
}

enum class Compression { None, RunLengths, Jpeg, Png };

constexpr std::size_t fileHeaderSize = 14;
constexpr std::uint32_t os2HeaderSize = 12, windowsHeaderSize = 40, alphaMaskHeaderSize = 56, v4HeaderSize = 108,
                        v5HeaderSize = 124;

struct Header {
    std::uint32_t size = 0; ///< of the information header
    std::uint64_t width = 0, height = 0;
    bool topDown = false;
    std::uint32_t bits = 0; ///< a pixel
    Compression compression = Compression::None;
    std::array<std::uint32_t, 4> masks{}; ///< red, green, blue, alpha; 0 = none
    std::size_t paletteOffset = 0;
    std::size_t pixelOffset = 0;
    std::uint32_t coloursUsed = 0;
    ColourSpace space;
};

ColourSpace colourSpaceOf(Bytes bytes, std::uint32_t headerSize) {
    constexpr std::uint32_t calibrated = 0, embedded = 0x4d424544; // "MBED"
    ColourSpace space;
    if (headerSize < v4HeaderSize) return space;
    const std::uint32_t kind = integerAt(bytes, fileHeaderSize + 56, 4);
    if (kind == embedded && headerSize >= v5HeaderSize) {
        const std::uint64_t begin = fileHeaderSize + integerAt(bytes, fileHeaderSize + 112, 4);
        const std::uint32_t size = integerAt(bytes, fileHeaderSize + 116, 4);
        if (begin + size <= bytes.size())
            space.iccProfile.assign(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                                    bytes.begin() + static_cast<std::ptrdiff_t>(begin + size));
    } else if (kind == calibrated) {
        Primaries primaries;
        primaries.white = {0.3127, 0.3290};
        std::array<std::array<double, 2>*, 3> ends{&primaries.red, &primaries.green, &primaries.blue};
        for (std::size_t i = 0; i < ends.size(); ++i) {
            const auto part = [&](std::size_t k) {
                return double(integerAt(bytes, fileHeaderSize + 60 + 12 * i + 4 * k, 4));
            };
            const double sum = part(0) + part(1) + part(2);
            if (sum <= 0 || part(1) <= 0) return space; // most writers leave the fields empty
            *ends[i] = {part(0) / sum, part(1) / sum};
        }
        space.primaries = primaries;
        space.setGamma(integerAt(bytes, fileHeaderSize + 100, 4) / 65536.0);
    }
    return space;
}

Compression compressionOf(std::uint32_t code, const Header& header) {
    constexpr std::uint32_t none = 0, rle8 = 1, rle4 = 2, bitfields = 3, jpegOrRle24 = 4, png = 5, alphaBitfields = 6;
    const bool os2 = header.size < windowsHeaderSize || header.size == 64;
    if (code == none || (code == bitfields && !os2) || code == alphaBitfields) return Compression::None;
    if ((code == rle8 && header.bits == 8) || (code == rle4 && header.bits == 4) ||
        (code == jpegOrRle24 && os2 && header.bits == 24))
        return Compression::RunLengths;
    if (code == jpegOrRle24 && !os2) return Compression::Jpeg;
    if (code == png) return Compression::Png;
    throw Error(ErrorCode::ImageFormatUnsupported, "The BMP's compression (number " + std::to_string(code) + " with " +
                                                       std::to_string(header.bits) + " bits a pixel) is not read.");
}

Header readHeader(Bytes bytes) {
    Header header;
    header.size = integerAt(bytes, fileHeaderSize, 4);
    header.pixelOffset = integerAt(bytes, 10, 4);
    header.paletteOffset = fileHeaderSize + header.size;
    std::uint32_t compression = 0;
    if (header.size == os2HeaderSize) {
        header.width = integerAt(bytes, 18, 2);
        header.height = integerAt(bytes, 20, 2);
        header.bits = integerAt(bytes, 24, 2);
    } else {
        const auto width = static_cast<std::int32_t>(integerAt(bytes, 18, 4));
        const auto height = static_cast<std::int32_t>(integerAt(bytes, 22, 4));
        // The short form of OS/2's second header ends here.
        if (header.size < 16 || width < 0) refuse("The BMP's header is corrupt.");
        header.width = static_cast<std::uint64_t>(width);
        header.height = static_cast<std::uint64_t>(std::abs(std::int64_t{height}));
        header.topDown = height < 0;
        header.bits = integerAt(bytes, 28, 2);
        if (header.size >= 20) compression = integerAt(bytes, 30, 4);
        if (header.size >= 36) header.coloursUsed = integerAt(bytes, 46, 4);
    }
    header.compression = compressionOf(compression, header);
    constexpr std::array<std::uint32_t, 4> masks16{0x7c00, 0x3e0, 0x1f, 0}, masks32{0xff0000, 0xff00, 0xff, 0};
    header.masks = header.bits == 16 ? masks16 : masks32;
    constexpr std::uint32_t bitfields = 3, alphaBitfields = 6;
    const bool masked = (compression == bitfields || compression == alphaBitfields) && header.bits >= 16;
    const std::size_t alpha = compression == alphaBitfields || header.size >= alphaMaskHeaderSize ? 4 : 3;
    if (masked) // they follow on the shortest of Windows' headers, and are part of the longer ones
        for (std::size_t i = 0; i < alpha; ++i)
            header.masks[i] = integerAt(bytes, fileHeaderSize + windowsHeaderSize + 4 * i, 4);
    else if (header.size >= alphaMaskHeaderSize && header.size != 64 && header.bits == 32)
        header.masks[3] = integerAt(bytes, fileHeaderSize + 52, 4);
    if (masked && header.size == windowsHeaderSize) header.paletteOffset += 4 * alpha;
    header.space = colourSpaceOf(bytes, header.size);
    return header;
}

/// 256 colours; black past the end of the file's palette.
std::array<Rgb, 256> readPalette(Bytes bytes, Header& header) {
    std::array<Rgb, 256> palette{};
    const std::size_t entrySize = header.size == os2HeaderSize ? 3 : 4;
    std::size_t count = std::size_t{1} << header.bits;
    if (header.coloursUsed > 0 && header.coloursUsed < count) count = header.coloursUsed;
    if (header.pixelOffset > header.paletteOffset)
        count = std::min(count, (header.pixelOffset - header.paletteOffset) / entrySize);
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t bgr = integerAt(bytes, header.paletteOffset + i * entrySize, 3);
        palette[i] = {static_cast<std::uint8_t>(bgr >> 16), static_cast<std::uint8_t>(bgr >> 8),
                      static_cast<std::uint8_t>(bgr)};
    }
    if (header.pixelOffset < fileHeaderSize + header.size)
        header.pixelOffset = header.paletteOffset + count * entrySize;
    return palette;
}

/// What a mask selects, stretched to 8 bits.
class Field {
public:
    explicit Field(std::uint32_t mask)
        : m_mask(mask), m_shift(mask == 0 ? 0 : std::countr_zero(mask)), m_largest(std::uint64_t{mask} >> m_shift) {}
    std::uint8_t of(std::uint32_t pixel) const {
        if (m_largest == 0) return 0;
        return static_cast<std::uint8_t>((((pixel & m_mask) >> m_shift) * std::uint64_t{255} + m_largest / 2) /
                                         m_largest);
    }

private:
    std::uint32_t m_mask;
    int m_shift;
    std::uint64_t m_largest;
};

class BmpReader {
public:
    BmpReader(Bytes bytes, Header header) : m_bytes(bytes), m_header(std::move(header)) {
        if (m_header.bits <= 8) m_palette = readPalette(bytes, m_header);
        if (m_header.pixelOffset < fileHeaderSize + m_header.size) m_header.pixelOffset = m_header.paletteOffset;
    }

    Raster read() {
        constexpr std::array<std::uint32_t, 7> known{1, 2, 4, 8, 16, 24, 32};
        if (std::find(known.begin(), known.end(), m_header.bits) == known.end())
            throw Error(ErrorCode::ImageFormatUnsupported,
                        "BMPs of " + std::to_string(m_header.bits) + " bits a pixel are not read.");
        Raster raster;
        raster.space = m_header.space;
        const bool alpha = m_header.bits >= 16 && m_header.bits != 24 && m_header.masks[3] != 0;
        // White and opaque where nothing is written.
        m_canvas = cv::Mat(static_cast<int>(m_header.height), static_cast<int>(m_header.width),
                           alpha ? CV_8UC4 : CV_8UC3, cv::Scalar::all(255));
        if (m_header.compression == Compression::RunLengths)
            readRunLengths();
        else
            readRows();
        if (!m_wrote) refuse("The BMP ends before its first row of pixels.");
        if (alpha && m_alphaEverywhere0) // screenshots and clipboards declare an alpha that they leave empty
            cv::cvtColor(m_canvas, m_canvas, cv::COLOR_RGBA2RGB);
        raster.alpha = alpha && !m_alphaEverywhere0 ? Alpha::Straight : Alpha::None;
        raster.samples = m_canvas;
        return raster;
    }

    const std::string& damage() const { return m_damage; }

private:
    /// The canvas row of the file's row `number`.
    int canvasRow(std::uint64_t number) const {
        return static_cast<int>(m_header.topDown ? number : m_header.height - 1 - number);
    }

    void readRows() {
        const std::uint64_t rowBits = m_header.width * m_header.bits;
        const std::uint64_t used = (rowBits + 7) / 8, stride = (rowBits + 31) / 32 * 4;
        for (std::uint64_t row = 0; row < m_header.height; ++row) {
            const std::uint64_t begin = m_header.pixelOffset + row * stride;
            if (begin + used > m_bytes.size()) { // the padding of the last row may be missing
                m_damage = "The BMP is damaged: it ends too early.";
                return;
            }
            readRow(m_bytes.subspan(begin, used), canvasRow(row));
            m_wrote = true;
        }
    }

    void readRow(Bytes row, int y) {
        const auto byte = [&](std::size_t i) { return std::to_integer<std::uint32_t>(row[i]); };
        const std::array<Field, 4> fields{Field(m_header.masks[0]), Field(m_header.masks[1]), Field(m_header.masks[2]),
                                          Field(m_header.masks[3])};
        for (std::size_t x = 0; x < m_header.width; ++x) {
            if (m_header.bits <= 8) {
                const std::size_t bit = x * m_header.bits;
                const std::uint32_t number =
                    byte(bit / 8) >> (8 - m_header.bits - bit % 8) & ((1u << m_header.bits) - 1);
                m_canvas.at<Rgb>(y, static_cast<int>(x)) = m_palette[number];
            } else if (m_header.bits == 24) {
                m_canvas.at<Rgb>(y, static_cast<int>(x)) = bgr(row, 3 * x);
            } else {
                const std::size_t size = m_header.bits / 8;
                std::uint32_t pixel = 0;
                for (std::size_t i = size; i-- > 0;)
                    pixel = pixel << 8 | byte(size * x + i);
                const Rgb colour{fields[0].of(pixel), fields[1].of(pixel), fields[2].of(pixel)};
                if (m_canvas.channels() == 3) {
                    m_canvas.at<Rgb>(y, static_cast<int>(x)) = colour;
                } else {
                    const std::uint8_t alpha = fields[3].of(pixel);
                    m_alphaEverywhere0 &= alpha == 0;
                    m_canvas.at<cv::Vec4b>(y, static_cast<int>(x)) = {colour[0], colour[1], colour[2], alpha};
                }
            }
        }
    }

    static Rgb bgr(Bytes bytes, std::size_t at) {
        return {std::to_integer<std::uint8_t>(bytes[at + 2]), std::to_integer<std::uint8_t>(bytes[at + 1]),
                std::to_integer<std::uint8_t>(bytes[at])};
    }

    /// Pairs of a count and a pixel; a count of 0 begins an escape. What leads out of a row is left out, what is
    /// skipped stays white.
    void readRunLengths() {
        constexpr std::uint32_t endOfRow = 0, endOfBitmap = 1, move = 2;
        const std::size_t pixelBytes = m_header.bits == 24 ? 3 : 1;
        std::size_t at = m_header.pixelOffset;
        std::uint64_t x = 0, row = 0;
        const auto have = [&](std::size_t count) { return at <= m_bytes.size() && m_bytes.size() - at >= count; };
        const auto byte = [&](std::size_t i) { return std::to_integer<std::uint32_t>(m_bytes[i]); };
        while (row < m_header.height && have(2)) {
            const std::uint32_t count = byte(at++);
            if (count > 0) {
                if (!have(pixelBytes)) break;
                for (std::uint32_t i = 0; i < count; ++i)
                    put(x++, row, runPixel(at, m_header.bits == 4 ? i % 2 : 0));
                at += pixelBytes;
                continue;
            }
            const std::uint32_t escape = byte(at++);
            if (escape == endOfRow) {
                x = 0;
                ++row;
            } else if (escape == endOfBitmap) {
                return;
            } else if (escape == move) {
                if (!have(2)) break;
                x += byte(at++);
                row += byte(at++);
            } else { // as many pixels in full, filled up to two bytes
                const std::size_t size = m_header.bits == 4 ? (escape + 1) / 2 : escape * pixelBytes;
                if (!have(size)) break;
                for (std::uint32_t i = 0; i < escape; ++i)
                    put(x++, row, runPixel(at + (m_header.bits == 4 ? i / 2 : i * pixelBytes), i % 2));
                at += size + size % 2;
            }
        }
        const bool complete = row >= m_header.height || (row + 1 == m_header.height && x >= m_header.width);
        if (!complete) m_damage = "The BMP is damaged: its run lengths end too early.";
    }

    /// The pixel at `at`; of 4 bits the first (high) or second one of the byte.
    Rgb runPixel(std::size_t at, std::uint32_t half) const {
        if (m_header.bits == 24) return bgr(m_bytes, at);
        const auto number = std::to_integer<std::size_t>(m_bytes[at]);
        if (m_header.bits == 8) return m_palette[number];
        return m_palette[half == 0 ? number >> 4 : number & 15];
    }

    void put(std::uint64_t x, std::uint64_t row, Rgb colour) {
        if (x >= m_header.width || row >= m_header.height) return;
        m_canvas.at<Rgb>(canvasRow(row), static_cast<int>(x)) = colour;
        m_wrote = true;
    }

    Bytes m_bytes;
    Header m_header;
    std::array<Rgb, 256> m_palette{};
    cv::Mat m_canvas;
    bool m_wrote = false;
    bool m_alphaEverywhere0 = true;
    std::string m_damage;
};

} // namespace

StoredImage decodeBmp(std::span<const std::byte> bytes, const DecodeOptions& options) {
    const Header header = readHeader(bytes);
    if (header.compression == Compression::Jpeg || header.compression == Compression::Png) {
        if (header.pixelOffset >= bytes.size()) refuse("The BMP ends before its pixels.");
        const Bytes inner = bytes.subspan(header.pixelOffset);
        return header.compression == Compression::Jpeg ? decodeJpeg(inner, options) : decodePng(inner, options);
    }
    checkDimensions(header.width, header.height, options.maxPixels);
    StoredImage image;
    image.width = static_cast<int>(header.width);
    image.height = static_cast<int>(header.height);
    BmpReader reader(bytes, header);
    showOnWhite(reader.read(), image);
    image.damage = reader.damage();
    return image;
}

} // namespace grappa
