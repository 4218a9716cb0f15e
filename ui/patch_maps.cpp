#include "ui/patch_maps.h"

#include "core/base/half.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace grappa {

namespace {

constexpr int mostPatches = 1 << 16;
constexpr int mostDim = 1 << 14;
constexpr double croppedPart = 7.0 / 8; ///< of the short side (core/image/preprocessing.h)

int sizeAt(const nlohmann::json& object, const char* key, int most) {
    const double value = numberAt(object, key).value_or(0);
    return value >= 1 && value <= most ? static_cast<int>(value) : 0;
}

float cosine(const PatchMaps& a, std::size_t i, const PatchMaps& b, std::size_t j) {
    const auto dim = static_cast<std::size_t>(a.dim);
    return halfDot(a.tokens.data() + i * dim, b.tokens.data() + j * dim, dim);
}

} // namespace

std::optional<PatchMaps> patchMapsOf(const JsonMessage& message) {
    PatchMaps maps;
    maps.rows = sizeAt(message.json, "rows", mostPatches);
    maps.cols = sizeAt(message.json, "cols", mostPatches);
    maps.dim = sizeAt(message.json, "dim", mostDim);
    const qsizetype patches = qsizetype{maps.rows} * maps.cols;
    if (patches == 0 || patches > mostPatches || maps.dim == 0) return std::nullopt;
    const qsizetype tokens = patches * maps.dim;
    constexpr auto valueSize = static_cast<qsizetype>(sizeof(float));
    if (message.bytes.size() != (tokens + patches) * valueSize) return std::nullopt;
    std::vector<float> floats(static_cast<std::size_t>(tokens));
    maps.tokens.resize(floats.size());
    maps.attention.resize(static_cast<std::size_t>(patches));
    std::memcpy(floats.data(), message.bytes.constData(), static_cast<std::size_t>(tokens * valueSize));
    toHalf(floats, maps.tokens);
    std::memcpy(maps.attention.data(), message.bytes.constData() + tokens * valueSize,
                static_cast<std::size_t>(patches * valueSize));
    const auto whole = message.json.find("whole");
    maps.whole = whole != message.json.end() && whole->is_boolean() && whole->get<bool>();
    return maps;
}

QRectF seenSquare(const QSize& image, const std::optional<QRect>& region, bool whole) {
    const QRectF part = region ? QRectF(*region) : QRectF(QPointF(0, 0), QSizeF(image));
    const double side =
        whole ? std::max(part.width(), part.height()) : croppedPart * std::min(part.width(), part.height());
    QRectF square(0, 0, side, side);
    square.moveCenter(part.center());
    return square;
}

std::optional<std::size_t> patchAt(const PatchMaps& maps, const QRectF& square, const QPointF& place) {
    if (square.isEmpty()) return std::nullopt;
    const auto col = static_cast<int>(std::floor((place.x() - square.left()) / square.width() * maps.cols));
    const auto row = static_cast<int>(std::floor((place.y() - square.top()) / square.height() * maps.rows));
    if (col < 0 || row < 0 || col >= maps.cols || row >= maps.rows) return std::nullopt;
    return static_cast<std::size_t>(row * maps.cols + col);
}

std::vector<float> matchesOf(const PatchMaps& from, std::size_t patch, const PatchMaps& in) {
    if (from.dim != in.dim || patch >= from.patches()) return {};
    std::vector<float> matches(in.patches());
    for (std::size_t i = 0; i < matches.size(); ++i)
        matches[i] = cosine(from, patch, in, i);
    return matches;
}

std::vector<float> bestMatches(const PatchMaps& from, const PatchMaps& in) {
    if (from.dim != in.dim) return {};
    std::vector<float> best(in.patches(), -1);
    for (std::size_t i = 0; i < best.size(); ++i)
        for (std::size_t patch = 0; patch < from.patches(); ++patch)
            best[i] = std::max(best[i], cosine(from, patch, in, i));
    return best;
}

std::vector<float> brightness(const std::vector<float>& values) {
    if (values.empty()) return {};
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    const float low = *least, range = *most - *least;
    std::vector<float> bright(values.size(), 1);
    if (!(range > 0)) return bright;
    std::transform(values.begin(), values.end(), bright.begin(),
                   [low, range](float value) { return (value - low) / range; });
    return bright;
}

std::vector<std::size_t> largest(const std::vector<float>& values, std::size_t count) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    count = std::min(count, order.size());
    std::partial_sort(
        order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
        [&values](std::size_t a, std::size_t b) { return values[a] > values[b] || (values[a] == values[b] && a < b); });
    order.resize(count);
    return order;
}

} // namespace grappa
