#pragma once

#include "ui/gallery_position.h"

#include <QAbstractItemView>
#include <QTimer>

#include <functional>
#include <optional>
#include <utility>
#include <vector>

class QMimeData;
class QPushButton;

namespace grappa {

class ThumbnailLoader;
struct ContentHash;

/// A uniform grid of thumbnails over an ImageListModel (or a model with its roles). Everything is computed from the row
/// number: a million rows cost what the visible ones cost. A click or Enter searches by an image, Space or the symbol
/// on the tile views it large; with Ctrl or Shift, or on the tile's check mark, a click selects. A double click belongs
/// to the image of its first click: the second asks to view that one large, whatever is under the pointer by then.
class GalleryView : public QAbstractItemView {
    Q_OBJECT

public:
    static constexpr int smallestTile = 96, defaultTile = 160, largestTile = 320;
    static constexpr int tileStep = 16; ///< of Ctrl+wheel and the keyboard

    /// What a drag of these rows brings to another program.
    using DragData = std::function<QMimeData*(const QModelIndexList&)>;

    explicit GalleryView(ThumbnailLoader* thumbnails, QWidget* parent = nullptr);

    void setModel(QAbstractItemModel* model) override;

    int tileSize() const { return m_tileSize; }
    void setTileSize(int size);
    /// Room for the score under each tile.
    void setCaptions(bool shown);
    /// The rows are groups (GroupListModel): there is nothing to select or to drag.
    void setStacks(bool stacks);
    void setDragData(DragData data) { m_dragData = std::move(data); }
    /// Shown in the middle while there are no images; below it a button, where `action` is not empty.
    void setEmptyText(const QString& text, const QString& action = {});

    GalleryPosition position() const;
    /// Scrolls there, as soon as the model has that row.
    void restorePosition(const GalleryPosition& position);
    int selectedCount() const;
    std::pair<int, int> visibleRows() const; ///< first and last; last < first when there are none

    QRect visualRect(const QModelIndex& index) const override;
    void scrollTo(const QModelIndex& index, ScrollHint hint = EnsureVisible) override;
    QModelIndex indexAt(const QPoint& point) const override;
    void keyboardSearch(const QString&) override {} ///< it would walk through all rows

Q_SIGNALS:
    void searchRequested(const QModelIndex& index);
    void viewRequested(const QModelIndex& index);
    /// The image that the last searchRequested() of a click named is to be viewed large; its row may be gone by now.
    void searchedViewRequested();
    void currentRowChanged(int row);
    void backRequested();
    void tileSizeChanged(int size);
    void emptyActionRequested();

protected:
    QModelIndex moveCursor(CursorAction action, Qt::KeyboardModifiers modifiers) override;
    int horizontalOffset() const override { return 0; }
    int verticalOffset() const override;
    bool isIndexHidden(const QModelIndex&) const override { return false; }
    void setSelection(const QRect& rect, QItemSelectionModel::SelectionFlags command) override;
    QRegion visualRegionForSelection(const QItemSelection& selection) const override;
    void updateGeometries() override;
    void scrollContentsBy(int dx, int dy) override;
    void currentChanged(const QModelIndex& current, const QModelIndex& previous) override;
    void startDrag(Qt::DropActions actions) override;
    void dataChanged(const QModelIndex& topLeft, const QModelIndex& bottomRight, const QList<int>& roles) override;
    void rowsInserted(const QModelIndex& parent, int start, int end) override;

    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    bool viewportEvent(QEvent* event) override;

private:
    struct Grid {
        int columns = 1;
        int tile = 0; ///< side of the square
        int cellWidth = 0, cellHeight = 0;
        int rows = 0; ///< lines of tiles
    };

    Grid grid() const;
    int count() const;
    QRect cellRect(int row, const Grid& grid) const; ///< in viewport coordinates, without spacing
    QRect tileRect(int row, const Grid& grid) const; ///< of it the square with the picture
    std::pair<int, int> linesIn(int top, int bottom, const Grid& grid) const;
    void paintDivider(QPainter& painter, int row, const Grid& grid) const;
    void setHovered(const QModelIndex& index);
    void showEmptyAction();
    void wantThumbnails();
    void collectWanted(int line, const Grid& grid, std::vector<ContentHash>& wanted) const;

    ThumbnailLoader* m_thumbnails;
    int m_tileSize = defaultTile;
    bool m_captions = false;
    bool m_stacks = false;
    DragData m_dragData;
    QString m_emptyText;
    QPushButton* m_emptyAction;
    QPersistentModelIndex m_hovered;
    QPersistentModelIndex m_pressed;
    enum class Click { None, Searched, Viewed, Other };
    Click m_lastClick = Click::None; ///< in this view, what the second of a double click depends on
    bool m_keyboardUsed = false;     ///< the last input was a key: the current tile shows its focus ring
    GalleryPosition m_position;      ///< as of the last scroll
    std::optional<GalleryPosition> m_toRestore;
    QTimer m_wantSoon;
};

} // namespace grappa
