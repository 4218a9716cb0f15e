#pragma once

#include "ui/models/collection_list_model.h"

#include <QWidget>

#include <functional>
#include <vector>

class QAbstractItemDelegate;
class QListView;
class QMenu;
class QVBoxLayout;

namespace grappa {

/// The list of collections with their counts and state, what can be done with them, and the button that adds folders.
class CollectionSidebar : public QWidget {
    Q_OBJECT

public:
    explicit CollectionSidebar(CollectionListModel* model, QWidget* parent = nullptr);

    /// Marks a collection (nothing: all images) as the shown one, without a signal.
    void setCurrent(std::optional<CollectionId> collection);
    /// Folders for the submenu "Relink"; asked for when the menu opens.
    void setFolderSource(std::function<std::vector<Folder>(CollectionId)> folders) { m_folders = std::move(folders); }
    /// The collection under a place in this widget's coordinates.
    std::optional<CollectionId> collectionAt(const QPoint& place) const;
    /// Puts a view below the list of collections.
    void addSection(QWidget* section);
    /// Marks where a drop would go; nothing = nowhere.
    void setDropTarget(std::optional<CollectionId> collection);

Q_SIGNALS:
    void collectionChosen(std::optional<grappa::CollectionId> collection);
    void rescanRequested(grappa::CollectionId collection);
    void forgetMissingRequested(grappa::CollectionId collection);
    void unreadableRequested(grappa::CollectionId collection);
    void removeRequested(grappa::CollectionId collection);
    void relinkRequested(const grappa::Folder& folder);
    /// Nothing: into a new collection.
    void addFoldersRequested(std::optional<grappa::CollectionId> into);

private:
    void showMenu(const QPoint& position);
    void addRelinks(QMenu* menu, CollectionId collection);

    CollectionListModel* m_model;
    QListView* m_list;
    QAbstractItemDelegate* m_delegate = nullptr;
    QVBoxLayout* m_sections = nullptr;
    std::function<std::vector<Folder>(CollectionId)> m_folders;
    std::optional<CollectionId> m_current;
};

} // namespace grappa
