#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace grappa {

/// RFC 4648, with padding.
std::string toBase64(std::span<const std::byte> bytes);

/// The bytes, or nothing when the text is not base64.
std::optional<std::vector<std::byte>> fromBase64(std::string_view text);

} // namespace grappa
