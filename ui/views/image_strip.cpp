#include "ui/views/image_strip.h"

#include "ui/models/picture_source.h"
#include "ui/views/symbol_icon.h"
#include "ui/views/theme.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <utility>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {
constexpr int gap = 6;
constexpr int ring = 2;
constexpr int corner = 4;
constexpr int badgeHeight = 16;
constexpr int badgePixels = 11;
constexpr int missingSide = 20;
} // namespace

ImageStrip::ImageStrip(PictureSource& pictures, int tile, int lines, QWidget* parent)
    : QWidget(parent), m_pictures(pictures), m_tile(tile), m_lines(lines) {
    setFocusPolicy(Qt::TabFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&pictures, &PictureSource::changed, this, [this] {
        describe();
        update();
    });
}

void ImageStrip::setImages(std::vector<StripImage> images) {
    if (images == m_images) return;
    m_images = std::move(images);
    m_current = 0;
    updateGeometry();
    describe();
    update();
}

void ImageStrip::setBadges(bool shown) {
    m_badges = shown;
    updateGeometry();
}

void ImageStrip::setTitle(const QString& title) {
    m_title = title;
    describe();
}

void ImageStrip::describe() {
    QStringList names;
    for (const StripImage& image : m_images) {
        const QString name = m_pictures.nameOf(image.image);
        names << (image.badge.isEmpty() ? name : u"%1 (%2)"_s.arg(name, image.badge));
    }
    names.removeAll(QString());
    const QString text = names.isEmpty() ? m_title : m_title + u": "_s + names.join(u", "_s);
    if (accessibleName() != text) setAccessibleName(text);
}

QSize ImageStrip::sizeHint() const {
    const int cell = m_tile + (m_badges ? badgeHeight : 0);
    return {static_cast<int>(m_images.size()) * (m_tile + gap), m_lines * cell + (m_lines - 1) * gap + 2 * ring};
}

QSize ImageStrip::minimumSizeHint() const {
    return {m_tile + 2 * ring, sizeHint().height()};
}

int ImageStrip::columns() const {
    return std::max(1, (width() - 2 * ring + gap) / (m_tile + gap));
}

int ImageStrip::shown() const {
    return std::min(static_cast<int>(m_images.size()), columns() * m_lines);
}

QRect ImageStrip::rectOf(int index) const {
    const int column = index % columns(), line = index / columns();
    const int cell = m_tile + (m_badges ? badgeHeight : 0) + gap;
    return {ring + column * (m_tile + gap), ring + line * cell, m_tile, m_tile};
}

int ImageStrip::indexAt(const QPoint& place) const {
    for (int i = 0; i < shown(); ++i) {
        if (rectOf(i).contains(place)) return i;
    }
    return -1;
}

void ImageStrip::paintEvent(QPaintEvent*) {
    const Theme& theme = currentTheme();
    QPainter painter(this);
    painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    QFont small = font();
    small.setPixelSize(badgePixels);
    painter.setFont(small);
    for (int i = 0; i < shown(); ++i) {
        const StripImage& image = m_images[static_cast<std::size_t>(i)];
        const QRect tile = rectOf(i);
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme.tile);
        painter.drawRoundedRect(tile, corner, corner);
        if (const QImage* picture = m_pictures.find(image.image, devicePixelRatioF())) {
            QRect place({}, picture->size().scaled(tile.size(), Qt::KeepAspectRatio));
            place.moveCenter(tile.center());
            painter.drawImage(place, *picture);
        } else if (m_pictures.isMissing(image.image)) {
            QRect place(0, 0, missingSide, missingSide);
            place.moveCenter(tile.center());
            painter.drawPixmap(place, symbolPixmap(u"image-missing"_s, theme.muted, missingSide, devicePixelRatioF()));
        }
        painter.setBrush(Qt::NoBrush);
        if (image.marked) {
            painter.setPen(QPen(theme.accent, ring));
            painter.drawRoundedRect(QRectF(tile).adjusted(-0.5, -0.5, 0.5, 0.5), corner, corner);
        }
        if (hasFocus() && i == m_current) {
            painter.setPen(QPen(theme.text, ring));
            painter.drawRoundedRect(QRectF(tile).adjusted(2, 2, -2, -2), corner - 1, corner - 1);
        }
        if (!m_badges || image.badge.isEmpty()) continue;
        painter.setPen(image.marked ? theme.accent : theme.muted);
        painter.drawText(QRect(tile.left() - gap / 2, tile.bottom() + 2, tile.width() + gap, badgeHeight),
                         Qt::AlignHCenter | Qt::AlignVCenter, image.badge);
    }
}

bool ImageStrip::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const int index = indexAt(help->pos());
    if (index < 0) {
        QToolTip::hideText();
        return true;
    }
    const StripImage& image = m_images[static_cast<std::size_t>(index)];
    const QString name = m_pictures.nameOf(image.image);
    QToolTip::showText(help->globalPos(), image.badge.isEmpty() ? name : name + u'\n' + image.badge, this,
                       rectOf(index));
    return true;
}

void ImageStrip::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) m_pressed = indexAt(event->position().toPoint());
}

void ImageStrip::mouseReleaseEvent(QMouseEvent* event) {
    const int pressed = std::exchange(m_pressed, -1);
    if (pressed < 0 || pressed != indexAt(event->position().toPoint())) return;
    Q_EMIT activated(m_images[static_cast<std::size_t>(pressed)].image);
}

void ImageStrip::keyPressEvent(QKeyEvent* event) {
    const int last = shown() - 1;
    switch (event->key()) {
    case Qt::Key_Left:
        m_current = std::max(0, m_current - 1);
        break;
    case Qt::Key_Right:
        m_current = std::min(last, m_current + 1);
        break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (m_current <= last) Q_EMIT activated(m_images[static_cast<std::size_t>(m_current)].image);
        break;
    default:
        return QWidget::keyPressEvent(event);
    }
    update();
}

void ImageStrip::focusInEvent(QFocusEvent* event) {
    m_current = std::clamp(m_current, 0, std::max(0, shown() - 1));
    QWidget::focusInEvent(event);
}

} // namespace grappa
