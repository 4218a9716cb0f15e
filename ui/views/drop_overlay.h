#pragma once

#include <QWidget>

namespace grappa {

/// Covers the window while something is dragged over it and says what a drop will do.
class DropOverlay : public QWidget {
    Q_OBJECT

public:
    explicit DropOverlay(QWidget* parent);

    void showOver(const QRect& area);

protected:
    void paintEvent(QPaintEvent* event) override;
};

} // namespace grappa
