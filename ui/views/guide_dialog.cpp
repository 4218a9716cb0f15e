#include "ui/views/guide_dialog.h"

#include <QDir>
#include <QFile>
#include <QHBoxLayout>
#include <QListWidget>
#include <QTextBlock>
#include <QTextBrowser>
#include <QTextCursor>
#include <QTextList>

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

/// Qt shows Markdown without space between paragraphs.
void spaceOut(QTextDocument& document) {
    constexpr int space = 10; // pixels
    enum class Kind { Paragraph, Item, Code };
    Kind before = Kind::Paragraph;
    for (QTextBlock block = document.begin().next(); block.isValid(); block = block.next()) {
        QTextBlockFormat format = block.blockFormat();
        const Kind kind = block.textList() != nullptr                       ? Kind::Item
                          : format.hasProperty(QTextFormat::BlockCodeFence) ? Kind::Code
                                                                            : Kind::Paragraph;
        if (kind == Kind::Paragraph || kind != before) format.setTopMargin(space);
        before = kind;
        QTextCursor(block).setBlockFormat(format);
    }
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
    m_titles->setSpacing(3);
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
    const QListWidgetItem* item = m_titles->item(row);
    if (item == nullptr) return;
    m_text->setMarkdown(textOf(item->data(Qt::UserRole).toString()));
    spaceOut(*m_text->document());
    m_text->moveCursor(QTextCursor::Start);
}

} // namespace grappa
