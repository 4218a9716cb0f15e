#include "core/library/folded_name.h"

#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>

namespace grappa {

namespace {

/// Only of names beyond ASCII: the rest needs no tables.
std::string foldedUnicode(std::string_view name) {
    UErrorCode error = U_ZERO_ERROR;
    const icu::Normalizer2* rule = icu::Normalizer2::getNFKCCasefoldInstance(error);
    if (U_FAILURE(error)) return std::string(name);
    const auto text = icu::UnicodeString::fromUTF8(icu::StringPiece(name.data(), static_cast<int>(name.size())));
    const icu::UnicodeString folded = rule->normalize(text, error);
    if (U_FAILURE(error)) return std::string(name);
    std::string bytes;
    return folded.toUTF8String(bytes);
}

} // namespace

std::string foldedName(std::string_view name) {
    const auto beyondAscii = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
    if (std::any_of(name.begin(), name.end(), beyondAscii)) return foldedUnicode(name);
    std::string lower(name);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

} // namespace grappa
