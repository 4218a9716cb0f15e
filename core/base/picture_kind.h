#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

// What a file is by its first bytes and by its name, without decoding it. The decoders have the last word.
namespace grappa {

/// A kind of picture that people keep in their folders, whether this build decodes it or not.
struct PictureKind {
    std::string_view name;                             ///< "HEIC", "JPEG 2000", as a sentence names it
    std::string_view suffixes;                         ///< in lower case, each in blanks: " jpg jpeg "
    bool (*matches)(std::string_view bytes) = nullptr; ///< by content; none where no first bytes tell
};

/// How many of a file's first bytes tell its kind.
constexpr std::size_t kindBytes = 64;

/// By content alone, whatever the file's name; null when the bytes are no picture that they tell of.
const PictureKind* pictureByContent(std::span<const std::byte> firstBytes);

/// By content that many other files share as well (icons, Targa, portable maps): a name for what is known to be meant
/// as a picture and is none of the others.
const PictureKind* pictureByLikeness(std::span<const std::byte> firstBytes);

/// By the name's suffix alone (any case); null when it is not one of a picture.
const PictureKind* pictureBySuffix(const std::filesystem::path& path);

/// Whether the name ends like a video's, or the bytes begin like one.
bool isVideo(const std::filesystem::path& path, std::span<const std::byte> firstBytes);

/// Whether the name ends like that of notes or thumbnails which a program keeps beside pictures (.xmp, .aae, .thm...).
bool isSidecar(const std::filesystem::path& path);

/// Whether a file or folder of this name holds no photograph of its own: recycle bins and what disk stations, systems
/// and photo programs keep beside photographs. One rule for every import.
bool isCompanionName(std::string_view name);
/// The same for a folder inside another one: of a photo library of Apple's only the originals are photographs.
bool isCompanionFolder(std::string_view parent, std::string_view name);

} // namespace grappa
