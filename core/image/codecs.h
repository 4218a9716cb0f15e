#pragma once

#include "core/image/image_decoder.h"
#include "core/image/tiff_directory.h"

#include <opencv2/core.hpp>

#include <span>
#include <string>

// The decoders behind decodeImage(). Each sniffed format reaches one of them; they give pixels as stored (not yet
// upright) in RGB order on white, and refuse an image over `maxPixels` by its header.
namespace grappa {

struct StoredImage {
    cv::Mat rgb;   ///< CV_8UC3 in RGB order
    int width = 0; ///< full scale, as stored
    int height = 0;
    ExifInfo exif;
    bool transparent = false; ///< some pixel showed the white behind it
    std::string damage;       ///< empty, or what is wrong with the file
};

StoredImage decodeJpeg(std::span<const std::byte> bytes, const DecodeOptions& options);
StoredImage decodeGif(std::span<const std::byte> bytes, const DecodeOptions& options);
/// PNG, WebP, TIFF and BMP.
StoredImage decodeWithOpenCv(std::span<const std::byte> bytes, ImageFormat format, const DecodeOptions& options);

/// Throws ImageUndecodable for an empty image, ImageTooLarge for more than `maxPixels`.
void checkDimensions(std::uint64_t width, std::uint64_t height, std::uint64_t maxPixels);

/// `value` with `alpha` over white.
inline std::uint8_t overWhite(std::uint32_t value, std::uint32_t alpha) {
    const std::uint32_t sum = value * alpha + 255 * (255 - alpha) + 128;
    return static_cast<std::uint8_t>((sum + (sum >> 8)) >> 8); // sum / 255, rounded
}

std::string jpegLibraryVersion();
std::string gifLibraryVersion();

} // namespace grappa
