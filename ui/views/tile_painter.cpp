#include "ui/views/tile_painter.h"

#include "ui/formatting.h"
#include "ui/models/image_list_model.h"
#include "ui/models/thumbnail_loader.h"
#include "ui/result_dividers.h"
#include "ui/views/attention_bar.h"
#include "ui/views/symbol_icon.h"
#include "ui/views/theme.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

constexpr int nameHeight = 24;
constexpr int barInset = 8;
constexpr double barHeight = 8;
constexpr double leastBarWidth = 24;
constexpr int markSide = 22;
constexpr int missingSide = 32;
constexpr int symbolInset = 4;
constexpr int stackEdges = 2, stackInset = 5, stackGap = 4;
constexpr qreal offlineOpacity = 0.45;
constexpr float veilOpacity = 0.9F;

QRect centred(const QRect& tile, const QSize& size) {
    return {tile.topLeft() + QPoint((tile.width() - size.width()) / 2, (tile.height() - size.height()) / 2), size};
}

} // namespace

QRect TilePainter::checkRect(const QRect& tile) {
    return {tile.topLeft() + QPoint(corner, corner), QSize(markSide, markSide)};
}

QRect TilePainter::viewRect(const QRect& tile) {
    return {tile.right() + 1 - nameHeight, tile.bottom() + 1 - nameHeight, nameHeight, nameHeight};
}

void TilePainter::paint(const QModelIndex& index, const QRect& tile, const TileState& state) const {
    if (index.data(ImageListModel::StackRole).isValid()) return paintStack(index, tile, state);
    m_painter.setPen(Qt::NoPen);
    m_painter.setBrush(m_theme.tile);
    m_painter.drawRoundedRect(tile, corner, corner);
    paintPicture(index, tile);
    if (index.data(ImageListModel::ScoreRole).isValid()) paintCaption(index, tile);
    if (state.hovered || state.focused) paintName(index.data(Qt::DisplayRole).toString(), tile);
    if (state.selected) {
        paintPlate(checkRect(tile), u"check"_s, m_theme.accent, m_theme.onAccent);
    } else if (state.hovered) {
        paintPlate(checkRect(tile), u"check"_s, m_theme.pane, m_theme.muted);
    }
    paintRings(tile, state);
}

void TilePainter::paintStack(const QModelIndex& index, const QRect& tile, const TileState& state) const {
    // Two edges of what lies below, then the images on top.
    QRect top = tile;
    for (int below = stackEdges; below > 0; --below) {
        QColor edge = m_theme.muted;
        edge.setAlphaF(state.hovered ? 0.7F : 0.45F);
        m_painter.setPen(QPen(edge, 1));
        m_painter.setBrush(m_theme.tile);
        const int inset = below * stackInset, raised = (stackEdges - below) * stackInset;
        m_painter.drawRoundedRect(QRectF(tile).adjusted(inset + 0.5, raised + 0.5, -inset - 0.5, -stackInset), corner,
                                  corner);
    }
    top.adjust(0, stackEdges * stackInset, 0, 0);
    m_painter.setPen(Qt::NoPen);
    m_painter.setBrush(m_theme.tile);
    m_painter.drawRoundedRect(top, corner, corner);
    const auto hashes = index.data(ImageListModel::StackRole).value<QList<ContentHash>>();
    const auto quarters = hashes.size() > 1;
    const int width = quarters ? (top.width() - stackGap) / 2 : top.width();
    const int height = quarters ? (top.height() - stackGap) / 2 : top.height();
    for (qsizetype i = 0; i < std::min<qsizetype>(hashes.size(), 4); ++i) {
        const Thumbnail* thumbnail = m_thumbnails.find(hashes[i]);
        if (!thumbnail) continue;
        paintScaled(*thumbnail, QRect(top.left() + static_cast<int>(i % 2) * (width + stackGap),
                                      top.top() + static_cast<int>(i / 2) * (height + stackGap), width, height));
    }
    m_painter.setPen(state.hovered || state.focused ? m_theme.text : m_theme.muted);
    m_painter.drawText(QRect(tile.left(), tile.bottom() + 1, tile.width(), captionHeight), Qt::AlignCenter,
                       index.data(Qt::DisplayRole).toString());
    paintRings(top, {.hovered = state.hovered, .selected = false, .focused = state.focused});
}

void TilePainter::paintScaled(const Thumbnail& thumbnail, const QRect& place) const {
    const QSizeF size = QSizeF(thumbnail.image.size()).scaled(QSizeF(place.size()), Qt::KeepAspectRatio);
    m_painter.drawImage(QRectF(QPointF(place.left() + (place.width() - size.width()) / 2,
                                       place.top() + (place.height() - size.height()) / 2),
                               size),
                        thumbnail.image);
}

void TilePainter::paintPicture(const QModelIndex& index, const QRect& tile) const {
    const QVariant hashValue = index.data(ImageListModel::HashRole);
    if (!hashValue.isValid()) return;
    const auto hash = hashValue.value<ContentHash>();
    const bool online = index.data(ImageListModel::OnlineRole).toBool();
    if (const Thumbnail* thumbnail = m_thumbnails.find(hash)) {
        m_painter.setOpacity(online ? 1 : offlineOpacity);
        paintThumbnail(*thumbnail, tile);
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

void TilePainter::paintThumbnail(const Thumbnail& thumbnail, const QRect& tile) const {
    const qreal ratio = m_painter.device()->devicePixelRatioF();
    if (thumbnail.side != static_cast<int>(std::floor(tile.width() * ratio))) {
        const QSize size = (QSizeF(thumbnail.image.size()) * tile.width() / thumbnail.side).toSize();
        m_painter.drawImage(centred(tile, size), thumbnail.image);
        return;
    }
    // Of the right size: pixel on pixel, whatever the scale of the screen, or it would be blurred.
    const QSizeF size = QSizeF(thumbnail.image.size()) / ratio;
    const QPointF place =
        tile.topLeft() + QPointF((tile.width() - size.width()) / 2, (tile.height() - size.height()) / 2);
    const QPointF onPixel(std::round(place.x() * ratio) / ratio, std::round(place.y() * ratio) / ratio);
    m_painter.drawImage(QRectF(onPixel, size), thumbnail.image);
}

void TilePainter::paintMark(const QString& symbol, const QRect& tile) const {
    paintPlate({tile.right() - markSide - corner, tile.top() + corner, markSide, markSide}, symbol, m_theme.pane,
               m_theme.warning);
}

void TilePainter::paintPlate(const QRect& plate, const QString& symbol, const QColor& ground,
                             const QColor& colour) const {
    m_painter.setPen(Qt::NoPen);
    m_painter.setBrush(ground);
    m_painter.drawEllipse(plate);
    const int side = markSide - 2 * symbolInset;
    m_painter.drawPixmap(centred(plate, {side, side}),
                         symbolPixmap(symbol, colour, side, m_painter.device()->devicePixelRatioF()));
}

void TilePainter::paintCaption(const QModelIndex& index, const QRect& tile) const {
    const QString divider = dividerText(static_cast<Divider>(index.data(ImageListModel::DividerRole).toInt()));
    m_painter.setPen(divider.isEmpty() ? m_theme.muted : m_theme.accent);
    const QRect caption(tile.left(), tile.bottom() + 1, tile.width(), captionHeight);
    const QString text = m_painter.fontMetrics().elidedText(
        divider.isEmpty() ? closenessText(index.data(ImageListModel::ScoreRole).toFloat()) : divider, Qt::ElideRight,
        caption.width());
    const QVariant attention = index.data(ImageListModel::AttentionRole);
    const double left = caption.left() + m_painter.fontMetrics().horizontalAdvance(text) + barInset;
    if (!attention.isValid() || caption.right() - left < leastBarWidth) {
        m_painter.drawText(caption, Qt::AlignCenter, text);
        return;
    }
    m_painter.drawText(caption, Qt::AlignLeft | Qt::AlignVCenter, text);
    const auto mean = attention.value<QList<double>>();
    const double top = caption.top() + (captionHeight - barHeight) / 2.0;
    paintAttentionBar(m_painter, {left, top, caption.right() - left, barHeight}, {mean.begin(), mean.end()}, m_theme);
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
    const QRect text = strip.adjusted(corner, 0, -nameHeight, 0);
    m_painter.setPen(m_theme.text);
    m_painter.drawText(text, Qt::AlignVCenter | Qt::AlignLeft,
                       m_painter.fontMetrics().elidedText(name, Qt::ElideMiddle, text.width()));
    const int side = nameHeight - 2 * symbolInset;
    m_painter.drawPixmap(centred(viewRect(tile), {side, side}),
                         symbolPixmap(u"view"_s, m_theme.text, side, m_painter.device()->devicePixelRatioF()));
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
