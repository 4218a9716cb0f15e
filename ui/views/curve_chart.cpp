#include "ui/views/curve_chart.h"

#include "ui/formatting.h"
#include "ui/learning_text.h"
#include "ui/views/theme.h"

#include <QEvent>
#include <QLabel>
#include <QLocale>
#include <QStackedLayout>

// QCustomPlot is written with Qt's keywords, which this project turns off.
#define signals Q_SIGNALS
#define slots Q_SLOTS
#define foreach Q_FOREACH
#include <qcustomplot.h>
#undef signals
#undef slots
#undef foreach

#include <algorithm>
#include <cmath>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

constexpr int drawEveryMs = 250;
constexpr int chartHeight = 216;
constexpr int smallPixels = 11;
constexpr int fullLine = 2;
constexpr float faint = 0.35F;
constexpr double margin = 0.08;   ///< of the range, below
constexpr double headRoom = 0.2;  ///< and above, where the stages are named
constexpr double outliers = 0.01; ///< share of raw points at each end that need not fit

/// The stretches between the breaks of a series.
std::vector<LearningCurve::Series> partsOf(const LearningCurve::Series& series) {
    std::vector<LearningCurve::Series> parts(series.x.empty() ? 0 : 1);
    for (std::size_t i = 0; i < series.x.size(); ++i) {
        if (std::isnan(series.y[i])) {
            parts.emplace_back();
        } else {
            parts.back().x.push_back(series.x[i]);
            parts.back().y.push_back(series.y[i]);
        }
    }
    return parts;
}

void setData(QCPGraph* graph, const LearningCurve::Series& series) {
    graph->setData(QVector<double>(series.x.begin(), series.x.end()), QVector<double>(series.y.begin(), series.y.end()),
                   true);
}

/// All of the smoothed curve and nearly all raw points, with some room.
QCPRange rangeOf(const std::vector<double>& raw, const std::vector<double>& smoothed) {
    std::vector<double> sorted;
    std::copy_if(raw.begin(), raw.end(), std::back_inserter(sorted), [](double y) { return std::isfinite(y); });
    std::sort(sorted.begin(), sorted.end());
    if (sorted.empty()) return {0, 1};
    constexpr double leastShare = 0.02; // of the value: one point alone is no reason for six digits
    const auto cut = static_cast<std::size_t>(outliers * static_cast<double>(sorted.size()));
    QCPRange range(sorted[cut], sorted[sorted.size() - 1 - cut]);
    for (const double y : smoothed) {
        if (std::isfinite(y)) range.expand(y);
    }
    const double size = std::max({range.size(), leastShare * std::abs(range.center()), 1e-6});
    return {range.lower - size * margin, range.upper + size * headRoom};
}

/// Wide enough for ticks at whole numbers.
QCPRange percentRange(const std::vector<double>& values) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    constexpr double narrowest = 8;
    const double low = std::max(std::min(*least, *most - narrowest), 0.0), high = std::max(*most, low + narrowest);
    return {low - (high - low) * margin, high + (high - low) * headRoom};
}

} // namespace

CurveChart::CurveChart(QWidget* parent) : QWidget(parent), m_plot(new QCustomPlot(this)), m_empty(new QLabel(this)) {
    setFixedHeight(chartHeight);
    setObjectName(u"curveChart"_s);
    m_empty->setText(tr("The curve appears once learning begins."));
    m_empty->setObjectName(u"note"_s);
    m_empty->setAlignment(Qt::AlignCenter);
    auto* layout = new QStackedLayout(this);
    layout->addWidget(m_empty);
    layout->addWidget(m_plot);

    m_plot->setAutoAddPlottableToLegend(false);
    m_smoothed.push_back(m_plot->addGraph());
    m_smoothed.front()->setName(tr("loss"));
    m_rate = m_plot->addGraph(m_plot->xAxis, m_plot->yAxis2);
    m_rate->setName(tr("copies found first"));
    m_smoothed.front()->addToLegend();
    m_rate->addToLegend();
    m_plot->legend->setVisible(true);
    // Below the plot, where no curve runs.
    auto* foot = new QCPLayoutGrid;
    m_plot->plotLayout()->addElement(1, 0, foot);
    foot->addElement(0, 0, m_plot->legend);
    m_plot->legend->setFillOrder(QCPLegend::foColumnsFirst);
    m_plot->plotLayout()->setRowStretchFactor(1, 0.001);
    foot->setMargins(QMargins(0, 0, 0, 0));
    m_plot->legend->setMargins(QMargins(8, 0, 8, 4));
    m_plot->plotLayout()->setRowSpacing(0);
    m_plot->yAxis2->setVisible(true);
    m_plot->xAxis->setLabel(tr("steps"));
    m_plot->xAxis->setLabelPadding(0);
    m_plot->yAxis->setLabel(tr("loss"));
    m_plot->yAxis2->setLabel(tr("copies found first, %"));
    m_plot->xAxis->setNumberFormat(u"f"_s);
    m_plot->xAxis->setNumberPrecision(0);
    m_plot->yAxis2->setNumberFormat(u"f"_s);
    m_plot->yAxis2->setNumberPrecision(0);
    m_plot->setInteractions(QCP::iNone);
    m_plot->setLocale(QLocale());
    m_drawSoon.setSingleShot(true);
    m_drawSoon.setInterval(drawEveryMs);
    connect(&m_drawSoon, &QTimer::timeout, this, &CurveChart::draw);
    applyTheme();
    setCurve({});
}

void CurveChart::setCurve(const LearningCurve& curve) {
    m_curve = curve;
    static_cast<QStackedLayout*>(layout())->setCurrentWidget(m_curve.isEmpty() ? static_cast<QWidget*>(m_empty)
                                                                               : m_plot);
    if (!m_drawSoon.isActive()) m_drawSoon.start();
}

QString CurveChart::description() const {
    QStringList parts;
    const auto loss = m_curve.smoothed();
    if (!loss.y.empty())
        parts << tr("loss %1 after %Ln step(s)", nullptr, static_cast<int>(m_curve.lossCount()))
                     .arg(QLocale().toString(loss.y.back(), 'f', 2));
    const auto rate = m_curve.copyFirst();
    if (!rate.y.empty()) parts << tr("%1 of copies found first").arg(formatPercent(rate.y.back(), 1));
    return parts.join(u", "_s);
}

int CurveChart::pointCount() const {
    int count = 0;
    for (const QCPGraph* graph : m_raw)
        count += graph->dataCount();
    return count;
}

void CurveChart::draw() {
    const auto raw = m_curve.raw(), smoothed = m_curve.smoothed(), rate = m_curve.copyFirst();
    drawLoss(raw, smoothed);
    setData(m_rate, rate);
    const double end = std::max({raw.x.empty() ? 0.0 : raw.x.back(), rate.x.empty() ? 0.0 : rate.x.back(), 10.0});
    m_plot->xAxis->setRange(0, end * 1.02);
    m_plot->yAxis->setRange(rangeOf(raw.y, smoothed.y));
    m_plot->yAxis->setVisible(!raw.y.empty());
    if (!rate.y.empty()) m_plot->yAxis2->setRange(percentRange(rate.y));
    m_plot->yAxis2->setTickLabels(!rate.y.empty());
    drawStages(m_curve.starts(), end);
    m_plot->setAccessibleName(tr("Curve of the run"));
    m_plot->setAccessibleDescription(description());
    if (isVisible()) m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void CurveChart::drawLoss(const LearningCurve::Series& raw, const LearningCurve::Series& smoothed) {
    const auto rawParts = partsOf(raw), smoothedParts = partsOf(smoothed);
    while (m_raw.size() < rawParts.size())
        m_raw.push_back(m_plot->addGraph());
    while (m_smoothed.size() < smoothedParts.size())
        m_smoothed.push_back(m_plot->addGraph());
    for (std::size_t i = 0; i < m_raw.size(); ++i)
        setData(m_raw[i], i < rawParts.size() ? rawParts[i] : LearningCurve::Series());
    for (std::size_t i = 0; i < m_smoothed.size(); ++i)
        setData(m_smoothed[i], i < smoothedParts.size() ? smoothedParts[i] : LearningCurve::Series());
    dressLines();
}

void CurveChart::dressLines() {
    const Theme& theme = currentTheme();
    QColor raw = theme.accent;
    raw.setAlphaF(faint);
    for (QCPGraph* graph : m_raw)
        graph->setPen(QPen(raw, 1));
    for (QCPGraph* graph : m_smoothed)
        graph->setPen(QPen(theme.accent, fullLine));
    // Told apart by its dashes and marks too.
    m_rate->setPen(QPen(theme.warning, fullLine, Qt::DashLine));
    m_rate->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDiamond, QPen(theme.warning), QBrush(theme.warning), 7));
}

void CurveChart::drawStages(const std::vector<LearningCurve::Mark>& starts, double end) {
    for (QCPItemStraightLine* line : m_lines)
        m_plot->removeItem(line);
    for (QCPItemText* name : m_names)
        m_plot->removeItem(name);
    m_lines.clear();
    m_names.clear();
    const Theme& theme = currentTheme();
    for (std::size_t i = 0; i < starts.size(); ++i) {
        if (i > 0) {
            auto* line = new QCPItemStraightLine(m_plot);
            line->point1->setCoords(starts[i].x - 0.5, 0);
            line->point2->setCoords(starts[i].x - 0.5, 1);
            line->setPen(QPen(theme.muted, 1, Qt::DotLine));
            m_lines.push_back(line);
        }
        const double next = i + 1 < starts.size() ? starts[i + 1].x : end;
        const auto k = LearningStage{starts[i].stage}.granularity();
        const QString text = k ? tr("k = %1").arg(formatCount(static_cast<std::uint64_t>(*k)))
                               : stageTitle(LearningStage{starts[i].stage});
        QFont font = m_plot->font();
        font.setPixelSize(smallPixels);
        const double room = (next - starts[i].x) / m_plot->xAxis->range().size() * m_plot->axisRect()->width();
        if (QFontMetrics(font).horizontalAdvance(text) > room) continue;
        auto* name = new QCPItemText(m_plot);
        name->setText(text);
        name->setFont(font);
        name->position->setTypeX(QCPItemPosition::ptPlotCoords);
        name->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
        name->position->setCoords((starts[i].x + next) / 2, 0);
        name->setPositionAlignment(Qt::AlignHCenter | Qt::AlignTop);
        name->setColor(theme.muted);
        m_names.push_back(name);
    }
}

void CurveChart::applyTheme() {
    m_applying = true;
    const Theme& theme = currentTheme();
    m_plot->setBackground(theme.pane);
    QFont small = font();
    small.setPixelSize(smallPixels);
    for (QCPAxis* axis : {m_plot->xAxis, m_plot->yAxis, m_plot->yAxis2}) {
        axis->setBasePen(QPen(theme.muted));
        axis->setTickPen(QPen(theme.muted));
        axis->setSubTickPen(QPen(Qt::NoPen));
        axis->setTickLabelColor(theme.muted);
        axis->setLabelColor(theme.muted);
        axis->setTickLabelFont(small);
        axis->setLabelFont(small);
        axis->grid()->setPen(QPen(theme.tile));
        axis->grid()->setZeroLinePen(QPen(theme.tile));
    }
    dressLines();
    m_plot->legend->setFont(small);
    m_plot->legend->setTextColor(theme.text);
    m_plot->legend->setBrush(Qt::NoBrush);
    m_plot->legend->setBorderPen(Qt::NoPen);
    m_applying = false;
}

void CurveChart::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (m_applying || (event->type() != QEvent::PaletteChange && event->type() != QEvent::StyleChange)) return;
    applyTheme();
    m_drawSoon.start();
}

void CurveChart::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    draw();
}

} // namespace grappa
