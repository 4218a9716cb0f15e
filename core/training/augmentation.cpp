#include "core/training/augmentation.h"

#include "core/base/error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace grappa {

namespace {

struct Cut {
    std::int64_t left = 0, top = 0, width = 0, height = 0;
};

/// Colour planes of a square image, one after the other, in levels 0 to 255.
using Planes = std::vector<float>;

void checkImage(const torch::Tensor& image, int size) {
    if (size < 1 || image.dim() != 3 || image.size(0) != 3 || image.size(1) < 1 || image.size(2) < 1 ||
        image.scalar_type() != torch::kUInt8 || !image.device().is_cpu())
        throw Error(ErrorCode::Internal, "A view can be cut from a uint8 image [3, H, W] on the CPU alone.");
}

/// torchvision's RandomResizedCrop, but an image that no draw fits is cut anywhere, not in the middle.
Cut drawCut(std::int64_t width, std::int64_t height, const AugmentationOptions& options, RandomStream& random) {
    const double area = static_cast<double>(width) * static_cast<double>(height);
    const double logRatio = std::log(options.largestRatio);
    const auto place = [&](std::int64_t w, std::int64_t h) {
        const std::int64_t left = random.below(width - w + 1);
        return Cut{left, random.below(height - h + 1), w, h};
    };
    for (int attempt = 0; attempt < 10; ++attempt) {
        const double target = area * random.uniform(options.smallestArea, 1);
        const double ratio = std::exp(random.uniform(-logRatio, logRatio));
        const std::int64_t w = std::lround(std::sqrt(target * ratio)), h = std::lround(std::sqrt(target / ratio));
        if (w >= 1 && h >= 1 && w <= width && h <= height) return place(w, h);
    }
    const auto longest = [&](std::int64_t side) {
        return std::max<std::int64_t>(1, std::lround(static_cast<double>(side) * options.largestRatio));
    };
    return place(std::min(width, longest(height)), std::min(height, longest(width)));
}

/// The cut as [3, rows, cols]. On bytes torch resizes in integers, so that the result is the same on every processor.
torch::Tensor resized(const torch::Tensor& image, const Cut& cut, std::int64_t rows, std::int64_t cols) {
    const torch::Tensor part = image.narrow(1, cut.top, cut.height).narrow(2, cut.left, cut.width).contiguous();
    return at::_upsample_bilinear2d_aa(part.unsqueeze(0), {rows, cols}, /*align_corners=*/false).squeeze(0);
}

float grey(const Planes& planes, std::size_t plane, std::size_t i) {
    return 0.299F * planes[i] + 0.587F * planes[plane + i] + 0.114F * planes[2 * plane + i];
}

/// Moves each pixel away from (strength > 1) or towards (< 1) its own grey.
void saturate(Planes& planes, float strength) {
    const std::size_t plane = planes.size() / 3;
    for (std::size_t i = 0; i < plane; ++i) {
        const float centre = grey(planes, plane, i);
        for (std::size_t at = i; at < planes.size(); at += plane)
            planes[at] = std::clamp(centre + strength * (planes[at] - centre), 0.0F, 255.0F);
    }
}

void jitterColours(Planes& planes, double range, RandomStream& random) {
    const auto draw = [&] { return static_cast<float>(random.uniform(1 - range, 1 + range)); };
    const float brightness = draw(), contrast = draw(), saturation = draw();
    for (float& value : planes)
        value = std::min(value * brightness, 255.0F);
    const std::size_t plane = planes.size() / 3;
    double sum = 0;
    for (std::size_t i = 0; i < plane; ++i)
        sum += grey(planes, plane, i);
    const auto mean = static_cast<float>(sum / static_cast<double>(plane));
    for (float& value : planes)
        value = std::clamp(mean + contrast * (value - mean), 0.0F, 255.0F);
    saturate(planes, saturation);
}

Planes toPlanes(const torch::Tensor& image, bool mirrored) {
    const torch::Tensor bytes = image.contiguous();
    const auto* from = bytes.const_data_ptr<std::uint8_t>();
    Planes planes(from, from + bytes.numel());
    if (mirrored)
        for (auto row = planes.begin(); row != planes.end(); row += image.size(2))
            std::reverse(row, row + image.size(2));
    return planes;
}

torch::Tensor toImage(const Planes& planes, int size) {
    torch::Tensor image = torch::empty({3, size, size}, torch::kUInt8);
    std::transform(planes.begin(), planes.end(), image.mutable_data_ptr<std::uint8_t>(),
                   [](float value) { return static_cast<std::uint8_t>(std::clamp(value, 0.0F, 255.0F) + 0.5F); });
    return image;
}

/// The 3 x 3 matrix that takes the corners (0,0) (1,0) (1,1) (0,1) of a square to four points (Heckbert).
class Perspective {
public:
    using Point = std::array<double, 2>;

    explicit Perspective(const std::array<Point, 4>& to) {
        const auto& [p, q, r, s] = to;
        const double dx1 = q[0] - r[0], dx2 = s[0] - r[0], sx = p[0] - q[0] + r[0] - s[0];
        const double dy1 = q[1] - r[1], dy2 = s[1] - r[1], sy = p[1] - q[1] + r[1] - s[1];
        const double determinant = dx1 * dy2 - dx2 * dy1;
        m_g = (sx * dy2 - dx2 * sy) / determinant;
        m_h = (dx1 * sy - sx * dy1) / determinant;
        m_x = {q[0] - p[0] + m_g * q[0], s[0] - p[0] + m_h * s[0], p[0]};
        m_y = {q[1] - p[1] + m_g * q[1], s[1] - p[1] + m_h * s[1], p[1]};
    }
    Point operator()(double u, double v) const {
        const double w = m_g * u + m_h * v + 1;
        return {(m_x[0] * u + m_x[1] * v + m_x[2]) / w, (m_y[0] * u + m_y[1] * v + m_y[2]) / w};
    }

private:
    std::array<double, 3> m_x{}, m_y{};
    double m_g = 0, m_h = 0;
};

/// Where the corners of the copy lie in the image [width, height]: the largest upright square after the rotation, its
/// corners then pulled in by up to `pull` of its side.
Perspective drawPerspective(double width, double height, double degrees, double pull, RandomStream& random) {
    const double angle = random.uniform(-degrees, degrees) * std::numbers::pi / 180;
    const double cosine = std::cos(angle), sine = std::sin(angle);
    const double side = std::min(width, height) / (cosine + std::abs(sine));
    std::array<Perspective::Point, 4> corners{{{-0.5, -0.5}, {0.5, -0.5}, {0.5, 0.5}, {-0.5, 0.5}}};
    for (auto& [x, y] : corners) {
        const double u = side * x * (1 - 2 * random.uniform(0, pull)), v = side * y * (1 - 2 * random.uniform(0, pull));
        x = width / 2 + cosine * u - sine * v;
        y = height / 2 + sine * u + cosine * v;
    }
    return Perspective(corners);
}

/// Bilinear; what lies outside is the border.
Planes warped(const torch::Tensor& image, int size, const Perspective& perspective) {
    const torch::Tensor bytes = image.contiguous();
    const auto* from = bytes.const_data_ptr<std::uint8_t>();
    const std::int64_t rows = image.size(1), cols = image.size(2);
    const auto edge = static_cast<std::size_t>(size);
    Planes planes(3 * edge * edge);
    for (std::size_t i = 0; i < edge * edge; ++i) {
        const auto [x, y] =
            perspective((static_cast<double>(i % edge) + 0.5) / size, (static_cast<double>(i / edge) + 0.5) / size);
        const double left = std::clamp(x - 0.5, 0.0, static_cast<double>(cols - 1));
        const double top = std::clamp(y - 0.5, 0.0, static_cast<double>(rows - 1));
        const auto x0 = static_cast<std::int64_t>(left), y0 = static_cast<std::int64_t>(top);
        const std::int64_t x1 = std::min(x0 + 1, cols - 1), y1 = std::min(y0 + 1, rows - 1);
        const double dx = left - static_cast<double>(x0), dy = top - static_cast<double>(y0);
        for (std::int64_t channel = 0; channel < 3; ++channel) {
            const std::uint8_t* plane = from + channel * rows * cols;
            const double upper = plane[y0 * cols + x0] * (1 - dx) + plane[y0 * cols + x1] * dx;
            const double lower = plane[y1 * cols + x0] * (1 - dx) + plane[y1 * cols + x1] * dx;
            planes[static_cast<std::size_t>(channel) * edge * edge + i] =
                static_cast<float>(upper * (1 - dy) + lower * dy);
        }
    }
    return planes;
}

/// Gaussian of `sigma` pixels, along `stride`: 1 = rows, size = columns.
void blurAlong(Planes& planes, std::int64_t size, std::int64_t stride, double sigma) {
    const auto radius = static_cast<std::int64_t>(std::ceil(3 * sigma));
    std::vector<float> kernel;
    for (std::int64_t i = -radius; i <= radius; ++i)
        kernel.push_back(static_cast<float>(std::exp(-0.5 * static_cast<double>(i * i) / (sigma * sigma))));
    const Planes before = planes;
    for (std::int64_t i = 0; i < std::ssize(planes); ++i) {
        const std::int64_t along = i / stride % size;
        float sum = 0, weights = 0;
        for (std::int64_t k = std::max(-radius, -along); k <= std::min(radius, size - 1 - along); ++k) {
            const float weight = kernel[static_cast<std::size_t>(k + radius)];
            sum += weight * before[static_cast<std::size_t>(i + k * stride)];
            weights += weight;
        }
        planes[static_cast<std::size_t>(i)] = sum / weights;
    }
}

/// Nearly normal: the sum of the four 16-bit parts of one draw. libm's logarithm differs between machines.
float drawNormal(RandomStream& random) {
    const std::uint64_t bits = random.next();
    const std::uint64_t sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
    return (static_cast<float>(sum) / 65535.0F - 2) * 1.7320508F;
}

/// A rectangle of one colour over a share `area` of the image.
void coverPart(Planes& planes, int size, double area, RandomStream& random) {
    const double ratio = std::exp(random.uniform(-0.7, 0.7));
    const auto length = [&](double part) {
        return std::clamp<std::int64_t>(std::lround(size * std::sqrt(part)), 1, size);
    };
    const std::int64_t width = length(area * ratio), height = length(area / ratio);
    const std::int64_t left = random.below(size - width + 1), top = random.below(size - height + 1);
    for (std::int64_t channel = 0; channel < 3; ++channel) {
        const auto level = static_cast<float>(random.uniform(0, 255));
        for (std::int64_t y = top; y < top + height; ++y)
            std::fill_n(planes.begin() + (channel * size + y) * size + left, width, level);
    }
}

} // namespace

torch::Tensor trainingView(const torch::Tensor& image, int size, std::uint64_t seed,
                           const AugmentationOptions& options) {
    checkImage(image, size);
    RandomStream random(seed);
    const Cut cut = drawCut(image.size(2), image.size(1), options, random);
    const bool mirrored = random.uniform() < options.flipProbability;
    Planes planes = toPlanes(resized(image, cut, size, size), mirrored);
    jitterColours(planes, options.colour, random);
    return toImage(planes, size);
}

torch::Tensor alteredCopy(const torch::Tensor& image, int size, std::uint64_t seed) {
    checkImage(image, size);
    constexpr double degrees = 20, pull = 0.1;
    RandomStream random(seed);

    // Bilinear sampling needs an image of about the copy's resolution.
    const Cut whole{0, 0, image.size(2), image.size(1)};
    const double scale = std::min(1.0, 1.3 * size / static_cast<double>(std::min(whole.width, whole.height)));
    const auto scaled = [&](std::int64_t length) {
        return std::max<std::int64_t>(1, std::lround(static_cast<double>(length) * scale));
    };
    const std::int64_t rows = scaled(whole.height), cols = scaled(whole.width);
    const torch::Tensor small = scale < 1 ? resized(image, whole, rows, cols) : image;

    Planes planes = warped(
        small, size, drawPerspective(static_cast<double>(cols), static_cast<double>(rows), degrees, pull, random));
    const double sigma = random.uniform(0.2, 1.2) * size / 112;
    blurAlong(planes, size, 1, sigma);
    blurAlong(planes, size, size, sigma);
    saturate(planes, static_cast<float>(random.uniform(0.2, 0.7)));
    const auto noise = static_cast<float>(random.uniform(2, 10));
    for (float& value : planes)
        value += noise * drawNormal(random);
    coverPart(planes, size, random.uniform(0.05, 0.15), random);
    return toImage(planes, size);
}

} // namespace grappa
