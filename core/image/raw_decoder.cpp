#include "core/image/codecs.h"

#include <libraw/libraw.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

namespace grappa {

namespace {

/// A smaller preview, as older cameras keep it, is worse than a decoded image of half the size.
constexpr int shortestPreview = 1000;

void require(int code) {
    if (code == LIBRAW_SUCCESS) return;
    const std::string reason = libraw_strerror(code);
    if (code == LIBRAW_UNSUFFICIENT_MEMORY || code == LIBRAW_TOO_BIG)
        throw Error(ErrorCode::ImageTooLarge, "The camera RAW needs more memory than the decoder may use.");
    if (code == LIBRAW_FILE_UNSUPPORTED)
        throw Error(ErrorCode::ImageFormatUnsupported,
                    "The installed LibRaw does not know this camera's RAW. Convert it to DNG or JPEG to have it here.");
    throw Error(ErrorCode::ImageUndecodable, "The camera RAW cannot be decoded: " + reason + ".");
}

/// EXIF's number for LibRaw's turn of the stored rows.
int orientationOf(int flip) {
    return flip == 3 ? 3 : flip == 5 ? 8 : flip == 6 ? 6 : 1;
}

/// The camera's own picture of the whole image, where the file holds one that is large enough.
std::optional<StoredImage> preview(LibRaw& raw, const DecodeOptions& options) {
    if (raw.unpack_thumb() != LIBRAW_SUCCESS || raw.imgdata.thumbnail.tformat != LIBRAW_THUMBNAIL_JPEG)
        return std::nullopt;
    const libraw_thumbnail_t& thumbnail = raw.imgdata.thumbnail;
    const std::span<const char> bytes(thumbnail.thumb, thumbnail.tlength);
    try {
        StoredImage image = decodeJpeg(std::as_bytes(bytes), options);
        if (std::max(image.width, image.height) < shortestPreview || !image.damage.empty()) return std::nullopt;
        return image;
    } catch (const Error& error) {
        if (error.code() == ErrorCode::ImageTooLarge) throw;
        return std::nullopt; // the sensor's data may be whole
    }
}

/// The sensor's data at half the size, in the camera's white balance.
StoredImage developed(LibRaw& raw) {
    libraw_output_params_t& parameters = raw.imgdata.params;
    parameters.half_size = 1;
    parameters.use_camera_wb = 1;
    parameters.user_flip = 0; // the orientation is applied with that of all formats
    require(raw.unpack());
    require(raw.dcraw_process());
    int code = LIBRAW_SUCCESS;
    const std::unique_ptr<libraw_processed_image_t, decltype(&LibRaw::dcraw_clear_mem)> pixels(
        raw.dcraw_make_mem_image(&code), LibRaw::dcraw_clear_mem);
    require(code);
    if (!pixels || pixels->type != LIBRAW_IMAGE_BITMAP || pixels->bits != 8 ||
        (pixels->colors != 1 && pixels->colors != 3))
        throw Error(ErrorCode::ImageUndecodable, "The camera RAW holds no picture.");
    Raster raster;
    raster.model = pixels->colors == 1 ? ColourModel::Grey : ColourModel::Rgb;
    raster.samples = cv::Mat(pixels->height, pixels->width, CV_MAKETYPE(CV_8U, pixels->colors), pixels->data);
    StoredImage image;
    showOnWhite(raster, image);
    if (raw.error_count() > 0) image.damage = "The camera RAW is damaged: some of the sensor's data are missing.";
    return image;
}

} // namespace

StoredImage decodeRaw(std::span<const std::byte> bytes, const DecodeOptions& options) {
    const auto raw = std::make_unique<LibRaw>();                                   // too large for a stack
    require(raw->open_buffer(const_cast<std::byte*>(bytes.data()), bytes.size())); // only read
    const libraw_image_sizes_t sizes = raw->imgdata.sizes; // as they are before LibRaw halves them
    checkDimensions(sizes.width, sizes.height, options.maxPixels);
    std::optional<StoredImage> shown = preview(*raw, options);
    StoredImage image = shown ? std::move(*shown) : developed(*raw);
    // A preview of another shape (cut to 16:9 in the camera) keeps its own size.
    const double wanted = static_cast<double>(sizes.width) / sizes.height;
    const double actual = static_cast<double>(image.rgb.cols) / image.rgb.rows;
    constexpr double sameShape = 0.02;
    if (std::abs(actual / wanted - 1) < sameShape) {
        image.width = sizes.width;
        image.height = sizes.height;
    }
    addExif(image.exif, bytes); // most are TIFF streams
    if (image.exif.orientation == 0 || !shown) image.exif.orientation = orientationOf(sizes.flip);
    image.format = ImageFormat::Raw;
    return image;
}

std::string rawLibraryVersion() {
    return std::string("LibRaw ") + LibRaw::version();
}

} // namespace grappa
