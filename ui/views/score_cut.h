#pragma once

#include <QAbstractSlider>

#include <optional>
#include <span>
#include <vector>

namespace grappa {

/// The scores of a query's neighbours, 0 to 100, as a histogram, with a cut that leaves out those on its left. A mark
/// shows the gap after the last sensible result (gapAfter()): often a good place for the cut, never set by itself.
class ScoreCut : public QAbstractSlider {
    Q_OBJECT

public:
    explicit ScoreCut(QWidget* parent = nullptr);

    /// Best first.
    void setScores(std::span<const float> scores);
    /// Nothing: all are shown. Without a signal.
    void setCut(std::optional<float> cut);
    std::optional<float> cut() const;

    QSize sizeHint() const override;

Q_SIGNALS:
    void cutChosen(std::optional<float> cut);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    QRectF plot() const;
    double positionOf(float score) const; ///< x
    void moveTo(double x);

    std::vector<int> m_bins;
    std::optional<float> m_gap; ///< its middle
};

} // namespace grappa
