#include "ui/views/shortcut_sheet.h"

#include <QAction>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <vector>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

struct Row {
    QString keys, does;
};

QString nativeKeys(const QKeySequence& keys) {
    return keys.toString(QKeySequence::NativeText);
}

QVBoxLayout* column(const QString& heading, const std::vector<Row>& rows, QWidget* parent) {
    auto* column = new QVBoxLayout;
    auto* title = new QLabel(heading, parent);
    title->setObjectName(u"sheetHeading"_s);
    column->addWidget(title);
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(6);
    grid->setColumnStretch(1, 1);
    int line = 0;
    for (const Row& row : rows) {
        auto* keys = new QLabel(row.keys, parent);
        keys->setObjectName(u"keys"_s);
        keys->setTextFormat(Qt::PlainText);
        auto* does = new QLabel(row.does, parent);
        does->setTextFormat(Qt::PlainText);
        grid->addWidget(keys, line, 0, Qt::AlignLeft | Qt::AlignTop);
        grid->addWidget(does, line++, 1);
    }
    column->addLayout(grid);
    column->addStretch();
    return column;
}

} // namespace

ShortcutSheet::ShortcutSheet(const QList<QAction*>& actions, QWidget* parent) : QDialog(parent) {
    setWindowTitle(tr("Keyboard shortcuts"));
    setAttribute(Qt::WA_DeleteOnClose);
    std::vector<Row> window;
    for (const QAction* action : actions) {
        if (action->shortcut().isEmpty()) continue;
        QString text = action->text().remove(u'&');
        if (text.endsWith(u'…')) text.chop(1);
        window.push_back({nativeKeys(action->shortcut()), text});
    }
    const std::vector<Row> gallery{
        {tr("Arrows, Page, Home, End"), tr("Move")},
        {nativeKeys(Qt::Key_Return), tr("Search by the image")},
        {nativeKeys(Qt::Key_Space), tr("View it large")},
        {tr("Shift or Ctrl + arrows"), tr("Select several")},
        {nativeKeys(Qt::CTRL | Qt::Key_Space), tr("Select or deselect")},
        {nativeKeys(QKeySequence::SelectAll), tr("Select all")},
        {nativeKeys(Qt::Key_Escape), tr("Back")},
        {tr("Ctrl + wheel"), tr("Size of the thumbnails")},
    };
    const std::vector<Row> viewer{
        {tr("Left, Right"), tr("Previous, next image")},
        {tr("Wheel, + and -"), tr("Zoom")},
        {u"0"_s, tr("Fit")},
        {u"1"_s, tr("Actual pixels")},
        {tr("F, Enter"), tr("Full screen")},
        {u"B"_s, tr("Show the results beside it")},
        {u"C"_s, tr("Compare with the query")},
        {u"A"_s, tr("Where the model attends, comparing")},
        {u"M"_s, tr("Patches that match, comparing")},
        {u"R"_s, tr("Draw a region to search by")},
        {tr("Arrows"), tr("Move the region")},
        {tr("Shift + arrows"), tr("Resize the region")},
        {nativeKeys(Qt::Key_Escape), tr("Whole image, then close")},
    };

    auto* close = new QPushButton(tr("Close"), this);
    close->setDefault(true);
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    auto* columns = new QHBoxLayout;
    columns->setSpacing(40);
    columns->addLayout(column(tr("Everywhere"), window, this));
    auto* second = new QVBoxLayout;
    second->setSpacing(24);
    second->addLayout(column(tr("In the gallery"), gallery, this));
    second->addLayout(column(tr("In the large view"), viewer, this));
    columns->addLayout(second);
    auto* foot = new QHBoxLayout;
    foot->addStretch();
    foot->addWidget(close);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(24, 16, 24, 16);
    layout->setSpacing(16);
    layout->addLayout(columns);
    layout->addLayout(foot);
}

} // namespace grappa
