#include "ui/views/attention_bar.h"

#include "ui/attention.h"
#include "ui/views/level_colours.h"
#include "ui/views/theme.h"

#include <QPainter>
#include <QPainterPath>

namespace grappa {

namespace {
constexpr int barHeight = 16;
constexpr double corner = 3;
} // namespace

void paintAttentionBar(QPainter& painter, const QRectF& place, const std::vector<double>& mean, const Theme& theme) {
    if (mean.empty()) return;
    painter.save();
    QPainterPath outline;
    outline.addRoundedRect(place, corner, corner);
    painter.setClipPath(outline);
    double x = place.left();
    for (std::size_t fineness = 0; fineness < mean.size(); ++fineness) {
        const double width = place.width() * mean[mean.size() - 1 - fineness];
        painter.fillRect(QRectF(x, place.top(), width, place.height()), levelColour(fineness, mean.size()));
        x += width;
        // A line between two levels, for whoever cannot tell the colours apart.
        if (fineness + 1 < mean.size()) painter.fillRect(QRectF(x - 0.5, place.top(), 1, place.height()), theme.window);
    }
    painter.setClipping(false);
    // The darkest colour would vanish in a dark window.
    painter.setPen(QPen(theme.muted, 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(outline);
    painter.restore();
}

AttentionBar::AttentionBar(QWidget* parent) : QWidget(parent) {
    setFixedHeight(barHeight);
    setAccessibleName(tr("Granularity attention"));
}

void AttentionBar::setAttention(const std::vector<std::int64_t>& granularities, const std::vector<double>& mean) {
    m_mean = mean;
    const QString text = attentionText(granularities, mean);
    setAccessibleDescription(text);
    setToolTip(text);
    update();
}

void AttentionBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    paintAttentionBar(painter, QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), m_mean, currentTheme());
}

} // namespace grappa
