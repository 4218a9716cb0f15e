#include "ui/views/granularity_slider.h"

#include "ui/levels.h"
#include "ui/views/level_colours.h"
#include "ui/views/theme.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>

namespace grappa {

namespace {

constexpr double handleRadius = 7;
constexpr double dotRadius = 4;
constexpr double inset = handleRadius + 2;
constexpr int stopDistance = 26; ///< where there is room
constexpr int leastWidth = 96, mostWidth = 260;
constexpr int barHeight = 24;

} // namespace

GranularitySlider::GranularitySlider(QWidget* parent) : QSlider(Qt::Horizontal, parent) {
    // A click keeps the focus where it is: the arrow keys go on to act on the images.
    setFocusPolicy(Qt::TabFocus);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setCursor(Qt::PointingHandCursor);
    setMouseTracking(true);
    setAccessibleName(tr("How broadly is searched: from the same shot to the same kind"));
    setSingleStep(1);
    setPageStep(1);
    setLevels({}, 0);
    connect(this, &QSlider::valueChanged, this, qOverload<>(&QWidget::update));
}

void GranularitySlider::setLevels(const std::vector<std::int64_t>& k, std::uint64_t images) {
    m_k = k;
    m_images = images;
    setRange(0, static_cast<int>(k.size()));
    updateGeometry();
    update();
}

void GranularitySlider::setFirstStop(int stop) {
    setMinimum(stop);
    update();
}

void GranularitySlider::setOverruled(bool overruled) {
    m_overruled = overruled;
    update();
}

QString GranularitySlider::nameOf(int stop) const {
    if (stop <= 0 || stop > maximum()) return tr("Same shot");
    return groupsText(m_k[static_cast<std::size_t>(stop) - 1], m_images);
}

QSize GranularitySlider::sizeHint() const {
    return {std::clamp(stopDistance * maximum() + static_cast<int>(2 * inset), leastWidth, mostWidth), barHeight};
}

QSize GranularitySlider::minimumSizeHint() const {
    return {leastWidth, barHeight};
}

double GranularitySlider::positionOf(int stop) const {
    return inset + (width() - 2 * inset) * stop / std::max(maximum(), 1);
}

int GranularitySlider::stopAt(double x) const {
    const double part = (x - inset) / std::max(width() - 2 * inset, 1.0);
    return std::clamp(qRound(part * maximum()), minimum(), maximum());
}

QRect GranularitySlider::stopRect(int stop) const {
    return QRectF(positionOf(stop) - handleRadius, 0, 2 * handleRadius, height()).toAlignedRect();
}

void GranularitySlider::paintEvent(QPaintEvent*) {
    const Theme& theme = currentTheme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (!isEnabled()) painter.setOpacity(0.5);
    const double axis = height() / 2.0;
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.tile);
    painter.drawRoundedRect(QRectF(inset - 2, axis - 2, width() - 2 * inset + 4, 4), 2, 2);
    for (int stop = 0; stop <= maximum(); ++stop) {
        const QColor colour = stop == 0 ? theme.text : levelColour(static_cast<std::size_t>(stop) - 1, m_k.size());
        painter.setPen(QPen(theme.muted, 1));
        painter.setBrush(stop < minimum() ? theme.tile : colour);
        painter.drawEllipse(QPointF(positionOf(stop), axis), dotRadius, dotRadius);
    }
    const bool hollow = m_overruled || !isEnabled();
    painter.setPen(QPen(hasFocus() ? theme.accent : theme.text, 2.5));
    painter.setBrush(Qt::NoBrush);
    if (hollow) painter.setPen(QPen(hasFocus() ? theme.accent : theme.muted, 1.5, Qt::DotLine));
    painter.drawEllipse(QPointF(positionOf(value()), axis), handleRadius, handleRadius);
}

void GranularitySlider::choose(int stop) {
    setValue(stop);
    setAccessibleDescription(nameOf(stop));
    Q_EMIT stopChosen(stop);
}

void GranularitySlider::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    setSliderDown(true);
    choose(stopAt(event->position().x()));
}

void GranularitySlider::mouseMoveEvent(QMouseEvent* event) {
    const int stop = stopAt(event->position().x());
    if (isSliderDown() && stop != value()) choose(stop);
    Q_EMIT stopHovered(stop);
}

void GranularitySlider::mouseReleaseEvent(QMouseEvent*) {
    setSliderDown(false);
}

void GranularitySlider::wheelEvent(QWheelEvent* event) {
    // A page that is scrolled past the slider must not change it.
    event->ignore();
}

void GranularitySlider::keyPressEvent(QKeyEvent* event) {
    QSlider::keyPressEvent(event);
    // A key of the slider's own chooses also where it moves nothing: so Home leaves Auto for the first stop.
    if (!event->isAccepted()) return;
    choose(value());
}

void GranularitySlider::focusOutEvent(QFocusEvent* event) {
    QSlider::focusOutEvent(event);
    Q_EMIT stopHovered(-1);
}

bool GranularitySlider::event(QEvent* event) {
    if (event->type() == QEvent::Leave || event->type() == QEvent::Hide) Q_EMIT stopHovered(-1);
    return QSlider::event(event);
}

} // namespace grappa
