#pragma once

#include "core/library/library.h"

#include <QAbstractListModel>

#include <optional>
#include <vector>

namespace grappa {

/// What searches can use: the base, then all that was learned, newest first.
class AdaptationListModel : public QAbstractListModel {
    Q_OBJECT

public:
    enum Role {
        IdRole = Qt::UserRole, ///< qlonglong; invalid for the base
        UsedRole,              ///< bool: searches use it now
        NoteRole,              ///< QString: the verdict, in few words; empty for the base
    };

    using QAbstractListModel::QAbstractListModel;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    /// Asks for another name by renameRequested(); the row changes when the library has.
    bool setData(const QModelIndex& index, const QVariant& value, int role = Qt::EditRole) override;

    void setAdaptations(std::vector<AdaptationRow> adaptations, std::optional<std::int64_t> used);
    const AdaptationRow* find(std::int64_t id) const;
    const AdaptationRow* find(const QString& name) const;
    const AdaptationRow* at(const QModelIndex& index) const; ///< null for the base
    std::optional<std::int64_t> used() const { return m_used; }
    QModelIndex indexOf(std::optional<std::int64_t> id) const;

Q_SIGNALS:
    void renameRequested(std::int64_t id, const QString& name);

private:
    std::vector<AdaptationRow> m_adaptations;
    std::optional<std::int64_t> m_used;
};

} // namespace grappa
