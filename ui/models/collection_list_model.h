#pragma once

#include "core/library/library.h"

#include <QAbstractListModel>

#include <optional>
#include <vector>

namespace grappa {

/// The side list: "All images", then the collections by name.
class CollectionListModel : public QAbstractListModel {
    Q_OBJECT

public:
    enum Role {
        IdRole = Qt::UserRole, ///< qlonglong; invalid for "All images"
        ImagesRole,            ///< qulonglong
        UnreadableRole,        ///< qulonglong, files
        OfflineRole,           ///< qulonglong, files
        ImportingRole,         ///< bool
    };

    using QAbstractListModel::QAbstractListModel;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

    Qt::ItemFlags flags(const QModelIndex& index) const override;
    /// Asks for another name by renameRequested(); the row changes when the library has.
    bool setData(const QModelIndex& index, const QVariant& value, int role = Qt::EditRole) override;

    void setCollections(std::vector<Collection> collections, std::uint64_t allImages);
    void setImporting(std::optional<CollectionId> id);

    const std::vector<Collection>& collections() const { return m_collections; } ///< by name
    bool isEmpty() const { return m_collections.empty(); }
    const Collection* find(CollectionId id) const;
    bool hasName(const QString& name) const;
    std::uint64_t allImages() const { return m_allImages; }
    /// Of one collection, or of all.
    QString nameOf(std::optional<CollectionId> id) const;
    QModelIndex indexOf(std::optional<CollectionId> id) const;
    std::optional<CollectionId> collectionAt(const QModelIndex& index) const;

Q_SIGNALS:
    void renameRequested(grappa::CollectionId id, const QString& name);

private:
    QString description(std::optional<CollectionId> id, const Collection* collection, std::uint64_t images) const;

    std::vector<Collection> m_collections;
    std::uint64_t m_allImages = 0;
    std::optional<CollectionId> m_importing;
};

} // namespace grappa
