#include "ui/views/unreadable_dialog.h"

#include "ui/views/symbol_icon.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QShortcut>
#include <QTableView>
#include <QVBoxLayout>

namespace grappa {

using namespace Qt::StringLiterals;

UnreadableDialog::UnreadableDialog(const QString& collection, QWidget* parent)
    : QDialog(parent), m_heading(new QLabel(this)), m_table(new QTableView(this)), m_collection(collection) {
    setWindowTitle(tr("Unreadable files"));
    setAttribute(Qt::WA_DeleteOnClose);
    resize(760, 420);
    m_heading->setObjectName(u"title"_s);
    m_heading->setTextFormat(Qt::PlainText);
    auto* hint = new QLabel(
        tr("All other images were imported. Repair or replace these files, then scan the collection again."), this);
    hint->setObjectName(u"note"_s);
    hint->setWordWrap(true);

    m_table->setModel(&m_model);
    m_table->setSelectionBehavior(QTableView::SelectRows);
    m_table->setShowGrid(false);
    m_table->setWordWrap(false);
    m_table->setTextElideMode(Qt::ElideMiddle);
    m_table->verticalHeader()->hide();
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->setColumnWidth(UnreadableFilesModel::NameColumn, 220);
    m_table->setColumnWidth(UnreadableFilesModel::ReasonColumn, 190);
    m_table->setAccessibleName(tr("Unreadable files"));

    auto* copy = new QPushButton(symbolIcon(u"copy"_s), tr("Copy list"), this);
    auto* close = new QPushButton(tr("Close"), this);
    close->setDefault(true);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(copy);
    buttons->addStretch();
    buttons->addWidget(close);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(8);
    layout->addWidget(m_heading);
    layout->addWidget(hint);
    layout->addWidget(m_table, 1);
    layout->addLayout(buttons);

    connect(copy, &QPushButton::clicked, this, &UnreadableDialog::copyRows);
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    connect(new QShortcut(QKeySequence::Copy, m_table), &QShortcut::activated, this, &UnreadableDialog::copyRows);
    setFiles({});
}

void UnreadableDialog::setFiles(std::vector<File> files) {
    m_model.setFiles(std::move(files));
    m_heading->setText(tr("%n file(s) of %1 could not be read", nullptr, m_model.rowCount()).arg(m_collection));
}

void UnreadableDialog::copyRows() const {
    QStringList lines;
    const auto selected = m_table->selectionModel()->selectedRows();
    for (const QModelIndex& index : selected)
        lines << m_model.lineOf(index.row());
    if (lines.isEmpty()) {
        for (int row = 0; row < m_model.rowCount(); ++row)
            lines << m_model.lineOf(row);
    }
    QGuiApplication::clipboard()->setText(lines.join(u'\n'));
}

} // namespace grappa
