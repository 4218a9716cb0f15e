#pragma once

#include "core/search/level_groups.h"
#include "ui/models/image_list_model.h"

#include <QAbstractListModel>
#include <QCache>
#include <QSet>
#include <QTimer>

#include <vector>

namespace grappa {

/// The clusters of a level for a gallery of stacks, in the roles of ImageListModel. The hashes of the images on top are
/// read when they are first asked for, a few at a time between events.
class GroupListModel : public QAbstractListModel {
    Q_OBJECT

public:
    explicit GroupListModel(ImageListModel::Fetch fetch, QObject* parent = nullptr);

    void setGroups(std::vector<LevelGroup> groups);
    const std::vector<LevelGroup>& groups() const { return m_groups; }

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    /// Of the images on top that are known; asks for the others.
    QList<ContentHash> hashesOf(int row) const;
    void fetchWanted();

    static constexpr int cachedHashes = 16384;
    static constexpr std::size_t fetchedAtOnce = 64;

    ImageListModel::Fetch m_fetch;
    std::vector<LevelGroup> m_groups;
    mutable QCache<ImageId, ContentHash> m_hashes{cachedHashes};
    mutable std::vector<int> m_wanted; ///< rows, the newest last
    mutable QSet<int> m_asked;
    mutable QTimer m_fetchSoon;
};

} // namespace grappa
