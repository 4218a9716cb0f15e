#pragma once

#include <QWidget>

namespace grappa {

/// What the window shows while the library has no collection: a drop target, and what to expect.
class EmptyState : public QWidget {
    Q_OBJECT

public:
    /// `samples`: whether there is a sample collection on this computer to try.
    explicit EmptyState(bool samples, QWidget* parent = nullptr);

Q_SIGNALS:
    void chooseRequested();
    void samplesRequested();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QWidget* m_target;
};

} // namespace grappa
