#include "core/image/colour.h"

#include "core/image/codecs.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>

#if GRAPPA_LCMS
#include <lcms2.h>
#endif

namespace grappa {

namespace {

constexpr std::array<double, 2> d65{0.3127, 0.3290};

#if GRAPPA_LCMS

struct CloseProfile {
    void operator()(void* profile) const { cmsCloseProfile(profile); }
};
using Profile = std::unique_ptr<void, CloseProfile>;

struct DeleteTransform {
    void operator()(void* transform) const { cmsDeleteTransform(transform); }
};
using Transform = std::unique_ptr<void, DeleteTransform>;

struct DeleteContext {
    void operator()(cmsContext context) const { cmsDeleteContext(context); }
};
using Context = std::unique_ptr<std::remove_pointer_t<cmsContext>, DeleteContext>;

struct FreeCurve {
    void operator()(cmsToneCurve* curve) const { cmsFreeToneCurve(curve); }
};

Profile profileOf(cmsContext context, const Raster& raster) {
    const ColourSpace& space = raster.space;
    if (!space.iccProfile.empty()) {
        const auto size = static_cast<cmsUInt32Number>(space.iccProfile.size());
        return Profile(cmsOpenProfileFromMemTHR(context, space.iccProfile.data(), size));
    }
    if (raster.model == ColourModel::Cmyk || (!space.primaries && space.gamma <= 0)) return nullptr;
    std::array<double, 5> srgb{2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
    constexpr int linearBelow = 4; // ICC's parametric curve of that kind
    const std::unique_ptr<cmsToneCurve, FreeCurve> curve(
        space.gamma > 0 ? cmsBuildGamma(context, space.gamma)
                        : cmsBuildParametricToneCurve(context, linearBelow, srgb.data()));
    const Primaries p = space.primaries.value_or(Primaries{d65, {0.64, 0.33}, {0.30, 0.60}, {0.15, 0.06}});
    const cmsCIExyY white{p.white[0], p.white[1], 1};
    if (raster.model == ColourModel::Grey) return Profile(cmsCreateGrayProfileTHR(context, &white, curve.get()));
    const cmsCIExyYTRIPLE colours{{p.red[0], p.red[1], 1}, {p.green[0], p.green[1], 1}, {p.blue[0], p.blue[1], 1}};
    cmsToneCurve* const curves[]{curve.get(), curve.get(), curve.get()};
    return Profile(cmsCreateRGBProfileTHR(context, &white, &colours, curves));
}

/// ICC's signature and LittleCMS's own number of a model.
struct ModelCodes {
    cmsColorSpaceSignature signature;
    cmsUInt32Number pixelType;
};

ModelCodes codesOf(ColourModel model) {
    switch (model) {
    case ColourModel::Grey:
        return {cmsSigGrayData, PT_GRAY};
    case ColourModel::Cmyk:
        return {cmsSigCmykData, PT_CMYK};
    default:
        return {cmsSigRgbData, PT_RGB};
    }
}

/// Whether 8-bit RGB comes out as it went in, up to one level: most profiles are sRGB under one name or another, and
/// then the pixels are better left alone.
bool isIdentity(cmsContext context, cmsHPROFILE from, cmsHPROFILE to) {
    const Transform transform(cmsCreateTransformTHR(context, from, TYPE_RGB_8, to, TYPE_RGB_8, INTENT_PERCEPTUAL, 0));
    if (!transform) return true;
    constexpr int step = 15;
    for (int red = 0; red <= 255; red += step)
        for (int green = 0; green <= 255; green += step)
            for (int blue = 0; blue <= 255; blue += step) {
                const std::array<std::uint8_t, 3> in{static_cast<std::uint8_t>(red), static_cast<std::uint8_t>(green),
                                                     static_cast<std::uint8_t>(blue)};
                std::array<std::uint8_t, 3> out{};
                cmsDoTransform(transform.get(), in.data(), out.data(), 1);
                for (std::size_t i = 0; i < 3; ++i)
                    if (std::abs(in[i] - out[i]) > 1) return false;
            }
    return true;
}

#endif

/// `value` with `alpha` over white.
std::uint8_t overWhite(std::uint32_t value, std::uint32_t alpha) {
    const std::uint32_t sum = value * alpha + 255 * (255 - alpha) + 128;
    return static_cast<std::uint8_t>((sum + (sum >> 8)) >> 8); // sum / 255, rounded
}

/// value * share / 255, rounded.
std::uint8_t partOf(std::uint32_t value, std::uint32_t share) {
    const std::uint32_t product = value * share + 128;
    return static_cast<std::uint8_t>((product + (product >> 8)) >> 8);
}

std::uint16_t largestSample(const cv::Mat& samples, int from, int to) {
    const int channels = samples.channels();
    std::uint16_t largest = 0;
    for (int y = 0; y < samples.rows; ++y) {
        const auto* pixel = samples.ptr<std::uint16_t>(y);
        for (int x = 0; x < samples.cols; ++x, pixel += channels)
            for (int c = from; c < to; ++c)
                largest = std::max(largest, pixel[c]);
    }
    return largest;
}

/// Brings samples of fewer than 16 bits to 16. Colours decide; an alpha that fits their bits goes with them.
cv::Mat scaledToUsedBits(const Raster& raster) {
    const int channels = raster.samples.channels();
    const int colours = static_cast<int>(raster.model);
    const int bits = raster.bits != 0 ? raster.bits : usedBits(raster.samples, colours);
    if (bits == 16) return raster.samples;
    const int alphaBits = std::bit_width(largestSample(raster.samples, colours, channels));
    const int shift = 16 - bits, alphaShift = alphaBits <= bits ? shift : 0;
    cv::Mat scaled(raster.samples.size(), raster.samples.type());
    for (int y = 0; y < scaled.rows; ++y) {
        const auto* in = raster.samples.ptr<std::uint16_t>(y);
        auto* out = scaled.ptr<std::uint16_t>(y);
        for (int i = 0; i < scaled.cols * channels; ++i)
            out[i] = static_cast<std::uint16_t>(in[i] << (i % channels < colours ? shift : alphaShift));
    }
    return scaled;
}

/// Colours that an alpha was multiplied into, without it.
template <class Sample>
void divideByAlpha(cv::Mat& samples) {
    constexpr std::uint64_t full = std::numeric_limits<Sample>::max();
    const int channels = samples.channels();
    for (int y = 0; y < samples.rows; ++y) {
        Sample* pixel = samples.ptr<Sample>(y);
        for (int x = 0; x < samples.cols; ++x, pixel += channels) {
            const std::uint64_t alpha = pixel[channels - 1];
            if (alpha == 0 || alpha == full) continue;
            for (int c = 0; c < channels - 1; ++c)
                pixel[c] = static_cast<Sample>(std::min(full, (pixel[c] * full + alpha / 2) / alpha));
        }
    }
}

/// Without a profile: the high byte; inks by the plain formula.
template <class Sample>
void plainRow(const Sample* in, std::uint8_t* out, int pixels, int channels, ColourModel model) {
    constexpr int shift = 8 * (sizeof(Sample) - 1);
    const auto eight = [](Sample value) { return static_cast<std::uint8_t>(value >> shift); };
    for (int x = 0; x < pixels; ++x, in += channels, out += 3)
        for (int c = 0; c < 3; ++c)
            switch (model) {
            case ColourModel::Grey:
                out[c] = eight(in[0]);
                break;
            case ColourModel::Rgb:
                out[c] = eight(in[c]);
                break;
            case ColourModel::Cmyk: {
                const std::uint8_t light = 255 - eight(in[3]);
                out[c] = static_cast<std::uint8_t>(light - partOf(eight(in[c]), light));
                break;
            }
            }
}

template <class Sample>
void showRows(const cv::Mat& samples, const Raster& raster, const SrgbConverter& converter, StoredImage& image) {
    constexpr int shift = 8 * (sizeof(Sample) - 1);
    const int channels = samples.channels();
    const bool premultiplied = raster.alpha == Alpha::Premultiplied && !converter.converts();
    image.rgb.create(samples.size(), CV_8UC3);
    for (int y = 0; y < samples.rows; ++y) {
        const Sample* in = samples.ptr<Sample>(y);
        std::uint8_t* out = image.rgb.ptr(y);
        if (converter.converts())
            converter.convert(in, out, samples.cols);
        else
            plainRow(in, out, samples.cols, channels, raster.model);
        if (raster.alpha == Alpha::None) continue;
        for (int x = 0; x < samples.cols; ++x, in += channels, out += 3) {
            const std::uint32_t alpha = static_cast<std::uint32_t>(in[channels - 1] >> shift);
            image.transparent |= alpha < 255;
            for (int c = 0; c < 3; ++c)
                out[c] = premultiplied ? static_cast<std::uint8_t>(std::min(255u, out[c] + 255u - alpha))
                                       : overWhite(out[c], alpha);
        }
    }
}

} // namespace

int usedBits(const cv::Mat& samples, int colours) {
    constexpr int least = 8, all = 16;
    const int bits = std::bit_width(largestSample(samples, 0, colours));
    return bits <= least ? all : bits;
}

ColourSpace ColourSpace::adobeRgb() {
    return {{}, Primaries{d65, {0.64, 0.33}, {0.21, 0.71}, {0.15, 0.06}}, 563.0 / 256};
}

void ColourSpace::setGamma(double exponent) {
    constexpr double ofSrgb = 2.2, tolerance = 0.05; // libpng's own
    gamma = exponent > 0 && std::abs(exponent / ofSrgb - 1) > tolerance ? exponent : 0;
}

ColourSpace ColourSpace::cicp(int primaries, int transfer) {
    ColourSpace space;
    switch (primaries) {
    case 9: // ITU-R BT.2020
        space.primaries = Primaries{d65, {0.708, 0.292}, {0.170, 0.797}, {0.131, 0.046}};
        break;
    case 11: // DCI-P3
        space.primaries = Primaries{{0.314, 0.351}, {0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}};
        break;
    case 12: // Display P3
        space.primaries = Primaries{d65, {0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}};
        break;
    default:
        break;
    }
    switch (transfer) {
    case 4:
        space.gamma = 2.2;
        break;
    case 5:
        space.gamma = 2.8;
        break;
    case 8:
        space.gamma = 1;
        break;
    default:
        break;
    }
    return space;
}

#if GRAPPA_LCMS

struct SrgbConverter::Impl {
    Context context{cmsCreateContext(nullptr, nullptr)}; // errors are not printed: a broken profile means sRGB
    Transform transform;
};

SrgbConverter::SrgbConverter(const Raster& raster) : m_impl(std::make_unique<Impl>()) {
    if (!m_impl->context) return;
    cmsSetLogErrorHandlerTHR(m_impl->context.get(), [](cmsContext, cmsUInt32Number, const char*) {});
    const Profile from = profileOf(m_impl->context.get(), raster);
    const ModelCodes codes = codesOf(raster.model);
    if (!from || cmsGetColorSpace(from.get()) != codes.signature) return;
    const Profile to(cmsCreate_sRGBProfileTHR(m_impl->context.get()));
    if (!to) return;
    if (raster.model == ColourModel::Rgb && isIdentity(m_impl->context.get(), from.get(), to.get())) return;
    const cmsUInt32Number sampleSize = raster.samples.depth() == CV_16U ? 2 : 1;
    const cmsUInt32Number format = COLORSPACE_SH(codes.pixelType) |
                                   CHANNELS_SH(static_cast<cmsUInt32Number>(raster.model)) | BYTES_SH(sampleSize) |
                                   EXTRA_SH(raster.alpha == Alpha::None ? 0u : 1u);
    m_impl->transform.reset(
        cmsCreateTransformTHR(m_impl->context.get(), from.get(), format, to.get(), TYPE_RGB_8, INTENT_PERCEPTUAL, 0));
}

bool SrgbConverter::converts() const {
    return m_impl->transform != nullptr;
}

void SrgbConverter::convert(const void* samples, std::uint8_t* rgb, int pixels) const {
    cmsDoTransform(m_impl->transform.get(), samples, rgb, static_cast<cmsUInt32Number>(pixels));
}

std::string colourLibraryVersion() {
    const int version = cmsGetEncodedCMMversion();
    return "Little CMS " + std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

#else

struct SrgbConverter::Impl {};

SrgbConverter::SrgbConverter(const Raster&) {}

bool SrgbConverter::converts() const {
    return false;
}

void SrgbConverter::convert(const void*, std::uint8_t*, int) const {}

std::string colourLibraryVersion() {
    return "no Little CMS (colour profiles are passed over)";
}

#endif

SrgbConverter::~SrgbConverter() = default;

void showOnWhite(const Raster& raster, StoredImage& image) {
    const SrgbConverter converter(raster);
    const bool deep = raster.samples.depth() == CV_16U;
    cv::Mat samples = deep ? scaledToUsedBits(raster) : raster.samples;
    if (converter.converts() && raster.alpha == Alpha::Premultiplied) {
        if (samples.data == raster.samples.data) samples = samples.clone();
        deep ? divideByAlpha<std::uint16_t>(samples) : divideByAlpha<std::uint8_t>(samples);
    }
    if (deep)
        showRows<std::uint16_t>(samples, raster, converter, image);
    else
        showRows<std::uint8_t>(samples, raster, converter, image);
}

} // namespace grappa
