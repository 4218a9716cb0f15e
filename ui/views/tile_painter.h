#pragma once

#include <QModelIndex>
#include <QRect>

class QPainter;

namespace grappa {

class ThumbnailLoader;
struct Thumbnail;
struct Theme;

struct TileState {
    bool hovered = false;
    bool selected = false;
    bool focused = false; ///< the current tile, while the keyboard is used
};

/// Paints one image of the gallery: the picture letterboxed on its tile, marks, the name on hover, the rings.
class TilePainter {
public:
    static constexpr int corner = 6;
    static constexpr int ring = 2;           ///< drawn around the tile
    static constexpr int captionHeight = 20; ///< of the score below the tile

    TilePainter(QPainter& painter, const ThumbnailLoader& thumbnails, const Theme& theme)
        : m_painter(painter), m_thumbnails(thumbnails), m_theme(theme) {}

    /// Where a click selects and where it views the image large.
    static QRect checkRect(const QRect& tile);
    static QRect viewRect(const QRect& tile);

    void paint(const QModelIndex& index, const QRect& tile, const TileState& state) const;

private:
    void paintStack(const QModelIndex& index, const QRect& tile, const TileState& state) const;
    void paintPicture(const QModelIndex& index, const QRect& tile) const;
    void paintThumbnail(const Thumbnail& thumbnail, const QRect& tile) const;
    void paintScaled(const Thumbnail& thumbnail, const QRect& place) const;
    void paintMark(const QString& symbol, const QRect& tile) const;
    /// The score below the tile, with the granularity attention beside it where that is known.
    void paintCaption(const QModelIndex& index, const QRect& tile) const;
    void paintPlate(const QRect& plate, const QString& symbol, const QColor& ground, const QColor& colour) const;
    void paintName(const QString& name, const QRect& tile) const;
    void paintRings(const QRect& tile, const TileState& state) const;

    QPainter& m_painter;
    const ThumbnailLoader& m_thumbnails;
    const Theme& m_theme;
};

} // namespace grappa
