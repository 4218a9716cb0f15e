#include "core/image/codecs.h"

#include <jxl/decode_cxx.h>
#include <jxl/version.h>

namespace grappa {

namespace {

[[noreturn]] void refuse() {
    throw Error(ErrorCode::ImageUndecodable, "The JPEG XL image is truncated or corrupt.");
}

/// The profile of the pixels that come out.
std::vector<std::byte> profileOf(JxlDecoder* decoder, [[maybe_unused]] const JxlPixelFormat& format) {
    std::size_t size = 0;
    std::vector<std::byte> profile;
#if JPEGXL_MAJOR_VERSION == 0 && JPEGXL_MINOR_VERSION < 9
    if (JxlDecoderGetICCProfileSize(decoder, &format, JXL_COLOR_PROFILE_TARGET_DATA, &size) != JXL_DEC_SUCCESS)
        return profile;
    profile.resize(size);
    const JxlDecoderStatus status = JxlDecoderGetColorAsICCProfile(
        decoder, &format, JXL_COLOR_PROFILE_TARGET_DATA, reinterpret_cast<std::uint8_t*>(profile.data()), size);
#else
    if (JxlDecoderGetICCProfileSize(decoder, JXL_COLOR_PROFILE_TARGET_DATA, &size) != JXL_DEC_SUCCESS) return profile;
    profile.resize(size);
    const JxlDecoderStatus status = JxlDecoderGetColorAsICCProfile(
        decoder, JXL_COLOR_PROFILE_TARGET_DATA, reinterpret_cast<std::uint8_t*>(profile.data()), size);
#endif
    if (status != JXL_DEC_SUCCESS) profile.clear();
    return profile;
}

} // namespace

StoredImage decodeJxl(std::span<const std::byte> bytes, const DecodeOptions& options) {
    const JxlDecoderPtr decoder = JxlDecoderMake(nullptr);
    if (!decoder) throw std::bad_alloc();
    JxlDecoderSubscribeEvents(decoder.get(), JXL_DEC_BASIC_INFO | JXL_DEC_COLOR_ENCODING | JXL_DEC_FULL_IMAGE);
    JxlDecoderSetInput(decoder.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    JxlDecoderCloseInput(decoder.get());

    StoredImage image;
    Raster raster;
    JxlPixelFormat format{3, JXL_TYPE_UINT8, JXL_NATIVE_ENDIAN, 0};
    for (bool complete = false; !complete;) {
        switch (JxlDecoderProcessInput(decoder.get())) {
        case JXL_DEC_BASIC_INFO: {
            JxlBasicInfo info;
            if (JxlDecoderGetBasicInfo(decoder.get(), &info) != JXL_DEC_SUCCESS) refuse();
            checkDimensions(info.xsize, info.ysize, options.maxPixels); // upright: the decoder turns it
            image.width = static_cast<int>(info.xsize);
            image.height = static_cast<int>(info.ysize);
            const bool grey = info.num_color_channels == 1, alpha = info.alpha_bits > 0;
            format.num_channels = (grey ? 1u : 3u) + (alpha ? 1u : 0u);
            raster.model = grey ? ColourModel::Grey : ColourModel::Rgb;
            if (alpha) raster.alpha = info.alpha_premultiplied != 0 ? Alpha::Premultiplied : Alpha::Straight;
            break;
        }
        case JXL_DEC_COLOR_ENCODING:
            raster.space.iccProfile = profileOf(decoder.get(), format);
            break;
        case JXL_DEC_NEED_IMAGE_OUT_BUFFER: {
            // White where nothing is written; rows without padding, as the decoder writes them.
            raster.samples = cv::Mat(image.height, image.width,
                                     CV_MAKETYPE(CV_8U, static_cast<int>(format.num_channels)), cv::Scalar::all(255));
            const std::size_t size = raster.samples.total() * raster.samples.elemSize();
            if (JxlDecoderSetImageOutBuffer(decoder.get(), &format, raster.samples.data, size) != JXL_DEC_SUCCESS)
                refuse();
            break;
        }
        case JXL_DEC_FULL_IMAGE: // of an animation the first frame
        case JXL_DEC_SUCCESS:
            complete = true;
            break;
        default: // the input ends too early or is corrupt; what is there of the picture is kept
            if (raster.samples.empty() || JxlDecoderFlushImage(decoder.get()) != JXL_DEC_SUCCESS) refuse();
            image.damage = "The JPEG XL image is damaged: it ends too early or is corrupt.";
            complete = true;
        }
    }
    if (raster.samples.empty()) refuse();
    showOnWhite(raster, image);
    return image;
}

std::string jxlLibraryVersion() {
    const std::uint32_t version = JxlDecoderVersion();
    return "libjxl " + std::to_string(version / 1000000) + "." + std::to_string(version / 1000 % 1000) + "." +
           std::to_string(version % 1000);
}

} // namespace grappa
