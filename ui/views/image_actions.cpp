#include "ui/views/image_actions.h"

#include "ui/desktop.h"
#include "ui/file_urls.h"
#include "ui/formatting.h"
#include "ui/jobs/exporter.h"
#include "ui/models/thumbnail_loader.h"
#include "ui/views/gallery_view.h"
#include "ui/views/message_bar.h"
#include "ui/views/symbol_icon.h"

#include <QAction>
#include <QClipboard>
#include <QFile>
#include <QFileDialog>
#include <QGuiApplication>
#include <QMenu>
#include <QMimeData>

#include <algorithm>
#include <utility>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

constexpr std::size_t handledAtMost = 1000; ///< images that are copied, dragged or shown at once
constexpr int copiedSide = 4096;

/// File addresses, and an image whose pixels come later: a child decodes them while the user still drags.
class ImageMimeData : public QMimeData {
public:
    explicit ImageMimeData(std::shared_ptr<const QImage> pixels) : m_pixels(std::move(pixels)) {}

    QStringList formats() const override {
        QStringList formats = QMimeData::formats();
        if (m_pixels) formats << u"application/x-qt-image"_s;
        return formats;
    }

    bool hasFormat(const QString& type) const override { return formats().contains(type); }

protected:
    QVariant retrieveData(const QString& type, QMetaType preferred) const override {
        if (m_pixels && type == u"application/x-qt-image"_s) return *m_pixels;
        return QMimeData::retrieveData(type, preferred);
    }

private:
    std::shared_ptr<const QImage> m_pixels; ///< none for several images
};

QString exportName(ExportFormat format) {
    switch (format) {
    case ExportFormat::Csv:
        return u"results.csv"_s;
    case ExportFormat::Json:
        return u"results.json"_s;
    default:
        return u"results.txt"_s;
    }
}

} // namespace

ImageActions::ImageActions(Session& session, Browser& browser, ThumbnailLoader& thumbnails, GalleryView* gallery,
                           MessageBar* messages)
    : QObject(gallery)
    , m_session(session)
    , m_browser(browser)
    , m_thumbnails(thumbnails)
    , m_gallery(gallery)
    , m_messages(messages)
    , m_exporter(std::make_unique<Exporter>(session.paths())) {
    add(tr("Search by this image"), u"search-image"_s, {}, &ImageActions::search);
    add(tr("View large"), u"view"_s, {}, &ImageActions::view);
    add(tr("Copy"), u"copy"_s, QKeySequence::Copy, &ImageActions::copy);
    add(tr("Open"), u"open"_s, Qt::CTRL | Qt::Key_Return, &ImageActions::open);
    add(tr("Open with…"), u"open"_s, {}, &ImageActions::openWith);
    add(tr("Show in the file manager"), u"folders"_s, Qt::CTRL | Qt::SHIFT | Qt::Key_R, &ImageActions::showInFolder);
    makeExportMenu();
    m_gallery->setContextMenuPolicy(Qt::CustomContextMenu);
    m_gallery->setDragData([this](const QModelIndexList& indexes) { return mimeData(indexes); });
    connect(m_gallery, &QWidget::customContextMenuRequested, this, &ImageActions::showMenu);
    connect(m_gallery->selectionModel(), &QItemSelectionModel::selectionChanged, this, &ImageActions::update);
    connect(m_gallery->selectionModel(), &QItemSelectionModel::currentChanged, this, &ImageActions::update);
    connect(m_gallery->model(), &QAbstractItemModel::modelReset, this, &ImageActions::update);
    connect(m_gallery->model(), &QAbstractItemModel::rowsInserted, this, &ImageActions::update);
    connect(m_gallery->model(), &QAbstractItemModel::rowsRemoved, this, &ImageActions::update);
    connect(m_exporter.get(), &Exporter::failed, m_messages, &MessageBar::show);
    connect(m_exporter.get(), &Exporter::finished, this, [this](const ExportSummary& summary) {
        QString text = tr("%Ln image(s) exported to %1.", nullptr, static_cast<int>(summary.written))
                           .arg(pathText(summary.target));
        if (summary.left > 0)
            text += u' ' + tr("%Ln could not be read or written.", nullptr, static_cast<int>(summary.left));
        m_messages->tell(text, tr("Show in the file manager"),
                         [target = summary.target] { showInFileManager({target}); });
    });
    update();
}

ImageActions::~ImageActions() = default;

QAction* ImageActions::add(const QString& text, const QString& symbol, const QKeySequence& shortcut,
                           void (ImageActions::*run)()) {
    auto* action = new QAction(symbolIcon(symbol), text, this);
    action->setShortcut(shortcut);
    connect(action, &QAction::triggered, this, run);
    m_actions << action;
    return action;
}

void ImageActions::makeExportMenu() {
    m_exportMenu = std::make_unique<QMenu>();
    const auto addFormat = [this](const QString& text, ExportFormat format) {
        m_exportMenu->addAction(text, this, [this, format] { chooseExportTarget(format); });
    };
    addFormat(tr("List of paths…"), ExportFormat::Paths);
    addFormat(tr("Table (CSV)…"), ExportFormat::Csv);
    addFormat(tr("JSON…"), ExportFormat::Json);
    m_exportMenu->addSeparator();
    addFormat(tr("Copies in a folder…"), ExportFormat::Copies);
    addFormat(tr("Links in a folder…"), ExportFormat::Links);
    m_export = m_exportMenu->menuAction();
    m_export->setText(tr("Export"));
    m_export->setIcon(symbolIcon(u"export"_s));
    m_actions << m_export;
}

std::vector<int> ImageActions::selectedRows() const {
    std::vector<int> rows;
    for (const QItemSelectionRange& range : m_gallery->selectionModel()->selection()) {
        for (int row = range.top(); row <= range.bottom(); ++row)
            rows.push_back(row);
    }
    if (rows.empty() && m_gallery->currentIndex().isValid()) rows.push_back(m_gallery->currentIndex().row());
    std::sort(rows.begin(), rows.end());
    return rows;
}

std::vector<Image> ImageActions::selectedImages() const {
    return m_browser.images()->readRecords(selectedRows(), handledAtMost);
}

void ImageActions::update() {
    const bool some = m_gallery->currentIndex().isValid() || m_gallery->selectionModel()->hasSelection();
    for (QAction* action : std::as_const(m_actions))
        action->setEnabled(some);
    m_export->setEnabled(m_browser.images()->rowCount() > 0);
    const int selected = m_gallery->selectedCount();
    m_export->setText(selected > 1 ? tr("Export %Ln image(s)", nullptr, selected) : tr("Export"));
}

void ImageActions::search() {
    if (m_gallery->currentIndex().isValid()) Q_EMIT searchRequested(m_gallery->currentIndex());
}

void ImageActions::view() {
    if (m_gallery->currentIndex().isValid()) Q_EMIT viewRequested(m_gallery->currentIndex());
}

QMimeData* ImageActions::mimeData(const QModelIndexList& indexes) {
    std::vector<int> rows;
    for (const QModelIndex& index : indexes)
        rows.push_back(index.row());
    std::vector<Image> images = m_browser.images()->readRecords(rows, handledAtMost);
    std::erase_if(images, [](const Image& image) { return !image.online; }); // nothing there to be taken
    if (images.empty()) return nullptr;
    QList<QUrl> urls;
    QStringList paths;
    for (const Image& image : images) {
        urls << fileUrl(image.path);
        paths << pathText(image.path);
    }
    std::shared_ptr<QImage> pixels;
    if (images.size() == 1) {
        pixels = std::make_shared<QImage>();
        if (const Thumbnail* thumbnail = m_thumbnails.find(images.front().hash)) *pixels = thumbnail->image;
        m_session.render(
            this, images.front().path, copiedSide, [pixels](const Rendering& rendering) { *pixels = rendering.image; },
            [](const Problem&) {});
    }
    auto* data = new ImageMimeData(pixels);
    data->setUrls(urls);
    data->setText(paths.join(u'\n'));
    return data;
}

void ImageActions::copy() {
    QModelIndexList indexes;
    for (const int row : selectedRows()) {
        if (indexes.size() == static_cast<qsizetype>(handledAtMost)) break;
        indexes << m_browser.images()->index(row);
    }
    QMimeData* data = mimeData(indexes);
    if (!data) return;
    QGuiApplication::clipboard()->setMimeData(data);
    m_messages->tell(tr("%Ln image(s) copied.", nullptr, static_cast<int>(indexes.size())));
}

void ImageActions::open() {
    const auto images = selectedImages();
    if (!images.empty()) openFile(images.front().path);
}

void ImageActions::openWith() {
    const auto images = selectedImages();
    if (!images.empty()) openFileWith(images.front().path);
}

void ImageActions::showInFolder() {
    std::vector<std::filesystem::path> files;
    for (const Image& image : selectedImages())
        files.push_back(image.path);
    showInFileManager(files);
}

void ImageActions::showMenu(const QPoint& position) {
    const QModelIndex index = m_gallery->indexAt(position);
    if (index.isValid() && !m_gallery->selectionModel()->isSelected(index)) m_gallery->setCurrentIndex(index);
    auto* menu = new QMenu(m_gallery);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addActions(m_actions);
    menu->popup(m_gallery->viewport()->mapToGlobal(position));
}

void ImageActions::chooseExportTarget(ExportFormat format) {
    auto* dialog = new QFileDialog(m_gallery->window(), tr("Export"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    if (format == ExportFormat::Copies || format == ExportFormat::Links) {
        dialog->setFileMode(QFileDialog::Directory);
        dialog->setOption(QFileDialog::ShowDirsOnly);
    } else {
        dialog->setAcceptMode(QFileDialog::AcceptSave);
        dialog->selectFile(exportName(format));
    }
    connect(dialog, &QFileDialog::fileSelected, this,
            [this, format](const QString& name) { exportTo(format, QFile::encodeName(name).toStdString()); });
    dialog->open();
}

void ImageActions::exportTo(ExportFormat format, const std::filesystem::path& target) {
    ExportRequest request{
        .format = format, .target = target, .filter = m_browser.place().filter, .scale = m_browser.place().scale};
    std::vector<int> rows;
    for (const QItemSelectionRange& range : m_gallery->selectionModel()->selection()) {
        for (int row = range.top(); row <= range.bottom(); ++row)
            rows.push_back(row);
    }
    std::sort(rows.begin(), rows.end());
    ImageListModel* images = m_browser.images();
    const int count = rows.empty() ? images->rowCount() : static_cast<int>(rows.size());
    for (int i = 0; i < count; ++i) {
        const int row = rows.empty() ? i : rows[static_cast<std::size_t>(i)];
        request.images.push_back(*images->imageAt(row));
        const QVariant cosine = images->index(row).data(ImageListModel::CosineRole);
        if (cosine.isValid()) request.scores.push_back(cosine.toFloat());
    }
    m_exporter->start(std::move(request));
}

} // namespace grappa
