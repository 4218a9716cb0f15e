#pragma once

#include "core/base/error.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace grappa {

enum class ImageFormat { Jpeg, Png, WebP, Tiff, Bmp, Gif, Heif, Avif, Jxl, Raw };
std::string_view formatName(ImageFormat format); ///< "jpeg", "png", ...

/// Upright 8-bit RGB, [height, width, 3] row-major without padding.
struct Pixels {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> rgb;
};

/// A rectangle in upright full-size pixels.
struct Region {
    int x = 0, y = 0, width = 0, height = 0;
};

struct DecodeOptions {
    /// The short side that the caller needs: a JPEG is decoded at the smallest M/8 DCT scale whose short side (of the
    /// region, when there is one) is still at least this; 0 = full size.
    int shortSide = 0;
    int longSide = 0;                                 ///< the same for the long side; both are covered
    std::optional<Region> region;                     ///< cut out after decoding; clipped to the image
    std::uint64_t maxPixels = std::uint64_t{1} << 28; ///< from the header, before any pixel is decoded
};

struct DecodedImage {
    Pixels pixels;
    ImageFormat format = ImageFormat::Jpeg;
    int width = 0; ///< upright size of the whole image at full scale
    int height = 0;
    bool transparent = false; ///< some pixel is not opaque: a thing without a background, now on white
    std::string damage;       ///< empty, or why the file is damaged though it decoded (truncated, corrupt data)
    std::int64_t takenAt = 0; ///< EXIF DateTimeOriginal as seconds since 1970 (local time taken as UTC); 0 = unknown
};

/// The format by the first bytes (never by the file's name), or nothing. HEIF, AVIF, JPEG XL and camera RAW are decoded
/// where the build has their libraries; RAW that begins like a TIFF is told to be one.
std::optional<ImageFormat> sniffFormat(std::span<const std::byte> bytes);

/// Decodes an image to 8-bit sRGB: orientation applied (EXIF, EXIF kept as text, XMP, in this order), the file's colour
/// profile or PNG's colour chunks followed (absent or broken means sRGB), samples of 9 to 16 bits scaled by the bits
/// that they use, palette expanded, alpha composited on white. An animation is its first frame, a TIFF its first page
/// that is no reduced copy and no mask. What is missing of a damaged file is white, and `damage` says so; memory that
/// no decoder wrote to is never shown. Thread-safe. Throws ImageFormatUnsupported, ImageTooLarge, ImageUndecodable; the
/// detail does not name the file.
DecodedImage decodeImage(std::span<const std::byte> bytes, const DecodeOptions& options = {});

/// Names and versions of the libraries that decode, one line, for --version.
std::string imageLibraryVersions();

} // namespace grappa
