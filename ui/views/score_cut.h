#pragma once

#include <QAbstractSlider>

#include <optional>
#include <span>
#include <vector>

namespace grappa {

/// The scores of a query's neighbours as a histogram, with a cut that leaves out those on its left. A mark shows the
/// widest gap between two scores that follow each other: often a good place for the cut, never set by itself.
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
    static constexpr int steps = 1000;

    QRectF plot() const;
    double positionOf(float score) const; ///< x
    void moveTo(double x);

    std::vector<int> m_bins;
    float m_lowest = 0, m_highest = 1;
    std::optional<float> m_gap; ///< the middle of the widest one
};

/// The middle of the widest gap between scores that follow each other, best first; nothing for fewer than three.
std::optional<float> widestGap(std::span<const float> scores);

} // namespace grappa
