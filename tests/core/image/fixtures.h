#pragma once

#include "core/base/file_io.h"
#include "core/image/image_decoder.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace grappa::test {

inline std::filesystem::path dataPath(const std::string& name) {
    return std::filesystem::path(GRAPPA_TEST_DATA) / name;
}

inline std::vector<std::byte> fixtureBytes(const std::string& name) {
    return readUserFile(dataPath(name), 1 << 24).bytes;
}

/// An expected image of make_fixtures.py: the line "width height", then the samples.
inline Pixels expectedPixels(const std::string& name) {
    const std::vector<std::byte> bytes = fixtureBytes(name);
    const auto lineEnd = std::find(bytes.begin(), bytes.end(), std::byte{'\n'});
    const std::string line(reinterpret_cast<const char*>(bytes.data()),
                           static_cast<std::size_t>(lineEnd - bytes.begin()));
    Pixels pixels;
    if (std::sscanf(line.c_str(), "%d %d", &pixels.width, &pixels.height) != 2) return {};
    for (auto byte = lineEnd + 1; byte != bytes.end(); ++byte)
        pixels.rgb.push_back(std::to_integer<std::uint8_t>(*byte));
    return pixels;
}

/// Names of the fixtures that end in `suffix`, sorted, without it.
inline std::vector<std::string> fixtureNames(const std::string& suffix) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(GRAPPA_TEST_DATA)) {
        const std::string name = entry.path().filename().string();
        if (name.ends_with(suffix)) names.push_back(name.substr(0, name.size() - suffix.size()));
    }
    std::sort(names.begin(), names.end());
    return names;
}

/// The largest difference of a sample; 256 when the sizes differ.
inline int largestDifference(const Pixels& a, const Pixels& b) {
    if (a.width != b.width || a.height != b.height || a.rgb.size() != b.rgb.size()) return 256;
    int largest = 0;
    for (std::size_t i = 0; i < a.rgb.size(); ++i)
        largest = std::max(largest, std::abs(a.rgb[i] - b.rgb[i]));
    return largest;
}

} // namespace grappa::test
