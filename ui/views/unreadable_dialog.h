#pragma once

#include "ui/models/unreadable_files_model.h"

#include <QDialog>

class QLabel;
class QTableView;

namespace grappa {

/// The files of a collection that could not be read, each with its reason; to be read, copied and mended elsewhere.
class UnreadableDialog : public QDialog {
    Q_OBJECT

public:
    explicit UnreadableDialog(const QString& collection, QWidget* parent = nullptr);

    void setFiles(std::vector<File> files);

private:
    void copyRows() const;

    UnreadableFilesModel m_model;
    QLabel* m_heading;
    QTableView* m_table;
    QString m_collection;
};

} // namespace grappa
