#include "ui/views/learning_bar.h"

#include "ui/learning_text.h"
#include "ui/views/symbol_icon.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {
constexpr int barHeight = 40;
constexpr int progressWidth = 200;
constexpr int progressSteps = 1000;
} // namespace

LearningBar::LearningBar(QWidget* parent)
    : QWidget(parent)
    , m_text(new QLabel(this))
    , m_progress(new QProgressBar(this))
    , m_action(new QPushButton(this))
    , m_show(new QPushButton(tr("Show"), this)) {
    setObjectName(u"jobBar"_s);
    setAttribute(Qt::WA_StyledBackground);
    setFixedHeight(barHeight);
    m_text->setObjectName(u"learningBarText"_s);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_progress->setFixedWidth(progressWidth);
    m_progress->setTextVisible(false);
    m_progress->setAccessibleName(tr("Progress of learning"));
    m_show->setToolTip(tr("Show what is being learned"));

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 0, 8, 0);
    layout->setSpacing(12);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_progress);
    layout->addWidget(m_action);
    layout->addWidget(m_show);
    connect(m_show, &QPushButton::clicked, this, &LearningBar::showRequested);
    connect(m_action, &QPushButton::clicked, this, [this] {
        if (m_resumes) {
            Q_EMIT resumeRequested();
        } else {
            Q_EMIT pauseRequested();
        }
    });
    setStatus({});
}

void LearningBar::setStatus(const AdaptStatus& status) {
    m_resumes = status.canResume();
    const QString text = learningText(status);
    m_text->setText(text);
    m_text->setToolTip(text);
    const LearningStage* stage = status.run.now();
    const bool busy = status.open() && !m_resumes;
    m_progress->setVisible(busy);
    if (stage && stage->progress.total > 0) {
        m_progress->setRange(0, progressSteps);
        m_progress->setValue(static_cast<int>(progressSteps * stage->progress.done / stage->progress.total));
    } else {
        m_progress->setRange(0, 0);
    }
    m_action->setVisible(m_resumes || status.canPause());
    m_action->setText(m_resumes ? tr("Resume") : tr("Pause"));
    m_action->setIcon(symbolIcon(m_resumes ? u"resume"_s : u"stop"_s));
}

} // namespace grappa
