#include "ui/views/drop_overlay.h"

#include "ui/views/symbol_icon.h"
#include "ui/views/theme.h"

#include <QPainter>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {
constexpr int frameInset = 16;
constexpr int symbolSide = 48;
constexpr int titlePixels = 18;
} // namespace

DropOverlay::DropOverlay(QWidget* parent) : QWidget(parent) {
    setAttribute(Qt::WA_TransparentForMouseEvents);
    hide();
}

void DropOverlay::showOver(const QRect& area) {
    setGeometry(area);
    raise();
    show();
}

void DropOverlay::setTarget(const QString& collection) {
    if (collection == m_target) return;
    m_target = collection;
    update();
}

void DropOverlay::paintEvent(QPaintEvent*) {
    const Theme& theme = currentTheme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(rect(), theme.window);
    QPen border(theme.accent, 2, Qt::CustomDashLine);
    border.setDashPattern({6, 5});
    painter.setPen(border);
    painter.setBrush(Qt::NoBrush);
    const QRect frame = rect().adjusted(frameInset, frameInset, -frameInset, -frameInset);
    painter.drawRoundedRect(frame, 12, 12);

    const QPoint middle = frame.center();
    painter.drawPixmap(middle.x() - symbolSide / 2, middle.y() - symbolSide - 8,
                       symbolPixmap(u"folder-add"_s, theme.accent, symbolSide, devicePixelRatioF()));
    QFont title = font();
    title.setPixelSize(titlePixels);
    title.setWeight(QFont::DemiBold);
    painter.setFont(title);
    painter.setPen(theme.text);
    painter.drawText(QRect(frame.left(), middle.y() + 8, frame.width(), 32), Qt::AlignCenter,
                     m_target.isEmpty() ? tr("Folders become a collection") : tr("Folders go into %1").arg(m_target));
    painter.setFont(font());
    painter.setPen(theme.muted);
    painter.drawText(QRect(frame.left(), middle.y() + 40, frame.width(), 24), Qt::AlignCenter,
                     tr("One image searches for what looks like it"));
}

} // namespace grappa
