#pragma once

#include <string> // before <compare>, which moc 6.4 cannot read on its own

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

namespace grappa {

/// XXH3-128 of a file's bytes: the identity of an image, a model or a stored file. Not cryptographic: it finds
/// accidents (moved, equal, damaged files), not forgeries.
struct ContentHash {
    std::array<std::uint8_t, 16> bytes{}; ///< canonical (big-endian) form

    auto operator<=>(const ContentHash&) const = default;
    std::string hex() const;
    static std::optional<ContentHash> fromHex(std::string_view hex);
};

ContentHash hashBytes(std::span<const std::byte> bytes);

} // namespace grappa

template <>
struct std::hash<grappa::ContentHash> {
    std::size_t operator()(const grappa::ContentHash& hash) const noexcept;
};
