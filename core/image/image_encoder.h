#pragma once

#include "core/image/image_decoder.h"

#include <cstddef>
#include <vector>

namespace grappa {

/// A JPEG of an image of at most 65,500 pixels a side, else Internal is thrown. quality: 0 to 100. Any thread.
std::vector<std::byte> encodeJpeg(const Pixels& image, int quality = 85);

/// A PNG of the same pixels, for tests and for clients that ask for one. Any thread.
std::vector<std::byte> encodePng(const Pixels& image);

} // namespace grappa
