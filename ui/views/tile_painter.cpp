#include "ui/views/tile_painter.h"

#include "ui/formatting.h"
#include "ui/models/image_list_model.h"
#include "ui/models/thumbnail_loader.h"
#include "ui/views/symbol_icon.h"
#include "ui/views/theme.h"

#include <QPainter>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

constexpr int nameHeight = 24;
constexpr int markSide = 22;
constexpr int missingSide = 32;
constexpr int symbolInset = 4;
constexpr qreal offlineOpacity = 0.45;
constexpr float veilOpacity = 0.9F;

QRect centred(const QRect& tile, const QSize& size) {
    return {tile.topLeft() + QPoint((tile.width() - size.width()) / 2, (tile.height() - size.height()) / 2), size};
}

} // namespace

void TilePainter::paint(const QModelIndex& index, const QRect& tile, const TileState& state) const {
    m_painter.setPen(Qt::NoPen);
    m_painter.setBrush(m_theme.tile);
    m_painter.drawRoundedRect(tile, corner, corner);
    paintPicture(index, tile);
    const QVariant score = index.data(ImageListModel::ScoreRole);
    if (score.isValid()) paintScore(score.toFloat(), tile);
    if (state.hovered || state.focused) paintName(index.data(Qt::DisplayRole).toString(), tile);
    paintRings(tile, state);
}

void TilePainter::paintPicture(const QModelIndex& index, const QRect& tile) const {
    const QVariant hashValue = index.data(ImageListModel::HashRole);
    if (!hashValue.isValid()) return;
    const auto hash = hashValue.value<ContentHash>();
    const bool online = index.data(ImageListModel::OnlineRole).toBool();
    if (const Thumbnail* thumbnail = m_thumbnails.find(hash)) {
        const QSize size = (QSizeF(thumbnail->image.size()) * tile.width() / thumbnail->side).toSize();
        m_painter.setOpacity(online ? 1 : offlineOpacity);
        m_painter.drawImage(centred(tile, size), thumbnail->image);
        m_painter.setOpacity(1);
    } else if (m_thumbnails.isMissing(hash)) {
        const QRect place = centred(tile, {missingSide, missingSide});
        const qreal ratio = m_painter.device()->devicePixelRatioF();
        m_painter.drawPixmap(place, symbolPixmap(u"image-missing"_s, m_theme.muted, missingSide, ratio));
    }
    if (!online) {
        paintMark(u"offline"_s, tile);
    } else if (!index.data(ImageListModel::DamageRole).toString().isEmpty()) {
        paintMark(u"warning"_s, tile);
    }
}

void TilePainter::paintMark(const QString& symbol, const QRect& tile) const {
    const QRect plate(tile.right() - markSide - corner, tile.top() + corner, markSide, markSide);
    m_painter.setBrush(m_theme.pane);
    m_painter.drawEllipse(plate);
    const int side = markSide - 2 * symbolInset;
    m_painter.drawPixmap(centred(plate, {side, side}),
                         symbolPixmap(symbol, m_theme.warning, side, m_painter.device()->devicePixelRatioF()));
}

void TilePainter::paintScore(float score, const QRect& tile) const {
    m_painter.setPen(m_theme.muted);
    const QRect caption(tile.left(), tile.bottom() + 1, tile.width(), captionHeight);
    m_painter.drawText(caption, Qt::AlignCenter, formatScore(score));
}

void TilePainter::paintName(const QString& name, const QRect& tile) const {
    const QRect strip(tile.left(), tile.bottom() + 1 - nameHeight, tile.width(), nameHeight);
    QColor veil = m_theme.pane;
    veil.setAlphaF(veilOpacity);
    m_painter.save();
    m_painter.setClipRect(strip);
    m_painter.setPen(Qt::NoPen);
    m_painter.setBrush(veil);
    m_painter.drawRoundedRect(tile, corner, corner);
    m_painter.restore();
    const QRect text = strip.adjusted(corner, 0, -corner, 0);
    m_painter.setPen(m_theme.text);
    m_painter.drawText(text, Qt::AlignVCenter | Qt::AlignLeft,
                       m_painter.fontMetrics().elidedText(name, Qt::ElideMiddle, text.width()));
}

void TilePainter::paintRings(const QRect& tile, const TileState& state) const {
    m_painter.setBrush(Qt::NoBrush);
    if (state.selected) {
        m_painter.setPen(QPen(m_theme.accent, ring));
        m_painter.drawRoundedRect(QRectF(tile).adjusted(-1, -1, 1, 1), corner + 1, corner + 1);
    }
    if (state.focused) {
        m_painter.setPen(QPen(m_theme.text, ring));
        m_painter.drawRoundedRect(QRectF(tile).adjusted(2, 2, -2, -2), corner - 1, corner - 1);
    }
}

} // namespace grappa
