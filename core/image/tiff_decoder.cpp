#include "core/image/codecs.h"

#include "core/base/half.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include <tiffio.h>
#include <zlib.h>

namespace grappa {

namespace {

using Bytes = std::span<const std::byte>;

constexpr std::uint16_t photometricCfa = 32803, photometricLinearRaw = 34892;

[[noreturn]] void refuse(const std::string& reason) {
    throw Error(ErrorCode::ImageUndecodable, reason);
}

[[noreturn]] void refuseKind(const std::string& kind) {
    throw Error(ErrorCode::ImageFormatUnsupported,
                "The TIFF is of a kind that is not read: " + kind + ". Convert it to a plain TIFF, PNG or JPEG.");
}

std::string compressionName(std::uint16_t compression) {
    struct Name {
        std::uint16_t number;
        const char* name;
    };
    static constexpr std::array<Name, 12> names{{{22610, "JPEG XR"},
                                                 {33003, "JPEG 2000 of Aperio"},
                                                 {33005, "JPEG 2000 of Aperio"},
                                                 {34661, "JBIG"},
                                                 {34712, "JPEG 2000"},
                                                 {34887, "LERC"},
                                                 {34892, "lossy JPEG of DNG"},
                                                 {34925, "LZMA"},
                                                 {50000, "Zstandard"},
                                                 {50001, "WebP"},
                                                 {50002, "JPEG XL"},
                                                 {52546, "JPEG XL of DNG"}}};
    const auto* found = std::find_if(names.begin(), names.end(), [&](Name n) { return n.number == compression; });
    const std::string number = "compression " + std::to_string(compression);
    return found == names.end() ? number : number + " (" + found->name + ")";
}

/// A page of the file, or a picture that hangs below one.
struct Page {
    std::uint64_t offset = 0;
    std::uint64_t pixels = 0;
    bool whole = true; ///< neither a reduced copy of another page nor a mask
};

float halfToFloat(std::uint16_t half) {
    float value = 0;
    toFloat({&half, 1}, {&value, 1});
    return value;
}

class TiffReader {
public:
    explicit TiffReader(Bytes bytes) : m_bytes(bytes) {
        const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(TIFFOpenOptionsAlloc(),
                                                                                       TIFFOpenOptionsFree);
        if (!options) throw std::bad_alloc();
        TIFFOpenOptionsSetErrorHandlerExtR(options.get(), onMessage, this);
        TIFFOpenOptionsSetWarningHandlerExtR(options.get(), onMessage, this);
        m_tiff.reset(TIFFClientOpenExt("image", "rm", this, onRead, onWrite, onSeek, onClose, onSize, nullptr, nullptr,
                                       options.get()));
        if (!m_tiff) refuse("The TIFF has no directory that can be read" + because() + ".");
    }
    TiffReader(const TiffReader&) = delete;
    TiffReader& operator=(const TiffReader&) = delete;
    ~TiffReader() = default;

    /// Goes to the page that is the picture: the first that is no reduced copy and no mask, unless another has more
    /// than four times its pixels (then the first was a preview that nobody marked).
    void selectPage() {
        const std::vector<Page> pages = this->pages();
        const Page* best = nullptr;
        constexpr std::uint64_t previewRatio = 4;
        for (const Page& page : pages)
            if (page.whole && (best == nullptr || page.pixels > previewRatio * best->pixels)) best = &page;
        if (best == nullptr)
            best = &*std::max_element(pages.begin(), pages.end(),
                                      [](const Page& a, const Page& b) { return a.pixels < b.pixels; });
        m_message.clear();
        if (TIFFSetSubDirectory(m_tiff.get(), best->offset) == 0)
            refuse("The TIFF's directory cannot be read" + because() + ".");
        m_message.clear(); // what was said of tags; the pixels are looked at apart
        readLayout();
    }

    /// Whether the page is what a camera's sensor gave: then the file is a camera RAW, and nothing else may be asked.
    bool isSensorData() const { return m_photometric == photometricCfa || m_photometric == photometricLinearRaw; }

    std::uint32_t width() const { return m_width; }
    std::uint32_t height() const { return m_height; }

    Raster read() {
        Raster raster;
        if (needsConversion()) {
            readConverted(raster);
        } else {
            readSamples();
            toRaster(raster);
        }
        std::uint32_t size = 0;
        void* profile = nullptr;
        const bool lab = m_photometric == PHOTOMETRIC_CIELAB || m_photometric == PHOTOMETRIC_ICCLAB;
        if (!lab && TIFFGetField(m_tiff.get(), TIFFTAG_ICCPROFILE, &size, &profile) != 0) {
            const auto* begin = static_cast<const std::byte*>(profile);
            raster.space.iccProfile.assign(begin, begin + size);
        }
        return raster;
    }

    ExifInfo exif() const {
        ExifInfo info;
        addExif(info, m_bytes);
        info.orientation = 0; // that of the first page, which need not be this one
        std::uint16_t orientation = 0;
        if (TIFFGetField(m_tiff.get(), TIFFTAG_ORIENTATION, &orientation) != 0 && orientation >= 1 && orientation <= 8)
            info.orientation = orientation;
        std::uint32_t size = 0;
        void* packet = nullptr;
        if (TIFFGetField(m_tiff.get(), TIFFTAG_XMLPACKET, &size, &packet) != 0)
            addXmp(info, {static_cast<const char*>(packet), size});
        return info;
    }

    std::string damage() const { return m_message.empty() ? m_message : "The TIFF is damaged: " + m_message + "."; }

private:
    struct CloseTiff {
        void operator()(TIFF* tiff) const { TIFFClose(tiff); }
    };

    // ------------------------------------------------------------------------------------------- libtiff's callbacks

    static TiffReader& of(void* self) { return *static_cast<TiffReader*>(self); }

    static tmsize_t onRead(void* self, void* out, tmsize_t wanted) {
        TiffReader& reader = of(self);
        const std::uint64_t left = reader.m_bytes.size() - std::min<std::uint64_t>(reader.m_at, reader.m_bytes.size());
        const std::uint64_t size =
            std::min<std::uint64_t>(static_cast<std::uint64_t>(std::max<tmsize_t>(wanted, 0)), left);
        if (size > 0) std::memcpy(out, reader.m_bytes.data() + reader.m_at, size);
        reader.m_at += size;
        return static_cast<tmsize_t>(size);
    }
    static tmsize_t onWrite(void*, void*, tmsize_t) { return 0; }
    static toff_t onSeek(void* self, toff_t offset, int whence) {
        TiffReader& reader = of(self);
        reader.m_at = whence == SEEK_CUR   ? reader.m_at + offset
                      : whence == SEEK_END ? reader.m_bytes.size() + offset
                                           : offset;
        return reader.m_at;
    }
    static int onClose(void*) { return 0; }
    static toff_t onSize(void* self) { return of(self).m_bytes.size(); }

    /// Keeps the first message; every one while pixels are read is one about damage.
    static int onMessage(TIFF*, void* self, const char*, const char* format, std::va_list arguments) {
        TiffReader& reader = of(self);
        if (!reader.m_message.empty()) return 1;
        std::array<char, 200> text{};
        std::vsnprintf(text.data(), text.size(), format, arguments);
        reader.m_message = text.data();
        while (reader.m_message.ends_with('.'))
            reader.m_message.pop_back();
        return 1;
    }

    std::string because() const { return m_message.empty() ? "" : " (" + m_message + ")"; }

    // ----------------------------------------------------------------------------------------------- pages and layout

    template <class Number>
    Number tag(std::uint32_t name, Number otherwise = 0) const {
        Number value = 0;
        return TIFFGetFieldDefaulted(m_tiff.get(), name, &value) != 0 ? value : otherwise;
    }

    Page currentPage(std::uint64_t offset) const {
        const auto kind = tag<std::uint32_t>(TIFFTAG_SUBFILETYPE);
        std::uint16_t oldKind = 0;
        const bool oldReduced =
            TIFFGetField(m_tiff.get(), TIFFTAG_OSUBFILETYPE, &oldKind) != 0 && oldKind == OFILETYPE_REDUCEDIMAGE;
        const bool whole = (kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) == 0 && !oldReduced;
        return {offset, std::uint64_t{tag<std::uint32_t>(TIFFTAG_IMAGEWIDTH)} * tag<std::uint32_t>(TIFFTAG_IMAGELENGTH),
                whole};
    }

    std::vector<Page> pages() {
        constexpr std::size_t most = 2000; // a document's further pages cannot be the picture
        std::vector<Page> pages;
        std::vector<std::uint64_t> below;
        do {
            pages.push_back(currentPage(TIFFCurrentDirOffset(m_tiff.get())));
            std::uint16_t count = 0;
            std::uint64_t* offsets = nullptr;
            if (TIFFGetField(m_tiff.get(), TIFFTAG_SUBIFD, &count, &offsets) != 0)
                below.insert(below.end(), offsets, offsets + count);
        } while (pages.size() < most && TIFFReadDirectory(m_tiff.get()) != 0);
        for (const std::uint64_t offset : below)
            if (pages.size() < most && TIFFSetSubDirectory(m_tiff.get(), offset) != 0)
                pages.push_back(currentPage(offset));
        return pages;
    }

    void readLayout() {
        m_width = tag<std::uint32_t>(TIFFTAG_IMAGEWIDTH);
        m_height = tag<std::uint32_t>(TIFFTAG_IMAGELENGTH);
        m_bits = tag<std::uint16_t>(TIFFTAG_BITSPERSAMPLE, 1);
        m_samplesPerPixel = tag<std::uint16_t>(TIFFTAG_SAMPLESPERPIXEL, 1);
        m_format = tag<std::uint16_t>(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
        if (m_format == SAMPLEFORMAT_VOID) m_format = SAMPLEFORMAT_UINT;
        m_compression = tag<std::uint16_t>(TIFFTAG_COMPRESSION, COMPRESSION_NONE);
        m_separate = tag<std::uint16_t>(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_SEPARATE &&
                     m_samplesPerPixel > 1;
        const std::uint16_t assumed = m_samplesPerPixel >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
        std::uint16_t photometric = 0;
        m_photometric = TIFFGetField(m_tiff.get(), TIFFTAG_PHOTOMETRIC, &photometric) != 0 ? photometric : assumed;
        if (isSensorData()) return;
        if (TIFFIsCODECConfigured(m_compression) == 0)
            refuseKind(compressionName(m_compression) + " is not built into the decoder");
        if (m_compression == COMPRESSION_JPEG && m_photometric == PHOTOMETRIC_YCBCR && !m_separate) {
            TIFFSetField(m_tiff.get(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
            m_photometric = PHOTOMETRIC_RGB;
        }
    }

    /// Colours that only libtiff's own conversion to RGB knows, and a codec that decodes no single row.
    bool needsConversion() const {
        return m_photometric == PHOTOMETRIC_YCBCR || m_photometric == PHOTOMETRIC_CIELAB ||
               m_photometric == PHOTOMETRIC_ICCLAB || m_photometric == PHOTOMETRIC_ITULAB ||
               m_photometric == PHOTOMETRIC_LOGL || m_photometric == PHOTOMETRIC_LOGLUV ||
               m_compression == COMPRESSION_OJPEG || m_compression == COMPRESSION_JBIG;
    }

    void readConverted(Raster& raster) {
        std::array<char, 1024> reason{};
        if (TIFFRGBAImageOK(m_tiff.get(), reason.data()) == 0) refuseKind(reason.data());
        std::vector<std::uint32_t> pixels(std::size_t{m_width} * m_height, 0xffffffff);
        // The orientation of the file itself: nothing is turned here.
        const int orientation = tag<std::uint16_t>(TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
        constexpr int goOnAfterErrors = 0;
        if (TIFFReadRGBAImageOriented(m_tiff.get(), m_width, m_height, pixels.data(), orientation, goOnAfterErrors) ==
                0 &&
            m_message.empty())
            m_message = "part of its pixels cannot be read";
        raster.alpha = Alpha::Premultiplied;
        raster.samples = cv::Mat(static_cast<int>(m_height), static_cast<int>(m_width), CV_8UC4);
        const std::uint32_t* in = pixels.data();
        for (int y = 0; y < raster.samples.rows; ++y) {
            auto* out = raster.samples.ptr<cv::Vec4b>(y);
            for (int x = 0; x < raster.samples.cols; ++x, ++in)
                out[x] = {static_cast<std::uint8_t>(TIFFGetR(*in)), static_cast<std::uint8_t>(TIFFGetG(*in)),
                          static_cast<std::uint8_t>(TIFFGetB(*in)), static_cast<std::uint8_t>(TIFFGetA(*in))};
        }
    }

    // -------------------------------------------------------------------------------------------------------- samples

    /// Which of a pixel's samples are read, in order.
    std::vector<std::uint16_t> wantedSamples() {
        switch (m_photometric) {
        case PHOTOMETRIC_MINISWHITE:
        case PHOTOMETRIC_MINISBLACK:
        case PHOTOMETRIC_PALETTE:
            m_model = ColourModel::Grey;
            break;
        case PHOTOMETRIC_RGB:
            m_model = ColourModel::Rgb;
            break;
        case PHOTOMETRIC_SEPARATED:
            if (tag<std::uint16_t>(TIFFTAG_INKSET, INKSET_CMYK) != INKSET_CMYK) refuseKind("inks other than CMYK");
            m_model = ColourModel::Cmyk;
            break;
        default:
            refuseKind("photometric interpretation " + std::to_string(m_photometric));
        }
        const auto colours = static_cast<std::uint16_t>(m_model);
        if (m_samplesPerPixel < colours)
            refuse("The TIFF has " + std::to_string(m_samplesPerPixel) + " samples a pixel, fewer than its colours.");
        std::vector<std::uint16_t> wanted;
        for (std::uint16_t i = 0; i < colours; ++i)
            wanted.push_back(i);
        std::uint16_t extras = 0;
        std::uint16_t* kinds = nullptr;
        if (m_photometric == PHOTOMETRIC_PALETTE ||
            TIFFGetField(m_tiff.get(), TIFFTAG_EXTRASAMPLES, &extras, &kinds) == 0)
            return wanted;
        for (std::uint16_t i = 0; i < extras && colours + i < m_samplesPerPixel; ++i)
            if (kinds[i] == EXTRASAMPLE_ASSOCALPHA || kinds[i] == EXTRASAMPLE_UNASSALPHA) {
                m_alpha = kinds[i] == EXTRASAMPLE_ASSOCALPHA ? Alpha::Premultiplied : Alpha::Straight;
                wanted.push_back(colours + i);
                break;
            }
        return wanted;
    }

    bool isUnsigned() const { return m_format == SAMPLEFORMAT_UINT; }

    /// Reads the wanted samples as they are stored: 8 bits, 16 bits, or float for everything else.
    void readSamples() {
        const std::vector<std::uint16_t> wanted = wantedSamples();
        const bool known = m_format == SAMPLEFORMAT_IEEEFP
                               ? m_bits == 16 || m_bits == 32 || m_bits == 64
                               : (isUnsigned() && m_bits >= 1 && m_bits <= 16) || m_bits == 8 || m_bits == 16 ||
                                     m_bits == 24 || m_bits == 32 || m_bits == 64;
        if (!known || m_format > SAMPLEFORMAT_IEEEFP)
            refuseKind(std::to_string(m_bits) + " bits a sample in format " + std::to_string(m_format));
        const int depth = !isUnsigned() || m_bits > 16 ? CV_32F : m_bits > 8 ? CV_16U : CV_8U;
        // White, or no ink, where nothing is written.
        const bool whiteIsZero = m_photometric == PHOTOMETRIC_MINISWHITE || m_model == ColourModel::Cmyk;
        const double white = whiteIsZero || depth == CV_32F ? 0 : (1 << m_bits) - 1;
        m_samples = cv::Mat(static_cast<int>(m_height), static_cast<int>(m_width),
                            CV_MAKETYPE(depth, static_cast<int>(wanted.size())), cv::Scalar::all(white));
        if (TIFFIsTiled(m_tiff.get()) != 0)
            readTiles(wanted);
        else
            readStrips(wanted);
        if (!m_wrote) refuse("The TIFF's pixels cannot be read" + because() + ".");
        if (m_message.empty() && !checksumsHold()) m_message = "its compressed data do not match their checksum";
    }

    /// The buffer for `size` bytes of pixels. Zeros, so that no byte is undefined whatever libtiff writes.
    std::vector<std::uint8_t> buffer(std::uint64_t size) const {
        constexpr std::uint64_t most = std::uint64_t{1} << 32;
        if (size == 0) refuse("The TIFF's layout is corrupt.");
        if (size > most) throw Error(ErrorCode::ImageTooLarge, "The TIFF's strips or tiles are too large.");
        return std::vector<std::uint8_t>(size);
    }

    /// Row by row: of a damaged strip the rows before the damage stay.
    void readStrips(const std::vector<std::uint16_t>& wanted) {
        std::vector<std::uint8_t> row = buffer(TIFFScanlineSize64(m_tiff.get()));
        const std::uint32_t rowsPerStrip =
            std::max(1u, std::min(m_height, tag<std::uint32_t>(TIFFTAG_ROWSPERSTRIP, m_height)));
        const std::size_t planes = m_separate ? wanted.size() : 1;
        for (std::size_t plane = 0; plane < planes; ++plane)
            for (std::uint32_t y = 0; y < m_height; ++y) {
                const std::uint16_t sample = m_separate ? wanted[plane] : std::uint16_t{0};
                if (TIFFReadScanline(m_tiff.get(), row.data(), y, sample) != 1) {
                    noteMissing();
                    y += rowsPerStrip - 1 - y % rowsPerStrip; // on with the next strip
                    continue;
                }
                place(row.data(), cv::Rect(0, static_cast<int>(y), m_samples.cols, 1), row.size(), wanted, plane);
            }
    }

    void readTiles(const std::vector<std::uint16_t>& wanted) {
        const auto width = tag<std::uint32_t>(TIFFTAG_TILEWIDTH), height = tag<std::uint32_t>(TIFFTAG_TILELENGTH);
        if (width == 0 || height == 0) refuse("The TIFF's layout is corrupt.");
        std::vector<std::uint8_t> tile = buffer(TIFFTileSize64(m_tiff.get()));
        const std::size_t planes = m_separate ? wanted.size() : 1;
        for (std::size_t plane = 0; plane < planes; ++plane)
            for (std::uint64_t y = 0; y < m_height; y += height)
                for (std::uint64_t x = 0; x < m_width; x += width) {
                    const std::uint32_t number =
                        TIFFComputeTile(m_tiff.get(), static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y), 0,
                                        m_separate ? wanted[plane] : std::uint16_t{0});
                    const auto size = static_cast<tmsize_t>(tile.size());
                    if (TIFFReadEncodedTile(m_tiff.get(), number, tile.data(), size) != size) {
                        noteMissing();
                        continue;
                    }
                    const cv::Rect area(static_cast<int>(x), static_cast<int>(y),
                                        static_cast<int>(std::min<std::uint64_t>(width, m_width - x)),
                                        static_cast<int>(std::min<std::uint64_t>(height, m_height - y)));
                    place(tile.data(), area, TIFFTileRowSize64(m_tiff.get()), wanted, plane);
                }
    }

    /// libtiff stops at the last pixel and never looks at the checksum behind it, which alone tells of damaged bytes
    /// that decode to other pixels. True where the compression has none.
    bool checksumsHold() const {
        if (m_compression != COMPRESSION_ADOBE_DEFLATE && m_compression != COMPRESSION_DEFLATE) return true;
        if (tag<std::uint16_t>(TIFFTAG_FILLORDER, FILLORDER_MSB2LSB) != FILLORDER_MSB2LSB) return true;
        const std::uint32_t count = TIFFNumberOfStrips(m_tiff.get()); // or tiles
        std::vector<std::uint8_t> discarded(std::size_t{1} << 16);
        for (std::uint32_t i = 0; i < count; ++i) {
            const std::uint64_t begin = TIFFGetStrileOffset(m_tiff.get(), i);
            const std::uint64_t size = TIFFGetStrileByteCount(m_tiff.get(), i);
            if (begin > m_bytes.size() || size > m_bytes.size() - begin) return false;
            z_stream stream{};
            stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(m_bytes.data() + begin)); // only read
            stream.avail_in = static_cast<uInt>(size);
            if (inflateInit(&stream) != Z_OK) throw std::bad_alloc();
            int state = Z_OK;
            while (state == Z_OK) {
                stream.next_out = discarded.data();
                stream.avail_out = static_cast<uInt>(discarded.size());
                state = inflate(&stream, Z_NO_FLUSH);
            }
            inflateEnd(&stream);
            if (state != Z_STREAM_END) return false;
        }
        return true;
    }

    void noteMissing() {
        if (m_message.empty()) m_message = "part of its pixels cannot be read";
    }

    /// Copies samples from a buffer of rows of `stride` bytes. Of separate planes it holds that of wanted[plane].
    void place(const std::uint8_t* data, cv::Rect area, std::uint64_t stride, const std::vector<std::uint16_t>& wanted,
               std::size_t plane) {
        m_wrote = true;
        const std::size_t channels = wanted.size();
        const std::size_t step = m_separate ? 1 : m_samplesPerPixel;
        for (int y = 0; y < area.height; ++y, data += stride)
            for (std::size_t c = m_separate ? plane : 0; c < (m_separate ? plane + 1 : channels); ++c) {
                const std::size_t first = m_separate ? 0 : wanted[c];
                const std::size_t place = static_cast<std::size_t>(area.x) * channels + c;
                const int row = area.y + y;
                switch (m_samples.depth()) {
                case CV_8U:
                    copyRow(data, first, step, m_samples.ptr<std::uint8_t>(row) + place, channels, area.width);
                    break;
                case CV_16U:
                    copyRow(data, first, step, m_samples.ptr<std::uint16_t>(row) + place, channels, area.width);
                    break;
                default:
                    copyRow(data, first, step, m_samples.ptr<float>(row) + place, channels, area.width);
                }
            }
    }

    template <class Out>
    void copyRow(const std::uint8_t* data, std::size_t first, std::size_t step, Out* out, std::size_t outStep,
                 int count) const {
        for (int i = 0; i < count; ++i, first += step, out += outStep) {
            if constexpr (std::is_same_v<Out, float>)
                *out = numberAt(data, first);
            else
                *out = static_cast<Out>(unsignedAt(data, first));
        }
    }

    template <class Number>
    static Number load(const std::uint8_t* data, std::size_t index) {
        Number number;
        std::memcpy(&number, data + index * sizeof(Number), sizeof(Number));
        return number;
    }

    /// An unsigned sample of 1 to 16 bits. Those that fill no whole bytes follow each other bit by bit.
    std::uint32_t unsignedAt(const std::uint8_t* data, std::size_t index) const {
        if (m_bits == 8) return data[index];
        if (m_bits == 16) return load<std::uint16_t>(data, index);
        std::uint32_t value = 0;
        for (std::size_t bit = index * m_bits, end = bit + m_bits; bit < end;) {
            const std::size_t take = std::min(8 - bit % 8, end - bit);
            value = value << take | (std::uint32_t{data[bit / 8]} >> (8 - bit % 8 - take) & ((1u << take) - 1));
            bit += take;
        }
        return value;
    }

    float numberAt(const std::uint8_t* data, std::size_t index) const {
        if (m_format == SAMPLEFORMAT_IEEEFP)
            return m_bits == 16   ? halfToFloat(load<std::uint16_t>(data, index))
                   : m_bits == 32 ? load<float>(data, index)
                                  : static_cast<float>(load<double>(data, index));
        const bool hasSign = m_format == SAMPLEFORMAT_INT;
        switch (m_bits) {
        case 8:
            return load<std::int8_t>(data, index);
        case 16:
            return load<std::int16_t>(data, index);
        case 24: {
            const std::uint8_t* at = data + 3 * index;
            const bool little = std::endian::native == std::endian::little;
            const int value = at[little ? 0 : 2] | at[1] << 8 | at[little ? 2 : 0] << 16;
            return static_cast<float>(hasSign && value >= 1 << 23 ? value - (1 << 24) : value);
        }
        case 32:
            return hasSign ? static_cast<float>(load<std::int32_t>(data, index))
                           : static_cast<float>(load<std::uint32_t>(data, index));
        default:
            return hasSign ? static_cast<float>(load<std::int64_t>(data, index))
                           : static_cast<float>(load<std::uint64_t>(data, index));
        }
    }

    // ------------------------------------------------------------------------------------------------------ to raster

    void toRaster(Raster& raster) {
        raster.model = m_model;
        raster.alpha = m_alpha;
        if (m_photometric == PHOTOMETRIC_PALETTE) {
            raster.model = ColourModel::Rgb;
            raster.samples = expandPalette();
            return;
        }
        raster.samples = m_samples.depth() == CV_32F ? stretched() : m_samples;
        const int colours = static_cast<int>(m_model);
        const bool invert = m_photometric == PHOTOMETRIC_MINISWHITE;
        if (raster.samples.depth() == CV_16U) {
            const int bits = m_samples.depth() == CV_32F ? 16
                             : m_bits < 16               ? m_bits
                                                         : usedBits(raster.samples, colours);
            raster.bits = bits;
            if (invert) invertColours<std::uint16_t>(raster.samples, (1u << bits) - 1);
            return;
        }
        if (m_bits < 8) {
            const unsigned largest = (1u << m_bits) - 1;
            for (int y = 0; y < raster.samples.rows; ++y) {
                auto* row = raster.samples.ptr<std::uint8_t>(y);
                for (int i = 0; i < raster.samples.cols * raster.samples.channels(); ++i)
                    row[i] = static_cast<std::uint8_t>(row[i] * 255u / largest);
            }
        }
        if (invert) invertColours<std::uint8_t>(raster.samples, 255);
    }

    template <class Sample>
    void invertColours(cv::Mat& samples, unsigned largest) const {
        const int channels = samples.channels();
        for (int y = 0; y < samples.rows; ++y) {
            auto* pixel = samples.ptr<Sample>(y);
            for (int x = 0; x < samples.cols; ++x, pixel += channels)
                pixel[0] = static_cast<Sample>(largest - std::min<unsigned>(pixel[0], largest));
        }
    }

    /// RGB of 16 bits, or of 8 when the palette was written so (which some programs do).
    cv::Mat expandPalette() const {
        std::array<std::uint16_t*, 3> maps{};
        if (!isUnsigned() || m_bits > 16 ||
            TIFFGetField(m_tiff.get(), TIFFTAG_COLORMAP, &maps[0], &maps[1], &maps[2]) == 0)
            refuse("The TIFF has no palette.");
        const std::size_t colours = std::size_t{1} << m_bits;
        const auto isSmall = [&](const std::uint16_t* map) {
            return std::all_of(map, map + colours, [](std::uint16_t value) { return value < 256; });
        };
        const int shift = std::all_of(maps.begin(), maps.end(), isSmall) ? 0 : 8;
        cv::Mat rgb(m_samples.size(), CV_8UC3);
        for (int y = 0; y < rgb.rows; ++y)
            for (int x = 0; x < rgb.cols; ++x) {
                const std::size_t number =
                    m_samples.depth() == CV_8U ? m_samples.at<std::uint8_t>(y, x) : m_samples.at<std::uint16_t>(y, x);
                for (int c = 0; c < 3; ++c)
                    rgb.at<cv::Vec3b>(y, x)[c] =
                        static_cast<std::uint8_t>(maps[static_cast<std::size_t>(c)][number] >> shift);
            }
        return rgb;
    }

    /// Numbers of an unknown range over 16 bits: 0 to 1 as it is, whole numbers by the bits that they use, and what
    /// goes below 0 from the smallest to the largest. An alpha is 0 to 1 or the full range of its type.
    cv::Mat stretched() const {
        const int channels = m_samples.channels(), colours = static_cast<int>(m_model);
        float smallest = std::numeric_limits<float>::max(), largest = std::numeric_limits<float>::lowest();
        for (int y = 0; y < m_samples.rows; ++y) {
            const auto* row = m_samples.ptr<float>(y);
            for (int i = 0; i < m_samples.cols * channels; ++i)
                if (i % channels < colours && std::isfinite(row[i])) {
                    smallest = std::min(smallest, row[i]);
                    largest = std::max(largest, row[i]);
                }
        }
        if (smallest > largest) smallest = largest = 0;
        const bool isFloat = m_format == SAMPLEFORMAT_IEEEFP;
        const float low = std::min(smallest, 0.0f);
        float high = largest;
        if (low == 0) {
            constexpr float eightBits = 255;
            if (isFloat && largest <= 1)
                high = 1;
            else
                high = largest <= eightBits ? eightBits : std::exp2(std::ceil(std::log2(largest + 1))) - 1;
        }
        const float alphaHigh = isFloat ? 1 : std::exp2(static_cast<float>(m_bits - (isUnsigned() ? 0 : 1))) - 1;
        cv::Mat out(m_samples.size(), CV_MAKETYPE(CV_16U, channels));
        for (int y = 0; y < m_samples.rows; ++y) {
            const auto* in = m_samples.ptr<float>(y);
            auto* row = out.ptr<std::uint16_t>(y);
            for (int i = 0; i < m_samples.cols * channels; ++i) {
                const bool colour = i % channels < colours;
                const float begin = colour ? low : 0, end = colour ? high : alphaHigh;
                const float share = end > begin && std::isfinite(in[i]) ? (in[i] - begin) / (end - begin) : 0;
                row[i] = static_cast<std::uint16_t>(std::lround(std::clamp(share, 0.0f, 1.0f) * 65535));
            }
        }
        return out;
    }

    Bytes m_bytes;
    std::uint64_t m_at = 0;
    std::string m_message;
    std::unique_ptr<TIFF, CloseTiff> m_tiff;
    std::uint32_t m_width = 0, m_height = 0;
    std::uint16_t m_bits = 0, m_samplesPerPixel = 0, m_format = 0, m_compression = 0, m_photometric = 0;
    bool m_separate = false; ///< each sample in a plane of its own
    ColourModel m_model = ColourModel::Grey;
    Alpha m_alpha = Alpha::None;
    cv::Mat m_samples;
    bool m_wrote = false;
};

} // namespace

StoredImage decodeTiff(std::span<const std::byte> bytes, const DecodeOptions& options) {
    TiffReader reader(bytes);
    reader.selectPage();
    if (reader.isSensorData()) {
#if GRAPPA_RAW
        return decodeRaw(bytes, options);
#else
        refuseKind("raw data of a camera's sensor, which needs a build with LibRaw");
#endif
    }
    return storedImage(reader, options);
}

std::string tiffLibraryVersion() {
    const std::string text = TIFFGetVersion(); // "LIBTIFF, Version 4.5.0" and lines of credits
    const std::size_t number = text.find_first_of("0123456789");
    return "libtiff " + (number == std::string::npos ? "" : text.substr(number, text.find('\n') - number));
}

} // namespace grappa
