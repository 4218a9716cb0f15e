#pragma once

#include <QWidget>

namespace grappa {

/// Covers the window while something is dragged over it and says what a drop will do.
class DropOverlay : public QWidget {
    Q_OBJECT

public:
    explicit DropOverlay(QWidget* parent);

    void showOver(const QRect& area);
    /// The collection that folders would go into; empty: a new one.
    void setTarget(const QString& collection);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString m_target;
};

} // namespace grappa
