#include "ui/views/guide_dialog.h"

#include <QDir>
#include <QFile>
#include <QHBoxLayout>
#include <QListWidget>
#include <QTextBrowser>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

QString textOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

/// A page begins with "# " and its title.
QString titleOf(const QString& text) {
    return text.section(u'\n', 0, 0).section(u' ', 1);
}

} // namespace

GuideDialog::GuideDialog(QWidget* parent)
    : QDialog(parent), m_titles(new QListWidget(this)), m_text(new QTextBrowser(this)) {
    setWindowTitle(tr("Guide"));
    setAttribute(Qt::WA_DeleteOnClose);
    resize(900, 620);
    //: The folder of the guide in this language: en or de.
    const QDir folder(u":/guide/"_s + tr("en"));
    for (const QString& name : folder.entryList({u"*.md"_s}, QDir::Files, QDir::Name)) {
        const QString path = folder.filePath(name);
        auto* item = new QListWidgetItem(titleOf(textOf(path)), m_titles);
        item->setData(Qt::UserRole, path);
    }
    m_titles->setAccessibleName(tr("Pages of the guide"));
    m_titles->setWordWrap(true);
    m_titles->setFixedWidth(240);
    m_text->setAccessibleName(tr("Text of the page"));
    m_text->setOpenLinks(false);
    m_text->document()->setDocumentMargin(16);
    connect(m_titles, &QListWidget::currentRowChanged, this, &GuideDialog::showPage);
    auto* layout = new QHBoxLayout(this);
    layout->addWidget(m_titles);
    layout->addWidget(m_text);
    m_titles->setCurrentRow(0);
    m_titles->setFocus();
}

void GuideDialog::showPage(int row) {
    if (const QListWidgetItem* item = m_titles->item(row))
        m_text->setMarkdown(textOf(item->data(Qt::UserRole).toString()));
}

} // namespace grappa
