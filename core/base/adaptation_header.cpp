#include "core/base/adaptation_header.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

namespace grappa {

namespace {

constexpr std::size_t maximalSets = 256;
constexpr std::int64_t maximalDepth = 200;
constexpr std::int64_t maximalInput = 2048;

std::optional<std::int64_t> wholeNumber(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

const std::string& metadataIn(const SafetensorsFile& file, const char* key) {
    const auto found = file.metadata().find(key);
    if (found == file.metadata().end()) refuseAdaptation(file, std::string("its metadata do not say ") + key);
    return found->second;
}

std::int64_t numberIn(const SafetensorsFile& file, const char* key, std::int64_t least, std::int64_t most) {
    const std::string& text = metadataIn(file, key);
    const auto number = wholeNumber(text);
    if (!number || *number < least || *number > most)
        refuseAdaptation(file, std::string("the metadata ") + key + " are not a number from " + std::to_string(least) +
                                   " to " + std::to_string(most) + ": \"" + text + '"');
    return *number;
}

std::vector<std::int64_t> granularitiesIn(const SafetensorsFile& file) {
    const std::string& text = metadataIn(file, adaptation_key::granularities);
    std::vector<std::int64_t> granularities;
    for (std::string_view rest = text; granularities.size() <= maximalSets;) {
        const auto comma = rest.find(',');
        const auto k = wholeNumber(rest.substr(0, comma));
        if (!k || *k <= (granularities.empty() ? 0 : granularities.back())) break;
        granularities.push_back(*k);
        if (comma == std::string_view::npos) return granularities;
        rest.remove_prefix(comma + 1);
    }
    refuseAdaptation(file, std::string("the metadata ") + adaptation_key::granularities +
                               " are not an ascending list of at most 256 numbers: \"" + text.substr(0, 100) + '"');
}

/// From the first one to the last that the first set has an adaptor for.
std::vector<std::int64_t> blocksIn(const SafetensorsFile& file) {
    constexpr std::string_view prefix = "sets.0.";
    const std::int64_t first = numberIn(file, adaptation_key::firstBlock, 0, maximalDepth - 1);
    std::int64_t last = first;
    for (const SafetensorsEntry& entry : file.entries()) {
        if (!entry.name.starts_with(prefix)) continue;
        const std::string_view rest = std::string_view(entry.name).substr(prefix.size());
        if (const auto block = wholeNumber(rest.substr(0, rest.find('.'))); block && *block < maximalDepth)
            last = std::max(last, *block);
    }
    std::vector<std::int64_t> blocks;
    for (std::int64_t block = first; block <= last; ++block)
        blocks.push_back(block);
    return blocks;
}

} // namespace

bool isAdaptation(const SafetensorsFile& file) {
    return file.metadata().contains(adaptation_key::format);
}

AdaptationHeader readAdaptationHeader(const SafetensorsFile& file) {
    if (!isAdaptation(file)) refuseAdaptation(file, "it does not say that it is one");
    if (metadataIn(file, adaptation_key::format) != adaptation_key::formatVersion)
        refuseAdaptation(file, "it was written in another format; use a newer version of the program");
    AdaptationHeader header;
    header.backboneHash = metadataIn(file, adaptation_key::backboneHash);
    if (!ContentHash::fromHex(header.backboneHash)) refuseAdaptation(file, "the hash of its backbone is not one");
    if (const auto name = file.metadata().find(adaptation_key::name); name != file.metadata().end())
        header.name = name->second;
    header.granularities = granularitiesIn(file);
    header.inputSize = static_cast<int>(numberIn(file, adaptation_key::inputSize, 1, maximalInput));
    header.mainVariant = metadataIn(file, adaptation_key::mainVariant);
    header.blocks = blocksIn(file);
    return header;
}

void refuseAdaptation(const SafetensorsFile& file, const std::string& reason) {
    throw Error(ErrorCode::WeightsInvalid, displayPath(file.path()) + " cannot be used as an adaptation: " + reason);
}

} // namespace grappa
