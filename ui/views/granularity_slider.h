#pragma once

#include <QSlider>

#include <cstdint>
#include <vector>

namespace grappa {

/// Stops from the image itself (0) over the levels, k descending, to the coarsest.
class GranularitySlider : public QSlider {
    Q_OBJECT

public:
    explicit GranularitySlider(QWidget* parent = nullptr);

    /// k of each stop but the first, descending; of so many images.
    void setLevels(const std::vector<std::int64_t>& k, std::uint64_t images);
    /// The stops before cannot be chosen.
    void setFirstStop(int stop);
    const std::vector<std::int64_t>& levels() const { return m_k; }
    /// Whether something else than the slider decides: the handle is hollow.
    void setOverruled(bool overruled);

    QString nameOf(int stop) const; ///< "Same shot", "51 groups of about 9"
    QRect stopRect(int stop) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void stopHovered(int stop); ///< -1: none any more
    /// The user set it, also to where it stood.
    void stopChosen(int stop);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool event(QEvent* event) override;

private:
    double positionOf(int stop) const; ///< x
    int stopAt(double x) const;
    void choose(int stop);

    std::vector<std::int64_t> m_k;
    std::uint64_t m_images = 0;
    bool m_overruled = false;
};

} // namespace grappa
