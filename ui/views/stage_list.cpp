#include "ui/views/stage_list.h"

#include "ui/learning_text.h"
#include "ui/views/symbol_icon.h"
#include "ui/views/theme.h"

#include <QGridLayout>
#include <QLabel>
#include <QPainter>
#include <QProgressBar>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

constexpr int symbolSide = 16;
constexpr int steps = 1000;
constexpr int detailWidth = 200; ///< the list does not jump while its texts change

/// A check for what is done, a triangle for what is under way, a ring for what is to come.
class StageSymbol : public QWidget {
public:
    explicit StageSymbol(QWidget* parent) : QWidget(parent) { setFixedSize(symbolSide, symbolSide); }

    void setState(StageState state) {
        m_state = state;
        update();
    }

protected:
    void paintEvent(QPaintEvent*) override {
        const Theme& theme = currentTheme();
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        if (m_state == StageState::Waiting) {
            painter.setPen(QPen(theme.muted, 1.5));
            painter.drawEllipse(QRectF(rect()).adjusted(4.5, 4.5, -4.5, -4.5));
            return;
        }
        const bool done = m_state == StageState::Done;
        painter.drawPixmap(rect(), symbolPixmap(done ? u"check"_s : u"resume"_s, done ? theme.text : theme.accent,
                                                symbolSide, devicePixelRatioF()));
    }

private:
    StageState m_state = StageState::Waiting;
};

} // namespace

StageList::StageList(QWidget* parent) : QWidget(parent), m_grid(new QGridLayout(this)) {
    setObjectName(u"stages"_s);
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(8);
    m_grid->setVerticalSpacing(2);
    m_grid->setColumnStretch(2, 1);
    m_grid->setColumnMinimumWidth(2, detailWidth);
}

void StageList::makeRows(std::size_t count) {
    while (m_rows.size() > count) {
        const Row row = m_rows.back();
        m_rows.pop_back();
        for (QWidget* widget : {row.symbol, static_cast<QWidget*>(row.title), static_cast<QWidget*>(row.detail),
                                static_cast<QWidget*>(row.bar)})
            delete widget;
    }
    while (m_rows.size() < count) {
        const auto line = static_cast<int>(m_rows.size());
        const Row row{new StageSymbol(this), new QLabel(this), new QLabel(this), new QProgressBar(this)};
        row.detail->setObjectName(u"note"_s);
        row.bar->setTextVisible(false);
        row.bar->setRange(0, steps);
        QSizePolicy keep = row.bar->sizePolicy();
        keep.setRetainSizeWhenHidden(true);
        row.bar->setSizePolicy(keep);
        m_grid->addWidget(row.symbol, 2 * line, 0, Qt::AlignVCenter);
        m_grid->addWidget(row.title, 2 * line, 1);
        m_grid->addWidget(row.detail, 2 * line, 2);
        m_grid->addWidget(row.bar, 2 * line + 1, 1, 1, 2);
        m_rows.push_back(row);
    }
}

void StageList::setStages(const std::vector<LearningStage>& stages) {
    makeRows(stages.size());
    for (std::size_t i = 0; i < stages.size(); ++i) {
        const LearningStage& stage = stages[i];
        const Row& row = m_rows[i];
        const bool now = stage.state == StageState::Now;
        static_cast<StageSymbol*>(row.symbol)->setState(stage.state);
        const QString title = stageTitle(stage), detail = stageDetail(stage);
        row.title->setText(title);
        row.title->setEnabled(stage.state != StageState::Waiting);
        const QString state = stage.state == StageState::Done  ? tr("done")
                              : stage.state == StageState::Now ? tr("under way")
                                                               : tr("to come");
        row.title->setAccessibleName(detail.isEmpty() ? tr("%1, %2").arg(title, state)
                                                      : tr("%1, %2, %3").arg(title, state, detail));
        row.detail->setText(detail);
        row.bar->setVisible(now && stage.progress.total > 0);
        row.bar->setAccessibleName(title);
        if (stage.progress.total > 0)
            row.bar->setValue(static_cast<int>(steps * stage.progress.done / stage.progress.total));
    }
}

} // namespace grappa
