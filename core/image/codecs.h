#pragma once

#include "core/image/colour.h"
#include "core/image/image_decoder.h"
#include "core/image/tiff_directory.h"

#include <opencv2/core.hpp>

#include <optional>
#include <span>
#include <string>

// The decoders behind decodeImage(). Each sniffed format reaches one of them; they give pixels as stored (not yet
// upright) in RGB order on white, and refuse an image over `maxPixels` by its header. What a library says of its own
// success is not believed: samples that nothing wrote are white, and the image is damaged or refused.
namespace grappa {

struct StoredImage {
    cv::Mat rgb;   ///< CV_8UC3 in RGB order
    int width = 0; ///< full scale, as stored
    int height = 0;
    ExifInfo exif;
    bool transparent = false; ///< some pixel showed the white behind it
    std::string damage;       ///< empty, or what is wrong with the file
    std::optional<ImageFormat> format; ///< when it is not that of the first bytes: camera RAW in a TIFF
};

StoredImage decodeJpeg(std::span<const std::byte> bytes, const DecodeOptions& options);
StoredImage decodeGif(std::span<const std::byte> bytes, const DecodeOptions& options);
StoredImage decodePng(std::span<const std::byte> bytes, const DecodeOptions& options);
StoredImage decodeWebP(std::span<const std::byte> bytes, const DecodeOptions& options);
StoredImage decodeTiff(std::span<const std::byte> bytes, const DecodeOptions& options);
StoredImage decodeBmp(std::span<const std::byte> bytes, const DecodeOptions& options);
/// HEIC and AVIF; only in a build with libheif (GRAPPA_HEIF).
StoredImage decodeHeif(std::span<const std::byte> bytes, const DecodeOptions& options);
/// Only in a build with libjxl (GRAPPA_JXL).
StoredImage decodeJxl(std::span<const std::byte> bytes, const DecodeOptions& options);
/// The embedded preview where it is large enough, else the sensor's data at half the size; only in a build with LibRaw
/// (GRAPPA_RAW).
StoredImage decodeRaw(std::span<const std::byte> bytes, const DecodeOptions& options);

/// Throws ImageUndecodable for an empty image, ImageTooLarge for more than `maxPixels`.
void checkDimensions(std::uint64_t width, std::uint64_t height, std::uint64_t maxPixels);

/// `raster` as 8-bit sRGB on white: sets `rgb` and `transparent`.
void showOnWhite(const Raster& raster, StoredImage& image);

/// What a reader whose header was read makes of its file: width(), height(), then read(), exif() and damage().
template <class Reader>
StoredImage storedImage(Reader& reader, const DecodeOptions& options) {
    checkDimensions(reader.width(), reader.height(), options.maxPixels);
    StoredImage image;
    image.width = static_cast<int>(reader.width());
    image.height = static_cast<int>(reader.height());
    showOnWhite(reader.read(), image);
    image.exif = reader.exif();
    image.damage = reader.damage();
    return image;
}

// Names and versions, as --version lists them.
std::string jpegLibraryVersion();
std::string gifLibraryVersion();
std::string pngLibraryVersion();
std::string webpLibraryVersion();
std::string tiffLibraryVersion();
std::string heifLibraryVersion();
std::string jxlLibraryVersion();
std::string rawLibraryVersion();

} // namespace grappa
