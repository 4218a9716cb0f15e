#include "ui/views/main_window.h"

#include "ui/dropped_items.h"
#include "ui/formatting.h"
#include "ui/views/about_dialog.h"
#include "ui/views/adaptation_list.h"
#include "ui/views/collection_sidebar.h"
#include "ui/views/drop_overlay.h"
#include "ui/views/empty_state.h"
#include "ui/views/filter_bar.h"
#include "ui/views/gallery_view.h"
#include "ui/views/granularity_bar.h"
#include "ui/views/granularity_controller.h"
#include "ui/views/group_controller.h"
#include "ui/views/guide_dialog.h"
#include "ui/views/image_actions.h"
#include "ui/views/job_bar.h"
#include "ui/views/learning_bar.h"
#include "ui/views/learning_controller.h"
#include "ui/views/message_bar.h"
#include "ui/views/place_text.h"
#include "ui/views/query_bar.h"
#include "ui/views/shortcut_sheet.h"
#include "ui/views/symbol_icon.h"
#include "ui/views/unreadable_dialog.h"
#include "ui/views/viewer.h"
#include "ui/views/viewer_controller.h"
#include "ui/views/why_controller.h"
#include "ui/views/why_panel.h"

#include <QAction>
#include <QActionGroup>
#include <QClipboard>
#include <QCloseEvent>
#include <QDropEvent>
#include <QFile>
#include <QFileDialog>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QMenu>
#include <QMimeData>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <initializer_list>
#include <utility>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

constexpr QSize initialSize{1280, 800};
constexpr QSize smallestSize{960, 600};
constexpr int frameHeight = 40;
constexpr int saveDelayMs = 2000;
constexpr int cosyWidth = 1200;                  ///< below, the large view and the "why" panel do not fit side by side
constexpr int viewerShare = 3, galleryShare = 2; ///< of the room between them

std::filesystem::path pathOf(const QString& text) {
    return QFile::encodeName(text).toStdString();
}

/// Bars that come and go by themselves, so that all of them can be hidden.
QWidget* rowOf(std::initializer_list<QWidget*> bars, QWidget* parent) {
    auto* row = new QWidget(parent);
    auto* layout = new QVBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    for (QWidget* bar : bars)
        layout->addWidget(bar);
    return row;
}

} // namespace

MainWindow::MainWindow(Session& session, const std::filesystem::path& samples, QWidget* parent)
    : QMainWindow(parent)
    , m_session(session)
    , m_attention(session, this)
    , m_browser(session, this)
    , m_thumbnails(session.paths().thumbnails(), this)
    , m_groupThumbnails(session.paths().thumbnails(), this)
    , m_menu(new QMenu(this))
    , m_themes(new QActionGroup(this)) {
    setWindowTitle(u"Grappa"_s);
    setMinimumSize(smallestSize);
    resize(initialSize);
    setAcceptDrops(true);
    layOut(!samples.empty());
    new GranularityController(m_session, m_browser, m_granularity);
    m_grouping = new GroupController(m_browser, m_granularity, m_tiles, m_gallery, m_groupView);
    m_why = new WhyController(m_browser, m_attention, m_gallery, m_whyPanel);
    m_browser.images()->setAttention(&m_attention);
    m_viewing = new ViewerController(m_browser, m_thumbnails, m_gallery, m_viewer);
    m_imageActions = new ImageActions(m_session, m_browser, m_thumbnails, m_gallery, m_messages);
    m_viewer->setImageActions(m_imageActions->actions());
    auto* learned = new AdaptationList(m_session.learning()->adaptations(), m_sidebar);
    m_sidebar->addSection(learned);
    m_learning =
        new LearningController(m_session, m_browser, {m_pages, m_gallery, m_messages, m_learningBar, learned}, this);
    addActions();
    connectGallery();
    connectQuery();
    connectCollections();
    connectSession(samples);
    m_jobs->setStatus(m_session.imports()->status());
    restoreState();
    updatePlace();
    updateCentre();
    m_saveSoon.setSingleShot(true);
    m_saveSoon.setInterval(saveDelayMs);
    connect(&m_saveSoon, &QTimer::timeout, this, [this] { m_session.saveWindowState(state()); });
}

void MainWindow::layOut(bool samples) {
    auto* window = new QWidget(this);
    m_sidebar = new CollectionSidebar(m_session.collections(), window);
    m_queryBar = new QueryBar(m_menu, window);
    m_granularity = new GranularityBar(window);
    m_granularityRow = rowOf({m_granularity}, window);
    m_filterBar = new FilterBar(window);
    m_messages = new MessageBar(window);
    m_gallery = new GalleryView(&m_thumbnails, window);
    m_gallery->setModel(m_browser.images());
    m_groupView = new GalleryView(&m_groupThumbnails, window);
    m_groupView->setObjectName(u"groups"_s);
    m_tiles = new QStackedWidget(window);
    m_tiles->addWidget(m_gallery);
    auto* groupPage = new QWidget(m_tiles);
    auto* groupLayout = new QVBoxLayout(groupPage);
    groupLayout->setContentsMargins(0, 0, 0, 0);
    groupLayout->addWidget(m_groupView);
    m_tiles->addWidget(groupPage);
    m_viewer = new Viewer(
        [this](QObject* context, const std::filesystem::path& file, int side, std::function<void(Rendering)> done,
               std::function<void(Problem)> failed) {
            m_session.render(context, file, side, std::move(done), std::move(failed));
        },
        window,
        [this](QObject* context, const ViewedImage& image, std::function<void(PatchMaps)> done,
               std::function<void(Problem)> failed) {
            m_session.readMaps(context, image.file, image.pixels, image.region, std::move(done), std::move(failed));
        });
    connect(&m_session, &Session::adaptationChanged, m_viewer, &Viewer::forgetMaps);
    m_viewer->hide();
    m_whyPanel = new WhyPanel(window);
    m_whyPanel->hide();
    m_empty = new EmptyState(samples, window);
    m_jobs = new JobBar(window);
    m_learningBar = new LearningBar(window);
    m_foot = rowOf({m_learningBar, m_jobs}, window);

    m_panes = new QSplitter(Qt::Horizontal, window);
    m_panes->addWidget(m_viewer);
    m_panes->addWidget(m_tiles);
    m_panes->setStretchFactor(0, viewerShare);
    m_panes->setStretchFactor(1, galleryShare);
    m_panes->setChildrenCollapsible(false);

    m_browsing = new QWidget(window);
    auto* browsing = new QHBoxLayout(m_browsing);
    browsing->setContentsMargins(0, 0, 0, 0);
    browsing->setSpacing(0);
    browsing->addWidget(m_sidebar);
    m_pages = new QStackedWidget(m_browsing);
    auto* gallery = new QWidget(m_pages);
    auto* column = new QVBoxLayout(gallery);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_queryBar);
    column->addWidget(m_granularityRow);
    column->addWidget(m_filterBar);
    auto* contents = new QHBoxLayout;
    contents->setSpacing(0);
    contents->addWidget(m_panes, 1);
    contents->addWidget(m_whyPanel);
    column->addLayout(contents, 1);
    m_pages->addWidget(gallery);
    browsing->addWidget(m_pages, 1);

    m_centre = new QStackedWidget(window);
    m_centre->addWidget(m_empty);
    m_centre->addWidget(m_browsing);

    auto* layout = new QVBoxLayout(window);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_messages);
    layout->addWidget(m_centre, 1);
    layout->addWidget(m_foot);
    setCentralWidget(window);
    m_overlay = new DropOverlay(this);
}

QAction* MainWindow::addAction(const QString& text, const QString& symbol, const QKeySequence& shortcut,
                               std::function<void()> run) {
    auto* action = new QAction(symbol.isEmpty() ? QIcon() : symbolIcon(symbol), text, this);
    action->setShortcut(shortcut);
    connect(action, &QAction::triggered, this, std::move(run));
    QMainWindow::addAction(action);
    return action;
}

void MainWindow::addActions() {
    m_menu->addAction(addAction(tr("Search by an image file…"), u"search-image"_s, QKeySequence::Open,
                                [this] { chooseQueryImage(); }));
    m_menu->addAction(addAction(tr("Search by the copied image"), u"copy"_s, QKeySequence::Paste, [this] { paste(); }));
    m_menu->addAction(addAction(tr("Add folders…"), u"folder-add"_s, Qt::CTRL | Qt::SHIFT | Qt::Key_O,
                                [this] { chooseFolders(std::nullopt); }));
    m_menu->addSeparator();
    QUndoStack* changes = m_session.changes()->undoStack();
    QAction* undo = changes->createUndoAction(this, tr("Undo"));
    undo->setIcon(symbolIcon(u"undo"_s));
    undo->setShortcut(QKeySequence::Undo);
    QAction* redo = changes->createRedoAction(this, tr("Redo"));
    redo->setIcon(symbolIcon(u"redo"_s));
    redo->setShortcut(QKeySequence::Redo);
    for (QAction* action : {undo, redo}) {
        QMainWindow::addAction(action);
        m_menu->addAction(action);
    }
    m_menu->addSeparator();
    m_menu->addAction(addAction(tr("Learn this collection…"), {}, Qt::CTRL | Qt::Key_L,
                                [this] { m_learning->learn(m_browser.place().filter.collection); }));
    m_menu->addAction(m_imageActions->exportAction());
    m_menu->addAction(addAction(tr("Scan the collection again"), u"resume"_s, QKeySequence::Refresh, [this] {
        if (const auto collection = m_browser.place().filter.collection) m_session.changes()->rescan(*collection);
    }));
    QAction* renew = addAction(tr("Describe all images anew…"), {}, {}, [this] { offerRenewal(); });
    renew->setVisible(false);
    connect(m_session.renewal(), &Renewal::changed, this, [this, renew] {
        renew->setVisible(m_session.renewal()->possible());
        if (renew->isVisible()) offerRenewal();
    });
    m_menu->addAction(renew);
    m_menu->addSeparator();
    addAction(tr("Filter by name"), {}, QKeySequence::Find, [this] { m_filterBar->focusName(); });
    addAction(tr("Back"), {}, Qt::ALT | Qt::Key_Left, [this] { m_browser.back(); });
    addAction(tr("Forward"), {}, Qt::ALT | Qt::Key_Right, [this] { m_browser.forward(); });
    addAction(tr("Larger thumbnails"), {}, QKeySequence::ZoomIn,
              [this] { m_gallery->setTileSize(m_gallery->tileSize() + GalleryView::tileStep); });
    addAction(tr("Smaller thumbnails"), {}, QKeySequence::ZoomOut,
              [this] { m_gallery->setTileSize(m_gallery->tileSize() - GalleryView::tileStep); });
    m_menu->addAction(
        addAction(tr("Show the groups"), u"groups"_s, Qt::CTRL | Qt::Key_G, [this] { m_grouping->toggle(); }));
    m_menu->addAction(addAction(tr("Why this result is there"), u"why"_s, Qt::CTRL | Qt::Key_I,
                                [this] { m_why->setShown(!m_why->isShown()); }));
    addAction(tr("Finer level: only the same shot"), {}, Qt::Key_BracketLeft, [this] { m_granularity->step(-1); });
    addAction(tr("Broader level: the same kind"), {}, Qt::Key_BracketRight, [this] { m_granularity->step(1); });
    addAction(tr("Query and its regions"), {}, Qt::CTRL | Qt::Key_R, [this] { m_viewing->viewQuery(); });
    for (QAction* action : m_imageActions->actions())
        QMainWindow::addAction(action);
    m_menu->addSeparator();
    addThemes();
    m_menu->addAction(addAction(tr("Guide"), {}, QKeySequence::HelpContents, [this] { showGuide(); }));
    m_menu->addAction(
        addAction(tr("Keyboard shortcuts"), u"keyboard"_s, QKeySequence(u"?"_s), [this] { showShortcuts(); }));
    m_menu->addAction(addAction(tr("About Grappa"), {}, {}, [this] {
        auto* about = new AboutDialog(m_session.paths(), this);
        about->open();
    }));
    m_menu->addAction(addAction(tr("Quit"), {}, QKeySequence::Quit, [this] { close(); }));
}

void MainWindow::addThemes() {
    QMenu* menu = m_menu->addMenu(tr("Appearance"));
    const std::pair<QString, std::optional<bool>> themes[] = {
        {tr("As the system"), std::nullopt}, {tr("Light"), false}, {tr("Dark"), true}};
    for (const auto& [name, dark] : themes) {
        QAction* action = menu->addAction(name, this, [this, dark = dark] { setDark(dark); });
        action->setCheckable(true);
        action->setChecked(dark == m_dark);
        action->setData(dark ? QVariant(*dark) : QVariant());
        m_themes->addAction(action);
    }
}

void MainWindow::setDark(std::optional<bool> dark) {
    m_dark = dark;
    for (QAction* action : m_themes->actions())
        if (action->data() == (dark ? QVariant(*dark) : QVariant())) action->setChecked(true);
    m_saveSoon.start();
    Q_EMIT themeChosen(dark);
}

void MainWindow::connectGallery() {
    m_queryBar->setTileSize(m_gallery->tileSize());
    connect(m_queryBar, &QueryBar::tileSizeChosen, m_gallery, &GalleryView::setTileSize);
    connect(m_gallery, &GalleryView::tileSizeChanged, m_queryBar, &QueryBar::setTileSize);
    connect(m_gallery, &GalleryView::tileSizeChanged, &m_saveSoon, qOverload<>(&QTimer::start));
    connect(m_gallery, &GalleryView::backRequested, &m_browser, &Browser::back);
    for (GalleryView* view : {m_gallery, m_groupView})
        connect(view, &GalleryView::emptyActionRequested, this, &MainWindow::leadOn);
    connect(m_gallery, &GalleryView::searchRequested, this, &MainWindow::searchByRow);
    connect(m_gallery->selectionModel(), &QItemSelectionModel::selectionChanged, this, &MainWindow::showPlaceText);
    connect(m_imageActions, &ImageActions::searchRequested, this, &MainWindow::searchByRow);
    connect(m_imageActions, &ImageActions::viewRequested, m_viewing,
            [this](const QModelIndex& index) { m_viewing->viewRow(index.row()); });
    connect(m_viewing, &ViewerController::opened, this, &MainWindow::updateRoom);
    connect(m_viewing, &ViewerController::closed, this, &MainWindow::updateRoom);
    connect(m_viewing, &ViewerController::closed, this, [this] { setLoupe(false); });
    connect(m_viewing, &ViewerController::opened, m_viewer, qOverload<>(&QWidget::setFocus));
    connect(m_viewer, &Viewer::besideChanged, this, &MainWindow::updateRoom);
    connect(m_viewer, &Viewer::fullScreenRequested, this, &MainWindow::setLoupe);
    connect(&m_browser, &Browser::aboutToLeave, this, [this] { rememberView(); });
    connect(&m_browser, &Browser::placeChanged, this, &MainWindow::updatePlace);
    connect(&m_browser, &Browser::contentsShown, this, &MainWindow::restoreView);
    connect(&m_browser, &Browser::failed, m_messages, &MessageBar::show);
}

void MainWindow::connectQuery() {
    connect(m_queryBar, &QueryBar::backRequested, &m_browser, &Browser::back);
    connect(m_queryBar, &QueryBar::forwardRequested, &m_browser, &Browser::forward);
    connect(m_queryBar, &QueryBar::fileQueryRequested, this, &MainWindow::chooseQueryImage);
    connect(m_queryBar, &QueryBar::minScoreChosen, &m_browser, &Browser::setMinScore);
    connect(m_queryBar, &QueryBar::queryActivated, m_viewing, &ViewerController::viewQuery);
    connect(m_queryBar, &QueryBar::queryClosed, this,
            [this] { m_browser.showCollection(m_browser.place().filter.collection); });
    connect(m_queryBar, &QueryBar::scopeChosen, &m_browser, &Browser::setScope);
    connect(m_queryBar, &QueryBar::warningActivated, this, [this] {
        if (const auto collection = m_browser.place().filter.collection) showUnreadable(*collection);
    });
    connect(m_granularity, &GranularityBar::whyToggled, m_why, &WhyController::setShown);
    connect(m_why, &WhyController::shownChanged, m_granularity, &GranularityBar::setWhyShown);
    connect(m_why, &WhyController::shownChanged, &m_saveSoon, qOverload<>(&QTimer::start));
    connect(m_filterBar, &FilterBar::filterChosen, &m_browser, &Browser::setFilter);
    connect(m_filterBar, &FilterBar::orderChosen, &m_browser, &Browser::setOrder);
    connect(m_filterBar, &FilterBar::foldersWanted, this, [this] {
        m_session.readFolders(
            m_filterBar, m_browser.place().filter.collection,
            [this](const std::vector<std::filesystem::path>& folders) { m_filterBar->setFolders(folders); });
    });
}

void MainWindow::connectCollections() {
    CollectionChanges* changes = m_session.changes();
    m_sidebar->setFolderSource([this](CollectionId id) { return m_session.folders(id); });
    connect(m_sidebar, &CollectionSidebar::collectionChosen, &m_browser, &Browser::showCollection);
    connect(m_sidebar, &CollectionSidebar::collectionChosen, m_learning, &LearningController::showGallery);
    connect(m_sidebar, &CollectionSidebar::rescanRequested, changes, &CollectionChanges::rescan);
    connect(m_sidebar, &CollectionSidebar::forgetMissingRequested, changes, &CollectionChanges::forgetMissing);
    connect(m_sidebar, &CollectionSidebar::unreadableRequested, this, &MainWindow::showUnreadable);
    connect(m_sidebar, &CollectionSidebar::addFoldersRequested, this, &MainWindow::chooseFolders);
    connect(m_sidebar, &CollectionSidebar::removeRequested, this, &MainWindow::remove);
    connect(m_sidebar, &CollectionSidebar::relinkRequested, this, &MainWindow::chooseNewPlaceOf);
    connect(m_session.collections(), &CollectionListModel::renameRequested, this, &MainWindow::rename);
}

void MainWindow::connectSession(const std::filesystem::path& samples) {
    connect(m_empty, &EmptyState::chooseRequested, this, [this] { chooseFolders(std::nullopt); });
    connect(m_empty, &EmptyState::samplesRequested, this,
            [this, samples] { m_session.importFolders({samples}, tr("Sample photos")); });
    connect(&m_session, &Session::failed, m_messages, &MessageBar::show);
    connect(&m_session, &Session::libraryChanged, this, [this] {
        m_thumbnails.forgetMissing();
        const auto collection = m_browser.place().filter.collection;
        if (collection && !m_session.collections()->find(*collection)) m_browser.showCollection(std::nullopt);
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

void MainWindow::updateRoom() {
    const bool beside = m_viewing->isOpen() && m_viewer->beside() && !m_loupe;
    m_tiles->setVisible(beside || !m_viewing->isOpen());
    m_why->setCramped(m_loupe || (beside && width() < cosyWidth));
}

void MainWindow::setLoupe(bool loupe) {
    if (loupe == m_loupe) return;
    m_loupe = loupe;
    // What is hidden by itself stays hidden.
    for (QWidget* widget : {static_cast<QWidget*>(m_sidebar), static_cast<QWidget*>(m_queryBar),
                            static_cast<QWidget*>(m_filterBar), m_granularityRow, m_foot})
        widget->setVisible(!loupe);
    m_viewer->setFullScreen(loupe);
    setWindowState(loupe ? windowState() | Qt::WindowFullScreen : windowState() & ~Qt::WindowFullScreen);
    updateRoom();
    if (loupe) m_viewer->setFocus();
}

void MainWindow::resizeEvent(QResizeEvent* event) {
    QMainWindow::resizeEvent(event);
    updateRoom();
}

void MainWindow::fitInto(const QSize& available) {
    // A little is left for the frame, which is not known before the window is shown.
    const QSize room = available - QSize(0, frameHeight);
    setMinimumSize(minimumSize().boundedTo(room));
    if (width() > room.width() || height() > room.height()) resize(size().boundedTo(room));
}

void MainWindow::closeEvent(QCloseEvent* event) {
    m_saveSoon.stop();
    m_session.saveWindowState(state());
    event->accept();
    Q_EMIT closed();
}

std::optional<CollectionId> MainWindow::dropTargetAt(const QPoint& place) const {
    return m_browsing->isVisible() ? m_sidebar->collectionAt(m_sidebar->mapFrom(this, place)) : std::nullopt;
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    // What was dragged out of this window is not asked back in.
    if (event->source() || !canBeDropped(*event->mimeData())) return;
    event->setDropAction(Qt::CopyAction);
    event->accept();
    const int left = m_browsing->isVisible() ? m_sidebar->width() : 0;
    m_overlay->showOver(rect().adjusted(left, 0, 0, 0));
}

void MainWindow::dragMoveEvent(QDragMoveEvent* event) {
    const auto target = dropTargetAt(event->position().toPoint());
    m_sidebar->setDropTarget(target);
    m_overlay->setTarget(target ? m_session.collections()->nameOf(target) : QString());
}

void MainWindow::dragLeaveEvent(QDragLeaveEvent*) {
    m_overlay->hide();
    m_sidebar->setDropTarget(std::nullopt);
}

void MainWindow::dropEvent(QDropEvent* event) {
    m_overlay->hide();
    m_sidebar->setDropTarget(std::nullopt);
    event->setDropAction(Qt::CopyAction);
    event->accept();
    take(*event->mimeData(), dropTargetAt(event->position().toPoint()));
}

void MainWindow::take(const QMimeData& data, std::optional<CollectionId> into) {
    const DroppedItems items = droppedItems(data);
    if (items.remote > 0)
        m_messages->show({tr("Grappa makes no network connection, so addresses cannot be opened. "
                             "Save the image first, or copy the image itself."),
                          {}});
    if (!items.paths.empty()) m_session.open(items.paths, into);
    if (!items.image.isNull()) m_browser.searchByPixels(items.image);
}

void MainWindow::paste() {
    const QMimeData* data = QGuiApplication::clipboard()->mimeData();
    if (data && canBeDropped(*data)) return take(*data);
    m_messages->show({tr("There is no image to paste. Copy an image or an image file first."), {}});
}

void MainWindow::chooseFolders(std::optional<CollectionId> into) {
    auto* dialog = new QFileDialog(this, tr("Choose a folder of images"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::filesSelected, this, [this, into](const QStringList& names) {
        std::vector<std::filesystem::path> folders;
        for (const QString& name : names)
            folders.push_back(pathOf(name));
        m_session.importFolders(folders, {}, into);
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

void MainWindow::chooseNewPlaceOf(const Folder& folder) {
    auto* dialog = new QFileDialog(this, tr("Where is %1 now?").arg(fileNameText(folder.path)));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, this,
            [this, folder](const QString& name) { m_session.changes()->relink(folder, pathOf(name)); });
    dialog->open();
}

void MainWindow::rename(CollectionId collection, const QString& name) {
    if (m_session.collections()->hasName(name))
        return m_messages->show({tr("There is a collection %1 already. Choose another name.").arg(name), {}});
    const QString before = m_session.collections()->nameOf(collection);
    const AdaptStatus& learning = m_session.learning()->run()->status();
    if (learning.open() && learning.request.collection == before)
        return m_messages->show({tr("%1 is being learned. Rename it once that has ended.").arg(before), {}});
    m_session.changes()->rename(collection, before, name);
}

void MainWindow::remove(CollectionId collection) {
    const QString name = m_session.collections()->nameOf(collection);
    m_session.changes()->remove(collection, name);
    m_messages->offerUndo(tr("%1 was removed from Grappa. Its files were not touched.").arg(name),
                          m_session.changes()->undoStack());
}

void MainWindow::offerRenewal() {
    m_messages->tell(
        tr("An earlier version of Grappa described these images. Described anew, a click finds more of what "
           "belongs together. It takes about as long as importing them did, and can be stopped and "
           "resumed; searches answer as before until it is done."),
        tr("Describe anew"), [this] { m_session.renew(); });
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
    m_grouping->refresh();
    if (place.showsGroups()) {
        if (m_viewing->isOpen()) {
            m_viewing->close();
            m_groupView->setFocus();
        }
        return m_groupView->restorePosition(place.position);
    }
    m_viewing->setRestoring(true);
    m_gallery->setCaptions(m_browser.images()->hasScores());
    const int row = place.current ? m_browser.images()->rowOf(*place.current) : 0;
    m_gallery->selectionModel()->setCurrentIndex(m_browser.images()->index(std::max(row, 0)),
                                                 QItemSelectionModel::ClearAndSelect);
    if (!place.current) m_gallery->clearSelection();
    m_gallery->restorePosition(place.position);
    m_viewing->setRestoring(false);
    m_viewing->refresh();
    // A query that is searched anew comes after its listing.
    if (!m_browser.pending() && std::exchange(m_viewAfterRestore, false)) m_viewing->viewRow(std::max(row, 0));
}

void MainWindow::updatePlace() {
    const Place& place = m_browser.place();
    const CollectionListModel& collections = *m_session.collections();
    const ImageQuery* query = m_browser.query();
    showPlaceText();
    m_queryBar->setQuery(query ? std::optional(QueryChip{query->preview, query->title(), query->region.has_value()})
                               : std::nullopt);
    m_queryBar->setScores(place.scores(), place.minScore);
    m_queryBar->setNavigation(m_browser.canGoBack() || m_browser.pending(), m_browser.canGoForward());
    m_filterBar->setState(place.filter, place.order, place.query || (place.group && place.group->cluster));
    m_sidebar->setCurrent(place.filter.collection);
    m_gallery->setCaptions(m_browser.images()->hasScores());
    m_queryBar->setScope(queryScope(m_browser, collections));
    const EmptyGallery empty = emptyGallery(m_browser, collections, m_session.imports()->running());
    for (GalleryView* view : {m_gallery, m_groupView})
        view->setEmptyText(empty.text, empty.actionText);
    m_viewing->refresh();
    m_saveSoon.start();
}

void MainWindow::showPlaceText() {
    QueryBarText text = placeText(m_browser, *m_session.collections());
    if (const int selected = m_gallery->selectedCount(); selected > 1)
        text.note += u" · "_s + tr("%Ln selected", nullptr, selected);
    m_queryBar->setText(text);
}

void MainWindow::leadOn() {
    switch (emptyGallery(m_browser, *m_session.collections(), m_session.imports()->running()).action) {
    case EmptyAction::None:
        return;
    case EmptyAction::ClearFilter:
        return m_browser.setFilter({});
    case EmptyAction::ClearCut:
        return m_browser.setMinScore(std::nullopt);
    case EmptyAction::SearchEverywhere:
        return m_browser.setScope(std::nullopt);
    }
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

void MainWindow::showGuide() {
    auto* guide = findChild<GuideDialog*>();
    if (guide == nullptr) guide = new GuideDialog(this);
    guide->show();
    guide->activateWindow();
}

void MainWindow::showShortcuts() {
    if (findChild<ShortcutSheet*>()) return;
    auto* sheet = new ShortcutSheet(actions(), this);
    sheet->open();
}

void MainWindow::restoreState() {
    auto state = readWindowState(m_session.windowStateFile());
    if (!state) return m_browser.restore({});
    if (!state->geometry.isEmpty()) restoreGeometry(state->geometry);
    if (!state->panes.isEmpty()) m_panes->restoreState(state->panes);
    if (state->tileSize > 0) m_gallery->setTileSize(state->tileSize);
    m_viewAfterRestore = state->viewing;
    m_viewer->setBeside(state->beside);
    setDark(state->dark);
    m_why->setShown(state->why);
    m_browser.restore(std::move(state->place));
}

void MainWindow::rememberView() {
    if (m_browser.place().showsGroups()) return m_browser.rememberView(m_groupView->position(), std::nullopt);
    m_browser.rememberView(m_gallery->position(), m_browser.images()->imageAt(m_gallery->currentIndex().row()));
}

WindowState MainWindow::state() {
    rememberView();
    return {.place = m_browser.place(),
            .tileSize = m_gallery->tileSize(),
            .geometry = m_loupe ? QByteArray() : saveGeometry(),
            .panes = m_panes->saveState(),
            .viewing = m_viewing->isOpen(),
            .beside = m_viewer->beside(),
            .dark = m_dark,
            .why = m_why->isShown()};
}

} // namespace grappa
