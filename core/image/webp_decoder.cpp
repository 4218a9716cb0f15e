#include "core/image/codecs.h"

#include <webp/decode.h>
#include <webp/demux.h>

#include <cstring>
#include <memory>

namespace grappa {

namespace {

struct DeleteDemuxer {
    void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
};
using Demuxer = std::unique_ptr<WebPDemuxer, DeleteDemuxer>;

struct DeleteDecoder {
    void operator()(WebPIDecoder* decoder) const { WebPIDelete(decoder); }
};

/// A frame of the container; releases what the iterator holds.
class Frame {
public:
    Frame(const WebPDemuxer* demuxer, int number) : m_there(WebPDemuxGetFrame(demuxer, number, &m_iterator) != 0) {}
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;
    ~Frame() {
        if (m_there) WebPDemuxReleaseIterator(&m_iterator);
    }
    explicit operator bool() const { return m_there; }
    const WebPIterator* operator->() const { return &m_iterator; }

private:
    WebPIterator m_iterator{};
    bool m_there;
};

std::span<const std::byte> chunk(const WebPDemuxer* demuxer, const char* name) {
    WebPChunkIterator iterator;
    if (WebPDemuxGetChunk(demuxer, name, 1, &iterator) == 0) return {};
    const std::span bytes = std::as_bytes(std::span(iterator.chunk.bytes, iterator.chunk.size));
    WebPDemuxReleaseChunkIterator(&iterator); // the bytes are the file's
    return bytes;
}

/// Draws a frame into its place on the canvas (RGBA). Returns the rows that it gave.
int drawFrame(const Frame& frame, cv::Mat& canvas) {
    const cv::Rect place(frame->x_offset, frame->y_offset, frame->width, frame->height);
    if (place.empty() || (place & cv::Rect({0, 0}, canvas.size())) != place) return 0;
    cv::Mat part = canvas(place);
    WebPDecoderConfig config;
    if (WebPInitDecoderConfig(&config) == 0) throw Error(ErrorCode::Internal, "libwebp is of another version.");
    config.output.colorspace = MODE_RGBA;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = part.data;
    config.output.u.RGBA.stride = static_cast<int>(part.step);
    config.output.u.RGBA.size = part.step * static_cast<std::size_t>(part.rows - 1) + 4u * unsigned(part.cols);
    const std::unique_ptr<WebPIDecoder, DeleteDecoder> decoder(WebPIDecode(nullptr, 0, &config));
    if (!decoder) throw std::bad_alloc();
    // What is there of a truncated frame is decoded too.
    const VP8StatusCode status = WebPIAppend(decoder.get(), frame->fragment.bytes, frame->fragment.size);
    if (status == VP8_STATUS_OUT_OF_MEMORY)
        throw Error(ErrorCode::ImageTooLarge, "The WebP image needs more memory than the decoder may use.");
    if (status == VP8_STATUS_OK) return part.rows;
    int rows = 0;
    if (WebPIDecGetRGB(decoder.get(), &rows, nullptr, nullptr, nullptr) == nullptr) rows = 0;
    if (rows < part.rows) part.rowRange(rows, part.rows).setTo(cv::Scalar::all(255));
    return rows;
}

bool showsSomething(const cv::Mat& rgba) {
    for (int y = 0; y < rgba.rows; ++y) {
        const auto* row = rgba.ptr<cv::Vec4b>(y);
        for (int x = 0; x < rgba.cols; ++x)
            if (row[x][3] != 0) return true;
    }
    return false;
}

} // namespace

StoredImage decodeWebP(std::span<const std::byte> bytes, const DecodeOptions& options) {
    constexpr std::size_t extendedHeaderSize = 30;
    if (bytes.size() >= extendedHeaderSize && std::memcmp(&bytes[12], "VP8X", 4) == 0) {
        // libwebp calls a canvas that does not fit its frames corrupt; a size beyond the limit is the better reason.
        const auto side = [&](std::size_t at) {
            const auto byte = [&](std::size_t i) { return std::to_integer<std::uint32_t>(bytes[at + i]); };
            return (byte(0) | byte(1) << 8 | byte(2) << 16) + 1;
        };
        checkDimensions(side(24), side(27), options.maxPixels);
    }
    const WebPData data{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
    WebPDemuxState state;
    const Demuxer demuxer(WebPDemuxPartial(&data, &state));
    if (!demuxer || state == WEBP_DEMUX_PARSE_ERROR || state == WEBP_DEMUX_PARSING_HEADER)
        throw Error(ErrorCode::ImageUndecodable, "The WebP image's container is corrupt or ends within its header.");
    const std::uint32_t width = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH);
    const std::uint32_t height = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT);
    checkDimensions(width, height, options.maxPixels);

    StoredImage image;
    image.width = static_cast<int>(width);
    image.height = static_cast<int>(height);
    Raster raster;
    raster.alpha = Alpha::Straight;
    raster.samples = cv::Mat(image.height, image.width, CV_8UC4, cv::Scalar(255, 255, 255, 0));
    // An animation is its first frame that shows something; before it the canvas is transparent, so that a frame is
    // blended and disposed of alike.
    const int frames = static_cast<int>(WebPDemuxGetI(demuxer.get(), WEBP_FF_FRAME_COUNT));
    bool complete = false;
    int rows = 0;
    for (int number = 1; number <= frames; ++number) {
        const Frame frame(demuxer.get(), number);
        if (!frame) break;
        rows = drawFrame(frame, raster.samples);
        complete = rows == frame->height;
        if (!complete || showsSomething(raster.samples)) break;
    }
    if (rows == 0) throw Error(ErrorCode::ImageUndecodable, "The WebP image is truncated or corrupt.");
    if (!complete || state != WEBP_DEMUX_DONE) image.damage = "The WebP image is damaged: it ends too early.";

    const std::span profile = chunk(demuxer.get(), "ICCP");
    raster.space.iccProfile.assign(profile.begin(), profile.end());
    showOnWhite(raster, image);
    addExif(image.exif, chunk(demuxer.get(), "EXIF"));
    const std::span xmp = chunk(demuxer.get(), "XMP ");
    addXmp(image.exif, {reinterpret_cast<const char*>(xmp.data()), xmp.size()});
    return image;
}

std::string webpLibraryVersion() {
    const int version = WebPGetDecoderVersion();
    return "libwebp " + std::to_string(version >> 16) + "." + std::to_string(version >> 8 & 255) + "." +
           std::to_string(version & 255);
}

} // namespace grappa
