#pragma once

#include "ui/jobs/import_child.h"

#include <QTimer>
#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;

namespace grappa {

/// "Importing Garden  612 / 1,240 · 31 img/s · 20 s left", or how it ended.
QString importText(const ImportStatus& status);

/// At the foot of the window: the running import with its rate and time left, and the button that stops or resumes it.
class JobBar : public QWidget {
    Q_OBJECT

public:
    explicit JobBar(QWidget* parent = nullptr);

    void setStatus(const ImportStatus& status);

Q_SIGNALS:
    void stopRequested();
    void resumeRequested();
    void detailsRequested();

private:
    QLabel* m_text;
    QProgressBar* m_progress;
    QPushButton* m_details;
    QPushButton* m_action;
    QTimer m_hideSoon; ///< some time after the end
    ImportState m_state = ImportState::Idle;
};

} // namespace grappa
