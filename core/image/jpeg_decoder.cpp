#include "core/image/codecs.h"

#include <algorithm>
#include <csetjmp>
#include <cstdio>
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
            jpeg_save_markers(&m_info, JPEG_APP0 + 1, 0xffff);
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
        constexpr std::string_view intro("Exif\0\0", 6);
        for (const jpeg_marker_struct* marker = m_info.marker_list; marker != nullptr; marker = marker->next) {
            const std::span data(reinterpret_cast<const std::byte*>(marker->data), marker->data_length);
            if (data.size() > intro.size() && std::memcmp(data.data(), intro.data(), intro.size()) == 0)
                return readExif(data.subspan(intro.size()));
        }
        return {};
    }

    /// The pixels at `scale`/8 of the full size, RGB.
    cv::Mat read(int scale) {
        const bool cmyk = m_info.num_components == 4;
        guarded([&] {
            m_info.scale_num = static_cast<unsigned>(scale);
            m_info.scale_denom = scaleDenominator;
            m_info.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
            jpeg_start_decompress(&m_info);
        });
        cv::Mat pixels(static_cast<int>(m_info.output_height), static_cast<int>(m_info.output_width),
                       cmyk ? CV_8UC4 : CV_8UC3);
        guarded([&] {
            while (m_info.output_scanline < m_info.output_height) {
                JSAMPROW row = pixels.ptr(static_cast<int>(m_info.output_scanline));
                jpeg_read_scanlines(&m_info, &row, 1);
            }
            jpeg_finish_decompress(&m_info); // reads to the end-of-image marker, so that a missing one is noticed
        });
        return cmyk ? cmykToRgb(pixels) : pixels;
    }

    std::string damage() const { return m_errors.warning; }

private:
    /// Runs calls into libjpeg. `step` must hold no object with a destructor: an error jumps over it.
    template <class Step>
    void guarded(Step step) {
        if (setjmp(m_errors.jump) != 0) fail();
        step();
    }

    [[noreturn]] void fail() {
        const bool noMemory = m_errors.base.msg_code == JERR_OUT_OF_MEMORY;
        const std::string reason = m_errors.error;
        jpeg_destroy_decompress(
            &m_info); // the destructor does not run when the constructor throws; a second call is harmless
        if (noMemory) throw Error(ErrorCode::ImageTooLarge, "The JPEG needs more memory than the decoder may use.");
        throw Error(ErrorCode::ImageUndecodable, "The JPEG cannot be decoded: " + reason + ".");
    }

    /// CMYK in JPEG is stored inverted, by Adobe's convention that all writers follow.
    static cv::Mat cmykToRgb(const cv::Mat& cmyk) {
        cv::Mat rgb(cmyk.size(), CV_8UC3);
        for (int y = 0; y < cmyk.rows; ++y) {
            const std::uint8_t* in = cmyk.ptr(y);
            std::uint8_t* out = rgb.ptr(y);
            for (int x = 0; x < cmyk.cols; ++x, in += 4, out += 3)
                for (int c = 0; c < 3; ++c) {
                    const std::uint32_t ink = (255u - in[c]) * in[3] + 128;
                    out[c] = static_cast<std::uint8_t>(in[3] - ((ink + (ink >> 8)) >> 8));
                }
        }
        return rgb;
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
    image.rgb = reader.read(smallestScale(extent, options));
    if (const std::string damage = reader.damage(); !damage.empty())
        image.damage = "The JPEG is damaged: " + damage + ".";
    return image;
}

std::string jpegLibraryVersion() {
    return "libjpeg API " + std::to_string(JPEG_LIB_VERSION);
}

} // namespace grappa
