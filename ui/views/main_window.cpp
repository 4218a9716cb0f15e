#include "ui/views/main_window.h"

#include "ui/dropped_items.h"
#include "ui/formatting.h"
#include "ui/views/collection_sidebar.h"
#include "ui/views/drop_overlay.h"
#include "ui/views/empty_state.h"
#include "ui/views/gallery_view.h"
#include "ui/views/job_bar.h"
#include "ui/views/message_bar.h"
#include "ui/views/query_bar.h"
#include "ui/views/unreadable_dialog.h"

#include <QClipboard>
#include <QCloseEvent>
#include <QDropEvent>
#include <QFile>
#include <QFileDialog>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QMimeData>
#include <QShortcut>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

constexpr QSize initialSize{1280, 800};
constexpr QSize smallestSize{960, 600};

std::filesystem::path pathOf(const QString& text) {
    return QFile::encodeName(text).toStdString();
}

} // namespace

MainWindow::MainWindow(Session& session, const std::filesystem::path& samples, QWidget* parent)
    : QMainWindow(parent), m_session(session), m_browser(session), m_thumbnails(session.paths().thumbnails()) {
    setWindowTitle(u"Grappa"_s);
    setMinimumSize(smallestSize);
    resize(initialSize);
    setAcceptDrops(true);
    layOut(!samples.empty());
    connectGallery();
    connectSession(samples);
    addShortcuts();
    m_jobs->setStatus(m_session.imports()->status());
    updatePlace();
    updateCentre();
}

void MainWindow::layOut(bool samples) {
    auto* window = new QWidget(this);
    m_sidebar = new CollectionSidebar(m_session.collections(), window);
    m_queryBar = new QueryBar(window);
    m_messages = new MessageBar(window);
    m_gallery = new GalleryView(&m_thumbnails, window);
    m_gallery->setModel(m_browser.images());
    m_empty = new EmptyState(samples, window);
    m_jobs = new JobBar(window);

    m_browsing = new QWidget(window);
    auto* browsing = new QHBoxLayout(m_browsing);
    browsing->setContentsMargins(0, 0, 0, 0);
    browsing->setSpacing(0);
    browsing->addWidget(m_sidebar);
    auto* column = new QVBoxLayout;
    column->setSpacing(0);
    column->addWidget(m_queryBar);
    column->addWidget(m_gallery, 1);
    browsing->addLayout(column, 1);

    m_centre = new QStackedWidget(window);
    m_centre->addWidget(m_empty);
    m_centre->addWidget(m_browsing);

    auto* layout = new QVBoxLayout(window);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_messages);
    layout->addWidget(m_centre, 1);
    layout->addWidget(m_jobs);
    setCentralWidget(window);
    m_overlay = new DropOverlay(this);
}

void MainWindow::connectGallery() {
    m_queryBar->setTileSize(m_gallery->tileSize());
    connect(m_queryBar, &QueryBar::tileSizeChosen, m_gallery, &GalleryView::setTileSize);
    connect(m_gallery, &GalleryView::tileSizeChanged, m_queryBar, &QueryBar::setTileSize);
    connect(m_queryBar, &QueryBar::backRequested, &m_browser, &Browser::back);
    connect(m_queryBar, &QueryBar::forwardRequested, &m_browser, &Browser::forward);
    connect(m_gallery, &GalleryView::backRequested, &m_browser, &Browser::back);
    connect(m_gallery, &GalleryView::searchRequested, this, &MainWindow::searchByRow);
    connect(m_queryBar, &QueryBar::warningActivated, this, [this] {
        if (const auto collection = m_browser.place().collection) showUnreadable(*collection);
    });
    connect(&m_browser, &Browser::aboutToLeave, this, [this] {
        m_browser.rememberView(m_gallery->position(), m_browser.images()->imageAt(m_gallery->currentIndex().row()));
    });
    connect(&m_browser, &Browser::placeChanged, this, &MainWindow::updatePlace);
    connect(&m_browser, &Browser::contentsShown, this, &MainWindow::restoreView);
    connect(&m_browser, &Browser::failed, m_messages, &MessageBar::show);
}

void MainWindow::connectSession(const std::filesystem::path& samples) {
    connect(m_sidebar, &CollectionSidebar::collectionChosen, &m_browser, &Browser::showCollection);
    connect(m_sidebar, &CollectionSidebar::rescanRequested, &m_session, &Session::rescan);
    connect(m_sidebar, &CollectionSidebar::unreadableRequested, this, &MainWindow::showUnreadable);
    connect(m_sidebar, &CollectionSidebar::addFoldersRequested, this, &MainWindow::chooseFolders);
    connect(m_empty, &EmptyState::chooseRequested, this, &MainWindow::chooseFolders);
    connect(m_empty, &EmptyState::samplesRequested, this,
            [this, samples] { m_session.importFolders({samples}, tr("Sample photos")); });
    connect(&m_session, &Session::failed, m_messages, &MessageBar::show);
    connect(&m_session, &Session::libraryChanged, this, [this] {
        m_thumbnails.forgetMissing();
        updatePlace();
        updateCentre();
    });
    ImportChild* imports = m_session.imports();
    connect(imports, &ImportChild::statusChanged, this, [this, imports] {
        m_jobs->setStatus(imports->status());
        updateCentre();
    });
    connect(m_jobs, &JobBar::stopRequested, imports, &ImportChild::stop);
    connect(m_jobs, &JobBar::resumeRequested, imports, &ImportChild::resume);
    connect(m_jobs, &JobBar::detailsRequested, this, [this, imports] { m_messages->show(imports->status().problem); });
}

void MainWindow::addShortcuts() {
    connect(new QShortcut(QKeySequence::Paste, this), &QShortcut::activated, this, &MainWindow::paste);
    connect(new QShortcut(QKeySequence::Open, this), &QShortcut::activated, this, &MainWindow::chooseQueryImage);
    connect(new QShortcut(Qt::CTRL | Qt::SHIFT | Qt::Key_O, this), &QShortcut::activated, this,
            &MainWindow::chooseFolders);
    connect(new QShortcut(QKeySequence::Quit, this), &QShortcut::activated, this, &QWidget::close);
}

void MainWindow::closeEvent(QCloseEvent* event) {
    event->accept();
    Q_EMIT closed();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (!canBeDropped(*event->mimeData())) return;
    event->setDropAction(Qt::CopyAction);
    event->accept();
    m_overlay->showOver(rect());
}

void MainWindow::dragLeaveEvent(QDragLeaveEvent*) {
    m_overlay->hide();
}

void MainWindow::dropEvent(QDropEvent* event) {
    m_overlay->hide();
    event->setDropAction(Qt::CopyAction);
    event->accept();
    take(*event->mimeData());
}

void MainWindow::take(const QMimeData& data) {
    const DroppedItems items = droppedItems(data);
    if (items.remote > 0)
        m_messages->show({tr("Grappa makes no network connection, so addresses cannot be opened. "
                             "Save the image first, or copy the image itself."),
                          {}});
    if (!items.paths.empty()) m_session.open(items.paths);
    if (!items.image.isNull()) m_browser.searchByPixels(items.image);
}

void MainWindow::paste() {
    const QMimeData* data = QGuiApplication::clipboard()->mimeData();
    if (data && canBeDropped(*data)) return take(*data);
    m_messages->show({tr("There is no image to paste. Copy an image or an image file first."), {}});
}

void MainWindow::chooseFolders() {
    auto* dialog = new QFileDialog(this, tr("Choose a folder of images"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::filesSelected, this, [this](const QStringList& names) {
        std::vector<std::filesystem::path> folders;
        for (const QString& name : names)
            folders.push_back(pathOf(name));
        m_session.importFolders(folders);
    });
    dialog->open();
}

void MainWindow::chooseQueryImage() {
    auto* dialog = new QFileDialog(this, tr("Search by an image"), {},
                                   tr("Images (*.jpg *.jpeg *.jpe *.jfif *.png *.webp *.tif *.tiff *.bmp *.gif)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& name) { m_session.open({pathOf(name)}); });
    dialog->open();
}

void MainWindow::searchByRow(const QModelIndex& index) {
    const auto image = m_browser.images()->imageAt(index.row());
    if (!image) return;
    QImage preview;
    if (const Image* record = m_browser.images()->recordAt(index.row())) {
        if (const Thumbnail* thumbnail = m_thumbnails.find(record->hash)) preview = thumbnail->image;
    }
    m_messages->hide();
    m_browser.searchByImage(*image, preview);
}

void MainWindow::restoreView() {
    const Place& place = m_browser.place();
    m_gallery->setCaptions(m_browser.images()->hasScores());
    const int row = place.current ? m_browser.images()->rowOf(*place.current) : 0;
    m_gallery->selectionModel()->setCurrentIndex(m_browser.images()->index(std::max(row, 0)),
                                                 QItemSelectionModel::ClearAndSelect);
    if (!place.current) m_gallery->clearSelection();
    m_gallery->restorePosition(place.position);
}

void MainWindow::updatePlace() {
    const Place& place = m_browser.place();
    const CollectionListModel* collections = m_session.collections();
    const Collection* collection = place.collection ? collections->find(*place.collection) : nullptr;
    const std::uint64_t images = collection ? collection->images : collections->allImages();
    const QString name = collections->nameOf(place.collection);
    const Query* query = m_browser.pending();
    QueryBarText text;
    if (query) {
        text = {tr("Similar to %1").arg(query->title()), tr("Searching…"), {}};
    } else if (place.query) {
        query = &*place.query;
        text.title = tr("Similar to %1").arg(query->title());
        text.note = tr("%1 of %2 in %3").arg(formatCount(place.neighbours.size()), formatCount(images), name);
    } else {
        text.title = name;
        text.note = tr("%Ln image(s)", nullptr, static_cast<int>(images));
        const auto unreadable = static_cast<int>(collection ? collection->unreadable : 0);
        if (unreadable > 0) text.warning = tr("%Ln file(s) could not be read", nullptr, unreadable);
    }
    m_queryBar->setText(text);
    m_queryBar->setPreview(query ? query->preview : QImage());
    m_queryBar->setNavigation(m_browser.canGoBack() || m_browser.pending(), m_browser.canGoForward());
    m_sidebar->setCurrent(place.collection);
    m_gallery->setCaptions(m_browser.images()->hasScores());
    const bool importing = m_session.imports()->running();
    m_gallery->setEmptyText(!m_browser.loaded() ? QString()
                            : place.query       ? tr("Nothing similar was found in %1.").arg(name)
                            : importing         ? tr("Images appear here as they are read.")
                                                : tr("No images here yet. Drop a folder of images on the window."));
}

void MainWindow::updateCentre() {
    const bool nothing = m_session.collections()->isEmpty() && m_session.imports()->status().state == ImportState::Idle;
    QWidget* shown = nothing ? static_cast<QWidget*>(m_empty) : m_browsing;
    if (m_centre->currentWidget() == shown) return;
    m_centre->setCurrentWidget(shown);
    if (!nothing) m_gallery->setFocus();
}

void MainWindow::showUnreadable(CollectionId collection) {
    auto* dialog = new UnreadableDialog(m_session.collections()->nameOf(collection), this);
    m_session.readUnreadable(dialog, collection,
                             [dialog](std::vector<File> files) { dialog->setFiles(std::move(files)); });
    dialog->open();
}

} // namespace grappa
