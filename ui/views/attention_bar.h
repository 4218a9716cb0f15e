#pragma once

#include <QWidget>

#include <cstdint>
#include <vector>

class QPainter;

namespace grappa {

struct Theme;

/// A stacked bar of granularity attention, fine levels at the left. mean: k ascending.
void paintAttentionBar(QPainter& painter, const QRectF& place, const std::vector<double>& mean, const Theme& theme);

/// The same as a widget that says its values as text.
class AttentionBar : public QWidget {
    Q_OBJECT

public:
    explicit AttentionBar(QWidget* parent = nullptr);

    void setAttention(const std::vector<std::int64_t>& granularities, const std::vector<double>& mean);
    const std::vector<double>& mean() const { return m_mean; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::vector<double> m_mean;
};

} // namespace grappa
