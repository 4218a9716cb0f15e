#include "tests/support/images.h"
#include "tests/support/tiny_backbone.h"
#include "ui/browser.h"
#include "ui/models/image_list_model.h"
#include "ui/models/thumbnail_loader.h"
#include "ui/session.h"
#include "ui/views/collection_sidebar.h"
#include "ui/views/gallery_view.h"
#include "ui/views/main_window.h"
#include "ui/views/message_bar.h"
#include "ui/views/unreadable_dialog.h"
#include "ui/views/viewer.h"

#include <QAction>
#include <QClipboard>
#include <QDir>
#include <QDropEvent>
#include <QFile>
#include <QGuiApplication>
#include <QLabel>
#include <QListView>
#include <QMenu>
#include <QMimeData>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <algorithm>
#include <csignal>
#include <memory>

using namespace grappa;

namespace {

constexpr int imagesInGarden = 60;
constexpr int patienceMs = 90'000; ///< a busy machine
constexpr int closingMs = 3000;

} // namespace

/// The window over the real grappa-cli, with a small random backbone.
class TestMainWindow : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();
    void aDroppedFolderIsImportedAndSearchedByClick();
    void aDoubleClickViewsTheImageOfItsFirstClick();
    void escapeReturnsToTheSamePlace();
    void unreadableFilesAreListedWithReasons();
    void aPastedImageFindsItself();
    void aDroppedFileFindsItself();
    void addressesAreRefused();
    void aStoppedImportGoesOn();
    void anImportThatDiedIsToldAndGoesOn();
    void theSameFolderMakesNoSecondCollection();
    void closingEndsTheChildren();
    void aSearchChildThatDiedIsToldAndStartsAgain();
    void aRendererThatDiedIsToldAndStartsAgain();
    void aSearchIsWidenedToEverywhere();
    void anEmptyResultLeadsOn();
    void anUndoGoesWithItsAction();
    void theLargeViewTakesTheCentreOrTheScreen();
    void theLargeViewStaysWithTheResultsBeside();
    void aPictureWhoseFileIsAwayIsStillShown();
    void theWindowFitsItsScreen_data();
    void theWindowFitsItsScreen();
    void theThemeIsRemembered();
    void foldersDroppedOnACollectionGoIntoIt();
    void newFilesAreFoundAtTheNextStart();
    void aStoppedImportIsOfferedAtTheNextStart();

private:
    void open();
    void reopen();
    void drop(const QMimeData& data, const QPoint& place = {640, 400});
    void dropPaths(const QStringList& paths);
    void importGarden();
    QString text(const char* name) const { return m_window->findChild<QLabel*>(name)->text(); }
    GalleryView* gallery() const { return m_window->findChild<GalleryView*>(); }
    QAbstractItemModel* images() const { return gallery()->model(); }
    ImportState importState() const { return m_session->imports()->status().state; }
    bool showsScores() const {
        return images()->rowCount() > 0 && images()->index(0, 0).data(ImageListModel::ScoreRole).isValid();
    }
    void click(int row) {
        gallery()->scrollTo(images()->index(row, 0));
        QTest::mouseClick(gallery()->viewport(), Qt::LeftButton, Qt::NoModifier,
                          gallery()->visualRect(images()->index(row, 0)).center());
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_garden;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<MainWindow> m_window;
};

void TestMainWindow::initTestCase() {
    static const QTemporaryDir models;
    test::writeTinyBackbone(models.path().toStdString());
    qputenv("GRAPPA_MODELS", models.path().toUtf8());
}

void TestMainWindow::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_garden = m_folder->filePath("Garden");
    QVERIFY(QDir().mkpath(m_garden));
    QVERIFY(test::writeImages(m_garden, imagesInGarden));
    open();
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
}

/// Without levels, which would come while a test runs and change what Auto finds.
void TestMainWindow::open() {
    m_session = std::make_unique<Session>(SessionOptions{
        .library = m_folder->filePath("library").toStdString(), .cli = GRAPPA_BIN "/grappa-cli", .makeLevels = false});
    m_window = std::make_unique<MainWindow>(*m_session, std::filesystem::path());
    m_window->show();
}

void TestMainWindow::cleanup() {
    m_window.reset();
    m_session.reset();
    m_folder.reset();
}

void TestMainWindow::drop(const QMimeData& data, const QPoint& place) {
    QDragEnterEvent enter(place, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(m_window.get(), &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent event(place, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(m_window.get(), &event);
}

void TestMainWindow::dropPaths(const QStringList& paths) {
    QMimeData data;
    QList<QUrl> urls;
    for (const QString& path : paths)
        urls << QUrl::fromLocalFile(path);
    data.setUrls(urls);
    drop(data);
}

void TestMainWindow::importGarden() {
    dropPaths({m_garden});
    QTRY_COMPARE_WITH_TIMEOUT(importState(), ImportState::Done, patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(images()->rowCount(), imagesInGarden, patienceMs);
}

void TestMainWindow::aDroppedFolderIsImportedAndSearchedByClick() {
    importGarden();
    QCOMPARE(text("title"), "Garden");
    click(4);
    QTRY_VERIFY_WITH_TIMEOUT(showsScores(), patienceMs);
    QCOMPARE(images()->rowCount(), imagesInGarden - 1);
    QVERIFY(text("title").startsWith("Similar to "));
    float before = 100;
    for (int row = 0; row < images()->rowCount(); ++row) {
        const float score = images()->index(row, 0).data(ImageListModel::ScoreRole).toFloat();
        QVERIFY(score <= before);
        before = score;
    }
}

void TestMainWindow::aDoubleClickViewsTheImageOfItsFirstClick() {
    importGarden();
    const QString name = images()->index(4, 0).data().toString();
    const QPoint at = gallery()->visualRect(images()->index(4, 0)).center();
    QTest::mouseClick(gallery()->viewport(), Qt::LeftButton, {}, at);
    QTRY_VERIFY_WITH_TIMEOUT(showsScores(), patienceMs);
    QVERIFY(images()->index(4, 0).data().toString() != name);
    QTest::mouseDClick(gallery()->viewport(), Qt::LeftButton, {}, at);
    QTest::mouseRelease(gallery()->viewport(), Qt::LeftButton, {}, at);
    const auto* viewer = m_window->findChild<Viewer*>();
    QVERIFY(viewer->isVisible());
    QCOMPARE(viewer->findChild<QLabel*>("viewerTitle")->text(), name);
    QTest::qWait(200); // for a search that must not come
    QCOMPARE(text("title"), "Similar to " + name);
}

void TestMainWindow::escapeReturnsToTheSamePlace() {
    importGarden();
    gallery()->setTileSize(GalleryView::largestTile);
    gallery()->verticalScrollBar()->setValue(gallery()->verticalScrollBar()->maximum() / 2);
    const auto [first, last] = gallery()->visibleRows();
    gallery()->selectionModel()->setCurrentIndex(images()->index((first + last) / 2, 0),
                                                 QItemSelectionModel::ClearAndSelect);
    // Only now: the current image is scrolled into view.
    const int before = gallery()->verticalScrollBar()->value();
    QVERIFY(before > 0);
    const int current = gallery()->currentIndex().row();
    QTest::keyClick(gallery(), Qt::Key_Return);
    QTRY_VERIFY_WITH_TIMEOUT(showsScores(), patienceMs);
    QTest::keyClick(gallery(), Qt::Key_Escape);
    QTRY_VERIFY_WITH_TIMEOUT(!showsScores(), patienceMs);
    QCOMPARE(images()->rowCount(), imagesInGarden);
    QTRY_COMPARE_WITH_TIMEOUT(gallery()->verticalScrollBar()->value(), before, patienceMs);
    QCOMPARE(gallery()->currentIndex().row(), current);
}

void TestMainWindow::unreadableFilesAreListedWithReasons() {
    QFile broken(m_garden + "/broken.png");
    QVERIFY(broken.open(QIODevice::WriteOnly));
    broken.write("this is no image");
    broken.close();
    importGarden();
    auto* link = m_window->findChild<QPushButton*>("warningLink");
    QTRY_VERIFY_WITH_TIMEOUT(link->isVisible(), patienceMs);
    QTest::mouseClick(link, Qt::LeftButton);
    auto* dialog = m_window->findChild<UnreadableDialog*>();
    QVERIFY(dialog);
    const auto* model = dialog->findChild<QTableView*>()->model();
    QTRY_COMPARE_WITH_TIMEOUT(model->rowCount(), 1, patienceMs);
    QCOMPARE(model->index(0, UnreadableFilesModel::NameColumn).data().toString(), "broken.png");
    QCOMPARE(model->index(0, UnreadableFilesModel::ReasonColumn).data().toString(), "not a known image format");
}

void TestMainWindow::aPastedImageFindsItself() {
    importGarden();
    QGuiApplication::clipboard()->setImage(QImage(m_garden + "/0007.jpg"));
    QTest::keyClick(m_window.get(), Qt::Key_V, Qt::ControlModifier);
    QTRY_VERIFY_WITH_TIMEOUT(showsScores(), patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(images()->index(0, 0).data().toString(), "0007.jpg", patienceMs);
    QVERIFY(images()->index(0, 0).data(ImageListModel::CosineRole).toFloat() > 0.99F);
    QVERIFY(images()->index(0, 0).data(ImageListModel::ScoreRole).toFloat() > 97);
}

void TestMainWindow::aDroppedFileFindsItself() {
    importGarden();
    dropPaths({m_garden + "/0011.jpg"});
    QTRY_VERIFY_WITH_TIMEOUT(showsScores(), patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(images()->index(0, 0).data().toString(), "0011.jpg", patienceMs);
    QCOMPARE(text("title"), "Similar to 0011.jpg");
}

void TestMainWindow::addressesAreRefused() {
    QMimeData data;
    data.setUrls({QUrl("https://example.org/picture.jpg")});
    drop(data);
    const auto* messages = m_window->findChild<MessageBar*>();
    QVERIFY(messages->isVisible());
    QVERIFY(messages->findChild<QLabel*>("sentence")->text().contains("no network"));
    QCOMPARE(importState(), ImportState::Idle);
}

void TestMainWindow::aStoppedImportGoesOn() {
    QVERIFY(test::writeImages(m_garden, 400));
    dropPaths({m_garden});
    QTRY_VERIFY_WITH_TIMEOUT(images()->rowCount() > 0, patienceMs);
    m_session->imports()->stop();
    QTRY_VERIFY_WITH_TIMEOUT(importState() == ImportState::Stopped || importState() == ImportState::Done, 5000);
    if (importState() == ImportState::Done) QSKIP("the import was done before it could be stopped");
    QVERIFY(images()->rowCount() < 400);
    m_session->imports()->resume();
    QTRY_COMPARE_WITH_TIMEOUT(importState(), ImportState::Done, patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(images()->rowCount(), 400, patienceMs);
}

void TestMainWindow::anImportThatDiedIsToldAndGoesOn() {
    QVERIFY(test::writeImages(m_garden, 400));
    dropPaths({m_garden});
    QTRY_VERIFY_WITH_TIMEOUT(images()->rowCount() > 0, patienceMs);
    if (!m_session->imports()->running()) QSKIP("the import was done before it could be killed");
    QCOMPARE(::kill(static_cast<pid_t>(m_session->imports()->processId()), SIGKILL), 0);
    QTRY_COMPARE_WITH_TIMEOUT(importState(), ImportState::Failed, 5000);
    QVERIFY(m_session->imports()->status().problem.sentence.contains("resume"));
    m_session->imports()->resume();
    QTRY_COMPARE_WITH_TIMEOUT(importState(), ImportState::Done, patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(images()->rowCount(), 400, patienceMs);
}

void TestMainWindow::theSameFolderMakesNoSecondCollection() {
    importGarden();
    dropPaths({m_garden, m_garden + "/"});
    QSignalSpy finished(m_session->imports(), &ImportChild::finished);
    QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, patienceMs);
    QCOMPARE(m_session->collections()->rowCount(), 2);
}

void TestMainWindow::closingEndsTheChildren() {
    QVERIFY(test::writeImages(m_garden, 400));
    dropPaths({m_garden});
    QTRY_VERIFY_WITH_TIMEOUT(m_session->imports()->running(), patienceMs);
    QSignalSpy ended(m_session.get(), &Session::shutDownFinished);
    m_session->shutDown();
    QTRY_VERIFY_WITH_TIMEOUT(!ended.isEmpty(), closingMs);
    QVERIFY(!m_session->imports()->running());
}

void TestMainWindow::reopen() {
    QSignalSpy ended(m_session.get(), &Session::shutDownFinished);
    m_window->close();
    m_session->shutDown();
    QTRY_VERIFY_WITH_TIMEOUT(!ended.isEmpty(), closingMs);
    m_window.reset();
    m_session.reset();
    open();
}

void TestMainWindow::aSearchChildThatDiedIsToldAndStartsAgain() {
    importGarden();
    // The same picture in other bytes: one that the library does not have a vector of.
    const QString outside = m_folder->filePath("outside.png");
    QVERIFY(QImage(m_garden + "/0011.jpg").save(outside));
    dropPaths({outside});
    QTRY_VERIFY_WITH_TIMEOUT(m_session->embedder().running() && m_session->embedder().processId() > 0, patienceMs);
    QCOMPARE(::kill(static_cast<pid_t>(m_session->embedder().processId()), SIGKILL), 0);
    const auto* messages = m_window->findChild<MessageBar*>();
    QTRY_VERIFY_WITH_TIMEOUT(messages->isVisible(), 5000);
    QVERIFY(messages->findChild<QLabel*>("sentence")->text().contains("Search again"));
    QCOMPARE(images()->rowCount(), imagesInGarden);
    dropPaths({outside});
    QTRY_VERIFY_WITH_TIMEOUT(showsScores(), patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(images()->index(0, 0).data().toString(), "0011.jpg", patienceMs);
}

void TestMainWindow::aRendererThatDiedIsToldAndStartsAgain() {
    importGarden();
    gallery()->setCurrentIndex(images()->index(3, 0));
    QTest::keyClick(gallery(), Qt::Key_Space);
    auto* viewer = m_window->findChild<Viewer*>();
    QTRY_VERIFY_WITH_TIMEOUT(m_session->renderer().running() && m_session->renderer().processId() > 0, patienceMs);
    ::kill(static_cast<pid_t>(m_session->renderer().processId()), SIGKILL);
    QTRY_VERIFY_WITH_TIMEOUT(!m_session->renderer().running(), 5000);
    QVERIFY(viewer->isVisible());
    QTest::keyClick(viewer, Qt::Key_Right);
    QTRY_VERIFY_WITH_TIMEOUT(!viewer->pixels().isNull(), patienceMs);
}

void TestMainWindow::aSearchIsWidenedToEverywhere() {
    importGarden();
    auto* scope = m_window->findChild<QToolButton*>("scope");
    QVERIFY(!scope->isVisible());
    const QString more = m_folder->filePath("More");
    QVERIFY(test::writeImages(more, 5, 1000));
    dropPaths({more});
    QTRY_COMPARE_WITH_TIMEOUT(m_session->collections()->rowCount(), 3, patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(importState(), ImportState::Done, patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(images()->rowCount(), 5, patienceMs);
    click(2);
    QTRY_VERIFY_WITH_TIMEOUT(showsScores(), patienceMs);
    QCOMPARE(images()->rowCount(), 4);
    QVERIFY(scope->isVisible());
    QCOMPARE(scope->text(), "in More");
    QCOMPARE(scope->menu()->actions().size(), 3);
    QCOMPARE(scope->menu()->actions().first()->text(), "everywhere");
    scope->menu()->actions().first()->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(images()->rowCount(), imagesInGarden + 4, patienceMs);
    QVERIFY(showsScores());
    QCOMPARE(scope->text(), "everywhere");
    QVERIFY(text("title").startsWith("Similar to"));
}

void TestMainWindow::anEmptyResultLeadsOn() {
    importGarden();
    auto* action = gallery()->viewport()->findChild<QPushButton*>();
    QVERIFY(!action->isVisible());
    auto* browser = m_window->findChild<Browser*>();
    ImageFilter filter;
    filter.nameContains = "nothing has this name";
    browser->setFilter(filter);
    QTRY_COMPARE_WITH_TIMEOUT(images()->rowCount(), 0, patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(action->text(), "Clear the filter", patienceMs);
    QVERIFY(action->isVisible());
    QTest::mouseClick(action, Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(images()->rowCount(), imagesInGarden, patienceMs);
    QVERIFY(!action->isVisible());
    QVERIFY(gallery()->hasFocus());
}

void TestMainWindow::anUndoGoesWithItsAction() {
    importGarden();
    const auto* messages = m_window->findChild<MessageBar*>();
    auto* sidebar = m_window->findChild<CollectionSidebar*>();
    const CollectionId garden = m_session->collections()->collections().front().id;
    Q_EMIT sidebar->removeRequested(garden);
    QVERIFY(messages->isVisible());
    QTRY_COMPARE_WITH_TIMEOUT(m_session->collections()->rowCount(), 1, patienceMs);
    // Taken back by the key: there is nothing left that the button would undo.
    m_session->changes()->undoStack()->undo();
    QVERIFY(!messages->isVisible());
    QTRY_COMPARE_WITH_TIMEOUT(m_session->collections()->rowCount(), 2, patienceMs);
}

void TestMainWindow::theLargeViewTakesTheCentreOrTheScreen() {
    importGarden();
    auto* viewer = m_window->findChild<Viewer*>();
    auto* sidebar = m_window->findChild<CollectionSidebar*>();
    gallery()->setFocus();
    gallery()->setCurrentIndex(images()->index(3, 0));
    QTest::keyClick(gallery(), Qt::Key_Space);
    QVERIFY(viewer->isVisible());
    QVERIFY(!gallery()->isVisible());
    QVERIFY(sidebar->isVisible());
    QTest::keyClick(viewer, Qt::Key_Right);
    QCOMPARE(gallery()->currentIndex().row(), 4);
    QTest::keyClick(viewer, Qt::Key_F);
    QVERIFY(m_window->isFullScreen());
    QVERIFY(!sidebar->isVisible());
    QTest::keyClick(viewer, Qt::Key_Right);
    QCOMPARE(gallery()->currentIndex().row(), 5);
    // Esc leads back step by step.
    QTest::keyClick(viewer, Qt::Key_Escape);
    QVERIFY(!m_window->isFullScreen());
    QVERIFY(sidebar->isVisible());
    QVERIFY(viewer->isVisible());
    QTest::keyClick(viewer, Qt::Key_Escape);
    QVERIFY(!viewer->isVisible());
    QVERIFY(gallery()->isVisible());
    QVERIFY(gallery()->hasFocus());
    QCOMPARE(gallery()->currentIndex().row(), 5);
}

void TestMainWindow::theLargeViewStaysWithTheResultsBeside() {
    importGarden();
    auto* viewer = m_window->findChild<Viewer*>();
    gallery()->setCurrentIndex(images()->index(3, 0));
    QTest::keyClick(gallery(), Qt::Key_Space);
    QTest::keyClick(viewer, Qt::Key_B);
    QVERIFY(viewer->isVisible() && gallery()->isVisible());
    QTest::keyClick(viewer, Qt::Key_Escape);
    QTest::keyClick(gallery(), Qt::Key_Space);
    QVERIFY(viewer->isVisible() && gallery()->isVisible());
    viewer->setBeside(false);
    QVERIFY(!gallery()->isVisible());
    // The results of a region follow it.
    QTest::keyClick(viewer, Qt::Key_R);
    QVERIFY(gallery()->isVisible());
}

void TestMainWindow::aPictureWhoseFileIsAwayIsStillShown() {
    importGarden();
    QTRY_VERIFY_WITH_TIMEOUT(images()->index(3, 0).data(ImageListModel::HashRole).isValid(), patienceMs);
    const Image* record = m_window->findChild<Browser*>()->images()->recordAt(3);
    QVERIFY(record);
    const auto loaders = m_window->findChildren<ThumbnailLoader*>();
    QTRY_VERIFY_WITH_TIMEOUT(
        std::ranges::any_of(loaders, [&](const ThumbnailLoader* loader) { return loader->find(record->hash); }),
        patienceMs);
    QVERIFY(QFile::remove(QString::fromStdString(record->path.native())));
    gallery()->setCurrentIndex(images()->index(3, 0));
    QTest::keyClick(gallery(), Qt::Key_Space);
    const auto notice = [this]() -> QString {
        for (const QLabel* label : m_window->findChild<Viewer*>()->findChildren<QLabel*>("notice"))
            if (label->isVisible()) return label->text();
        return {};
    };
    QTRY_VERIFY_WITH_TIMEOUT(notice().startsWith("Only the small picture"), patienceMs);
}

void TestMainWindow::theWindowFitsItsScreen_data() {
    QTest::addColumn<QSize>("available");
    QTest::newRow("1366 x 768") << QSize(1366, 728);
    QTest::newRow("1440 x 900 at scale 1.5") << QSize(960, 572);
    QTest::newRow("a large one") << QSize(2560, 1400);
}

void TestMainWindow::theWindowFitsItsScreen() {
    QFETCH(QSize, available);
    const QSize before = m_window->size();
    m_window->fitInto(available);
    QVERIFY(m_window->width() <= available.width());
    QVERIFY(m_window->height() < available.height()); // the frame has room
    if (available.width() > before.width() && available.height() > before.height() + 100)
        QCOMPARE(m_window->size(), before);
}

void TestMainWindow::theThemeIsRemembered() {
    QSignalSpy chosen(m_window.get(), &MainWindow::themeChosen);
    for (QAction* action : m_window->findChildren<QAction*>())
        if (action->text() == "Dark") action->trigger();
    QCOMPARE(chosen.count(), 1);
    QCOMPARE(m_window->dark(), std::optional(true));
    reopen();
    QCOMPARE(m_window->dark(), std::optional(true));
}

void TestMainWindow::foldersDroppedOnACollectionGoIntoIt() {
    importGarden();
    const QString more = m_folder->filePath("More");
    QVERIFY(test::writeImages(more, 5, 1000));
    auto* list = m_window->findChild<CollectionSidebar*>()->findChild<QListView*>();
    const QPoint row = list->viewport()->mapTo(m_window.get(), list->visualRect(list->model()->index(1, 0)).center());
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(more)});
    drop(data, row);
    QTRY_COMPARE_WITH_TIMEOUT(images()->rowCount(), imagesInGarden + 5, patienceMs);
    QCOMPARE(m_session->collections()->rowCount(), 2);
    QTRY_COMPARE_WITH_TIMEOUT(importState(), ImportState::Done, patienceMs);
    m_session->changes()->undoStack()->undo();
    QTRY_COMPARE_WITH_TIMEOUT(images()->rowCount(), imagesInGarden, patienceMs);
}

void TestMainWindow::newFilesAreFoundAtTheNextStart() {
    importGarden();
    QVERIFY(test::writeImages(m_garden, imagesInGarden + 3));
    reopen();
    QTRY_COMPARE_WITH_TIMEOUT(images()->rowCount(), imagesInGarden + 3, patienceMs);
}

void TestMainWindow::aStoppedImportIsOfferedAtTheNextStart() {
    QVERIFY(test::writeImages(m_garden, 400));
    dropPaths({m_garden});
    QTRY_VERIFY_WITH_TIMEOUT(images()->rowCount() > 0, patienceMs);
    if (!m_session->imports()->running()) QSKIP("the import was done before the window could be closed");
    reopen();
    QTRY_COMPARE_WITH_TIMEOUT(importState(), ImportState::Stopped, 5000);
    m_session->imports()->resume();
    QTRY_COMPARE_WITH_TIMEOUT(importState(), ImportState::Done, patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(images()->rowCount(), 400, patienceMs);
}

QTEST_MAIN(TestMainWindow)
#include "tst_main_window.moc"
