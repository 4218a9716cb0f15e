#include "ui/views/about_dialog.h"

#include "ui/formatting.h"

#include <QApplication>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {
constexpr int dialogWidth = 560;
} // namespace

AboutDialog::AboutDialog(const LibraryPaths& paths, QWidget* parent) : QDialog(parent) {
    setWindowTitle(tr("About Grappa"));
    setAttribute(Qt::WA_DeleteOnClose);
    setMinimumWidth(dialogWidth);
    auto* title = new QLabel(tr("Grappa %1").arg(QApplication::applicationVersion()), this);
    title->setObjectName(u"emptyTitle"_s);
    auto* what =
        new QLabel(tr("Visual search in your own images. Files are read and never changed. Nothing leaves this "
                      "computer: Grappa makes no network connection."),
                   this);
    what->setWordWrap(true);

    auto* facts = new QFormLayout;
    facts->setHorizontalSpacing(16);
    facts->setVerticalSpacing(8);
    facts->setLabelAlignment(Qt::AlignLeft | Qt::AlignTop);
    const auto add = [&](const QString& name, const QString& value) {
        auto* label = new QLabel(name, this);
        label->setObjectName(u"note"_s);
        auto* text = new QLabel(value, this);
        text->setTextFormat(Qt::PlainText);
        text->setWordWrap(true);
        text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        text->setAccessibleName(name);
        facts->addRow(label, text);
    };
    add(tr("Library"), pathText(paths.data));
    add(tr("Cache"), tr("%1 (thumbnails; it is filled again when it was deleted)").arg(pathText(paths.cache)));
    add(tr("Licence"), tr("GNU General Public License, version 3"));
    add(tr("Model"), tr("DINOv2 ViT-S/14 of Meta AI, Apache License 2.0"));
    add(tr("Built with"), u"Qt %1, LibTorch, OpenCV, hnswlib, SQLite, QCustomPlot, nlohmann/json, CLI11"_s.arg(
                              QString::fromLatin1(qVersion())));

    auto* close = new QPushButton(tr("Close"), this);
    close->setDefault(true);
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    auto* foot = new QHBoxLayout;
    foot->addStretch();
    foot->addWidget(close);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(24, 24, 24, 16);
    layout->setSpacing(16);
    layout->addWidget(title);
    layout->addWidget(what);
    layout->addLayout(facts);
    layout->addStretch();
    layout->addLayout(foot);
}

} // namespace grappa
