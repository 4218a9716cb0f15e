#pragma once

#include <QDialog>
#include <QList>

class QAction;

namespace grappa {

/// All keys at a glance: those of the window's actions, and those of the gallery and the viewer.
class ShortcutSheet : public QDialog {
    Q_OBJECT

public:
    explicit ShortcutSheet(const QList<QAction*>& actions, QWidget* parent = nullptr);
};

} // namespace grappa
