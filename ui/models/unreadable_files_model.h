#pragma once

#include "core/library/library.h"

#include <QAbstractTableModel>

#include <vector>

namespace grappa {

/// Files that could not be read, each with its reason.
class UnreadableFilesModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { NameColumn, ReasonColumn, FolderColumn, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

    void setFiles(std::vector<File> files);
    /// One line: path, reason and the core's detail, for the clipboard.
    QString lineOf(int row) const;

private:
    std::vector<File> m_files;
};

} // namespace grappa
