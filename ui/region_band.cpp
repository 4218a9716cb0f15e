#include "ui/region_band.h"

#include <algorithm>
#include <cmath>

namespace grappa {

std::array<QPointF, 8> bandHandles(const QRectF& band) {
    const QPointF centre = band.center();
    return {
        band.topLeft(),     QPointF(centre.x(), band.top()),    band.topRight(),   QPointF(band.right(), centre.y()),
        band.bottomRight(), QPointF(centre.x(), band.bottom()), band.bottomLeft(), QPointF(band.left(), centre.y())};
}

BandPart bandPartAt(const QRectF& band, const QPointF& place, double reach) {
    const auto handles = bandHandles(band);
    for (std::size_t i = 0; i < handles.size(); ++i) {
        const QPointF away = handles[i] - place;
        if (std::abs(away.x()) <= reach && std::abs(away.y()) <= reach)
            return static_cast<BandPart>(static_cast<int>(BandPart::TopLeft) + static_cast<int>(i));
    }
    return band.contains(place) ? BandPart::Inside : BandPart::None;
}

QRectF movedBand(const QRectF& band, BandPart part, const QPointF& by, const QRectF& bounds, double least) {
    if (part == BandPart::None) return band;
    if (part == BandPart::Inside) {
        const double x = std::clamp(band.x() + by.x(), bounds.left(), bounds.right() - band.width());
        const double y = std::clamp(band.y() + by.y(), bounds.top(), bounds.bottom() - band.height());
        return {QPointF(x, y), band.size()};
    }
    QRectF moved = band;
    const bool left = part == BandPart::TopLeft || part == BandPart::Left || part == BandPart::BottomLeft;
    const bool right = part == BandPart::TopRight || part == BandPart::Right || part == BandPart::BottomRight;
    const bool top = part == BandPart::TopLeft || part == BandPart::Top || part == BandPart::TopRight;
    const bool bottom = part == BandPart::BottomLeft || part == BandPart::Bottom || part == BandPart::BottomRight;
    if (left) moved.setLeft(std::max(std::min(band.left() + by.x(), band.right() - least), bounds.left()));
    if (right) moved.setRight(std::min(std::max(band.right() + by.x(), band.left() + least), bounds.right()));
    if (top) moved.setTop(std::max(std::min(band.top() + by.y(), band.bottom() - least), bounds.top()));
    if (bottom) moved.setBottom(std::min(std::max(band.bottom() + by.y(), band.top() + least), bounds.bottom()));
    return moved;
}

} // namespace grappa
