#include "ui/views/stop_preview.h"

#include "ui/formatting.h"
#include "ui/models/thumbnail_loader.h"
#include "ui/views/theme.h"

#include <QPainter>
#include <QScreen>

#include <algorithm>
#include <cmath>
#include <span>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

constexpr int padding = 12;
constexpr int tileSide = 52;
constexpr int gap = 4, rowGap = 8;
constexpr std::size_t shownInRow = 3;
constexpr int countWidth = 52;
constexpr int corner = 6;
constexpr int distance = 6;

} // namespace

StopPreview::StopPreview(ThumbnailLoader* thumbnails, QWidget* parent)
    : QWidget(parent, Qt::ToolTip | Qt::FramelessWindowHint), m_thumbnails(thumbnails) {
    setAttribute(Qt::WA_ShowWithoutActivating);
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setAttribute(Qt::WA_TranslucentBackground);
    setFocusPolicy(Qt::NoFocus);
    connect(thumbnails, &ThumbnailLoader::loaded, this, qOverload<>(&QWidget::update));
}

void StopPreview::setContent(const QString& name, const QString& meaning, const std::vector<SampleGroup>& groups) {
    m_name = name;
    m_meaning = meaning;
    m_groups = groups;
    setAccessibleDescription(text());
    m_thumbnails->setTile(static_cast<int>(std::floor(tileSide * devicePixelRatioF())),
                          qRound(gap * devicePixelRatioF()));
    std::vector<ContentHash> wanted;
    for (const SampleGroup& group : m_groups)
        wanted.insert(wanted.end(), group.images.begin(), group.images.end());
    m_thumbnails->want(wanted);
    resize(sizeHint());
    update();
}

QString StopPreview::text() const {
    QString text = m_name + u". "_s + m_meaning;
    for (const SampleGroup& group : m_groups)
        text += u' ' + tr("A group of %Ln image(s).", nullptr, static_cast<int>(group.size));
    return text;
}

void StopPreview::showBeside(const QRect& globalPlace) {
    const QRect room = screen()->availableGeometry();
    const auto within = [](int at, int first, int last) { return std::clamp(at, first, std::max(first, last)); };
    move(within(globalPlace.left() - distance - width(), room.left(), room.right() - width()),
         within(globalPlace.bottom() + 1, room.top(), room.bottom() - height()));
    show();
}

QSize StopPreview::sizeHint() const {
    const int tiles = static_cast<int>(shownInRow) * (tileSide + gap) - gap;
    const int rows = static_cast<int>(m_groups.size());
    const int width = tiles + countWidth;
    return {2 * padding + width, 2 * padding + headHeight(width) + rows * (tileSide + rowGap)};
}

int StopPreview::headHeight(int width) const {
    const QRect room(0, 0, width, 1000);
    return fontMetrics().lineSpacing() + gap + fontMetrics().boundingRect(room, Qt::TextWordWrap, m_meaning).height();
}

QRect StopPreview::rowRect(std::size_t row) const {
    return {padding,
            padding + headHeight(width() - 2 * padding) + rowGap / 2 + static_cast<int>(row) * (tileSide + rowGap),
            width() - 2 * padding, tileSide};
}

void StopPreview::paintEvent(QPaintEvent*) {
    const Theme& theme = currentTheme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.setPen(QPen(theme.muted, 1));
    painter.setBrush(theme.pane);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), corner, corner);
    QFont bold = font();
    bold.setWeight(QFont::DemiBold);
    const QRect head(padding, padding, width() - 2 * padding, headHeight(width() - 2 * padding));
    painter.setPen(theme.text);
    painter.setFont(bold);
    painter.drawText(head, Qt::AlignTop | Qt::AlignLeft, m_name);
    painter.setFont(font());
    painter.setPen(theme.muted);
    painter.drawText(head, Qt::AlignBottom | Qt::AlignLeft | Qt::TextWordWrap, m_meaning);
    for (std::size_t row = 0; row < m_groups.size(); ++row) {
        const QRect place = rowRect(row);
        int x = place.left();
        for (const ContentHash& hash :
             std::span(m_groups[row].images).first(std::min(m_groups[row].images.size(), shownInRow))) {
            const QRect tile(x, place.top(), tileSide, tileSide);
            x += tileSide + gap;
            painter.setPen(Qt::NoPen);
            painter.setBrush(theme.tile);
            painter.drawRoundedRect(tile, gap, gap);
            const Thumbnail* thumbnail = m_thumbnails->find(hash);
            if (!thumbnail) continue;
            const QSizeF size = QSizeF(thumbnail->image.size()) * tileSide / thumbnail->side;
            painter.drawImage(
                QRectF(QPointF(tile.x() + (tileSide - size.width()) / 2, tile.y() + (tileSide - size.height()) / 2),
                       size),
                thumbnail->image);
        }
        painter.setPen(theme.muted);
        painter.drawText(QRect(place.right() + 1 - countWidth, place.top(), countWidth, tileSide),
                         Qt::AlignRight | Qt::AlignVCenter | Qt::TextWordWrap,
                         tr("%Ln image(s)", nullptr, static_cast<int>(m_groups[row].size)));
    }
}

} // namespace grappa
