#include "ui/views/empty_state.h"

#include "ui/views/symbol_icon.h"
#include "ui/views/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

constexpr int targetWidth = 640;
constexpr int symbolSide = 64;

/// A symbol in the muted colour of the theme of the moment.
class SymbolLabel : public QWidget {
public:
    SymbolLabel(QString name, QWidget* parent) : QWidget(parent), m_name(std::move(name)) {
        setFixedSize(symbolSide, symbolSide);
    }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.drawPixmap(rect(), symbolPixmap(m_name, currentTheme().muted, symbolSide, devicePixelRatioF()));
    }

private:
    QString m_name;
};

QLabel* label(const QString& text, const QString& name, QWidget* parent) {
    auto* result = new QLabel(text, parent);
    result->setObjectName(name);
    result->setAlignment(Qt::AlignCenter);
    result->setWordWrap(true);
    return result;
}

} // namespace

EmptyState::EmptyState(bool samples, QWidget* parent) : QWidget(parent), m_target(new QWidget(this)) {
    m_target->setFixedWidth(targetWidth);

    auto* choose = new QPushButton(tr("Choose folders…"), m_target);
    choose->setObjectName(u"primary"_s);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addStretch();
    buttons->addWidget(choose);
    if (samples) {
        auto* trySamples = new QPushButton(tr("Try with sample photos"), m_target);
        buttons->addWidget(trySamples);
        connect(trySamples, &QPushButton::clicked, this, &EmptyState::samplesRequested);
    }
    buttons->addStretch();

    auto* inner = new QVBoxLayout(m_target);
    inner->setContentsMargins(32, 72, 32, 72);
    inner->setSpacing(16);
    inner->addWidget(new SymbolLabel(u"images"_s, m_target), 0, Qt::AlignHCenter);
    inner->addWidget(label(tr("Drop folders of images here"), u"emptyTitle"_s, m_target));
    inner->addWidget(label(tr("Click any image to see what looks like it."), u"emptyText"_s, m_target));
    inner->addLayout(buttons);

    auto* promises = label(tr("Your files are read, never changed. Nothing leaves this computer.\n"
                              "Search is by image: there is no text search."),
                           u"note"_s, this);

    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(24);
    layout->addStretch();
    layout->addWidget(m_target, 0, Qt::AlignHCenter);
    layout->addWidget(promises);
    layout->addStretch();
    connect(choose, &QPushButton::clicked, this, &EmptyState::chooseRequested);
}

void EmptyState::paintEvent(QPaintEvent*) {
    const Theme& theme = currentTheme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(theme.pane);
    QPen border(theme.muted, 1.5, Qt::CustomDashLine);
    border.setDashPattern({6, 5});
    painter.setPen(border);
    painter.drawRoundedRect(QRectF(m_target->geometry()).adjusted(1, 1, -1, -1), 12, 12);
}

} // namespace grappa
