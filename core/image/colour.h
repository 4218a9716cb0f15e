#pragma once

#include <opencv2/core.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// Colours as files store them, and their way to sRGB.
namespace grappa {

/// The number of each is the number of its samples a pixel.
enum class ColourModel { Grey = 1, Rgb = 3, Cmyk = 4 };

enum class Alpha { None, Straight, Premultiplied };

/// CIE 1931 chromaticities (x, y) of a display.
struct Primaries {
    std::array<double, 2> white{}, red{}, green{}, blue{};
};

/// What a file says about its colours. Nothing, or something broken, means sRGB.
struct ColourSpace {
    std::vector<std::byte> iccProfile;  ///< comes before the primaries
    std::optional<Primaries> primaries; ///< of RGB; nothing: those of sRGB
    double gamma = 0;                   ///< exponent that decodes a sample; 0: the curve of sRGB

    static ColourSpace adobeRgb();
    /// Sets the gamma, but for one so near 2.2 that nearly every writer means the curve of sRGB by it.
    void setGamma(double exponent);
    /// Code points of ITU-T H.273, as PNG, HEIF and AVIF use them; unknown ones mean sRGB.
    static ColourSpace cicp(int primaries, int transfer);
};

/// Samples as a file stores them.
struct Raster {
    cv::Mat samples; ///< CV_8U or CV_16U: the model's channels (CMYK: 0 = no ink), then alpha when there is one
    ColourModel model = ColourModel::Rgb;
    Alpha alpha = Alpha::None;
    int bits = 0; ///< of 16 that samples of 16 bits use; 0: what usedBits() finds
    ColourSpace space;
};

/// The bits that samples of 16 bits use, 9 to 16: cameras, scanners and microscopes keep 10, 12 or 14 bits in the low
/// end. Only the first `colours` channels count. What uses 8 or fewer is black or nearly so, and stays it: 16.
int usedBits(const cv::Mat& samples, int colours);

/// Converts rows of one raster to 8-bit sRGB. Not thread-safe.
class SrgbConverter {
public:
    explicit SrgbConverter(const Raster& raster);
    ~SrgbConverter();
    SrgbConverter(const SrgbConverter&) = delete;
    SrgbConverter& operator=(const SrgbConverter&) = delete;

    /// False: the colours are sRGB already (as near as 8 bits tell), or nothing here can convert them.
    bool converts() const;
    /// `pixels` pixels of the raster's channels to as many RGB triples; samples of an alpha are passed over.
    void convert(const void* samples, std::uint8_t* rgb, int pixels) const;

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

/// "Little CMS 2.14", or that this build has none.
std::string colourLibraryVersion();

} // namespace grappa
