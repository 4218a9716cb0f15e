#pragma once

#include <QPointF>
#include <QRectF>

#include <array>

namespace grappa {

/// A part of a rubber band that can be taken hold of.
enum class BandPart { None, Inside, TopLeft, Top, TopRight, Right, BottomRight, Bottom, BottomLeft, Left };

/// The eight handles, in the order of BandPart from TopLeft on.
std::array<QPointF, 8> bandHandles(const QRectF& band);
/// The part at a place; a handle reaches `reach` in each direction.
BandPart bandPartAt(const QRectF& band, const QPointF& place, double reach);
/// The band after `part` was moved by `by`: it stays within `bounds` and at least `least` wide and high; a handle that
/// is dragged over the opposite side stops there.
QRectF movedBand(const QRectF& band, BandPart part, const QPointF& by, const QRectF& bounds, double least);

} // namespace grappa
