#include "core/image/container_header.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace grappa {

namespace {

using Bytes = std::span<const std::byte>;

[[noreturn]] void refuse(const std::string& reason) {
    throw Error(ErrorCode::ImageUndecodable, reason);
}

enum class Order { Little, Big };

/// The unsigned integer of `size` bytes at `offset`.
std::uint32_t integerAt(Bytes bytes, std::size_t offset, std::size_t size, Order order) {
    if (offset > bytes.size() || bytes.size() - offset < size) refuse("The image ends within its header.");
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i)
        value = value << 8 | std::to_integer<std::uint32_t>(bytes[offset + (order == Order::Big ? i : size - 1 - i)]);
    return value;
}

std::string_view textAt(Bytes bytes, std::size_t offset, std::size_t size) {
    if (offset > bytes.size() || bytes.size() - offset < size) return {};
    return {reinterpret_cast<const char*>(bytes.data()) + offset, size};
}

/// An EXIF block, which some writers begin with JPEG's marker.
ExifInfo exifOf(Bytes block) {
    constexpr std::string_view intro("Exif\0\0", 6);
    return readExif(textAt(block, 0, intro.size()) == intro ? block.subspan(intro.size()) : block);
}

// PNG: a signature of 8 bytes, then chunks of length, name, data, CRC.

std::array<std::uint16_t, 3> pngColourKey(Bytes data, std::uint32_t depth, bool grey) {
    const auto sample = [&](std::size_t i) {
        return static_cast<std::uint16_t>(integerAt(data, 2 * i, 2, Order::Big));
    };
    if (!grey) return {sample(0), sample(1), sample(2)};
    const int stretch = depth < 8 ? 255 / ((1 << depth) - 1) : 1; // few-bit greys come out over 0..255
    const auto key = static_cast<std::uint16_t>(sample(0) * stretch);
    return {key, key, key};
}

ContainerHeader readPng(Bytes bytes) {
    constexpr std::size_t chunkFrame = 12;
    if (textAt(bytes, 12, 4) != "IHDR") refuse("The PNG does not begin with its header.");
    ContainerHeader header;
    header.width = integerAt(bytes, 16, 4, Order::Big);
    header.height = integerAt(bytes, 20, 4, Order::Big);
    const std::uint32_t depth = integerAt(bytes, 24, 1, Order::Big);
    const std::uint32_t colourType = integerAt(bytes, 25, 1, Order::Big);
    bool ended = false;
    for (std::size_t at = 8; !ended && bytes.size() - at >= chunkFrame;) {
        const std::uint32_t length = integerAt(bytes, at, 4, Order::Big);
        if (length > bytes.size() - at - chunkFrame) break;
        const std::string_view name = textAt(bytes, at + 4, 4);
        const Bytes data = bytes.subspan(at + 8, length);
        if (name == "tRNS" && (colourType == 0 || colourType == 2))
            header.colourKey = pngColourKey(data, depth, colourType == 0);
        if (name == "eXIf") header.exif = exifOf(data);
        ended = name == "IEND";
        at += chunkFrame + length;
    }
    if (!ended) header.damage = "The PNG is damaged: it ends too early.";
    return header;
}

// WebP: RIFF, size, WEBP, then chunks of name, length, data, padded to even.

ContainerHeader readWebP(Bytes bytes) {
    constexpr std::size_t chunkFrame = 8;
    ContainerHeader header;
    const std::string_view first = textAt(bytes, 12, 4);
    if (first == "VP8X") {
        if ((integerAt(bytes, 20, 1, Order::Little) & 2) != 0)
            throw Error(ErrorCode::ImageFormatUnsupported, "Animated WebP images are not read.");
        header.width = integerAt(bytes, 24, 3, Order::Little) + 1;
        header.height = integerAt(bytes, 27, 3, Order::Little) + 1;
    } else if (first == "VP8 ") {
        header.width = integerAt(bytes, 26, 2, Order::Little) & 0x3fff;
        header.height = integerAt(bytes, 28, 2, Order::Little) & 0x3fff;
    } else if (first == "VP8L") {
        const std::uint32_t packed = integerAt(bytes, 21, 4, Order::Little);
        header.width = (packed & 0x3fff) + 1;
        header.height = (packed >> 14 & 0x3fff) + 1;
    } else {
        refuse("The WebP image holds no picture.");
    }
    if (integerAt(bytes, 4, 4, Order::Little) > bytes.size() - 8)
        header.damage = "The WebP image is damaged: it ends too early.";
    for (std::size_t at = 12; at < bytes.size() && bytes.size() - at >= chunkFrame;) {
        const std::size_t length = integerAt(bytes, at + 4, 4, Order::Little);
        if (length > bytes.size() - at - chunkFrame) break;
        if (textAt(bytes, at, 4) == "EXIF") header.exif = exifOf(bytes.subspan(at + chunkFrame, length));
        at += chunkFrame + length + length % 2;
    }
    return header;
}

// BMP: 14 bytes of file header, then an information header that says its own size.

ContainerHeader readBmp(Bytes bytes) {
    ContainerHeader header;
    const std::uint32_t infoSize = integerAt(bytes, 14, 4, Order::Little);
    if (infoSize == 12) {
        header.width = integerAt(bytes, 18, 2, Order::Little);
        header.height = integerAt(bytes, 20, 2, Order::Little);
        return header;
    }
    const auto width = static_cast<std::int32_t>(integerAt(bytes, 18, 4, Order::Little));
    const auto height = static_cast<std::int32_t>(integerAt(bytes, 22, 4, Order::Little));
    if (infoSize < 36 || width < 0) refuse("The BMP's header is corrupt.");
    header.width = static_cast<std::uint64_t>(width);
    header.height = static_cast<std::uint64_t>(std::abs(std::int64_t{height})); // negative: rows from the top
    const bool alphaMask = infoSize >= 56 && integerAt(bytes, 66, 4, Order::Little) != 0;
    header.alpha = alphaMask ? Alpha::Straight : Alpha::None;
    return header;
}

// TIFF: the tags of the first directory.

/// A strip or tile that is said to lie outside of the file is missing; libtiff would leave its pixels undefined.
bool tiffDataMissing(const TiffDirectory& tags, std::size_t fileSize) {
    constexpr std::uint16_t stripOffsets = 273, stripSizes = 279, tileOffsets = 324, tileSizes = 325;
    std::vector<std::uint32_t> offsets = tags.numbers(stripOffsets);
    std::vector<std::uint32_t> sizes = tags.numbers(stripSizes);
    if (offsets.empty()) {
        offsets = tags.numbers(tileOffsets);
        sizes = tags.numbers(tileSizes);
    }
    if (offsets.empty() || sizes.size() < offsets.size()) return true;
    for (std::size_t i = 0; i < offsets.size(); ++i)
        if (sizes[i] == 0 || std::uint64_t{offsets[i]} + sizes[i] > fileSize) return true;
    return false;
}

ContainerHeader readTiff(Bytes bytes) {
    constexpr std::uint16_t imageWidth = 256, imageLength = 257, bitsPerSample = 258, photometric = 262,
                            orientation = 274, extraSamples = 338, sampleFormat = 339;
    constexpr std::uint32_t whiteIsZero = 0, cmyk = 5, associatedAlpha = 1, unassociatedAlpha = 2, unsignedSamples = 1;
    const std::optional<TiffDirectory> tags = TiffDirectory::first(bytes);
    if (!tags) refuse("The TIFF has no directory.");
    ContainerHeader header;
    header.width = tags->number(imageWidth, 0);
    header.height = tags->number(imageLength, 0);
    header.exif = readExif(*tags);
    if (tags->number(sampleFormat, unsignedSamples) != unsignedSamples)
        throw Error(ErrorCode::ImageFormatUnsupported, "TIFF images of floating-point or signed samples are not read.");
    if (tiffDataMissing(*tags, bytes.size())) header.damage = "The TIFF is damaged: part of its data is missing.";

    const bool wide = tags->number(bitsPerSample, 1) > 8;
    const std::uint32_t extra = tags->number(extraSamples, 0);
    header.inverted = wide && tags->number(photometric, 1) == whiteIsZero;
    if (tags->number(photometric, 1) == cmyk || (extra != associatedAlpha && extra != unassociatedAlpha))
        header.alpha = Alpha::None;
    else // libtiff premultiplies what it converts to 8 bits, and only that
        header.alpha = extra == associatedAlpha || !wide ? Alpha::Premultiplied : Alpha::Straight;

    // OpenCV turns some kinds of TIFF upright and not others; without the tag it turns none.
    const std::optional<std::size_t> turn = tags->valueOffset(orientation);
    if (turn && header.exif.orientation != 1) {
        header.rewritten.assign(bytes.begin(), bytes.end());
        const bool bigEndian = bytes[0] == std::byte{'M'};
        header.rewritten[*turn] = std::byte{static_cast<unsigned char>(bigEndian ? 0 : 1)};
        header.rewritten[*turn + 1] = std::byte{static_cast<unsigned char>(bigEndian ? 1 : 0)};
    }
    return header;
}

} // namespace

ContainerHeader readContainerHeader(Bytes bytes, ImageFormat format) {
    switch (format) {
    case ImageFormat::Png:
        return readPng(bytes);
    case ImageFormat::WebP:
        return readWebP(bytes);
    case ImageFormat::Tiff:
        return readTiff(bytes);
    case ImageFormat::Bmp:
        return readBmp(bytes);
    default:
        throw Error(ErrorCode::ImageFormatUnsupported, "OpenCV does not read this format here.");
    }
}

} // namespace grappa
