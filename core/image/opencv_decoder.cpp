#include "core/image/codecs.h"

#include "core/image/container_header.h"

#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <vector>

namespace grappa {

namespace {

/// The caller gets the reason as an error. (What libpng and imdecode itself print ends in the worker's /dev/null.)
void silenceOpenCv() {
    static const bool once = [] {
        cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
        cv::redirectError([](int, const char*, const char*, const char*, int, void*) { return 0; });
        return true;
    }();
    static_cast<void>(once);
}

cv::Mat decodeUnchanged(std::span<const std::byte> bytes) {
    if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
        throw Error(ErrorCode::ImageTooLarge, "The file is larger than 2 GiB.");
    silenceOpenCv();
    const cv::Mat file(1, static_cast<int>(bytes.size()), CV_8UC1,
                       const_cast<std::byte*>(bytes.data())); // OpenCV only reads it
    try {
        return cv::imdecode(file, cv::IMREAD_UNCHANGED);
    } catch (const cv::Exception& error) {
        if (error.code == cv::Error::StsNoMem)
            throw Error(ErrorCode::ImageTooLarge, "The image needs more memory than the decoder may use.");
        return {};
    }
}

/// BGR(A) or grey samples of 8 or 16 bits over white; sets `rgb` and `transparent`.
template <class Sample>
void putOnWhite(const cv::Mat& samples, const ContainerHeader& header, StoredImage& image) {
    constexpr int shift = 8 * (sizeof(Sample) - 1);
    const int channels = samples.channels();
    const int red = channels >= 3 ? 2 : 0;
    const int green = channels >= 3 ? 1 : 0;
    const auto eight = [](Sample value) { return static_cast<std::uint32_t>(value >> shift); };
    image.rgb.create(samples.size(), CV_8UC3);
    for (int y = 0; y < samples.rows; ++y) {
        const Sample* in = samples.ptr<Sample>(y);
        std::uint8_t* out = image.rgb.ptr(y);
        for (int x = 0; x < samples.cols; ++x, in += channels, out += 3) {
            const std::array<Sample, 3> colour{in[red], in[green], in[0]};
            std::uint32_t alpha = channels == 4 && header.alpha != Alpha::None ? eight(in[3]) : 255;
            if (header.colourKey && std::equal(colour.begin(), colour.end(), header.colourKey->begin())) alpha = 0;
            image.transparent |= alpha < 255;
            for (std::size_t c = 0; c < 3; ++c) {
                const std::uint32_t value = eight(header.inverted ? static_cast<Sample>(~colour[c]) : colour[c]);
                out[c] = header.alpha == Alpha::Premultiplied
                             ? static_cast<std::uint8_t>(std::min(255u, value + 255u - alpha))
                             : overWhite(value, alpha);
            }
        }
    }
}

} // namespace

StoredImage decodeWithOpenCv(std::span<const std::byte> bytes, ImageFormat format, const DecodeOptions& options) {
    const ContainerHeader header = readContainerHeader(bytes, format);
    checkDimensions(header.width, header.height, options.maxPixels);
    const std::string name(formatName(format));
    const cv::Mat samples = decodeUnchanged(header.rewritten.empty() ? bytes : std::span(header.rewritten));
    if (samples.empty())
        throw Error(ErrorCode::ImageUndecodable, "The " + name + " image is truncated, corrupt or of an unusual kind.");
    StoredImage image;
    image.width = static_cast<int>(header.width);
    image.height = static_cast<int>(header.height);
    if (samples.cols != image.width || samples.rows != image.height)
        throw Error(ErrorCode::ImageUndecodable, "The " + name + " image's header and its data disagree.");
    image.exif = header.exif;
    image.damage = header.damage;
    switch (samples.depth()) {
    case CV_8U:
        putOnWhite<std::uint8_t>(samples, header, image);
        break;
    case CV_16U:
        putOnWhite<std::uint16_t>(samples, header, image);
        break;
    default:
        throw Error(ErrorCode::ImageFormatUnsupported, "Images of floating-point or signed samples are not read.");
    }
    return image;
}

} // namespace grappa
