#include "ui/views/gallery_view.h"

#include "ui/models/image_list_model.h"
#include "ui/models/thumbnail_loader.h"
#include "ui/views/accessible_gallery.h"
#include "ui/views/theme.h"
#include "ui/views/tile_painter.h"

#include <QAccessible>
#include <QDrag>
#include <QKeyEvent>
#include <QMimeData>
#include <QMouseEvent>
#include <QPainter>
#include <QPushButton>
#include <QScrollBar>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace grappa {

namespace {

constexpr int margin = 16;
constexpr int spacing = 8;
constexpr QMargins ringMargins{TilePainter::ring, TilePainter::ring, TilePainter::ring, TilePainter::ring};
constexpr int dragPixmapSide = 96;
constexpr int draggedAtMost = 1000;

Divider dividerOf(const QModelIndex& index) {
    return static_cast<Divider>(index.data(ImageListModel::DividerRole).toInt());
}

} // namespace

GalleryView::GalleryView(ThumbnailLoader* thumbnails, QWidget* parent)
    : QAbstractItemView(parent), m_thumbnails(thumbnails), m_emptyAction(new QPushButton(viewport())) {
    setFrameShape(QFrame::NoFrame);
    setSelectionMode(ExtendedSelection);
    setDragEnabled(true);
    setDragDropMode(DragOnly);
    setEditTriggers(NoEditTriggers);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    // Always there, so that the grid does not change its columns when the bar comes and goes.
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
    setAcceptDrops(false);
    viewport()->setAcceptDrops(false);
    viewport()->setMouseTracking(true);
    installGalleryAccessibility(); // before the name, which asks for the interface
    setAccessibleName(tr("Images"));
    m_emptyAction->hide();
    connect(m_emptyAction, &QPushButton::clicked, this, [this] {
        setFocus();
        Q_EMIT emptyActionRequested();
    });
    m_wantSoon.setSingleShot(true);
    m_wantSoon.setInterval(0);
    connect(&m_wantSoon, &QTimer::timeout, this, &GalleryView::wantThumbnails);
    connect(m_thumbnails, &ThumbnailLoader::loaded, viewport(), qOverload<>(&QWidget::update));
}

void GalleryView::setModel(QAbstractItemModel* model) {
    QAbstractItemView::setModel(model);
    if (model) connect(model, &QAbstractItemModel::modelReset, &m_wantSoon, qOverload<>(&QTimer::start));
    updateGeometries();
}

void GalleryView::setTileSize(int size) {
    size = std::clamp(size, smallestTile, largestTile);
    if (size == m_tileSize) return;
    const GalleryPosition before = position();
    m_tileSize = size;
    updateGeometries();
    restorePosition(before);
    Q_EMIT tileSizeChanged(size);
}

void GalleryView::setCaptions(bool shown) {
    if (shown == m_captions) return;
    m_captions = shown;
    updateGeometries();
}

void GalleryView::setStacks(bool stacks) {
    m_stacks = stacks;
    setSelectionMode(stacks ? SingleSelection : ExtendedSelection);
    setDragEnabled(!stacks);
    setCaptions(stacks);
}

void GalleryView::setEmptyText(const QString& text, const QString& action) {
    m_emptyText = text;
    m_emptyAction->setText(action);
    showEmptyAction();
    viewport()->update();
}

void GalleryView::showEmptyAction() {
    m_emptyAction->setVisible(count() == 0 && !m_emptyAction->text().isEmpty());
    m_emptyAction->adjustSize();
    // Below the text, which is in the middle.
    const QPoint centre = viewport()->rect().center();
    m_emptyAction->move(centre.x() - m_emptyAction->width() / 2, centre.y() + fontMetrics().lineSpacing() + margin);
}

int GalleryView::count() const {
    return model() ? model()->rowCount(rootIndex()) : 0;
}

GalleryView::Grid GalleryView::grid() const {
    Grid grid;
    const int width = std::max(viewport()->width() - 2 * margin + spacing, 1);
    grid.columns = std::max(width / (m_tileSize + spacing), 1);
    // What is left over makes the tiles larger, so that the grid ends flush on both sides.
    grid.cellWidth = width / grid.columns;
    grid.tile = std::max(grid.cellWidth - spacing, 1);
    grid.cellHeight = grid.tile + spacing + (m_captions ? TilePainter::captionHeight : 0);
    grid.rows = (count() + grid.columns - 1) / grid.columns;
    return grid;
}

QRect GalleryView::cellRect(int row, const Grid& grid) const {
    const int line = row / grid.columns;
    const std::int64_t top = margin + std::int64_t{line} * grid.cellHeight - verticalOffset();
    const int height = grid.cellHeight - spacing;
    constexpr std::int64_t far = std::numeric_limits<int>::max() / 2;
    return {margin + (row % grid.columns) * grid.cellWidth, static_cast<int>(std::clamp(top, -far, far)), grid.tile,
            height};
}

QRect GalleryView::tileRect(int row, const Grid& grid) const {
    return {cellRect(row, grid).topLeft(), QSize(grid.tile, grid.tile)};
}

std::pair<int, int> GalleryView::linesIn(int top, int bottom, const Grid& grid) const {
    const std::int64_t offset = std::int64_t{verticalOffset()} - margin;
    const auto line = [&](int y) { return static_cast<int>(std::max<std::int64_t>(offset + y, 0) / grid.cellHeight); };
    return {line(top), std::min(line(bottom), grid.rows - 1)};
}

int GalleryView::selectedCount() const {
    int count = 0;
    for (const QItemSelectionRange& range : selectionModel()->selection())
        count += range.height();
    return count;
}

std::pair<int, int> GalleryView::visibleRows() const {
    const Grid g = grid();
    const auto [first, last] = linesIn(0, viewport()->height() - 1, g);
    return {first * g.columns, std::min((last + 1) * g.columns, count()) - 1};
}

QRect GalleryView::visualRect(const QModelIndex& index) const {
    return index.isValid() ? cellRect(index.row(), grid()) : QRect();
}

QModelIndex GalleryView::indexAt(const QPoint& point) const {
    const Grid g = grid();
    if (point.x() < margin) return {};
    const int column = (point.x() - margin) / g.cellWidth;
    const std::int64_t y = std::int64_t{verticalOffset()} + point.y() - margin;
    if (column >= g.columns || y < 0) return {};
    const std::int64_t row = y / g.cellHeight * g.columns + column;
    if (row >= count() || !cellRect(static_cast<int>(row), g).contains(point)) return {};
    return model()->index(static_cast<int>(row), 0, rootIndex());
}

void GalleryView::scrollTo(const QModelIndex& index, ScrollHint hint) {
    if (!index.isValid()) return;
    const QRect rect = visualRect(index).adjusted(0, -spacing, 0, spacing);
    const int height = viewport()->height();
    int by = 0;
    if (hint == PositionAtTop || (hint == EnsureVisible && rect.top() < 0)) by = rect.top();
    if (hint == PositionAtBottom || (hint == EnsureVisible && rect.bottom() >= height)) by = rect.bottom() - height + 1;
    if (hint == PositionAtCenter) by = rect.center().y() - height / 2;
    verticalScrollBar()->setValue(verticalScrollBar()->value() + by);
}

GalleryPosition GalleryView::position() const {
    const Grid g = grid();
    const int offset = std::max(verticalOffset() - margin, 0);
    return {offset / g.cellHeight * g.columns, static_cast<double>(offset % g.cellHeight) / g.cellHeight};
}

void GalleryView::restorePosition(const GalleryPosition& position) {
    if (position.row >= count()) {
        m_toRestore = position;
        return;
    }
    m_toRestore.reset();
    updateGeometries();
    const Grid g = grid();
    const double lines = position.row / g.columns + position.hidden;
    verticalScrollBar()->setValue(lines > 0 ? qRound(lines * g.cellHeight) + margin : 0);
}

QModelIndex GalleryView::moveCursor(CursorAction action, Qt::KeyboardModifiers) {
    const int rows = count();
    if (rows == 0) return {};
    const Grid g = grid();
    const int current = currentIndex().isValid() ? currentIndex().row() : -1;
    if (current < 0) return model()->index(std::clamp(visibleRows().first, 0, rows - 1), 0, rootIndex());
    const int page = std::max(viewport()->height() / g.cellHeight, 1) * g.columns;
    // Up and down keep the column; from the last full line, down goes to the end.
    const auto vertical = [&](int by) {
        const int target = current + by;
        if (target < 0) return current % g.columns;
        if (target < rows) return target;
        return current / g.columns == (rows - 1) / g.columns ? current : rows - 1;
    };
    int target = current;
    switch (action) {
    case MoveLeft:
    case MovePrevious:
        target = current - 1;
        break;
    case MoveRight:
    case MoveNext:
        target = current + 1;
        break;
    case MoveUp:
        target = current >= g.columns ? current - g.columns : current;
        break;
    case MoveDown:
        target = vertical(g.columns);
        break;
    case MovePageUp:
        target = vertical(-page);
        break;
    case MovePageDown:
        target = vertical(page);
        break;
    case MoveHome:
        target = 0;
        break;
    case MoveEnd:
        target = rows - 1;
        break;
    }
    return model()->index(std::clamp(target, 0, rows - 1), 0, rootIndex());
}

int GalleryView::verticalOffset() const {
    return verticalScrollBar()->value();
}

void GalleryView::setSelection(const QRect& rect, QItemSelectionModel::SelectionFlags command) {
    const Grid g = grid();
    const QRect area = rect.normalized();
    const auto [firstLine, lastLine] = linesIn(area.top(), area.bottom(), g);
    const int firstColumn = std::clamp((area.left() - margin) / g.cellWidth, 0, g.columns - 1);
    const int lastColumn = std::clamp((area.right() - margin) / g.cellWidth, 0, g.columns - 1);
    QItemSelection selection;
    for (int line = firstLine; line <= lastLine; ++line) {
        const int first = line * g.columns + firstColumn;
        const int last = std::min(line * g.columns + lastColumn, count() - 1);
        if (first <= last)
            selection.select(model()->index(first, 0, rootIndex()), model()->index(last, 0, rootIndex()));
    }
    selectionModel()->select(selection, command);
}

QRegion GalleryView::visualRegionForSelection(const QItemSelection& selection) const {
    const auto [first, last] = visibleRows();
    QRegion region;
    for (const QItemSelectionRange& range : selection) {
        for (int row = std::max(range.top(), first); row <= std::min(range.bottom(), last); ++row)
            region += cellRect(row, grid()).marginsAdded(ringMargins);
    }
    return region;
}

void GalleryView::updateGeometries() {
    const Grid g = grid();
    const std::int64_t height = 2 * margin - spacing + std::int64_t{g.rows} * g.cellHeight;
    const std::int64_t range =
        std::clamp<std::int64_t>(height - viewport()->height(), 0, std::numeric_limits<int>::max());
    verticalScrollBar()->setSingleStep(std::max(g.cellHeight / 3, 1));
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setRange(0, static_cast<int>(range));
    verticalScrollBar()->setEnabled(range > 0);
    const qreal ratio = devicePixelRatioF();
    m_thumbnails->setTile(static_cast<int>(std::floor(g.tile * ratio)), qRound(TilePainter::corner * ratio));
    showEmptyAction();
    QAbstractItemView::updateGeometries();
    if (m_toRestore && m_toRestore->row < count()) restorePosition(GalleryPosition(*m_toRestore));
    m_wantSoon.start();
    viewport()->update();
}

void GalleryView::scrollContentsBy(int, int) {
    m_position = position();
    m_wantSoon.start();
    viewport()->update();
}

void GalleryView::dataChanged(const QModelIndex& topLeft, const QModelIndex& bottomRight, const QList<int>& roles) {
    QAbstractItemView::dataChanged(topLeft, bottomRight, roles);
    m_wantSoon.start();
}

void GalleryView::rowsInserted(const QModelIndex& parent, int start, int end) {
    QAbstractItemView::rowsInserted(parent, start, end);
    scheduleDelayedItemsLayout();
}

void GalleryView::paintEvent(QPaintEvent* event) {
    QPainter painter(viewport());
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    if (count() == 0) {
        painter.setPen(currentTheme().muted);
        painter.drawText(viewport()->rect().adjusted(margin, margin, -margin, -margin),
                         Qt::AlignCenter | Qt::TextWordWrap, m_emptyText);
        return;
    }
    const Grid g = grid();
    const auto [firstLine, lastLine] = linesIn(event->rect().top(), event->rect().bottom(), g);
    const int last = std::min((lastLine + 1) * g.columns, count()) - 1;
    const TilePainter tiles(painter, *m_thumbnails, currentTheme());
    for (int row = firstLine * g.columns; row <= last; ++row) {
        const QModelIndex index = model()->index(row, 0, rootIndex());
        tiles.paint(index, tileRect(row, g),
                    {.hovered = index == m_hovered,
                     .selected = selectionModel()->isSelected(index),
                     .focused = index == currentIndex() && m_keyboardUsed && hasFocus()});
        if (dividerOf(index) != Divider::None) paintDivider(painter, row, g);
    }
}

/// A line between the row and the one before, and on between the lines of tiles to both edges.
void GalleryView::paintDivider(QPainter& painter, int row, const Grid& grid) const {
    const QRect cell = cellRect(row, grid);
    const double x = cell.left() - spacing / 2.0;
    const double top = cell.top() - spacing / 2.0, bottom = top + grid.cellHeight;
    const bool first = row % grid.columns == 0;
    QPolygonF line;
    if (!first) line << QPointF(margin, bottom) << QPointF(x, bottom);
    line << QPointF(first ? margin : x, top) << QPointF(viewport()->width() - margin, top);
    painter.setPen(QPen(currentTheme().accent, 1.5));
    painter.setBrush(Qt::NoBrush);
    painter.drawPolyline(line);
}

void GalleryView::resizeEvent(QResizeEvent* event) {
    // The viewport has its new size by now: what stood where is known from the last scroll only.
    const GalleryPosition before = m_position;
    QAbstractItemView::resizeEvent(event);
    restorePosition(before);
    m_position = before;
}

void GalleryView::keyPressEvent(QKeyEvent* event) {
    m_keyboardUsed = true;
    switch (event->key()) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (currentIndex().isValid()) Q_EMIT searchRequested(currentIndex());
        return;
    case Qt::Key_Space:
        if (event->modifiers() != Qt::NoModifier) break;
        if (currentIndex().isValid()) Q_EMIT viewRequested(currentIndex());
        return;
    case Qt::Key_Escape:
    case Qt::Key_Backspace:
        Q_EMIT backRequested();
        return;
    default:
        break;
    }
    QAbstractItemView::keyPressEvent(event);
    viewport()->update();
}

void GalleryView::mousePressEvent(QMouseEvent* event) {
    m_keyboardUsed = false;
    m_lastClick = Click::Other;
    const QPoint at = event->position().toPoint();
    m_pressed = indexAt(at);
    if (event->button() == Qt::LeftButton && m_pressed.isValid() && !m_stacks) {
        const QRect tile = tileRect(m_pressed.row(), grid());
        if (TilePainter::checkRect(tile).contains(at)) {
            selectionModel()->setCurrentIndex(m_pressed, QItemSelectionModel::Toggle);
            m_pressed = QModelIndex();
            return;
        }
        if (TilePainter::viewRect(tile).contains(at)) {
            setCurrentIndex(m_pressed);
            m_lastClick = Click::Viewed;
            Q_EMIT viewRequested(m_pressed);
            m_pressed = QModelIndex();
            return;
        }
    }
    QAbstractItemView::mousePressEvent(event);
}

void GalleryView::mouseMoveEvent(QMouseEvent* event) {
    setHovered(event->buttons() == Qt::NoButton ? indexAt(event->position().toPoint()) : QModelIndex());
    QAbstractItemView::mouseMoveEvent(event);
}

void GalleryView::mouseReleaseEvent(QMouseEvent* event) {
    const QModelIndex released = indexAt(event->position().toPoint());
    const bool clicked = event->button() == Qt::LeftButton && event->modifiers() == Qt::NoModifier &&
                         released.isValid() && released == m_pressed;
    m_pressed = QModelIndex();
    QAbstractItemView::mouseReleaseEvent(event);
    if (!clicked) return;
    m_lastClick = Click::Searched;
    Q_EMIT searchRequested(released);
}

void GalleryView::mouseDoubleClickEvent(QMouseEvent* event) {
    // The answer to the first click, or the place that the large view takes, may have put another image under the
    // pointer: the second click must not act on that one. The first may also have gone to a view that gave way to this.
    switch (std::exchange(m_lastClick, Click::None)) {
    case Click::Other:
        return QAbstractItemView::mouseDoubleClickEvent(event);
    case Click::Searched:
        if (event->button() == Qt::LeftButton) Q_EMIT searchedViewRequested();
        break;
    case Click::Viewed:
    case Click::None:
        break;
    }
    event->accept();
}

void GalleryView::hideEvent(QHideEvent* event) {
    m_lastClick = Click::None;
    QAbstractItemView::hideEvent(event);
}

void GalleryView::currentChanged(const QModelIndex& current, const QModelIndex& previous) {
    QAbstractItemView::currentChanged(current, previous);
    Q_EMIT currentRowChanged(current.row());
    if (!QAccessible::isActive() || !current.isValid()) return;
    QAccessibleEvent event(this, QAccessible::Focus);
    event.setChild(current.row());
    QAccessible::updateAccessibility(&event);
}

void GalleryView::startDrag(Qt::DropActions) {
    QModelIndexList dragged;
    for (const QItemSelectionRange& range : selectionModel()->selection()) {
        for (int row = range.top(); row <= range.bottom() && dragged.size() < draggedAtMost; ++row)
            dragged << model()->index(row, 0, rootIndex());
    }
    if (dragged.isEmpty() || !m_dragData) return;
    QMimeData* data = m_dragData(dragged);
    if (!data) return;
    auto* drag = new QDrag(this);
    drag->setMimeData(data);
    const QVariant hash = currentIndex().data(ImageListModel::HashRole);
    if (const Thumbnail* shown = hash.isValid() ? m_thumbnails->find(hash.value<ContentHash>()) : nullptr)
        drag->setPixmap(QPixmap::fromImage(
            shown->image.scaled(dragPixmapSide, dragPixmapSide, Qt::KeepAspectRatio, Qt::SmoothTransformation)));
    m_pressed = QModelIndex();
    // The only way that Qt has to drag out of a window; QAbstractItemView's own startDrag() does the same.
    drag->exec(Qt::CopyAction);
}

void GalleryView::wheelEvent(QWheelEvent* event) {
    if (event->modifiers() != Qt::ControlModifier) return QAbstractItemView::wheelEvent(event);
    const int turn = event->angleDelta().y();
    if (turn != 0) setTileSize(m_tileSize + (turn > 0 ? tileStep : -tileStep));
    event->accept();
}

bool GalleryView::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::Leave) setHovered({});
    return QAbstractItemView::viewportEvent(event);
}

void GalleryView::setHovered(const QModelIndex& index) {
    if (index == m_hovered) return;
    if (m_hovered.isValid()) update(m_hovered);
    m_hovered = index;
    if (index.isValid()) update(index);
    viewport()->setCursor(index.isValid() ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

void GalleryView::wantThumbnails() {
    if (count() == 0 || !isVisible()) return;
    const Grid g = grid();
    const int height = viewport()->height();
    const auto [firstVisible, lastVisible] = linesIn(0, height - 1, g);
    const auto [first, last] = linesIn(-height, 2 * height, g);
    std::vector<ContentHash> wanted;
    for (int line = firstVisible; line <= lastVisible; ++line)
        collectWanted(line, g, wanted);
    for (int away = 1; lastVisible + away <= last || firstVisible - away >= first; ++away) {
        if (lastVisible + away <= last) collectWanted(lastVisible + away, g, wanted);
        if (firstVisible - away >= first) collectWanted(firstVisible - away, g, wanted);
    }
    m_thumbnails->want(wanted);
}

void GalleryView::collectWanted(int line, const Grid& grid, std::vector<ContentHash>& wanted) const {
    const int end = std::min((line + 1) * grid.columns, count());
    for (int row = line * grid.columns; row < end; ++row) {
        const QModelIndex index = model()->index(row, 0, rootIndex());
        const QVariant hash = index.data(ImageListModel::HashRole);
        if (hash.isValid()) wanted.push_back(hash.value<ContentHash>());
        for (const ContentHash& each : index.data(ImageListModel::StackRole).value<QList<ContentHash>>())
            wanted.push_back(each);
    }
}

} // namespace grappa
