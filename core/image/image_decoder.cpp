#include "core/image/image_decoder.h"

#include "core/base/picture_kind.h"
#include "core/image/codecs.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace grappa {

namespace {

/// Turns an image with that EXIF orientation upright.
cv::Mat upright(const cv::Mat& stored, int orientation) {
    constexpr int aroundBoth = -1, topToBottom = 0, leftToRight = 1;
    cv::Mat turned;
    if (orientation >= 5)
        cv::transpose(stored, turned);
    else
        turned = stored;
    switch (orientation) {
    case 2:
    case 6:
        cv::flip(turned, turned, leftToRight);
        break;
    case 3:
    case 7:
        cv::flip(turned, turned, aroundBoth);
        break;
    case 4:
    case 8:
        cv::flip(turned, turned, topToBottom);
        break;
    default:
        break;
    }
    return turned;
}

/// The part of `image` (perhaps decoded at a smaller scale) that `region` names in full-size pixels.
cv::Mat cutOut(const cv::Mat& image, const Region& region, cv::Size fullSize) {
    // In 64 bits: the numbers may come from anywhere.
    const auto end = [](std::int64_t begin, std::int64_t length, int limit) {
        return static_cast<int>(std::clamp<std::int64_t>(begin + length, 0, limit));
    };
    const cv::Point begin(std::max(region.x, 0), std::max(region.y, 0));
    const cv::Point past(end(region.x, region.width, fullSize.width), end(region.y, region.height, fullSize.height));
    if (past.x <= begin.x || past.y <= begin.y) throw Error(ErrorCode::Usage, "The region lies outside of the image.");

    const auto down = [](std::int64_t value, int to, int from) { return static_cast<int>(value * to / from); };
    const auto up = [](std::int64_t value, int to, int from) {
        return static_cast<int>((value * to + from - 1) / from);
    };
    return image(
        cv::Rect(cv::Point(down(begin.x, image.cols, fullSize.width), down(begin.y, image.rows, fullSize.height)),
                 cv::Point(up(past.x, image.cols, fullSize.width), up(past.y, image.rows, fullSize.height))));
}

Pixels toPixels(const cv::Mat& rgb) {
    Pixels pixels{rgb.cols, rgb.rows, {}};
    const std::size_t rowBytes = static_cast<std::size_t>(rgb.cols) * 3;
    pixels.rgb.reserve(rowBytes * static_cast<std::size_t>(rgb.rows));
    for (int y = 0; y < rgb.rows; ++y)
        pixels.rgb.insert(pixels.rgb.end(), rgb.ptr(y), rgb.ptr(y) + rowBytes);
    return pixels;
}

StoredImage decodeStored(std::span<const std::byte> bytes, ImageFormat format, const DecodeOptions& options) {
    switch (format) {
    case ImageFormat::Jpeg:
        return decodeJpeg(bytes, options);
    case ImageFormat::Png:
        return decodePng(bytes, options);
    case ImageFormat::WebP:
        return decodeWebP(bytes, options);
    case ImageFormat::Tiff:
        return decodeTiff(bytes, options);
    case ImageFormat::Bmp:
        return decodeBmp(bytes, options);
    case ImageFormat::Gif:
        return decodeGif(bytes, options);
    case ImageFormat::Heif:
    case ImageFormat::Avif:
#if GRAPPA_HEIF
        return decodeHeif(bytes, options);
#else
        throw Error(ErrorCode::ImageFormatUnsupported,
                    "This program was built without libheif, which HEIC and AVIF need: install libheif-dev and build "
                    "again, or convert the file to JPEG.");
#endif
    case ImageFormat::Jxl:
#if GRAPPA_JXL
        return decodeJxl(bytes, options);
#else
        throw Error(ErrorCode::ImageFormatUnsupported,
                    "This program was built without libjxl, which JPEG XL needs: install libjxl-dev and build again, "
                    "or convert the file to JPEG or PNG.");
#endif
    case ImageFormat::Raw:
#if GRAPPA_RAW
        return decodeRaw(bytes, options);
#else
        throw Error(
            ErrorCode::ImageFormatUnsupported,
            "This program was built without LibRaw, which camera RAW needs: install libraw-dev and build again, "
            "or convert the file to JPEG.");
#endif
    }
    throw Error(ErrorCode::Internal, "A format without a decoder.");
}

/// Names what the bytes seem to be, and says what to do.
std::string whyUnsupported(std::span<const std::byte> bytes) {
    if (bytes.empty()) return "The file is empty.";
    const std::span<const std::byte> first = bytes.first(std::min(bytes.size(), kindBytes));
    const PictureKind* kind = pictureByContent(first);
    if (kind == nullptr) kind = pictureByLikeness(first);
    if (kind != nullptr)
        return "The file is a picture of the format " + std::string(kind->name) +
               ", which is not read. Convert it to JPEG, PNG or TIFF to have it here.";
    if (isVideo({}, first)) return "The file is a video, whatever its name says; videos are not read.";
    return "The file is no picture of a format that is known, whatever its name says.";
}

} // namespace

std::string_view formatName(ImageFormat format) {
    switch (format) {
    case ImageFormat::Jpeg:
        return "jpeg";
    case ImageFormat::Png:
        return "png";
    case ImageFormat::WebP:
        return "webp";
    case ImageFormat::Tiff:
        return "tiff";
    case ImageFormat::Bmp:
        return "bmp";
    case ImageFormat::Gif:
        return "gif";
    case ImageFormat::Heif:
        return "heif";
    case ImageFormat::Avif:
        return "avif";
    case ImageFormat::Jxl:
        return "jxl";
    case ImageFormat::Raw:
        return "raw";
    }
    return "unknown";
}

std::optional<ImageFormat> sniffFormat(std::span<const std::byte> bytes) {
    using std::string_view_literals::operator""sv;
    static constexpr std::array formats{
        std::pair{"JPEG"sv, ImageFormat::Jpeg},  std::pair{"PNG"sv, ImageFormat::Png},
        std::pair{"WebP"sv, ImageFormat::WebP},  std::pair{"TIFF"sv, ImageFormat::Tiff},
        std::pair{"GIF"sv, ImageFormat::Gif},    std::pair{"BMP"sv, ImageFormat::Bmp},
        std::pair{"AVIF"sv, ImageFormat::Avif},  std::pair{"HEIC (HEIF)"sv, ImageFormat::Heif},
        std::pair{"JPEG XL"sv, ImageFormat::Jxl}};
    const std::span<const std::byte> first = bytes.first(std::min(bytes.size(), kindBytes));
    if (const PictureKind* kind = pictureByContent(first)) {
        const auto* found = std::find_if(formats.begin(), formats.end(), [&](auto f) { return f.first == kind->name; });
        if (found != formats.end()) return found->second;
        if (kind->name.starts_with("camera RAW")) return ImageFormat::Raw;
    }
    // Two bytes are enough once a file is taken for a picture, not to find one by.
    if (first.size() >= 2 && first[0] == std::byte{0xff} && first[1] == std::byte{0x0a}) return ImageFormat::Jxl;
    if (first.size() >= 2 && first[0] == std::byte{'B'} && first[1] == std::byte{'M'}) return ImageFormat::Bmp;
    return std::nullopt;
}

void checkDimensions(std::uint64_t width, std::uint64_t height, std::uint64_t maxPixels) {
    constexpr std::uint64_t maxSide = std::uint64_t{1} << 20; // of OpenCV's decoders; keeps the product below 2^64
    if (width == 0 || height == 0) throw Error(ErrorCode::ImageUndecodable, "The image is empty.");
    if (width <= maxSide && height <= maxSide && width * height <= maxPixels) return;
    throw Error(ErrorCode::ImageTooLarge, "The image has " + std::to_string(width) + " x " + std::to_string(height) +
                                              " pixels; the limit is " + std::to_string(maxPixels) + " pixels.");
}

DecodedImage decodeImage(std::span<const std::byte> bytes, const DecodeOptions& options) {
    const std::optional<ImageFormat> format = sniffFormat(bytes);
    if (!format) throw Error(ErrorCode::ImageFormatUnsupported, whyUnsupported(bytes));
    const StoredImage stored = decodeStored(bytes, *format, options);
    DecodedImage image;
    image.format = stored.format.value_or(*format);
    image.width = stored.width;
    image.height = stored.height;
    if (stored.exif.orientation >= 5) std::swap(image.width, image.height);
    image.transparent = stored.transparent;
    image.damage = stored.damage;
    image.takenAt = stored.exif.takenAt;
    const cv::Mat whole = upright(stored.rgb, stored.exif.orientation);
    image.pixels = toPixels(options.region ? cutOut(whole, *options.region, {image.width, image.height}) : whole);
    return image;
}

std::string imageLibraryVersions() {
    return "OpenCV " CV_VERSION ", " + jpegLibraryVersion() + ", " + pngLibraryVersion() + ", " + webpLibraryVersion() +
           ", " + tiffLibraryVersion() + ", " + gifLibraryVersion() + ", " +
#if GRAPPA_HEIF
           heifLibraryVersion() +
#else
           "no libheif (HEIC and AVIF are listed, not read)" +
#endif
           ", " +
#if GRAPPA_JXL
           jxlLibraryVersion() +
#else
           "no libjxl (JPEG XL is listed, not read)" +
#endif
           ", " +
#if GRAPPA_RAW
           rawLibraryVersion() +
#else
           "no LibRaw (camera RAW is listed, not read)" +
#endif
           ", " + colourLibraryVersion();
}

} // namespace grappa
