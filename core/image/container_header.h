#pragma once

#include "core/image/image_decoder.h"
#include "core/image/tiff_directory.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace grappa {

enum class Alpha { None, Straight, Premultiplied };

/// What OpenCV's decoders leave out of a PNG, WebP, TIFF or BMP.
struct ContainerHeader {
    std::uint64_t width = 0; ///< as stored
    std::uint64_t height = 0;
    Alpha alpha = Alpha::Straight; ///< what a fourth channel means
    /// The colour that is transparent, in the samples that OpenCV gives (RGB; grey repeated).
    std::optional<std::array<std::uint16_t, 3>> colourKey;
    bool inverted = false; ///< samples are stored with white as 0 and come out so
    ExifInfo exif;
    std::string damage;
    std::vector<std::byte> rewritten; ///< when not empty: what to hand to OpenCV instead of the file
};

/// Reads headers only, never past the bytes. Throws ImageUndecodable, ImageFormatUnsupported.
ContainerHeader readContainerHeader(std::span<const std::byte> bytes, ImageFormat format);

} // namespace grappa
