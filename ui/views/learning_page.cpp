#include "ui/views/learning_page.h"

#include "ui/formatting.h"
#include "ui/learning_text.h"
#include "ui/models/picture_source.h"
#include "ui/views/curve_chart.h"
#include "ui/views/image_strip.h"
#include "ui/views/stage_list.h"
#include "ui/views/symbol_icon.h"
#include "ui/views/theme.h"

#include <QButtonGroup>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

constexpr int edge = 16;
constexpr int sideWidth = 304;
constexpr int groupTile = 48, probeTile = 56;
constexpr std::size_t groupsShown = 6;
constexpr int groupColumns = 2;
constexpr int levelColumns = 4;
constexpr std::size_t probesShown = 4;
constexpr int symbolSide = 16;
constexpr int arrowSide = 16;

} // namespace

LearningPage::LearningPage(PictureSource& pictures, QWidget* parent) : QWidget(parent), m_pictures(pictures) {
    setObjectName(u"learningPage"_s);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(makeHead());
    layout->addWidget(makeQuestion());
    auto* body = new QHBoxLayout;
    body->setContentsMargins(edge, 0, 0, 0);
    body->setSpacing(edge);
    body->addWidget(makeSide());
    body->addWidget(makeMain(), 1);
    layout->addLayout(body, 1);
    askToDiscard(false);
    setStatus({});
    setSamples({});
    setProbes({});
}

QLabel* LearningPage::heading(const QString& text) {
    auto* label = new QLabel(text, this);
    label->setObjectName(u"sheetHeading"_s);
    label->setIndent(0);
    return label;
}

QWidget* LearningPage::makeHead() {
    auto* head = new QWidget(this);
    m_title = new QLabel(head);
    m_title->setObjectName(u"pageTitle"_s);
    m_title->setTextFormat(Qt::PlainText);
    m_symbol = new QLabel(head);
    m_state = new QLabel(head);
    m_state->setObjectName(u"learningState"_s);
    m_state->setTextFormat(Qt::PlainText);
    m_state->setWordWrap(true);
    m_gallery = new QPushButton(symbolIcon(u"images"_s), tr("Gallery"), head);
    m_gallery->setToolTip(tr("Search and browse while it learns"));
    m_pause = new QPushButton(head);
    m_pause->setObjectName(u"pauseButton"_s);
    m_keep = new QPushButton(symbolIcon(u"check"_s), tr("Stop and keep"), head);
    m_keep->setObjectName(u"keepButton"_s);
    m_keep->setToolTip(tr("What was learned so far is checked and becomes the result"));
    m_discard = new QPushButton(symbolIcon(u"trash"_s), tr("Discard"), head);
    m_discard->setObjectName(u"discardButton"_s);

    auto* line = new QHBoxLayout;
    line->setSpacing(8);
    line->addWidget(m_title, 1);
    line->addWidget(m_gallery);
    line->addWidget(m_pause);
    line->addWidget(m_keep);
    line->addWidget(m_discard);
    auto* state = new QHBoxLayout;
    state->setSpacing(8);
    state->addWidget(m_symbol, 0, Qt::AlignTop);
    state->addWidget(m_state, 1);
    auto* layout = new QVBoxLayout(head);
    layout->setContentsMargins(edge, 12, edge, 12);
    layout->setSpacing(8);
    layout->addLayout(line);
    layout->addLayout(state);

    connect(m_gallery, &QPushButton::clicked, this, &LearningPage::galleryRequested);
    connect(m_pause, &QPushButton::clicked, this, [this] {
        if (m_resumes) {
            Q_EMIT resumeRequested();
        } else {
            Q_EMIT pauseRequested();
        }
    });
    connect(m_keep, &QPushButton::clicked, this, &LearningPage::keepRequested);
    connect(m_discard, &QPushButton::clicked, this, [this] { askToDiscard(true); });
    return head;
}

/// Discarding cannot be undone, so it takes a second step.
QWidget* LearningPage::makeQuestion() {
    m_question = new QWidget(this);
    m_question->setObjectName(u"messageBar"_s);
    m_question->setAttribute(Qt::WA_StyledBackground);
    auto* sentence = new QLabel(tr("Discard all that was learned in this run? This cannot be taken back."), m_question);
    sentence->setWordWrap(true);
    m_discardNow = new QPushButton(symbolIcon(u"trash"_s), tr("Discard it"), m_question);
    m_discardNow->setObjectName(u"discardNowButton"_s);
    m_dontDiscard = new QPushButton(tr("Go on learning"), m_question);
    auto* layout = new QHBoxLayout(m_question);
    layout->setContentsMargins(edge, 8, edge, 8);
    layout->setSpacing(8);
    layout->addWidget(sentence, 1);
    layout->addWidget(m_discardNow);
    layout->addWidget(m_dontDiscard);
    connect(m_discardNow, &QPushButton::clicked, this, [this] {
        askToDiscard(false);
        Q_EMIT discardRequested();
    });
    connect(m_dontDiscard, &QPushButton::clicked, this, [this] { askToDiscard(false); });
    return m_question;
}

void LearningPage::askToDiscard(bool asking) {
    m_question->setVisible(asking);
    if (asking) m_dontDiscard->setFocus();
}

QWidget* LearningPage::makeSide() {
    auto* side = new QWidget(this);
    side->setFixedWidth(sideWidth);
    m_stages = new StageList(side);
    m_device = new QLabel(side);
    m_device->setObjectName(u"note"_s);
    m_device->setWordWrap(true);
    auto* layout = new QVBoxLayout(side);
    layout->setContentsMargins(0, 8, 0, edge);
    layout->setSpacing(8);
    layout->addWidget(m_stages);
    layout->addStretch();
    layout->addWidget(m_device);
    return side;
}

QWidget* LearningPage::makeMain() {
    auto* area = new QScrollArea(this);
    area->setObjectName(u"plainArea"_s);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setAccessibleName(tr("Curve, groups and examples"));
    auto* content = new QWidget(area);
    content->setObjectName(u"plainContent"_s);
    m_chart = new CurveChart(content);

    m_levelButtons = new QButtonGroup(this);
    m_levels = new QGridLayout;
    m_levels->setSpacing(4);
    m_levels->setColumnStretch(levelColumns, 1);
    m_noGroups = new QLabel(tr("The largest groups of each k appear here once the images are described."), content);
    m_noGroups->setObjectName(u"note"_s);
    m_groups = new QGridLayout;
    m_groups->setHorizontalSpacing(edge);
    m_groups->setVerticalSpacing(4);
    for (int column = 0; column < groupColumns; ++column)
        m_groups->setColumnStretch(column, 1);
    for (std::size_t i = 0; i < groupsShown; ++i) {
        const Group group{new QLabel(content), new ImageStrip(m_pictures, groupTile, 1, content)};
        group.size->setObjectName(u"note"_s);
        const int line = static_cast<int>(i) / groupColumns, column = static_cast<int>(i) % groupColumns;
        m_groups->addWidget(group.size, 2 * line, column);
        m_groups->addWidget(group.images, 2 * line + 1, column);
        connect(group.images, &ImageStrip::activated, this, &LearningPage::imageActivated);
        m_groupRows.push_back(group);
    }

    m_probeNote = new QLabel(content);
    m_probeNote->setObjectName(u"note"_s);
    m_probes = new QGridLayout;
    m_probes->setHorizontalSpacing(8);
    m_probes->setVerticalSpacing(4);
    m_probes->setColumnStretch(4, 1);
    for (std::size_t i = 0; i < probesShown; ++i) {
        const ProbeRow row{new ImageStrip(m_pictures, probeTile, 1, content),
                           new ImageStrip(m_pictures, probeTile, 1, content), new QLabel(content), new QLabel(content)};
        row.query->setFixedWidth(probeTile + 4);
        row.query->setTitle(tr("Example"));
        row.results->setTitle(tr("What it finds now"));
        row.changes->setObjectName(u"note"_s);
        row.changes->setMinimumWidth(48);
        const auto line = static_cast<int>(i);
        m_probes->addWidget(row.query, line, 0);
        m_probes->addWidget(row.arrow, line, 1);
        m_probes->addWidget(row.results, line, 2, Qt::AlignLeft);
        m_probes->addWidget(row.changes, line, 3);
        for (ImageStrip* strip : {row.query, row.results})
            connect(strip, &ImageStrip::activated, this, &LearningPage::imageActivated);
        m_probeRows.push_back(row);
    }

    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(0, 0, edge, edge);
    layout->setSpacing(8);
    layout->addWidget(m_chart);
    layout->addSpacing(8);
    layout->addWidget(heading(tr("Groups that were found")));
    layout->addLayout(m_levels);
    layout->addWidget(m_noGroups);
    layout->addLayout(m_groups);
    layout->addSpacing(8);
    layout->addWidget(heading(tr("What held-out examples find")));
    layout->addWidget(m_probeNote);
    layout->addLayout(m_probes);
    layout->addStretch();
    area->setWidget(content);
    return area;
}

QString LearningPage::stateText(const AdaptStatus& status) {
    return status.state == AdaptState::Idle ? tr("Nothing is being learned.") : learningText(status);
}

void LearningPage::setStatus(const AdaptStatus& status) {
    const bool resumable = status.canResume();
    m_resumes = resumable;
    m_title->setText(status.request.collection.isEmpty() ? tr("Learning")
                                                         : tr("Learning %1").arg(status.request.collection));
    const bool failed = status.state == AdaptState::Failed;
    m_state->setText(stateText(status));
    m_state->setToolTip(status.problem.detail);
    m_symbol->setVisible(failed);
    m_symbol->setPixmap(symbolPixmap(u"warning"_s, currentTheme().warning, symbolSide, devicePixelRatioF()));
    m_symbol->setAccessibleName(failed ? tr("Failed") : QString());
    m_pause->setText(resumable ? tr("Resume") : tr("Pause"));
    m_pause->setIcon(symbolIcon(resumable ? u"resume"_s : u"stop"_s));
    m_pause->setToolTip(resumable ? tr("Goes on from where it was") : tr("Frees the device; what is done is kept"));
    m_pause->setEnabled(resumable || status.canPause());
    m_keep->setEnabled(status.canEnd());
    m_discard->setEnabled(status.canEnd());
    if (!status.canEnd()) askToDiscard(false);
}

void LearningPage::setStages(const AdaptStatus& status) {
    const LearningRun& run = status.run;
    m_state->setText(stateText(status));
    m_stages->setStages(run.stages());
    m_device->setText(run.stages().empty() ? tr("The stages are shown once it runs.") : deviceText(run));
    const LearningStage* now = run.now();
    const std::int64_t learning = now ? now->granularity().value_or(m_learning) : m_learning;
    if (learning == m_learning) return;
    m_learning = learning;
    if (!m_chosen) showGroups(m_learning);
}

void LearningPage::setSamples(const LearningRun& run) {
    m_samples = run.samples();
    if (m_samples.empty()) m_chosen.reset();
    for (QAbstractButton* button : m_levelButtons->buttons())
        delete button;
    for (const GranularitySample& sample : m_samples) {
        auto* button = new QToolButton(this);
        button->setObjectName(u"chip"_s);
        button->setCheckable(true);
        button->setText(tr("k = %1").arg(formatCount(static_cast<std::uint64_t>(sample.k))));
        button->setAccessibleName(tr("Groups of k = %1").arg(formatCount(static_cast<std::uint64_t>(sample.k))));
        m_levelButtons->addButton(button, static_cast<int>(sample.k));
        const int place = static_cast<int>(m_levelButtons->buttons().size()) - 1;
        m_levels->addWidget(button, place / levelColumns, place % levelColumns);
        connect(button, &QToolButton::clicked, this, [this, k = sample.k] {
            m_chosen = k;
            showGroups(k);
        });
    }
    showGroups(m_chosen.value_or(m_learning));
}

/// Of this k, or of the smallest where there is none of it.
void LearningPage::showGroups(std::int64_t k) {
    const auto found = std::find_if(m_samples.begin(), m_samples.end(),
                                    [k](const GranularitySample& sample) { return sample.k == k; });
    const GranularitySample* sample = found != m_samples.end() ? &*found
                                      : m_samples.empty()      ? nullptr
                                                               : &m_samples.front();
    m_noGroups->setVisible(!sample);
    if (sample) {
        if (QAbstractButton* button = m_levelButtons->button(static_cast<int>(sample->k))) button->setChecked(true);
    }
    for (std::size_t i = 0; i < m_groupRows.size(); ++i) {
        const Group& group = m_groupRows[i];
        const bool there = sample && i < sample->groups.size();
        group.size->setVisible(there);
        group.images->setVisible(there);
        if (!there) continue;
        const GroupSample& shown = sample->groups[i];
        const QString size = tr("%Ln image(s)", nullptr, static_cast<int>(shown.size));
        group.size->setText(size);
        std::vector<StripImage> images;
        for (const ImageId image : shown.images)
            images.push_back({image});
        group.images->setTitle(tr("Group of %1").arg(size));
        group.images->setImages(std::move(images));
    }
}

void LearningPage::setCurve(const LearningRun& run) {
    m_chart->setCurve(run.curve());
}

void LearningPage::setProbes(const LearningRun& run) {
    const auto& probes = run.probes();
    if (!probes) {
        m_probeNote->setText(tr("Some images are searched again and again as learning goes on."));
    } else if (probes->epoch == 0) {
        m_probeNote->setText(tr("Before anything was learned"));
    } else {
        m_probeNote->setText(tr("%1, epoch %2").arg(stageTitle(LearningStage{probes->stage})).arg(probes->epoch));
    }
    for (std::size_t i = 0; i < m_probeRows.size(); ++i) {
        const ProbeRow& row = m_probeRows[i];
        const bool there = probes && i < probes->probes.size();
        for (QWidget* widget : {static_cast<QWidget*>(row.query), static_cast<QWidget*>(row.results),
                                static_cast<QWidget*>(row.arrow), static_cast<QWidget*>(row.changes)})
            widget->setVisible(there);
        if (!there) continue;
        const Probe& probe = probes->probes[i];
        row.arrow->setPixmap(symbolPixmap(u"forward"_s, currentTheme().muted, arrowSide, devicePixelRatioF()));
        row.query->setImages({{probe.query}});
        std::vector<StripImage> results;
        for (std::size_t r = 0; r < probe.results.size(); ++r) {
            const bool isNew = r < probe.isNew.size() && probe.isNew[r];
            results.push_back({probe.results[r], isNew ? tr("new") : QString(), isNew});
        }
        row.results->setImages(std::move(results));
        const int changes = probe.newCount();
        row.changes->setText(changes > 0 ? tr("%Ln new", nullptr, changes) : QString());
    }
}

} // namespace grappa
