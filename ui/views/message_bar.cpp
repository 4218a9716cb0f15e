#include "ui/views/message_bar.h"

#include "ui/views/symbol_icon.h"
#include "ui/views/theme.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QUndoStack>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {
constexpr int symbolSide = 20;
} // namespace

MessageBar::MessageBar(QWidget* parent)
    : QWidget(parent)
    , m_symbol(new QLabel(this))
    , m_sentence(new QLabel(this))
    , m_copy(new QPushButton(tr("Copy details"), this))
    , m_action(new QPushButton(this))
    , m_close(new QToolButton(this)) {
    setObjectName(u"messageBar"_s);
    setAttribute(Qt::WA_StyledBackground);
    m_sentence->setObjectName(u"sentence"_s);
    m_sentence->setTextFormat(Qt::PlainText);
    m_sentence->setWordWrap(true);
    m_close->setIcon(symbolIcon(u"close"_s));
    m_close->setAutoRaise(true);
    m_close->setAccessibleName(tr("Close the message"));
    m_action->hide(); // nameless until tell() gives it something to do

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 8, 8, 8);
    layout->setSpacing(12);
    layout->addWidget(m_symbol);
    layout->addWidget(m_sentence, 1);
    layout->addWidget(m_copy);
    layout->addWidget(m_action);
    layout->addWidget(m_close);

    connect(m_copy, &QPushButton::clicked, this,
            [this] { QGuiApplication::clipboard()->setText(m_sentence->text() + u'\n' + m_detail); });
    connect(m_action, &QPushButton::clicked, this, [this] {
        hide();
        if (m_run) m_run();
    });
    connect(m_close, &QToolButton::clicked, this, &QWidget::hide);
    m_action->hide();
    hide();
}

void MessageBar::show(const Problem& problem) {
    disconnect(m_undone);
    m_detail = problem.detail;
    m_symbol->setPixmap(symbolPixmap(u"warning"_s, currentTheme().warning, symbolSide, devicePixelRatioF()));
    m_sentence->setText(problem.sentence);
    m_sentence->setToolTip(problem.detail);
    m_copy->setVisible(!problem.detail.isEmpty());
    m_action->hide();
    setVisible(true);
}

void MessageBar::tell(const QString& sentence, const QString& action, std::function<void()> run) {
    disconnect(m_undone);
    m_detail.clear();
    m_run = std::move(run);
    m_symbol->setPixmap(symbolPixmap(u"check"_s, currentTheme().accent, symbolSide, devicePixelRatioF()));
    m_sentence->setText(sentence);
    m_sentence->setToolTip({});
    m_copy->hide();
    m_action->setText(action);
    m_action->setVisible(!action.isEmpty());
    setVisible(true);
}

void MessageBar::offerUndo(const QString& sentence, QUndoStack* stack) {
    tell(sentence, tr("Undo"), [stack] { stack->undo(); });
    m_undone = connect(stack, &QUndoStack::indexChanged, this, &QWidget::hide);
}

} // namespace grappa
