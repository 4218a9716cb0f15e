#include "ui/models/unreadable_files_model.h"

#include "ui/error_text.h"
#include "ui/formatting.h"

#include <utility>

namespace grappa {

using namespace Qt::StringLiterals;

int UnreadableFilesModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_files.size());
}

int UnreadableFilesModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant UnreadableFilesModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const File& file = m_files[static_cast<std::size_t>(index.row())];
    if (role == Qt::ToolTipRole) {
        return index.column() == ReasonColumn ? errorText(file.error) + u'\n' + QString::fromStdString(file.reason)
                                              : pathText(file.path);
    }
    if (role != Qt::DisplayRole) return {};
    switch (index.column()) {
    case NameColumn:
        return fileNameText(file.path);
    case ReasonColumn:
        return errorReason(file.error);
    case FolderColumn:
        return pathText(file.path.parent_path());
    default:
        return {};
    }
}

QVariant UnreadableFilesModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    switch (section) {
    case NameColumn:
        return tr("File");
    case ReasonColumn:
        return tr("Reason");
    case FolderColumn:
        return tr("Folder");
    default:
        return {};
    }
}

void UnreadableFilesModel::setFiles(std::vector<File> files) {
    beginResetModel();
    m_files = std::move(files);
    endResetModel();
}

QString UnreadableFilesModel::lineOf(int row) const {
    const File& file = m_files.at(static_cast<std::size_t>(row));
    return u"%1\t%2\t%3"_s.arg(pathText(file.path), errorReason(file.error), QString::fromStdString(file.reason));
}

} // namespace grappa
