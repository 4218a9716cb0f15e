#include "ui/views/image_canvas.h"

#include "ui/views/theme.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QWheelEvent>

#include <algorithm>
#include <array>
#include <cmath>

namespace grappa {

namespace {

constexpr int margin = 12;
constexpr double largestScale = 16; ///< pixels of the canvas for one of the image
constexpr double wheelFactor = 1.2;
constexpr double handleSide = 9;
constexpr double handleReach = 9;
constexpr double smallestBand = 16; ///< pixels of the image
constexpr double keyStep = 0.01;    ///< of the image's width or height
constexpr int veil = 120;           ///< alpha outside the band
constexpr int darkestVeil = 190;    ///< alpha of what an overlay leaves in the dark

Qt::CursorShape cursorOf(BandPart part) {
    switch (part) {
    case BandPart::Inside:
        return Qt::SizeAllCursor;
    case BandPart::TopLeft:
    case BandPart::BottomRight:
        return Qt::SizeFDiagCursor;
    case BandPart::TopRight:
    case BandPart::BottomLeft:
        return Qt::SizeBDiagCursor;
    case BandPart::Top:
    case BandPart::Bottom:
        return Qt::SizeVerCursor;
    case BandPart::Left:
    case BandPart::Right:
        return Qt::SizeHorCursor;
    case BandPart::None:
        break;
    }
    return Qt::CrossCursor;
}

} // namespace

ImageCanvas::ImageCanvas(QWidget* parent) : QWidget(parent) {
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setMinimumSize(160, 120);
}

void ImageCanvas::setImage(const QImage& image, const QSize& fullSize) {
    m_image = image;
    m_fullSize = fullSize;
    m_message.clear();
    applyView(m_view);
    Q_EMIT imageChanged();
}

void ImageCanvas::setOverlay(const CanvasOverlay& overlay) {
    m_overlay = overlay;
    update();
}

void ImageCanvas::setHoverWanted(bool wanted) {
    m_hoverWanted = wanted;
}

void ImageCanvas::setMessage(const QString& message) {
    m_image = {};
    m_message = message;
    update();
}

double ImageCanvas::fitScale() const {
    if (m_fullSize.isEmpty()) return 1;
    const double ratio = devicePixelRatioF();
    const QSizeF room(std::max(width() - 2 * margin, 1), std::max(height() - 2 * margin, 1));
    // A small image is shown at twice its pixels at most: larger it is only a blur.
    return std::min({room.width() / m_fullSize.width(), room.height() / m_fullSize.height(), 2 / ratio});
}

QRectF ImageCanvas::imageRect() const {
    const QSizeF size = QSizeF(m_fullSize) * scale();
    const QPointF middle = QRectF(rect()).center();
    return {QPointF(middle.x() - m_view.centre.x() * size.width(), middle.y() - m_view.centre.y() * size.height()),
            size};
}

void ImageCanvas::setView(const CanvasView& view) {
    m_view = view;
    update();
}

void ImageCanvas::applyView(CanvasView view) {
    const double most = std::max(largestScale / devicePixelRatioF() / fitScale(), 1.0);
    view.zoom = std::clamp(view.zoom, 1.0, most);
    const QSizeF size = QSizeF(m_fullSize) * (fitScale() * view.zoom);
    const auto bounded = [](double centre, double length, double room) {
        const double half = length > room ? room / 2 / length : 0.5;
        return std::clamp(centre, half, 1 - half);
    };
    view.centre = {bounded(view.centre.x(), size.width(), width()), bounded(view.centre.y(), size.height(), height())};
    update();
    const bool changed = view != m_view;
    m_view = view;
    if (changed) Q_EMIT viewChanged(view);
    if (!m_image.isNull() && m_image.width() < m_fullSize.width() &&
        m_image.width() < size.width() * devicePixelRatioF())
        Q_EMIT sharperWanted();
}

void ImageCanvas::zoomBy(double factor) {
    zoomAround(factor, QRectF(rect()).center());
}

void ImageCanvas::zoomAround(double factor, const QPointF& place) {
    const QRectF before = imageRect();
    if (before.isEmpty()) return;
    CanvasView view = m_view;
    view.zoom = std::max(view.zoom * factor, 1.0);
    // What is under the place stays there.
    const QPointF at((place.x() - before.left()) / before.width(), (place.y() - before.top()) / before.height());
    const QSizeF size = QSizeF(m_fullSize) * (fitScale() * view.zoom);
    const QPointF middle = QRectF(rect()).center();
    view.centre = {at.x() + (middle.x() - place.x()) / size.width(), at.y() + (middle.y() - place.y()) / size.height()};
    applyView(view);
}

void ImageCanvas::fit() {
    applyView({});
}

void ImageCanvas::showActualPixels() {
    zoomBy(1 / devicePixelRatioF() / scale());
}

void ImageCanvas::setRegionEditing(bool editing) {
    m_editing = editing;
    unsetCursor();
    update();
}

void ImageCanvas::setRegion(const std::optional<QRect>& region) {
    m_band = region ? QRectF(*region) : QRectF();
    update();
}

std::optional<QRect> ImageCanvas::region() const {
    if (m_band.isEmpty()) return std::nullopt;
    const QRect whole(QPoint(0, 0), m_fullSize);
    return m_band.toRect().intersected(whole);
}

QRectF ImageCanvas::bandRect() const {
    if (m_band.isEmpty()) return {};
    return {imageRect().topLeft() + m_band.topLeft() * scale(), m_band.size() * scale()};
}

void ImageCanvas::setBand(const QRectF& band) {
    if (band == m_band) return;
    m_band = band;
    update();
    Q_EMIT regionEdited();
}

void ImageCanvas::paintEvent(QPaintEvent*) {
    const Theme& theme = currentTheme();
    QPainter painter(this);
    if (m_image.isNull()) {
        painter.setPen(theme.muted);
        painter.drawText(rect().adjusted(margin, margin, -margin, -margin), Qt::AlignCenter | Qt::TextWordWrap,
                         m_message);
        return;
    }
    // Single pixels are worth seeing when they are large.
    painter.setRenderHint(QPainter::SmoothPixmapTransform, scale() * devicePixelRatioF() < 4);
    painter.drawImage(imageRect(), m_image);
    if (!m_overlay.square.isEmpty()) paintOverlay(painter);
    if (!m_band.isEmpty()) paintBand(painter);
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(theme.accent, 2));
        painter.drawRect(rect().adjusted(1, 1, -1, -1));
    }
}

void ImageCanvas::paintOverlay(QPainter& painter) const {
    const QRectF image = imageRect();
    const QRectF square(image.topLeft() + m_overlay.square.topLeft() * scale(), m_overlay.square.size() * scale());
    const auto patch = [&](std::size_t number) {
        const QSizeF size(square.width() / m_overlay.cols, square.height() / m_overlay.rows);
        const auto col = static_cast<int>(number) % m_overlay.cols, row = static_cast<int>(number) / m_overlay.cols;
        return QRectF(square.left() + col * size.width(), square.top() + row * size.height(), size.width(),
                      size.height());
    };
    painter.save();
    painter.setClipRect(image);
    if (!m_overlay.bright.empty()) {
        // What the model did not see is veiled as the least of what it saw.
        QPainterPath unseen;
        unseen.addRect(image);
        unseen.addRect(square);
        painter.fillPath(unseen, QColor(0, 0, 0, darkestVeil));
        for (std::size_t i = 0; i < m_overlay.bright.size(); ++i)
            painter.fillRect(patch(i), QColor(0, 0, 0, qRound(darkestVeil * (1 - m_overlay.bright[i]))));
    }
    painter.setBrush(Qt::NoBrush);
    for (auto each = m_overlay.marked.rbegin(); each != m_overlay.marked.rend(); ++each) {
        const bool first = *each == m_overlay.marked.front();
        painter.setPen(QPen(Qt::black, first ? 5 : 3));
        painter.drawRect(patch(*each));
        painter.setPen(QPen(first ? currentTheme().accent : QColor(Qt::white), first ? 3 : 1.5));
        painter.drawRect(patch(*each));
    }
    painter.restore();
}

void ImageCanvas::paintBand(QPainter& painter) const {
    const Theme& theme = currentTheme();
    const QRectF band = bandRect();
    QPainterPath outside;
    outside.addRect(imageRect());
    outside.addRect(band);
    painter.fillPath(outside, QColor(0, 0, 0, veil));
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(Qt::black, 3));
    painter.drawRect(band);
    painter.setPen(QPen(Qt::white, 1.5));
    painter.drawRect(band);
    if (!m_editing) return;
    painter.setPen(QPen(Qt::white, 1.5));
    painter.setBrush(theme.accent);
    for (const QPointF& handle : bandHandles(band))
        painter.drawRect(QRectF(handle - QPointF(handleSide, handleSide) / 2, QSizeF(handleSide, handleSide)));
}

void ImageCanvas::resizeEvent(QResizeEvent*) {
    applyView(m_view);
}

void ImageCanvas::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || m_image.isNull()) return;
    m_last = event->position();
    m_dragging = true;
    if (!m_editing) return setCursor(Qt::ClosedHandCursor);
    m_grabbed = bandPartAt(bandRect(), m_last, handleReach);
    if (m_grabbed != BandPart::None) return;
    // A new band grows from its corner.
    const QRectF bounds(QPointF(0, 0), QSizeF(m_fullSize));
    const QPointF at = (m_last - imageRect().topLeft()) / scale();
    const QPointF corner(std::clamp(at.x(), 0.0, std::max(bounds.width() - smallestBand, 0.0)),
                         std::clamp(at.y(), 0.0, std::max(bounds.height() - smallestBand, 0.0)));
    m_band = QRectF(corner, QSizeF(smallestBand, smallestBand)).intersected(bounds);
    m_grabbed = BandPart::BottomRight;
    update();
}

void ImageCanvas::mouseMoveEvent(QMouseEvent* event) {
    if (m_hoverWanted && !m_dragging && !m_image.isNull()) {
        const QPointF place = (event->position() - imageRect().topLeft()) / scale();
        const bool inside = QRectF(QPointF(0, 0), QSizeF(m_fullSize)).contains(place);
        Q_EMIT hovered(inside ? std::optional(place) : std::nullopt);
    }
    if (!m_dragging) return showCursor(event->position());
    const QPointF by = event->position() - m_last;
    m_last = event->position();
    if (m_editing) {
        const QRectF bounds(QPointF(0, 0), QSizeF(m_fullSize));
        return setBand(movedBand(m_band, m_grabbed, by / scale(), bounds, smallestBand));
    }
    const QSizeF size = imageRect().size();
    applyView({m_view.zoom, m_view.centre - QPointF(by.x() / size.width(), by.y() / size.height())});
}

void ImageCanvas::mouseReleaseEvent(QMouseEvent* event) {
    // A click that drew nothing is no region.
    if (m_grabbed == BandPart::BottomRight && m_band.width() <= smallestBand && m_band.height() <= smallestBand)
        setRegion(std::nullopt);
    m_dragging = false;
    m_grabbed = BandPart::None;
    showCursor(event->position());
}

void ImageCanvas::mouseDoubleClickEvent(QMouseEvent* event) {
    if (m_editing || m_image.isNull()) return;
    if (m_view.zoom > 1) return fit();
    zoomAround(std::max(1 / devicePixelRatioF() / scale(), 2.0), event->position());
}

void ImageCanvas::wheelEvent(QWheelEvent* event) {
    const double turns = event->angleDelta().y() / 120.0;
    zoomAround(std::pow(wheelFactor, turns), event->position());
    event->accept();
}

void ImageCanvas::keyPressEvent(QKeyEvent* event) {
    if (m_editing && moveBandByKey(event)) return;
    QWidget::keyPressEvent(event);
}

/// The arrows move the band, with Shift its lower right corner.
bool ImageCanvas::moveBandByKey(QKeyEvent* event) {
    QPointF by;
    const QSizeF size(m_fullSize);
    switch (event->key()) {
    case Qt::Key_Left:
        by = {-keyStep * size.width(), 0};
        break;
    case Qt::Key_Right:
        by = {keyStep * size.width(), 0};
        break;
    case Qt::Key_Up:
        by = {0, -keyStep * size.height()};
        break;
    case Qt::Key_Down:
        by = {0, keyStep * size.height()};
        break;
    default:
        return false;
    }
    const QRectF bounds(QPointF(0, 0), size);
    if (m_band.isEmpty()) {
        setBand(QRectF(size.width() / 4, size.height() / 4, size.width() / 2, size.height() / 2));
    } else {
        const BandPart part = event->modifiers() & Qt::ShiftModifier ? BandPart::BottomRight : BandPart::Inside;
        setBand(movedBand(m_band, part, by, bounds, smallestBand));
    }
    return true;
}

void ImageCanvas::showCursor(const QPointF& place) {
    if (m_image.isNull()) return unsetCursor();
    if (m_editing) return setCursor(cursorOf(bandPartAt(bandRect(), place, handleReach)));
    setCursor(m_view.zoom > 1 ? Qt::OpenHandCursor : Qt::ArrowCursor);
}

void ImageCanvas::leaveEvent(QEvent* event) {
    QWidget::leaveEvent(event);
    if (m_hoverWanted) Q_EMIT hovered(std::nullopt);
}

void ImageCanvas::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    update();
}

} // namespace grappa
