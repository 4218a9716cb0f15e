#include "core/base/picture_kind.h"

#include <algorithm>
#include <array>
#include <string>

namespace grappa {

namespace {

using namespace std::literals;

bool hasAt(std::string_view bytes, std::size_t offset, std::string_view text) {
    return bytes.size() >= offset + text.size() && bytes.substr(offset, text.size()) == text;
}

/// Whether an ISO base media file names one of the brands (four letters each) in its first box.
bool hasBrand(std::string_view bytes, std::string_view brands) {
    if (!hasAt(bytes, 4, "ftyp")) return false;
    constexpr std::size_t majorBrand = 8, minorVersion = 12, brandSize = 4;
    const std::size_t boxSize = static_cast<unsigned char>(bytes[3]) + 256u * static_cast<unsigned char>(bytes[2]);
    for (std::size_t at = majorBrand; at + brandSize <= std::min(boxSize, bytes.size()); at += brandSize)
        if (at != minorVersion && brands.find(bytes.substr(at, brandSize)) != std::string_view::npos) return true;
    return false;
}

/// Two letters alone would take many a text for a bitmap: the header behind them must be one.
bool isBitmap(std::string_view bytes) {
    constexpr std::size_t headerSizeAt = 14;
    if (!bytes.starts_with("BM") || bytes.size() < headerSizeAt + 4) return false;
    const auto size = static_cast<unsigned char>(bytes[headerSizeAt]);
    return size >= 12 && size <= 128 && hasAt(bytes, headerSizeAt + 1, "\0\0\0"sv);
}

bool isTarga(std::string_view bytes) {
    if (bytes.size() < 18) return false;
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const bool kind =
        at(1) <= 1 && (at(2) == 1 || at(2) == 2 || at(2) == 3 || at(2) == 9 || at(2) == 10 || at(2) == 11);
    const bool depth = at(16) == 8 || at(16) == 15 || at(16) == 16 || at(16) == 24 || at(16) == 32;
    return kind && depth && at(12) + at(13) > 0 && at(14) + at(15) > 0;
}

bool isPortableMap(std::string_view bytes) {
    return bytes.size() > 3 && bytes[0] == 'P' &&
           ((bytes[1] >= '1' && bytes[1] <= '7') || bytes[1] == 'f' || bytes[1] == 'F') &&
           (bytes[2] == '\n' || bytes[2] == ' ' || bytes[2] == '\r' || bytes[2] == '\t');
}

/// In this order: a more special kind comes before one that its bytes match as well.
constexpr std::array kinds{
    PictureKind{"JPEG", " jpg jpeg jpe jfif pjpeg pjpg mpo jps insp ",
                [](std::string_view b) { return b.starts_with("\xff\xd8\xff"); }},
    PictureKind{"PNG", " png apng ", [](std::string_view b) { return b.starts_with("\x89PNG\r\n\x1a\n"); }},
    PictureKind{"WebP", " webp ", [](std::string_view b) { return b.starts_with("RIFF") && hasAt(b, 8, "WEBP"); }},
    PictureKind{"GIF", " gif ", [](std::string_view b) { return b.starts_with("GIF87a") || b.starts_with("GIF89a"); }},
    PictureKind{"BMP", " bmp dib ", isBitmap},
    PictureKind{"AVIF", " avif avifs ", [](std::string_view b) { return hasBrand(b, "avif avis"); }},
    PictureKind{"camera RAW (CR3)", " cr3 ", [](std::string_view b) { return hasBrand(b, "crx "); }},
    PictureKind{"HEIC (HEIF)", " heic heif hif heics heifs ",
                [](std::string_view b) { return hasBrand(b, "heic heix heim heis hevc hevx hevm hevs mif1 msf1"); }},
    PictureKind{"JPEG XL", " jxl ", [](std::string_view b) { return b.starts_with("\0\0\0\x0cJXL \r\n\x87\n"sv); }},
    PictureKind{"JPEG 2000", " jp2 j2k j2c jpf jpx jpm jpc jph ",
                [](std::string_view b) {
                    return b.starts_with("\0\0\0\x0cjP  \r\n\x87\n"sv) || b.starts_with("\xff\x4f\xff\x51"sv);
                }},
    PictureKind{"camera RAW (Canon)", " cr2 crw ",
                [](std::string_view b) { return hasAt(b, 0, "II*\0"sv) && hasAt(b, 8, "CR"); }},
    PictureKind{"camera RAW (Olympus)", " orf ",
                [](std::string_view b) { return b.starts_with("IIRO") || b.starts_with("IIRS"); }},
    PictureKind{"camera RAW (Panasonic)", " rw2 raw rwl ", [](std::string_view b) { return b.starts_with("IIU\0"sv); }},
    PictureKind{"camera RAW (Fujifilm)", " raf ", [](std::string_view b) { return b.starts_with("FUJIFILMCCD-RAW"); }},
    PictureKind{"camera RAW", " nef nrw arw srf sr2 dng pef srw 3fr iiq erf kdc dcr mrw x3f mos mef ", nullptr},
    PictureKind{"TIFF", " tif tiff btf tf8 ",
                [](std::string_view b) {
                    return b.starts_with("II*\0"sv) || b.starts_with("MM\0*"sv) || b.starts_with("II+\0"sv) ||
                           b.starts_with("MM\0+"sv);
                }},
    PictureKind{"JPEG XR", " jxr wdp hdp ", [](std::string_view b) { return b.starts_with("II\xbc\x01"); }},
    PictureKind{"Photoshop (PSD)", " psd psb ", [](std::string_view b) { return b.starts_with("8BPS"); }},
    PictureKind{"OpenEXR", " exr ", [](std::string_view b) { return b.starts_with("\x76\x2f\x31\x01"); }},
    PictureKind{"GIMP (XCF)", " xcf ", [](std::string_view b) { return b.starts_with("gimp xcf"); }},
    PictureKind{"Krita", " kra ", nullptr},
    PictureKind{"QOI", " qoi ", [](std::string_view b) { return b.starts_with("qoif"); }},
    PictureKind{"Radiance HDR", " hdr ",
                [](std::string_view b) { return b.starts_with("#?RADIANCE") || b.starts_with("#?RGBE"); }},
    PictureKind{"DDS texture", " dds ", [](std::string_view b) { return b.starts_with("DDS \x7c\0\0\0"sv); }},
    PictureKind{"ICNS icon", " icns ", [](std::string_view b) { return b.starts_with("icns"); }},
    PictureKind{"Sun raster", " ras sun ", [](std::string_view b) { return b.starts_with("\x59\xa6\x6a\x95"); }},
    PictureKind{"FITS", " fits fit fts ", [](std::string_view b) { return b.starts_with("SIMPLE  ="); }},
    PictureKind{"DICOM", " dcm dicom ", nullptr},
    PictureKind{"ICO (icon)", " ico cur ", nullptr},
    PictureKind{"Targa (TGA)", " tga icb vda vst ", nullptr},
    PictureKind{"PPM (Netpbm pixmap)", " ppm pgm pbm pnm pam pfm ", nullptr},
    PictureKind{"PCX", " pcx ", nullptr},
    PictureKind{"SGI image", " sgi rgba bw ", nullptr},
    PictureKind{"SVG drawing", " svg svgz ", nullptr},
    PictureKind{"X pixmap", " xpm xbm ", nullptr},
    PictureKind{"Windows metafile", " wmf emf ", nullptr},
    PictureKind{"DjVu", " djvu djv ", [](std::string_view b) { return b.starts_with("AT&TFORM"); }},
};

std::string asciiLower(std::string_view text) {
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

std::string lowerSuffix(const std::filesystem::path& path) {
    std::string suffix = asciiLower(path.extension().native());
    while (suffix.ends_with(' ')) // some systems let a name end in one
        suffix.pop_back();
    return suffix.empty() ? suffix : suffix.substr(1);
}

bool isAmong(std::string_view suffixes, const std::string& suffix) {
    return !suffix.empty() && suffixes.find(' ' + suffix + ' ') != std::string_view::npos;
}

std::string_view textOf(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace

const PictureKind* pictureByContent(std::span<const std::byte> firstBytes) {
    const std::string_view text = textOf(firstBytes);
    const auto* found =
        std::find_if(kinds.begin(), kinds.end(), [&](const PictureKind& k) { return k.matches && k.matches(text); });
    return found == kinds.end() ? nullptr : found;
}

const PictureKind* pictureByLikeness(std::span<const std::byte> firstBytes) {
    const std::string_view text = textOf(firstBytes);
    if (isTarga(text)) return pictureBySuffix("x.tga"); // before cursors, which begin with the same bytes
    if (text.starts_with("\0\0\1\0"sv) || text.starts_with("\0\0\2\0"sv)) return pictureBySuffix("x.ico");
    if (isPortableMap(text)) return pictureBySuffix("x.ppm");
    if (text.starts_with("\x0a\x05\x01")) return pictureBySuffix("x.pcx");
    if (text.starts_with("\x01\xda")) return pictureBySuffix("x.sgi");
    if (text.find("<svg") != std::string_view::npos || text.starts_with("<?xml")) return pictureBySuffix("x.svg");
    if (text.find("XPM") != std::string_view::npos) return pictureBySuffix("x.xpm");
    return nullptr;
}

const PictureKind* pictureBySuffix(const std::filesystem::path& path) {
    const std::string suffix = lowerSuffix(path);
    const auto* found =
        std::find_if(kinds.begin(), kinds.end(), [&](const PictureKind& k) { return isAmong(k.suffixes, suffix); });
    return found == kinds.end() ? nullptr : found;
}

bool isVideo(const std::filesystem::path& path, std::span<const std::byte> firstBytes) {
    constexpr std::string_view suffixes =
        " mp4 m4v mov qt avi mkv webm wmv mpg mpeg m2v 3gp 3g2 mts m2ts flv ogv vob asf "
        "insv lrv ";
    const std::string_view text = textOf(firstBytes);
    return isAmong(suffixes, lowerSuffix(path)) || hasAt(text, 4, "ftyp") || text.starts_with("\x1a\x45\xdf\xa3") ||
           (text.starts_with("RIFF") && hasAt(text, 8, "AVI "));
}

bool isSidecar(const std::filesystem::path& path) {
    constexpr std::string_view suffixes =
        " xmp aae thm pp3 dop arp cos nksc on1 rpp pto vrd dr4 thumb ini db info json ";
    return isAmong(suffixes, lowerSuffix(path));
}

bool isCompanionName(std::string_view name) {
    constexpr std::array names{"@eadir"sv,          "@recycle"sv,         "#recycle"sv,
                               ".recycle"sv,        "#snapshot"sv,        "@recently-snapshot"sv,
                               "$recycle.bin"sv,    "recycler"sv,         "recycled"sv,
                               "__macosx"sv,        "ipod photo cache"sv, "system volume information"sv,
                               ".picasaoriginals"sv};
    constexpr std::array beginnings{".trashed-"sv, ".pending-"sv, ".trash"sv};
    constexpr std::array ends{".lrdata"sv, ".lrprev"sv, ".cocatalog"sv, ".imovielibrary"sv, ".fcpbundle"sv};
    const std::string lower = asciiLower(name);
    return std::find(names.begin(), names.end(), lower) != names.end() ||
           std::any_of(beginnings.begin(), beginnings.end(), [&](auto part) { return lower.starts_with(part); }) ||
           std::any_of(ends.begin(), ends.end(), [&](auto part) { return lower.ends_with(part); });
}

bool isCompanionFolder(std::string_view parent, std::string_view name) {
    constexpr std::array libraries{".photoslibrary"sv, ".photolibrary"sv, ".aplibrary"sv, ".migratedphotolibrary"sv};
    const std::string lower = asciiLower(parent);
    const bool inLibrary =
        std::any_of(libraries.begin(), libraries.end(), [&](auto end) { return lower.ends_with(end); });
    return isCompanionName(name) || (inLibrary && name != "originals" && name != "Masters");
}

} // namespace grappa
