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
    case Qt::EditRole:
        return nameOf(id);
    case Qt::ToolTipRole:
    case Qt::AccessibleTextRole:
        return description(id, collection, images);
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

/// All that the row says, in words.
QString CollectionListModel::description(std::optional<CollectionId> id, const Collection* collection,
                                         std::uint64_t images) const {
    QStringList parts{nameOf(id), tr("%Ln image(s)", nullptr, static_cast<int>(images))};
    if (id && id == m_importing) parts << tr("importing");
    if (collection && collection->unreadable > 0)
        parts << tr("%Ln unreadable", nullptr, static_cast<int>(collection->unreadable));
    if (collection && collection->offline > 0)
        parts << tr("%Ln offline", nullptr, static_cast<int>(collection->offline));
    return parts.join(u", ");
}

Qt::ItemFlags CollectionListModel::flags(const QModelIndex& index) const {
    const Qt::ItemFlags common = QAbstractListModel::flags(index);
    return collectionAt(index) ? common | Qt::ItemIsEditable : common;
}

bool CollectionListModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    const auto id = collectionAt(index);
    const QString name = value.toString().trimmed();
    if (!id || role != Qt::EditRole || name.isEmpty() || name == nameOf(id)) return false;
    Q_EMIT renameRequested(*id, name);
    return true;
}

bool CollectionListModel::hasName(const QString& name) const {
    return std::any_of(m_collections.begin(), m_collections.end(), [&name](const Collection& collection) {
        return QString::fromStdString(collection.name) == name;
    });
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
