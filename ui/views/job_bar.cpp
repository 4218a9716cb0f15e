#include "ui/views/job_bar.h"

#include "ui/formatting.h"
#include "ui/views/symbol_icon.h"

#include <QCoreApplication>
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
constexpr int doneShownMs = 10'000;

struct JobText {
    Q_DECLARE_TR_FUNCTIONS(JobBar)
};

QString countsText(const Progress& progress) {
    if (progress.total == 0) return formatCount(progress.done);
    return u"%1 / %2"_s.arg(formatCount(progress.done), formatCount(progress.total));
}

QString runningText(const ImportStatus& status) {
    const Progress& progress = status.progress;
    const QString& name = status.request.name;
    QStringList parts;
    if (status.request.renews()) {
        if (progress.stage.empty()) return JobText::tr("Starting to describe all images anew…");
        parts << JobText::tr("Describing all images anew  %1").arg(countsText(progress));
        if (progress.secondsLeft) parts << formatTimeLeft(*progress.secondsLeft);
        parts << JobText::tr("searches go on as before");
        return parts.join(u" · "_s);
    }
    if (progress.stage.empty()) return JobText::tr("Starting to import %1…").arg(name);
    if (progress.stage == "scan") {
        parts << JobText::tr("Looking through %1  %2").arg(name, countsText(progress));
    } else if (progress.stage == "index") {
        parts << JobText::tr("Indexing %1  %2").arg(name, countsText(progress));
    } else {
        parts << JobText::tr("Importing %1  %2").arg(name, countsText(progress));
        if (progress.rate > 0) parts << formatRate(progress.rate);
    }
    if (progress.secondsLeft) parts << formatTimeLeft(*progress.secondsLeft);
    return parts.join(u" · "_s);
}

QString stoppedText(const ImportStatus& status) {
    const Progress& progress = status.progress;
    if (status.request.renews()) return JobText::tr("Describing the images anew is stopped; what is done is kept");
    if (progress.total == 0) return JobText::tr("Import of %1 is stopped").arg(status.request.name);
    return JobText::tr("Import of %1 is stopped at %2 of %3")
        .arg(status.request.name, formatCount(progress.done), formatCount(progress.total));
}

QString doneText(const ImportStatus& status) {
    const QString& name = status.request.name;
    if (status.found == 0) return JobText::tr("No images were found in %1").arg(name);
    QString text = status.imported > 0 ? JobText::tr("%1: %Ln image(s) imported", nullptr, status.imported).arg(name)
                                       : JobText::tr("%1: nothing new").arg(name);
    if (status.unreadable > 0) text += u", "_s + JobText::tr("%Ln could not be read", nullptr, status.unreadable);
    return text;
}

} // namespace

QString importText(const ImportStatus& status) {
    QString text;
    switch (status.state) {
    case ImportState::Idle:
        return {};
    case ImportState::Running:
        text = runningText(status);
        break;
    case ImportState::Stopping:
        text = JobText::tr("Stopping; what is done is kept…");
        break;
    case ImportState::Stopped:
        text = stoppedText(status);
        break;
    case ImportState::Failed:
        text = status.problem.sentence;
        break;
    case ImportState::Done:
        if (status.request.renews()) {
            text = JobText::tr("All images are described anew");
            break;
        }
        text = doneText(status);
        if (status.videos > 0) text += u" · "_s + JobText::tr("%n video(s) left alone", nullptr, status.videos);
        if (status.otherFiles > 0)
            text += u" · "_s + JobText::tr("%n other file(s) left alone", nullptr, status.otherFiles);
        break;
    }
    if (status.waiting > 0)
        text += u" · "_s + JobText::tr("%n more waiting", nullptr, static_cast<int>(status.waiting));
    return text;
}

JobBar::JobBar(QWidget* parent)
    : QWidget(parent)
    , m_text(new QLabel(this))
    , m_progress(new QProgressBar(this))
    , m_details(new QPushButton(tr("Details"), this))
    , m_action(new QPushButton(this)) {
    setObjectName(u"jobBar"_s);
    setAttribute(Qt::WA_StyledBackground);
    setFixedHeight(barHeight);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_progress->setFixedWidth(progressWidth);
    m_progress->setTextVisible(false);
    m_progress->setAccessibleName(tr("Progress of the import"));

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 0, 8, 0);
    layout->setSpacing(12);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_progress);
    layout->addWidget(m_details);
    layout->addWidget(m_action);

    connect(m_details, &QPushButton::clicked, this, &JobBar::detailsRequested);
    connect(m_action, &QPushButton::clicked, this, [this] {
        if (m_state == ImportState::Running) {
            Q_EMIT stopRequested();
        } else {
            Q_EMIT resumeRequested();
        }
    });
    m_hideSoon.setSingleShot(true);
    m_hideSoon.setInterval(doneShownMs);
    connect(&m_hideSoon, &QTimer::timeout, this, &QWidget::hide);
    setStatus({});
}

void JobBar::setStatus(const ImportStatus& status) {
    m_state = status.state;
    const bool running = m_state == ImportState::Running;
    const bool busy = running || m_state == ImportState::Stopping;
    const bool resumable = m_state == ImportState::Stopped || m_state == ImportState::Failed;
    setVisible(m_state != ImportState::Idle);
    if (m_state == ImportState::Done) {
        m_hideSoon.start();
    } else {
        m_hideSoon.stop();
    }
    const QString text = importText(status);
    m_text->setText(text);
    m_text->setToolTip(text);
    m_progress->setVisible(busy);
    const Progress& progress = status.progress;
    if (progress.total > 0) {
        m_progress->setRange(0, progressSteps);
        m_progress->setValue(static_cast<int>(progressSteps * progress.done / progress.total));
    } else {
        m_progress->setRange(0, 0);
    }
    m_details->setVisible(m_state == ImportState::Failed && !status.problem.detail.isEmpty());
    m_action->setVisible(running || resumable);
    m_action->setText(resumable ? tr("Resume") : tr("Stop"));
    m_action->setIcon(symbolIcon(resumable ? u"resume"_s : u"stop"_s));
}

} // namespace grappa
