#include "ui/views/accessible_gallery.h"

#include "ui/views/gallery_view.h"

#include <QAccessible>
#include <QAccessibleActionInterface>
#include <QAccessibleWidget>
#include <QHash>
#include <QPointer>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

class AccessibleTile : public QAccessibleInterface, public QAccessibleActionInterface {
public:
    AccessibleTile(GalleryView* view, int row) : m_view(view), m_row(row) {}

    bool isValid() const override { return m_view && index().isValid(); }
    QObject* object() const override { return nullptr; }
    QWindow* window() const override { return m_view ? m_view->window()->windowHandle() : nullptr; }
    QAccessibleInterface* parent() const override { return QAccessible::queryAccessibleInterface(m_view); }
    QAccessibleInterface* child(int) const override { return nullptr; }
    QAccessibleInterface* childAt(int, int) const override { return nullptr; }
    int childCount() const override { return 0; }
    int indexOfChild(const QAccessibleInterface*) const override { return -1; }
    QAccessible::Role role() const override { return QAccessible::ListItem; }
    void setText(QAccessible::Text, const QString&) override {}

    QString text(QAccessible::Text type) const override {
        if (!isValid()) return {};
        if (type == QAccessible::Description) return index().data(Qt::AccessibleDescriptionRole).toString();
        if (type != QAccessible::Name) return {};
        const QString text = index().data(Qt::AccessibleTextRole).toString();
        return text.isEmpty() ? GalleryView::tr("Image %1").arg(m_row + 1) : text;
    }

    QRect rect() const override {
        if (!isValid()) return {};
        const QRect inView = m_view->visualRect(index());
        return {m_view->viewport()->mapToGlobal(inView.topLeft()), inView.size()};
    }

    QAccessible::State state() const override {
        QAccessible::State state;
        if (!isValid()) {
            state.invalid = true;
            return state;
        }
        state.selectable = state.multiSelectable = state.focusable = true;
        state.selected = m_view->selectionModel()->isSelected(index());
        state.focused = m_view->hasFocus() && m_view->currentIndex() == index();
        state.offscreen = !m_view->viewport()->rect().intersects(m_view->visualRect(index()));
        return state;
    }

    void* interface_cast(QAccessible::InterfaceType type) override {
        return type == QAccessible::ActionInterface ? static_cast<QAccessibleActionInterface*>(this) : nullptr;
    }

    QStringList actionNames() const override { return {pressAction(), setFocusAction(), toggleAction()}; }
    QStringList keyBindingsForAction(const QString&) const override { return {}; }

    void doAction(const QString& name) override {
        if (!isValid()) return;
        if (name == setFocusAction()) m_view->setCurrentIndex(index());
        if (name == toggleAction()) m_view->selectionModel()->select(index(), QItemSelectionModel::Toggle);
        if (name == pressAction()) Q_EMIT m_view->searchRequested(index());
    }

    int row() const { return m_row; }

private:
    QModelIndex index() const { return m_view->model() ? m_view->model()->index(m_row, 0) : QModelIndex(); }

    QPointer<GalleryView> m_view;
    int m_row;
};

class AccessibleGallery : public QAccessibleWidget {
public:
    explicit AccessibleGallery(GalleryView* view) : QAccessibleWidget(view, QAccessible::List), m_view(view) {}

    ~AccessibleGallery() override {
        for (const QAccessible::Id id : std::as_const(m_tiles))
            QAccessible::deleteAccessibleInterface(id);
    }

    int childCount() const override { return m_view->model() ? m_view->model()->rowCount() : 0; }

    QAccessibleInterface* child(int row) const override {
        if (row < 0 || row >= childCount()) return nullptr;
        if (const auto known = m_tiles.constFind(row); known != m_tiles.cend())
            return QAccessible::accessibleInterface(*known);
        if (m_tiles.size() >= keptTiles) forgetTiles();
        auto* tile = new AccessibleTile(m_view, row);
        m_tiles.insert(row, QAccessible::registerAccessibleInterface(tile));
        return tile;
    }

    QAccessibleInterface* childAt(int x, int y) const override {
        return child(m_view->indexAt(m_view->viewport()->mapFromGlobal(QPoint(x, y))).row());
    }

    QAccessibleInterface* focusChild() const override {
        return m_view->hasFocus() ? child(m_view->currentIndex().row()) : nullptr;
    }

    int indexOfChild(const QAccessibleInterface* child) const override {
        const auto* tile = dynamic_cast<const AccessibleTile*>(child);
        return tile ? tile->row() : -1;
    }

private:
    static constexpr qsizetype keptTiles = 4096;

    void forgetTiles() const {
        for (const QAccessible::Id id : std::as_const(m_tiles))
            QAccessible::deleteAccessibleInterface(id);
        m_tiles.clear();
    }

    GalleryView* m_view;
    mutable QHash<int, QAccessible::Id> m_tiles; ///< rows do not change what they are: tiles look themselves up
};

QAccessibleInterface* makeAccessibleGallery(const QString&, QObject* object) {
    auto* view = qobject_cast<GalleryView*>(object);
    return view ? new AccessibleGallery(view) : nullptr;
}

} // namespace

void installGalleryAccessibility() {
    QAccessible::installFactory(makeAccessibleGallery);
}

} // namespace grappa
