#include "core/image/image_encoder.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <jpeglib.h>
#include <png.h>

namespace grappa {

namespace {

/// libjpeg reports an error through a callback that must not return; longjmp leaves it.
struct JpegErrors {
    jpeg_error_mgr base; // first, so that libjpeg's pointer to it is one to this
    std::jmp_buf jump;
    char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void onError(j_common_ptr info) {
    auto& errors = *reinterpret_cast<JpegErrors*>(info->err);
    errors.base.format_message(info, errors.message);
    std::longjmp(errors.jump, 1);
}

class JpegWriter {
public:
    JpegWriter() {
        m_info.err = jpeg_std_error(&m_errors.base);
        m_errors.base.error_exit = onError;
    }
    JpegWriter(const JpegWriter&) = delete;
    JpegWriter& operator=(const JpegWriter&) = delete;
    ~JpegWriter() {
        jpeg_destroy_compress(&m_info);
        std::free(m_bytes);
    }

    /// False after an error. Holds nothing that a longjmp would leave undestroyed.
    bool write(const Pixels& image, int quality) {
        if (setjmp(m_errors.jump) != 0) return false;
        jpeg_create_compress(&m_info);
        jpeg_mem_dest(&m_info, &m_bytes, &m_size);
        m_info.image_width = static_cast<JDIMENSION>(image.width);
        m_info.image_height = static_cast<JDIMENSION>(image.height);
        m_info.input_components = 3;
        m_info.in_color_space = JCS_RGB;
        jpeg_set_defaults(&m_info);
        jpeg_set_quality(&m_info, quality, TRUE);
        jpeg_start_compress(&m_info, TRUE);
        while (m_info.next_scanline < m_info.image_height) {
            const std::size_t offset = std::size_t{3} * m_info.image_width * m_info.next_scanline;
            JSAMPROW row = const_cast<JSAMPROW>(image.rgb.data() + offset);
            jpeg_write_scanlines(&m_info, &row, 1);
        }
        jpeg_finish_compress(&m_info);
        return true;
    }
    const char* error() const { return m_errors.message; }
    std::vector<std::byte> bytes() const {
        const auto* begin = reinterpret_cast<const std::byte*>(m_bytes);
        return {begin, begin + m_size};
    }

private:
    jpeg_compress_struct m_info{};
    JpegErrors m_errors{};
    unsigned char* m_bytes = nullptr; // grown by libjpeg
    unsigned long m_size = 0;
};

} // namespace

std::vector<std::byte> encodeJpeg(const Pixels& image, int quality) {
    JpegWriter writer;
    if (!writer.write(image, quality))
        throw Error(ErrorCode::Internal, std::string("Encoding a JPEG failed: ") + writer.error());
    return writer.bytes();
}

std::vector<std::byte> encodePng(const Pixels& image) {
    png_image header{};
    header.version = PNG_IMAGE_VERSION;
    header.width = static_cast<png_uint_32>(image.width);
    header.height = static_cast<png_uint_32>(image.height);
    header.format = PNG_FORMAT_RGB;
    header.flags = PNG_IMAGE_FLAG_FAST;
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
    std::vector<std::byte> bytes(size);
    if (png_image_write_to_memory(&header, bytes.data(), &size, 0, image.rgb.data(), 0, nullptr) == 0)
        throw Error(ErrorCode::Internal, std::string("Encoding a PNG failed: ") + header.message);
    bytes.resize(size);
    return bytes;
}

} // namespace grappa
