#include "ui/models/collection_list_model.h"

#include "ui/formatting.h"

#include <algorithm>
#include <utility>

namespace grappa {

int CollectionListModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_collections.size()) + 1;
}

QVariant CollectionListModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const auto id = collectionAt(index);
    const Collection* collection = id ? find(*id) : nullptr;
    const std::uint64_t images = collection ? collection->images : m_allImages;
    switch (role) {
    case Qt::DisplayRole:
        return nameOf(id);
    case Qt::AccessibleTextRole:
        return tr("%1, %n image(s)", nullptr, static_cast<int>(images)).arg(nameOf(id));
    case IdRole:
        return id ? QVariant(static_cast<qlonglong>(*id)) : QVariant();
    case ImagesRole:
        return static_cast<qulonglong>(images);
    case UnreadableRole:
        return static_cast<qulonglong>(collection ? collection->unreadable : 0);
    case OfflineRole:
        return static_cast<qulonglong>(collection ? collection->offline : 0);
    case ImportingRole:
        return id && id == m_importing;
    default:
        return {};
    }
}

void CollectionListModel::setCollections(std::vector<Collection> collections, std::uint64_t allImages) {
    std::sort(collections.begin(), collections.end(), [](const Collection& a, const Collection& b) {
        const int order = QString::localeAwareCompare(QString::fromStdString(a.name), QString::fromStdString(b.name));
        return order != 0 ? order < 0 : a.id < b.id;
    });
    const bool sameRows = std::equal(collections.begin(), collections.end(), m_collections.begin(), m_collections.end(),
                                     [](const Collection& a, const Collection& b) { return a.id == b.id; });
    // A reset drops the view's selection: only when the rows themselves differ.
    if (!sameRows) beginResetModel();
    m_collections = std::move(collections);
    m_allImages = allImages;
    if (!sameRows) {
        endResetModel();
    } else {
        Q_EMIT dataChanged(index(0), index(rowCount() - 1));
    }
}

void CollectionListModel::setImporting(std::optional<CollectionId> id) {
    if (id == m_importing) return;
    m_importing = id;
    Q_EMIT dataChanged(index(0), index(rowCount() - 1), {ImportingRole});
}

const Collection* CollectionListModel::find(CollectionId id) const {
    const auto found = std::find_if(m_collections.begin(), m_collections.end(),
                                    [id](const auto& collection) { return collection.id == id; });
    return found == m_collections.end() ? nullptr : &*found;
}

QString CollectionListModel::nameOf(std::optional<CollectionId> id) const {
    if (!id) return tr("All images");
    const Collection* collection = find(*id);
    return collection ? QString::fromStdString(collection->name) : QString();
}

QModelIndex CollectionListModel::indexOf(std::optional<CollectionId> id) const {
    if (!id) return index(0);
    const Collection* collection = find(*id);
    return collection ? index(static_cast<int>(collection - m_collections.data()) + 1) : QModelIndex();
}

std::optional<CollectionId> CollectionListModel::collectionAt(const QModelIndex& index) const {
    if (index.row() < 1 || index.row() > static_cast<int>(m_collections.size())) return std::nullopt;
    return m_collections[static_cast<std::size_t>(index.row()) - 1].id;
}

} // namespace grappa
