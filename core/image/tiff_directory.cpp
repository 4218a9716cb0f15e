#include "core/image/tiff_directory.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace grappa {

namespace {

constexpr std::uint16_t tagOrientation = 0x0112;
constexpr std::uint16_t tagExif = 0x8769;
constexpr std::uint16_t tagDateTimeOriginal = 0x9003;
constexpr std::uint16_t tagInteroperability = 0xa005;
constexpr std::uint16_t tagInteroperabilityIndex = 1;
constexpr std::size_t entrySize = 12;
constexpr std::size_t maxValues = std::size_t{1} << 16;

std::size_t elementSize(std::uint16_t type) {
    switch (type) {
    case 1: // BYTE
    case 2: // ASCII
        return 1;
    case 3: // SHORT
        return 2;
    case 4:  // LONG
    case 13: // IFD
        return 4;
    default: // the types that nothing here asks for
        return 0;
    }
}

/// "2024:05:31 18:04:09" as seconds since 1970; 0 when it is not a date.
std::int64_t parseTime(const std::string& text) {
    int year, month, day, hour, minute, second;
    if (std::sscanf(text.c_str(), "%4d:%2d:%2d %2d:%2d:%2d", &year, &month, &day, &hour, &minute, &second) != 6)
        return 0;
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    const bool timeValid = hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second <= 60;
    if (month < 1 || day < 1 || !date.ok() || !timeValid) return 0;
    const std::chrono::sys_seconds time = std::chrono::sys_days(date) + std::chrono::hours(hour) +
                                          std::chrono::minutes(minute) + std::chrono::seconds(second);
    return time.time_since_epoch().count();
}

} // namespace

std::optional<TiffDirectory> TiffDirectory::first(std::span<const std::byte> stream) {
    if (stream.size() < 8 || stream[0] != stream[1]) return std::nullopt;
    const bool bigEndian = stream[0] == std::byte{'M'};
    if (!bigEndian && stream[0] != std::byte{'I'}) return std::nullopt;
    const TiffDirectory header(stream, bigEndian);
    if (header.integer(2, 2) != 42) return std::nullopt;
    return at(stream, bigEndian, header.integer(4, 4));
}

std::optional<TiffDirectory> TiffDirectory::at(std::span<const std::byte> stream, bool bigEndian, std::size_t offset) {
    if (offset > stream.size() || stream.size() - offset < 2) return std::nullopt;
    TiffDirectory directory(stream, bigEndian);
    const std::size_t promised = directory.integer(offset, 2);
    const std::size_t count = std::min(promised, (stream.size() - offset - 2) / entrySize);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t entry = offset + 2 + i * entrySize;
        directory.m_entries.push_back({static_cast<std::uint16_t>(directory.integer(entry, 2)),
                                       static_cast<std::uint16_t>(directory.integer(entry + 2, 2)),
                                       directory.integer(entry + 4, 4), entry + 8});
    }
    return directory;
}

std::uint32_t TiffDirectory::integer(std::size_t offset, int size) const {
    std::uint32_t value = 0;
    for (int i = 0; i < size; ++i) {
        const std::size_t at = offset + static_cast<std::size_t>(m_bigEndian ? i : size - 1 - i);
        value = value << 8 | std::to_integer<std::uint32_t>(m_stream[at]);
    }
    return value;
}

const TiffDirectory::Entry* TiffDirectory::find(std::uint16_t tag) const {
    const auto found = std::find_if(m_entries.begin(), m_entries.end(), [&](const Entry& e) { return e.tag == tag; });
    return found == m_entries.end() ? nullptr : &*found;
}

std::span<const std::byte> TiffDirectory::bytesOf(const Entry& entry, std::size_t elementSize) const {
    const std::size_t size = std::min<std::size_t>(entry.count, maxValues) * elementSize;
    const std::size_t offset = size <= 4 ? entry.valueOffset : integer(entry.valueOffset, 4);
    if (offset > m_stream.size() || m_stream.size() - offset < size) return {};
    return m_stream.subspan(offset, size);
}

std::vector<std::uint32_t> TiffDirectory::numbers(std::uint16_t tag) const {
    const Entry* entry = find(tag);
    const std::size_t size = entry != nullptr && entry->type != 2 ? elementSize(entry->type) : 0;
    if (size == 0) return {};
    const std::span<const std::byte> bytes = bytesOf(*entry, size);
    std::vector<std::uint32_t> values;
    for (std::size_t i = 0; i < bytes.size(); i += size)
        values.push_back(integer(static_cast<std::size_t>(bytes.data() - m_stream.data()) + i, static_cast<int>(size)));
    return values;
}

std::uint32_t TiffDirectory::number(std::uint16_t tag, std::uint32_t otherwise) const {
    const std::vector<std::uint32_t> values = numbers(tag);
    return values.empty() ? otherwise : values.front();
}

std::string TiffDirectory::text(std::uint16_t tag) const {
    const Entry* entry = find(tag);
    if (entry == nullptr || entry->type != 2) return {};
    const std::span<const std::byte> bytes = bytesOf(*entry, 1);
    const auto end = std::find(bytes.begin(), bytes.end(), std::byte{0});
    return {reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(end - bytes.begin())};
}

std::optional<TiffDirectory> TiffDirectory::directory(std::uint16_t tag) const {
    const std::uint32_t offset = number(tag, 0);
    return offset == 0 ? std::nullopt : at(m_stream, m_bigEndian, offset);
}

ExifInfo readExif(std::span<const std::byte> block) {
    constexpr std::string_view intro("Exif\0\0", 6);
    if (block.size() > intro.size() && std::memcmp(block.data(), intro.data(), intro.size()) == 0)
        block = block.subspan(intro.size());
    const std::optional<TiffDirectory> directory = TiffDirectory::first(block);
    ExifInfo info;
    if (!directory) return info;
    const std::uint32_t orientation = directory->number(tagOrientation, 0);
    if (orientation >= 1 && orientation <= 8) info.orientation = static_cast<int>(orientation);
    if (const std::optional<TiffDirectory> exif = directory->directory(tagExif)) {
        info.takenAt = parseTime(exif->text(tagDateTimeOriginal));
        const std::optional<TiffDirectory> interoperability = exif->directory(tagInteroperability);
        info.adobeRgb = interoperability && interoperability->text(tagInteroperabilityIndex) == "R03";
    }
    return info;
}

void addExif(ExifInfo& info, std::span<const std::byte> block) {
    const ExifInfo more = readExif(block);
    if (info.orientation == 0) info.orientation = more.orientation;
    if (info.takenAt == 0) info.takenAt = more.takenAt;
    info.adobeRgb |= more.adobeRgb;
}

void addXmp(ExifInfo& info, std::string_view packet) {
    if (info.orientation != 0) return;
    // An attribute (tiff:Orientation="6") or an element (<tiff:Orientation>6</...).
    constexpr std::string_view name = "tiff:Orientation";
    for (std::size_t at = packet.find(name); at != std::string_view::npos; at = packet.find(name, at + 1)) {
        const std::size_t value = packet.find_first_not_of(" \t\r\n=\"'>", at + name.size());
        if (value == std::string_view::npos || packet[value] < '1' || packet[value] > '8') continue;
        info.orientation = packet[value] - '0';
        return;
    }
}

} // namespace grappa
