#include "core/image/codecs.h"

#include <bit>
#include <charconv>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

#include <png.h>

namespace grappa {

namespace {

/// The bytes that a text of ImageMagick keeps: a line with a name, one with a size, then hexadecimal digits.
std::vector<std::byte> rawProfile(std::string_view text) {
    std::vector<std::byte> bytes;
    std::size_t at = text.find_first_not_of('\n');
    for (int line = 0; line < 2 && at != std::string_view::npos; ++line) {
        at = text.find('\n', at);
        if (at != std::string_view::npos) ++at;
    }
    if (at == std::string_view::npos) return bytes;
    std::string digits;
    for (const char c : text.substr(at))
        if (c != '\n' && c != '\r' && c != ' ') digits.push_back(c);
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        unsigned value = 0;
        if (std::from_chars(&digits[i], &digits[i] + 2, value, 16).ptr != &digits[i] + 2) break;
        bytes.push_back(static_cast<std::byte>(value));
    }
    return bytes;
}

/// Whether the chunks lead past the end of the file before their last one.
bool isTruncated(std::span<const std::byte> bytes) {
    constexpr std::size_t signatureSize = 8, frameSize = 12; // length, name and checksum of a chunk
    for (std::size_t at = signatureSize; at <= bytes.size() && bytes.size() - at >= frameSize;) {
        std::uint32_t length = 0;
        for (std::size_t i = 0; i < 4; ++i)
            length = length << 8 | std::to_integer<std::uint32_t>(bytes[at + i]);
        if (length > bytes.size() - at - frameSize) return true;
        if (std::memcmp(&bytes[at + 4], "IEND", 4) == 0) return false;
        at += frameSize + length;
    }
    return true;
}

/// libpng reports through callbacks; an error must not return, so longjmp leaves it.
class PngReader {
public:
    explicit PngReader(std::span<const std::byte> bytes) : m_rest(bytes) {
        m_png = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, onError, onWarning);
        if (m_png != nullptr) m_info = png_create_info_struct(m_png);
        if (m_info == nullptr) throw std::bad_alloc();
        png_set_read_fn(m_png, this, onRead);
        // A wrong checksum is a warning: the samples may be right, and the damage is said.
        png_set_crc_action(m_png, PNG_CRC_WARN_USE, PNG_CRC_WARN_DISCARD);
        constexpr std::uint32_t longest = 0x7fffffff; // checkDimensions() has the say
        png_set_user_limits(m_png, longest, longest);
        // Of a truncated file libpng gives up what its last read would have held: short reads lose no row.
        constexpr std::size_t shortRead = 16;
        if (isTruncated(bytes)) png_set_compression_buffer_size(m_png, shortRead);
    }
    PngReader(const PngReader&) = delete;
    PngReader& operator=(const PngReader&) = delete;
    ~PngReader() { png_destroy_read_struct(&m_png, &m_info, nullptr); }

    void readHeader() {
        const bool read = guarded([&] {
            png_set_keep_unknown_chunks(m_png, PNG_HANDLE_CHUNK_ALWAYS, reinterpret_cast<png_const_bytep>("cICP"), 1);
            png_read_info(m_png, m_info);
        });
        if (!read) throw Error(ErrorCode::ImageUndecodable, "The PNG cannot be decoded: " + m_error + ".");
        m_warning.clear(); // about chunks beside the pixels; what is broken there is passed over
    }

    std::uint32_t width() const { return png_get_image_width(m_png, m_info); }
    std::uint32_t height() const { return png_get_image_height(m_png, m_info); }

    Raster read() {
        Raster raster;
        int passes = 1;
        const bool begun = guarded([&] {
            png_set_expand(m_png); // palettes to RGB, 1 to 4 bits to 8, a transparent colour to an alpha
            if constexpr (std::endian::native == std::endian::little) png_set_swap(m_png);
            passes = png_set_interlace_handling(m_png);
            png_read_update_info(m_png, m_info);
        });
        if (!begun) throw Error(ErrorCode::ImageUndecodable, "The PNG cannot be decoded: " + m_error + ".");
        const int channels = png_get_channels(m_png, m_info);
        raster.model = channels >= 3 ? ColourModel::Rgb : ColourModel::Grey;
        raster.alpha = channels % 2 == 0 ? Alpha::Straight : Alpha::None;
        raster.space = colourSpace();
        // White where nothing is written.
        raster.samples = cv::Mat(static_cast<int>(height()), static_cast<int>(width()),
                                 CV_MAKETYPE(png_get_bit_depth(m_png, m_info) == 16 ? CV_16U : CV_8U, channels),
                                 cv::Scalar::all(65535));
        const bool complete = guarded([&] {
            for (m_pass = 0; m_pass < passes; ++m_pass)
                for (m_row = 0; m_row < raster.samples.rows; ++m_row)
                    png_read_row(m_png, raster.samples.ptr(m_row), nullptr);
        });
        if (complete) {
            guarded([&] { png_read_end(m_png, m_info); });
        } else {
            if (m_pass == 0 && m_row == 0)
                throw Error(ErrorCode::ImageUndecodable, "The PNG cannot be decoded: " + m_error + ".");
            if (passes == 1) raster.samples.row(m_row).setTo(cv::Scalar::all(65535)); // perhaps written in part
        }
        return raster;
    }

    ExifInfo exif() {
        ExifInfo info;
        png_uint_32 size = 0;
        png_bytep block = nullptr;
        if (png_get_eXIf_1(m_png, m_info, &size, &block) != 0) addExif(info, std::as_bytes(std::span(block, size)));
        png_textp texts = nullptr;
        const int count = png_get_text(m_png, m_info, &texts, nullptr);
        const std::span all(texts, static_cast<std::size_t>(std::max(count, 0)));
        for (const png_text& text : all) {
            const std::string_view key(text.key);
            if (key == "Raw profile type exif" || key == "Raw profile type APP1") addExif(info, rawProfile(text.text));
        }
        for (const png_text& text : all)
            if (std::string_view(text.key) == "XML:com.adobe.xmp") addXmp(info, text.text);
        for (const png_text& text : all)
            if (std::string_view(text.key) == "Raw profile type xmp") {
                const std::vector<std::byte> packet = rawProfile(text.text);
                addXmp(info, {reinterpret_cast<const char*>(packet.data()), packet.size()});
            }
        return info;
    }

    /// What went wrong; empty when nothing did.
    std::string damage() const {
        const std::string& reason = m_error.empty() ? m_warning : m_error;
        return reason.empty() ? reason : "The PNG is damaged: " + reason + ".";
    }

private:
    /// Runs calls into libpng; false when one failed. `step` must hold no object with a destructor.
    template <class Step>
    bool guarded(Step step) {
        if (setjmp(m_jump) != 0) return false;
        step();
        return true;
    }

    static PngReader& of(void* self) { return *static_cast<PngReader*>(self); }

    [[noreturn]] static void onError(png_structp png, png_const_charp message) {
        PngReader& reader = of(png_get_error_ptr(png));
        reader.m_error = message;
        std::longjmp(reader.m_jump, 1);
    }

    static void onWarning(png_structp png, png_const_charp message) {
        // Only a checksum tells of damage to pixels. The other warnings are about chunks beside them.
        PngReader& reader = of(png_get_error_ptr(png));
        if (reader.m_warning.empty() && std::string_view(message).find("CRC") != std::string_view::npos)
            reader.m_warning = message;
    }

    static void onRead(png_structp png, png_bytep out, std::size_t size) {
        PngReader& reader = of(png_get_io_ptr(png));
        if (size > reader.m_rest.size()) png_error(png, "it ends too early");
        std::memcpy(out, reader.m_rest.data(), size);
        reader.m_rest = reader.m_rest.subspan(size);
    }

    ColourSpace colourSpace() {
        png_unknown_chunkp unknown = nullptr;
        const int unknowns = png_get_unknown_chunks(m_png, m_info, &unknown);
        for (const png_unknown_chunk& chunk : std::span(unknown, static_cast<std::size_t>(std::max(unknowns, 0))))
            if (std::memcmp(chunk.name, "cICP", 4) == 0 && chunk.size == 4)
                return ColourSpace::cicp(chunk.data[0], chunk.data[1]);
        ColourSpace space;
        png_charp name = nullptr;
        png_bytep profile = nullptr;
        png_uint_32 size = 0;
        int compression = 0, intent = 0;
        if (png_get_iCCP(m_png, m_info, &name, &compression, &profile, &size) != 0) {
            const std::span bytes = std::as_bytes(std::span(profile, size));
            space.iccProfile.assign(bytes.begin(), bytes.end());
            return space;
        }
        if (png_get_sRGB(m_png, m_info, &intent) != 0) return space;
        Primaries p;
        if (png_get_cHRM(m_png, m_info, &p.white[0], &p.white[1], &p.red[0], &p.red[1], &p.green[0], &p.green[1],
                         &p.blue[0], &p.blue[1]) != 0)
            space.primaries = p;
        double encoding = 0;
        if (png_get_gAMA(m_png, m_info, &encoding) != 0 && encoding > 0) space.setGamma(1 / encoding);
        return space;
    }

    std::span<const std::byte> m_rest;
    png_structp m_png = nullptr;
    png_infop m_info = nullptr;
    std::jmp_buf m_jump{};
    int m_pass = 0, m_row = 0; ///< members, so that they keep their values over a longjmp
    std::string m_error, m_warning;
};

} // namespace

StoredImage decodePng(std::span<const std::byte> bytes, const DecodeOptions& options) {
    PngReader reader(bytes);
    reader.readHeader();
    return storedImage(reader, options);
}

std::string pngLibraryVersion() {
    return std::string("libpng ") + png_get_libpng_ver(nullptr);
}

} // namespace grappa
