#pragma once

#include "ui/jobs/adapt_child.h"

#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;

namespace grappa {

/// At the foot of the window while its page is not shown: what is being learned, how far it is, and the way there.
class LearningBar : public QWidget {
    Q_OBJECT

public:
    explicit LearningBar(QWidget* parent = nullptr);

    void setStatus(const AdaptStatus& status);

Q_SIGNALS:
    void showRequested();
    void pauseRequested();
    void resumeRequested();

private:
    QLabel* m_text;
    QProgressBar* m_progress;
    QPushButton* m_action;
    QPushButton* m_show;
    bool m_resumes = false;
};

} // namespace grappa
