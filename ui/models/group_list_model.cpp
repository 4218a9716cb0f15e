#include "ui/models/group_list_model.h"

#include <algorithm>
#include <utility>

namespace grappa {

GroupListModel::GroupListModel(ImageListModel::Fetch fetch, QObject* parent)
    : QAbstractListModel(parent), m_fetch(std::move(fetch)) {
    m_fetchSoon.setSingleShot(true);
    m_fetchSoon.setInterval(0);
    connect(&m_fetchSoon, &QTimer::timeout, this, &GroupListModel::fetchWanted);
}

void GroupListModel::setGroups(std::vector<LevelGroup> groups) {
    if (groups == m_groups) return;
    beginResetModel();
    m_groups = std::move(groups);
    m_wanted.clear();
    m_asked.clear();
    endResetModel();
}

int GroupListModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_groups.size());
}

QVariant GroupListModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const LevelGroup& group = m_groups[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
    case Qt::ToolTipRole:
        return tr("%Ln image(s)", nullptr, static_cast<int>(group.size));
    case Qt::AccessibleTextRole:
        return tr("Group %1, %Ln image(s)", nullptr, static_cast<int>(group.size)).arg(index.row() + 1);
    case ImageListModel::StackRole:
        return QVariant::fromValue(hashesOf(index.row()));
    default:
        return {};
    }
}

QList<ContentHash> GroupListModel::hashesOf(int row) const {
    QList<ContentHash> hashes;
    bool complete = true;
    for (const ImageId image : m_groups[static_cast<std::size_t>(row)].images) {
        if (const ContentHash* hash = m_hashes.object(image)) {
            hashes << *hash;
        } else {
            complete = false;
        }
    }
    if (!complete && !m_asked.contains(row)) {
        m_asked.insert(row);
        m_wanted.push_back(row);
        m_fetchSoon.start();
    }
    return hashes;
}

void GroupListModel::fetchWanted() {
    int first = rowCount(), last = -1;
    for (std::size_t fetched = 0; fetched < fetchedAtOnce && !m_wanted.empty();) {
        const int row = m_wanted.back();
        m_wanted.pop_back();
        for (const ImageId image : m_groups[static_cast<std::size_t>(row)].images) {
            if (m_hashes.contains(image)) continue;
            ++fetched;
            // An image that is gone is not asked for again.
            if (const auto record = m_fetch(image)) m_hashes.insert(image, new ContentHash(record->hash));
        }
        first = std::min(first, row);
        last = std::max(last, row);
    }
    if (last >= 0) Q_EMIT dataChanged(index(first), index(last), {ImageListModel::StackRole});
    if (!m_wanted.empty()) m_fetchSoon.start();
}

} // namespace grappa
