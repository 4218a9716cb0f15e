#include "ui/views/score_cut.h"

#include "core/search/score_scale.h"
#include "ui/formatting.h"
#include "ui/views/theme.h"

#include <QMouseEvent>
#include <QPainter>
#include <QSignalBlocker>

#include <algorithm>

namespace grappa {

namespace {
constexpr int mostScore = 100;
constexpr int binCount = 50;
constexpr int handleRadius = 5;
constexpr int axisHeight = 2 * handleRadius;
constexpr QSize cutSize{168, 40};
} // namespace

ScoreCut::ScoreCut(QWidget* parent) : QAbstractSlider(parent) {
    setRange(0, mostScore);
    setSingleStep(1);
    setPageStep(10);
    setFocusPolicy(Qt::StrongFocus);
    setOrientation(Qt::Horizontal);
    setFixedSize(cutSize);
    setCursor(Qt::PointingHandCursor);
    setAccessibleName(tr("Lowest score that is shown"));
    connect(this, &QAbstractSlider::valueChanged, this, [this] {
        update();
        Q_EMIT cutChosen(cut());
    });
    setScores({});
}

void ScoreCut::setScores(std::span<const float> scores) {
    m_bins.assign(binCount, 0);
    for (const float score : scores) {
        const auto bin = static_cast<std::size_t>(score / mostScore * binCount);
        ++m_bins[std::min<std::size_t>(bin, binCount - 1)];
    }
    const auto gap = gapAfter(scores);
    m_gap = gap ? std::optional((scores[*gap - 1] + scores[*gap]) / 2) : std::nullopt;
    QString tip = tr("Drag to leave out lower scores; double click to show all.");
    if (m_gap)
        tip += u'\n' + tr("The mark is the gap after the results that stand out, at %1.").arg(formatScore(*m_gap));
    setToolTip(tip);
    update();
}

void ScoreCut::setCut(std::optional<float> cut) {
    const QSignalBlocker blocker(this);
    setValue(cut ? qRound(*cut) : 0);
    update();
}

std::optional<float> ScoreCut::cut() const {
    if (value() == 0) return std::nullopt;
    return static_cast<float>(value());
}

QSize ScoreCut::sizeHint() const {
    return cutSize;
}

QRectF ScoreCut::plot() const {
    return QRectF(rect()).adjusted(handleRadius + 1, 2, -handleRadius - 1, -axisHeight - 1);
}

double ScoreCut::positionOf(float score) const {
    return plot().left() + plot().width() * static_cast<double>(score) / mostScore;
}

void ScoreCut::paintEvent(QPaintEvent*) {
    const Theme& theme = currentTheme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF area = plot();
    const double x = positionOf(static_cast<float>(value()));
    const double binWidth = area.width() / binCount;
    // What scores nothing may be most of all: it must not flatten the rest.
    const int most = std::max(*std::max_element(m_bins.begin() + 1, m_bins.end()), 1);
    painter.setPen(Qt::NoPen);
    for (int bin = 0; bin < binCount; ++bin) {
        const int count = m_bins[static_cast<std::size_t>(bin)];
        if (count == 0) continue;
        const double height = std::clamp(area.height() * count / most, 1.5, area.height());
        const double left = area.left() + bin * binWidth;
        painter.setBrush(left + binWidth / 2 >= x ? theme.accent : theme.muted);
        painter.drawRect(QRectF(left, area.bottom() - height, binWidth - 1, height));
    }
    const double axis = area.bottom() + 1 + handleRadius;
    painter.setBrush(theme.tile);
    painter.drawRoundedRect(QRectF(area.left(), axis - 2, area.width(), 4), 2, 2);
    painter.setBrush(theme.accent);
    painter.drawRoundedRect(QRectF(x, axis - 2, area.right() - x, 4), 2, 2);
    if (m_gap) {
        painter.setPen(QPen(theme.text, 1, Qt::DotLine));
        painter.drawLine(QPointF(positionOf(*m_gap), area.top()), QPointF(positionOf(*m_gap), area.bottom()));
    }
    painter.setPen(hasFocus() ? QPen(theme.accent, 2) : QPen(Qt::NoPen));
    painter.setBrush(theme.text);
    painter.drawEllipse(QPointF(x, axis), handleRadius, handleRadius);
}

void ScoreCut::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) moveTo(event->position().x());
}

void ScoreCut::mouseMoveEvent(QMouseEvent* event) {
    if (event->buttons() & Qt::LeftButton) moveTo(event->position().x());
}

void ScoreCut::mouseDoubleClickEvent(QMouseEvent*) {
    setValue(0);
}

void ScoreCut::changeEvent(QEvent* event) {
    QAbstractSlider::changeEvent(event);
    update();
}

void ScoreCut::moveTo(double x) {
    setValue(qRound((x - plot().left()) / plot().width() * mostScore));
}

} // namespace grappa
