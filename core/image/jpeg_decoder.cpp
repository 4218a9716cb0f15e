#include "core/image/codecs.h"

#include <opencv2/core.hpp>

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <jpeglib.h>

#include <jerror.h>

namespace grappa {

namespace {

/// A progressive file may hold any number of scans over all pixels; real encoders write about ten.
constexpr int maxScans = 500;
constexpr int scaleDenominator = 8;

/// libjpeg reports through callbacks that must not return after an error; longjmp leaves them.
struct ErrorManager {
    jpeg_error_mgr base; // first, so that libjpeg's pointer to it is one to this
    std::jmp_buf jump;
    bool inHeader;
    char error[JMSG_LENGTH_MAX];
    char warning[JMSG_LENGTH_MAX];
};

ErrorManager& managerOf(j_common_ptr info) {
    return *reinterpret_cast<ErrorManager*>(info->err);
}

[[noreturn]] void onError(j_common_ptr info) {
    ErrorManager& manager = managerOf(info);
    manager.base.format_message(info, manager.error);
    std::longjmp(manager.jump, 1);
}

void onMessage(j_common_ptr info, int level) {
    if (level >= 0) return; // a trace message
    ErrorManager& manager = managerOf(info);
    ++manager.base.num_warnings;
    const int code = manager.base.msg_code;
    // Padding between header segments and unusual parameters that all decoders accept do no harm to a pixel.
    const bool harmless =
        code == JWRN_ADOBE_XFORM || code == JWRN_NOT_SEQUENTIAL || (code == JWRN_EXTRANEOUS_DATA && manager.inHeader);
    if (!harmless && manager.warning[0] == '\0') manager.base.format_message(info, manager.warning);
}

void onProgress(j_common_ptr info) {
    if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= maxScans) return;
    ErrorManager& manager = managerOf(info);
    std::snprintf(manager.error, sizeof manager.error, "more than %d scans", maxScans);
    manager.base.msg_code = JERR_BAD_PROGRESSION;
    std::longjmp(manager.jump, 1);
}

class JpegReader {
public:
    explicit JpegReader(std::span<const std::byte> bytes) {
        m_info.err = jpeg_std_error(&m_errors.base);
        m_errors.base.error_exit = onError;
        m_errors.base.emit_message = onMessage;
        m_errors.inHeader = true;
        m_errors.error[0] = m_errors.warning[0] = '\0';
        m_progress.progress_monitor = onProgress;
        guarded([&] {
            jpeg_create_decompress(&m_info);
            m_info.progress = &m_progress;
            jpeg_mem_src(&m_info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
            jpeg_save_markers(&m_info, JPEG_APP0 + 1, 0xffff); // EXIF, XMP
            jpeg_save_markers(&m_info, JPEG_APP0 + 2, 0xffff); // ICC profile
            jpeg_read_header(&m_info, TRUE);
        });
        m_errors.inHeader = false;
    }
    JpegReader(const JpegReader&) = delete;
    JpegReader& operator=(const JpegReader&) = delete;
    ~JpegReader() { jpeg_destroy_decompress(&m_info); }

    int width() const { return static_cast<int>(m_info.image_width); }
    int height() const { return static_cast<int>(m_info.image_height); }

    ExifInfo exif() const {
        constexpr std::string_view xmp("http://ns.adobe.com/xap/1.0/\0", 29);
        ExifInfo info;
        eachBlock([&](std::string_view block) {
            if (block.starts_with("Exif")) addExif(info, std::as_bytes(std::span(block)));
        });
        eachBlock([&](std::string_view block) {
            if (block.starts_with(xmp)) addXmp(info, block.substr(xmp.size()));
        });
        return info;
    }

    /// The pixels at `scale`/8 of the full size.
    Raster read(int scale) {
        Raster raster;
        const int components = m_info.num_components;
        raster.model = components == 4 ? ColourModel::Cmyk : components == 1 ? ColourModel::Grey : ColourModel::Rgb;
        raster.space = colourSpace();
        guarded([&] {
            m_info.scale_num = static_cast<unsigned>(scale);
            m_info.scale_denom = scaleDenominator;
            m_info.out_color_space = components == 4 ? JCS_CMYK : components == 1 ? JCS_GRAYSCALE : JCS_RGB;
            jpeg_start_decompress(&m_info);
        });
        // White where nothing is written.
        raster.samples = cv::Mat(static_cast<int>(m_info.output_height), static_cast<int>(m_info.output_width),
                                 CV_MAKETYPE(CV_8U, static_cast<int>(raster.model)), cv::Scalar::all(255));
        const bool complete = succeeds([&] {
            while (m_info.output_scanline < m_info.output_height) {
                JSAMPROW row = raster.samples.ptr(static_cast<int>(m_info.output_scanline));
                jpeg_read_scanlines(&m_info, &row, 1);
            }
            jpeg_finish_decompress(&m_info); // reads to the end-of-image marker, so that a missing one is noticed
        });
        if (!complete && (m_info.output_scanline == 0 || outOfMemory())) fail();
        if (raster.model == ColourModel::Cmyk) // stored inverted, by Adobe's convention that all writers follow
            cv::bitwise_not(raster.samples, raster.samples);
        return raster;
    }

    /// What went wrong with an image that was decoded all the same; empty when nothing did.
    std::string damage() const { return m_errors.error[0] != '\0' ? m_errors.error : m_errors.warning; }

private:
    template <class Step>
    bool succeeds(Step step) {
        if (setjmp(m_errors.jump) != 0) return false;
        step();
        return true;
    }

    /// Runs calls into libjpeg. `step` must hold no object with a destructor: an error jumps over it.
    template <class Step>
    void guarded(Step step) {
        if (!succeeds(step)) fail();
    }

    bool outOfMemory() const { return m_errors.base.msg_code == JERR_OUT_OF_MEMORY; }

    [[noreturn]] void fail() {
        const bool noMemory = outOfMemory();
        const std::string reason = m_errors.error;
        jpeg_destroy_decompress(
            &m_info); // the destructor does not run when the constructor throws; a second call is harmless
        if (noMemory) throw Error(ErrorCode::ImageTooLarge, "The JPEG needs more memory than the decoder may use.");
        throw Error(ErrorCode::ImageUndecodable, "The JPEG cannot be decoded: " + reason + ".");
    }

    template <class Use>
    void eachBlock(Use use) const {
        for (const jpeg_marker_struct* marker = m_info.marker_list; marker != nullptr; marker = marker->next)
            if (marker->marker == JPEG_APP0 + 1)
                use(std::string_view(reinterpret_cast<const char*>(marker->data), marker->data_length));
    }

    ColourSpace colourSpace() {
        ColourSpace space;
        JOCTET* profile = nullptr;
        unsigned size = 0;
        if (jpeg_read_icc_profile(&m_info, &profile, &size) != 0) {
            const auto bytes = std::as_bytes(std::span(profile, size));
            space.iccProfile.assign(bytes.begin(), bytes.end());
            std::free(profile);
        } else if (exif().adobeRgb) {
            space = ColourSpace::adobeRgb();
        }
        return space;
    }

    jpeg_decompress_struct m_info{};
    jpeg_progress_mgr m_progress{};
    ErrorManager m_errors{};
};

/// The smallest M of M/8 that still covers what the caller needs of `extent`.
int smallestScale(cv::Size extent, const DecodeOptions& options) {
    if (options.shortSide <= 0 && options.longSide <= 0) return scaleDenominator;
    const auto scaled = [](int length, int scale) { return (std::int64_t{length} * scale) / scaleDenominator; };
    int scale = 1;
    while (scale < scaleDenominator && (scaled(std::min(extent.width, extent.height), scale) < options.shortSide ||
                                        scaled(std::max(extent.width, extent.height), scale) < options.longSide))
        ++scale;
    return scale;
}

} // namespace

StoredImage decodeJpeg(std::span<const std::byte> bytes, const DecodeOptions& options) {
    JpegReader reader(bytes);
    StoredImage image;
    image.width = reader.width();
    image.height = reader.height();
    checkDimensions(static_cast<std::uint64_t>(image.width), static_cast<std::uint64_t>(image.height),
                    options.maxPixels);
    image.exif = reader.exif();
    cv::Size extent(image.width, image.height);
    if (options.region) {
        // Only the lengths matter, so a turned image needs no turned rectangle.
        const int largest = std::max(image.width, image.height);
        extent = {std::clamp(options.region->width, 1, largest), std::clamp(options.region->height, 1, largest)};
    }
    showOnWhite(reader.read(smallestScale(extent, options)), image);
    if (const std::string damage = reader.damage(); !damage.empty())
        image.damage = "The JPEG is damaged: " + damage + ".";
    return image;
}

std::string jpegLibraryVersion() {
    return "libjpeg API " + std::to_string(JPEG_LIB_VERSION);
}

} // namespace grappa
