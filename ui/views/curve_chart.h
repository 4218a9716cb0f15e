#pragma once

#include "ui/learning_curve.h"

#include <QTimer>
#include <QWidget>

class QCPGraph;
class QCPItemStraightLine;
class QCPItemText;
class QCustomPlot;
class QLabel;

namespace grappa {

/// The curve of a run: the loss, raw faint behind smoothed, and on the right axis how often a held-out copy finds its
/// image first. The axes fit by themselves; what changes often is drawn a few times a second.
class CurveChart : public QWidget {
    Q_OBJECT

public:
    explicit CurveChart(QWidget* parent = nullptr);

    void setCurve(const LearningCurve& curve);
    /// What a screen reader is told: the last values.
    QString description() const;
    int pointCount() const; ///< of the loss, as drawn

protected:
    void changeEvent(QEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    void applyTheme();
    void draw();
    void drawLoss(const LearningCurve::Series& raw, const LearningCurve::Series& smoothed);
    void dressLines();
    void drawStages(const std::vector<LearningCurve::Mark>& starts, double end);

    QCustomPlot* m_plot;
    QLabel* m_empty;
    LearningCurve m_curve;
    QCPGraph* m_rate;
    std::vector<QCPGraph*> m_raw, m_smoothed; ///< one for each stage: a gap in one graph may be drawn over
    std::vector<QCPItemStraightLine*> m_lines;
    std::vector<QCPItemText*> m_names;
    QTimer m_drawSoon;
    bool m_applying = false;
};

} // namespace grappa
