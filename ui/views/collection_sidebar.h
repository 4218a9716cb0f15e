#pragma once

#include "ui/models/collection_list_model.h"

#include <QWidget>

class QListView;

namespace grappa {

/// The list of collections with their counts and state, and the button that adds folders.
class CollectionSidebar : public QWidget {
    Q_OBJECT

public:
    explicit CollectionSidebar(CollectionListModel* model, QWidget* parent = nullptr);

    /// Marks a collection (nothing: all images) as the shown one, without a signal.
    void setCurrent(std::optional<CollectionId> collection);

Q_SIGNALS:
    void collectionChosen(std::optional<grappa::CollectionId> collection);
    void rescanRequested(grappa::CollectionId collection);
    void unreadableRequested(grappa::CollectionId collection);
    void addFoldersRequested();

private:
    void showMenu(const QPoint& position);

    CollectionListModel* m_model;
    QListView* m_list;
    std::optional<CollectionId> m_current;
};

} // namespace grappa
