#include "tests/support/event_loop_watchdog.h"
#include "tests/support/images.h"
#include "tests/support/tiny_backbone.h"
#include "ui/jobs/exporter.h"
#include "ui/models/image_list_model.h"
#include "ui/session.h"
#include "ui/views/adaptation_list.h"
#include "ui/views/attention_bar.h"
#include "ui/views/collection_sidebar.h"
#include "ui/views/drop_overlay.h"
#include "ui/views/filter_bar.h"
#include "ui/views/gallery_view.h"
#include "ui/views/granularity_bar.h"
#include "ui/views/granularity_slider.h"
#include "ui/views/image_actions.h"
#include "ui/views/image_canvas.h"
#include "ui/views/image_strip.h"
#include "ui/views/learn_sheet.h"
#include "ui/views/learning_bar.h"
#include "ui/views/learning_page.h"
#include "ui/views/main_window.h"
#include "ui/views/message_bar.h"
#include "ui/views/query_bar.h"
#include "ui/views/report_page.h"
#include "ui/views/score_cut.h"
#include "ui/views/shortcut_sheet.h"
#include "ui/views/theme.h"
#include "ui/views/viewer.h"
#include "ui/views/why_panel.h"

#include <nlohmann/json.hpp>

#include <QClipboard>
#include <QComboBox>
#include <QDir>
#include <QDirIterator>
#include <QDragEnterEvent>
#include <QFile>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMimeData>
#include <QMouseEvent>
#include <QPainter>
#include <QProcess>
#include <QPushButton>
#include <QRadioButton>
#include <QSet>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QTranslator>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <memory>
#include <numeric>

using namespace grappa;

namespace {

constexpr int patienceMs = 60'000;
constexpr int closingMs = 3000;
constexpr int jobMs = 150'000; ///< a stage of learning, or making levels, on a busy machine
constexpr int settleMs = 300;  ///< thumbnails and large images come from elsewhere
constexpr int animalCount = 80, foodCount = 30;
constexpr double longestBlockMs = 50;
/// Photographs of a Debian package that may be published.
const QString stamps = QStringLiteral("/usr/share/tuxpaint/stamps/");

/// Copies `count` pictures of a folder, in order of their names, with its subfolders. False: there are not as many.
bool copyPictures(const QString& from, const QString& to, int count) {
    QStringList files;
    for (QDirIterator it(from, {"*.png", "*.jpg"}, QDir::Files, QDirIterator::Subdirectories); it.hasNext();)
        files << it.next();
    files.sort();
    for (const QString& file : files.mid(0, count)) {
        const QString target = to + file.mid(from.size());
        QDir().mkpath(QFileInfo(target).path());
        if (!QFile::copy(file, target)) return false;
    }
    return files.size() >= count;
}

test::WatchedApplication& application() {
    return *static_cast<test::WatchedApplication*>(QCoreApplication::instance());
}

} // namespace

/// What a user does in a first hour, step by step: it asserts on what is shown and keeps a picture of every step.
class TestTour : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void theEmptyWindowSaysWhatToDo();
    void twoFoldersAreDropped();
    void theyAreImported();
    void theFilterLeavesWhatPasses();
    void theOrderCanBeChosen();
    void aClickSearches();
    void theCutLeavesHighScores();
    void aPasteSearches();
    void aFileSearches();
    void backAndForward();
    void theViewerShowsAnImage();
    void aRegionSearches();
    void aResultIsCompared();
    void resultsAreExported();
    void aRemovalIsUndone();
    void theSheetListsTheKeys();
    void theSessionIsTakenUpAgain();
    void theSheetSaysHowLongLearningTakes();
    void learningIsPaused();
    void theGalleryWorksMeanwhile();
    void aKilledRunGoesOn();
    void theReportSaysWhetherItHelped();
    void whatWasLearnedIsUsed();
    void theSliderGoesThroughAllLevels();
    void whyAResultIsThere();
    void patchesAreMatched();
    void theGroupsOfALevel();
    void whatWasLearnedIsExported();
    void backToTheBase();
    void theEventLoopWasNeverBlocked();

private:
    void open();
    void save(const QString& name);
    void sendDrag(const QStringList& paths, bool drop);
    GalleryView* gallery() const { return m_window->findChild<GalleryView*>(); }
    GranularitySlider* slider() const { return m_window->findChild<GranularitySlider*>(); }
    Viewer* viewer() const { return m_window->findChild<Viewer*>(); }
    ImageCanvas* canvas() const { return viewer()->findChildren<ImageCanvas*>().last(); }
    QAbstractItemModel* images() const { return gallery()->model(); }
    QString text(const char* name) const { return m_window->findChild<QLabel*>(name)->text(); }
    QString note() const { return m_window->findChild<QueryBar*>()->findChild<QLabel*>("note")->text(); }
    QString nameAt(int row) const { return images()->index(row, 0).data().toString(); }
    bool showsScores() const {
        return images()->rowCount() > 0 && images()->index(0, 0).data(ImageListModel::ScoreRole).isValid();
    }
    /// The title names the query at once; the results come when nothing is searched any more.
    bool searched(const QString& title) const {
        return showsScores() && text("title") == title && !note().contains("Searching");
    }
    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier) {
        QTest::keyClick(gallery(), key, modifiers);
    }
    QPoint centreOf(int row) const {
        gallery()->scrollTo(images()->index(row, 0));
        return gallery()->visualRect(images()->index(row, 0)).center();
    }
    ImportState importState() const { return m_session->imports()->status().state; }
    AdaptChild* run() const { return m_session->learning()->run(); }
    AdaptState runState() const { return run()->status().state; }
    LearningPage* learningPage() const { return m_window->findChild<LearningPage*>(); }
    static QPushButton* button(const QWidget* view, const QString& text) {
        const auto buttons = view->findChildren<QPushButton*>();
        const auto found = std::ranges::find(buttons, text, &QPushButton::text);
        return found == buttons.end() ? nullptr : *found;
    }
    /// The images of the first rows.
    QList<qlonglong> shown(int rows) const {
        QList<qlonglong> ids;
        for (int row = 0; row < rows; ++row)
            ids << images()->index(row, 0).data(ImageListModel::IdRole).toLongLong();
        return ids;
    }
    /// What grappa-cli prints for a query of the same library.
    nlohmann::json cli(const QStringList& arguments) const;

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<ThemeController> m_theme;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<MainWindow> m_window;
    QTranslator m_english;
    int m_step = 0;
    QString m_clicked;
    QString m_partOfNames = "be"; ///< of some images, not of all
};

void TestTour::initTestCase() {
    m_folder = std::make_unique<QTemporaryDir>();
    QVERIFY(m_english.load(QStringLiteral(":/translations/grappa_en.qm")));
    QCoreApplication::installTranslator(&m_english);
    m_theme = std::make_unique<ThemeController>(*qApp, false);
    if (!QFile::exists(GRAPPA_BACKBONE)) {
        const QString models = m_folder->filePath("models");
        QVERIFY(QDir().mkpath(models));
        test::writeTinyBackbone(models.toStdString());
        qputenv("GRAPPA_MODELS", models.toUtf8());
    }
    if (!copyPictures(stamps + "animals", m_folder->filePath("Animals"), animalCount)) {
        QVERIFY(test::writeImages(m_folder->filePath("Animals"), animalCount));
        m_partOfNames = "001";
    }
    if (!copyPictures(stamps + "food", m_folder->filePath("Food"), foodCount))
        QVERIFY(test::writeImages(m_folder->filePath("Food"), foodCount, animalCount));
    open();
}

void TestTour::cleanupTestCase() {
    m_window.reset();
    m_session.reset();
}

void TestTour::open() {
    SessionOptions options{.library = m_folder->filePath("library").toStdString()};
    options.cli = GRAPPA_BIN "/grappa-cli";
    m_session = std::make_unique<Session>(options);
    m_window = std::make_unique<MainWindow>(*m_session, stamps.toStdString());
    m_window->resize(1280, 800);
    m_window->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
}

/// In both themes; a sheet or dialog that is open is painted where it lies.
void TestTour::save(const QString& name) {
    application().watch(false);
    const qreal ratio = m_window->devicePixelRatioF();
    QVERIFY(QDir().mkpath(GRAPPA_TOUR));
    ++m_step;
    for (const bool dark : {true, false}) {
        m_theme->choose(dark);
        QTest::qWait(settleMs);
        QPixmap picture = m_window->grab();
        for (const QDialog* dialog : m_window->findChildren<QDialog*>()) {
            if (!dialog->isVisible()) continue;
            QPainter painter(&picture);
            const QPoint corner((m_window->width() - dialog->width()) / 2, (m_window->height() - dialog->height()) / 2);
            painter.drawPixmap(corner, const_cast<QDialog*>(dialog)->grab());
        }
        const QString file =
            QStringLiteral(GRAPPA_TOUR "/%1-%2-%3%4.png")
                .arg(m_step, 2, 10, QLatin1Char('0'))
                .arg(name, dark ? "dark" : "light", ratio > 1 ? QString("@%1x").arg(ratio) : QString());
        QVERIFY(picture.save(file));
    }
    application().watch(true);
}

void TestTour::sendDrag(const QStringList& paths, bool drop) {
    QMimeData data;
    QList<QUrl> urls;
    for (const QString& path : paths)
        urls << QUrl::fromLocalFile(path);
    data.setUrls(urls);
    QDragEnterEvent enter({640, 400}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(m_window.get(), &enter);
    QVERIFY(enter.isAccepted());
    if (!drop) return;
    QDropEvent event({640, 400}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(m_window.get(), &event);
}

void TestTour::theEmptyWindowSaysWhatToDo() {
    application().watch(true);
    QVERIFY(m_window->findChild<QLabel*>("emptyTitle")->isVisible());
    QVERIFY(text("emptyTitle").contains("Drop folders"));
    bool saysNoText = false;
    for (const QLabel* label : m_window->findChildren<QLabel*>())
        saysNoText = saysNoText || (label->isVisible() && label->text().contains("no text search"));
    QVERIFY(saysNoText);
    save("empty");
}

void TestTour::twoFoldersAreDropped() {
    sendDrag({m_folder->filePath("Animals")}, false);
    QVERIFY(m_window->findChild<DropOverlay*>()->isVisible());
    save("drag");
    sendDrag({m_folder->filePath("Animals")}, true);
    QVERIFY(m_window->findChild<DropOverlay*>()->isHidden());
    QTRY_VERIFY_WITH_TIMEOUT(m_session->imports()->running(), patienceMs);
    sendDrag({m_folder->filePath("Food")}, true);
    QTRY_COMPARE_WITH_TIMEOUT(m_session->collections()->rowCount(), 3, patienceMs);
}

void TestTour::theyAreImported() {
    QTRY_VERIFY_WITH_TIMEOUT(images()->rowCount() > 0 || importState() == ImportState::Failed, patienceMs);
    QVERIFY2(importState() != ImportState::Failed, m_session->imports()->status().problem.detail.toUtf8());
    save("importing");
    QTRY_COMPARE_WITH_TIMEOUT(m_session->collections()->allImages(), std::uint64_t{animalCount + foodCount},
                              patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(importState(), ImportState::Done, patienceMs);
    // Later steps search: what they find would change when the levels came.
    QTRY_COMPARE_WITH_TIMEOUT(m_session->levels()->state(), Levels::State::Ready, jobMs);
    QTRY_VERIFY_WITH_TIMEOUT(m_session->levels()->stops().neighbourhoods, patienceMs);
    auto* list = m_window->findChild<CollectionSidebar*>()->findChild<QListView*>();
    QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, list->visualRect(list->model()->index(0, 0)).center());
    QTRY_COMPARE_WITH_TIMEOUT(images()->rowCount(), animalCount + foodCount, patienceMs);
    QCOMPARE(text("title"), "All images");
    QTRY_VERIFY_WITH_TIMEOUT(!nameAt(0).isEmpty(), patienceMs);
    save("collections");
}

void TestTour::theFilterLeavesWhatPasses() {
    auto* bar = m_window->findChild<FilterBar*>();
    auto* name = bar->findChild<QLineEdit*>();
    QTest::keyClicks(name, m_partOfNames);
    QTRY_VERIFY_WITH_TIMEOUT(images()->rowCount() > 0 && images()->rowCount() < animalCount, patienceMs);
    for (int row = 0; row < images()->rowCount(); ++row) {
        QTRY_VERIFY_WITH_TIMEOUT(!nameAt(row).isEmpty(), patienceMs);
        QVERIFY2(nameAt(row).contains(m_partOfNames, Qt::CaseInsensitive), qPrintable(nameAt(row)));
    }
    QVERIFY(note().contains("filter"));
    save("filter");
    QTest::keyClicks(name, "-nothing-is-called-that");
    QTRY_COMPARE_WITH_TIMEOUT(images()->rowCount(), 0, patienceMs);
    save("filter-nothing");
    name->clear();
    QTest::keyClick(name, Qt::Key_Return);
    QTRY_COMPARE_WITH_TIMEOUT(images()->rowCount(), animalCount + foodCount, patienceMs);
}

void TestTour::theOrderCanBeChosen() {
    auto* order = m_window->findChild<FilterBar*>()->findChildren<QComboBox*>().last();
    order->setCurrentIndex(order->findData(static_cast<int>(ImageOrder::Name)));
    // The listing before may begin in order too: all of these rows are looked at again until they are.
    const auto inOrder = [this] {
        QStringList names;
        for (int row = 0; row < 10; ++row)
            names << nameAt(row).toLower();
        return !names.contains(QString()) && std::is_sorted(names.begin(), names.end());
    };
    QTRY_VERIFY_WITH_TIMEOUT(inOrder(), patienceMs);
    QTest::keyClick(gallery(), Qt::Key_Right);
    QTest::keyClick(gallery(), Qt::Key_Right, Qt::ShiftModifier);
    QTest::keyClick(gallery(), Qt::Key_Right, Qt::ShiftModifier);
    QCOMPARE(gallery()->selectionModel()->selectedIndexes().size(), 3);
    save("sorted-and-selected");
}

void TestTour::aClickSearches() {
    m_clicked = nameAt(5);
    QTest::mouseClick(gallery()->viewport(), Qt::LeftButton, {}, centreOf(5));
    QTRY_VERIFY_WITH_TIMEOUT(searched("Similar to " + m_clicked), patienceMs);
    QCOMPARE(images()->rowCount(), animalCount + foodCount - 1);
    QTRY_VERIFY_WITH_TIMEOUT(images()->index(0, 0).data(Qt::AccessibleTextRole).toString().endsWith("rank 1"),
                             patienceMs);
    press(Qt::Key_Right);
    save("results");
}

void TestTour::theCutLeavesHighScores() {
    auto* cut = m_window->findChild<ScoreCut*>();
    QVERIFY(cut->isVisible());
    const int before = images()->rowCount();
    cut->setValue(static_cast<int>(images()->index(5, 0).data(ImageListModel::ScoreRole).toFloat()));
    QVERIFY(cut->cut());
    QTRY_VERIFY_WITH_TIMEOUT(images()->rowCount() < before && images()->rowCount() > 0, patienceMs);
    for (int row = 0; row < images()->rowCount(); ++row)
        QVERIFY(images()->index(row, 0).data(ImageListModel::ScoreRole).toFloat() >= *cut->cut());
    QVERIFY(note().contains("score"));
    save("cut");
    cut->setValue(0);
    QTRY_COMPARE_WITH_TIMEOUT(images()->rowCount(), before, patienceMs);
}

void TestTour::aPasteSearches() {
    QDirIterator food(m_folder->filePath("Food"), {"*.png", "*.jpg"}, QDir::Files, QDirIterator::Subdirectories);
    QVERIFY(food.hasNext());
    // Who looks for the very picture asks for the same shot; Auto may put others of its neighbourhood before it.
    QTest::keyClick(slider(), Qt::Key_Home);
    QGuiApplication::clipboard()->setImage(QImage(food.next()));
    QTest::keyClick(m_window.get(), Qt::Key_V, Qt::ControlModifier);
    QTRY_VERIFY_WITH_TIMEOUT(searched("Similar to pasted image"), patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(nameAt(0), food.fileName(), patienceMs);
    save("pasted");
}

void TestTour::aFileSearches() {
    QDirIterator animals(m_folder->filePath("Animals"), {"*.png", "*.jpg"}, QDir::Files, QDirIterator::Subdirectories);
    QVERIFY(animals.hasNext());
    const QString file = animals.next();
    sendDrag({file}, true);
    QTRY_VERIFY_WITH_TIMEOUT(searched("Similar to " + QFileInfo(file).fileName()), patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(nameAt(0), QFileInfo(file).fileName(), patienceMs);
    QTest::mouseClick(m_window->findChild<GranularityBar*>()->findChild<QToolButton*>("chip"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(searched("Similar to " + QFileInfo(file).fileName()), patienceMs);
    save("file");
}

void TestTour::backAndForward() {
    QTest::keyClick(m_window.get(), Qt::Key_Left, Qt::AltModifier);
    QTRY_VERIFY_WITH_TIMEOUT(searched("Similar to pasted image"), patienceMs);
    press(Qt::Key_Escape);
    QTRY_VERIFY_WITH_TIMEOUT(searched("Similar to " + m_clicked), patienceMs);
    QTest::keyClick(m_window.get(), Qt::Key_Right, Qt::AltModifier);
    QTRY_VERIFY_WITH_TIMEOUT(searched("Similar to pasted image"), patienceMs);
    QTest::keyClick(m_window.get(), Qt::Key_Left, Qt::AltModifier);
    QTRY_VERIFY_WITH_TIMEOUT(searched("Similar to " + m_clicked), patienceMs);
    save("back");
}

void TestTour::theViewerShowsAnImage() {
    gallery()->setCurrentIndex(images()->index(0, 0));
    press(Qt::Key_Space);
    QTRY_VERIFY_WITH_TIMEOUT(viewer()->isVisible(), patienceMs);
    const QString first = nameAt(0);
    QCOMPARE(text("viewerTitle"), first);
    QTRY_VERIFY_WITH_TIMEOUT(!viewer()->pixels().isNull(), patienceMs);
    save("viewer");
    QTest::keyClick(viewer(), Qt::Key_Right);
    QCOMPARE(text("viewerTitle"), nameAt(1));
    QTest::keyClick(viewer(), Qt::Key_Left);
    QCOMPARE(text("viewerTitle"), first);
    QTRY_VERIFY_WITH_TIMEOUT(!viewer()->pixels().isNull(), patienceMs);
    QTest::keyClick(viewer(), Qt::Key_Plus);
    QTest::keyClick(viewer(), Qt::Key_Plus);
    QVERIFY(canvas()->view().zoom > 1.4);
    save("zoomed");
    QTest::keyClick(viewer(), Qt::Key_0);
    QCOMPARE(canvas()->view().zoom, 1.0);
}

void TestTour::aRegionSearches() {
    QTest::mouseClick(m_window->findChild<QToolButton*>("queryChip"), Qt::LeftButton);
    QCOMPARE(text("viewerTitle"), m_clicked);
    QTRY_VERIFY_WITH_TIMEOUT(!viewer()->pixels().isNull(), patienceMs);
    QTest::keyClick(viewer(), Qt::Key_R);
    QVERIFY(gallery()->isVisible());   // the results come beside it,
    QCoreApplication::processEvents(); // which takes room of the canvas
    const QRectF area = canvas()->imageRect();
    const QPoint from = (area.topLeft() + QPointF(area.width() * 0.2, area.height() * 0.1)).toPoint();
    const QPoint to = (area.topLeft() + QPointF(area.width() * 0.8, area.height() * 0.6)).toPoint();
    QTest::mousePress(canvas(), Qt::LeftButton, {}, from);
    QTest::mouseMove(canvas(), (from + to) / 2);
    QTest::mouseMove(canvas(), to);
    QTest::mouseRelease(canvas(), Qt::LeftButton, {}, to);
    QVERIFY(canvas()->region());
    QTRY_VERIFY_WITH_TIMEOUT(searched("Similar to a region of " + m_clicked), patienceMs);
    save("region");
    // A handle is still there to be dragged.
    const QSize before = canvas()->region()->size();
    const QPoint corner = canvas()->bandRect().bottomRight().toPoint();
    QTest::mousePress(canvas(), Qt::LeftButton, {}, corner);
    QTest::mouseMove(canvas(), corner - QPoint(30, 20));
    QTest::mouseRelease(canvas(), Qt::LeftButton, {}, corner - QPoint(30, 20));
    QVERIFY(canvas()->region()->width() < before.width());
    QTRY_VERIFY_WITH_TIMEOUT(note().contains("Searching"), patienceMs);
    QTRY_VERIFY_WITH_TIMEOUT(!note().contains("Searching"), patienceMs);
    QTest::keyClick(viewer(), Qt::Key_Escape);
    QTRY_VERIFY_WITH_TIMEOUT(searched("Similar to " + m_clicked), patienceMs);
}

void TestTour::aResultIsCompared() {
    QTest::keyClick(viewer(), Qt::Key_C);
    QVERIFY(viewer()->comparing());
    const auto canvases = viewer()->findChildren<ImageCanvas*>();
    QCOMPARE(canvases.size(), 2);
    QVERIFY(canvases[0]->isVisible() && canvases[1]->isVisible());
    QTRY_VERIFY_WITH_TIMEOUT(!viewer()->pixels().isNull(), patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(text("viewerTitle"), nameAt(0), patienceMs);
    QTest::keyClick(viewer(), Qt::Key_Plus);
    QCOMPARE(canvases[0]->view(), canvases[1]->view());
    QVERIFY(canvases[0]->view().zoom > 1);
    QTest::keyClick(viewer(), Qt::Key_0);
    save("compare");
    QTest::keyClick(viewer(), Qt::Key_Escape);
    QVERIFY(viewer()->isHidden());
}

void TestTour::resultsAreExported() {
    const QString target = m_folder->filePath("results.csv");
    gallery()->clearSelection();
    m_window->findChild<ImageActions*>()->exportTo(ExportFormat::Csv, target.toStdString());
    auto* messages = m_window->findChild<MessageBar*>();
    QTRY_VERIFY_WITH_TIMEOUT(
        messages->isVisible() && messages->findChild<QLabel*>("sentence")->text().contains("exported"), patienceMs);
    QFile file(target);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QList<QByteArray> lines = file.readAll().split('\n');
    QCOMPARE(lines.size(), images()->rowCount() + 2);
    QVERIFY(lines[1].contains(nameAt(0).toUtf8()));
    save("exported");
}

void TestTour::aRemovalIsUndone() {
    CollectionListModel* collections = m_session->collections();
    auto* list = m_window->findChild<CollectionSidebar*>()->findChild<QListView*>();
    const QModelIndex food = list->model()->index(2, 0);
    const auto id = *collections->collectionAt(food);
    QCOMPARE(food.data().toString(), "Food");
    QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, list->visualRect(food).center());
    QTRY_COMPARE_WITH_TIMEOUT(images()->rowCount(), foodCount, patienceMs);
    Q_EMIT m_window->findChild<CollectionSidebar*>()->removeRequested(id);
    QTRY_VERIFY_WITH_TIMEOUT(!collections->find(id), patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(images()->rowCount(), animalCount, patienceMs);
    QVERIFY(m_window->findChild<QLabel*>("sentence")->text().contains("not touched"));
    save("removed");
    QTest::keyClick(m_window.get(), Qt::Key_Z, Qt::ControlModifier);
    QTRY_VERIFY_WITH_TIMEOUT(collections->find(id), patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(images()->rowCount(), animalCount + foodCount, patienceMs);
    save("undone");
}

void TestTour::theSheetListsTheKeys() {
    QTest::keyClick(m_window.get(), Qt::Key_Question);
    auto* sheet = m_window->findChild<ShortcutSheet*>();
    QVERIFY(sheet && sheet->isVisible());
    QStringList keys;
    for (const QLabel* label : sheet->findChildren<QLabel*>("keys"))
        keys << label->text();
    for (const char* key : {"Ctrl+O", "Ctrl+V", "Ctrl+F", "Ctrl+Z", "Space", "R"})
        QVERIFY2(keys.contains(QString(key)), key);
    save("shortcuts");
    sheet->close();
    QTRY_VERIFY_WITH_TIMEOUT(!m_window->findChild<ShortcutSheet*>(), patienceMs);
}

void TestTour::theSessionIsTakenUpAgain() {
    gallery()->setTileSize(224);
    QTest::mouseClick(gallery()->viewport(), Qt::LeftButton, {}, centreOf(7));
    QTRY_VERIFY_WITH_TIMEOUT(showsScores(), patienceMs);
    const QString title = text("title");
    application().watch(false);
    QSignalSpy ended(m_session.get(), &Session::shutDownFinished);
    m_window->close();
    m_session->shutDown();
    QTRY_VERIFY_WITH_TIMEOUT(!ended.isEmpty(), closingMs);
    m_window.reset();
    m_session.reset();
    open();
    QCOMPARE(gallery()->tileSize(), 224);
    QTRY_VERIFY_WITH_TIMEOUT(searched(title), patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(m_session->collections()->rowCount(), 3, patienceMs);
    save("reopened");
}

nlohmann::json TestTour::cli(const QStringList& arguments) const {
    QProcess process;
    process.start(GRAPPA_BIN "/grappa-cli",
                  QStringList{"--json", "--library", m_folder->filePath("library")} + arguments);
    process.waitForFinished(patienceMs);
    return nlohmann::json::parse(process.readAllStandardOutput().toStdString(), nullptr, false);
}

void TestTour::theSheetSaysHowLongLearningTakes() {
    m_window->findChild<QPushButton*>("learnButton")->click();
    auto* sheet = m_window->findChild<LearnSheet*>();
    QVERIFY(sheet && sheet->isVisible());
    const auto measuring = [sheet] {
        const auto labels = sheet->findChildren<QLabel*>();
        return std::ranges::any_of(labels, [](const QLabel* label) { return label->text().contains("measuring"); });
    };
    QTRY_VERIFY_WITH_TIMEOUT(!measuring(), patienceMs);
    save("learn-sheet");
    const auto depths = sheet->findChildren<QRadioButton*>();
    const auto quick = std::ranges::find(depths, QString("Quick"), &QRadioButton::text);
    QVERIFY(quick != depths.end());
    (*quick)->setChecked(true);
    sheet->findChild<QToolButton*>("advanced")->click();
    sheet->findChild<QLineEdit*>("granularities")->setText("6,24");
    sheet->findChild<QPushButton*>("primary")->click();
    QCOMPARE(runState(), AdaptState::Running);
    QTRY_VERIFY_WITH_TIMEOUT(!m_window->findChild<LearnSheet*>(), patienceMs);
}

void TestTour::learningIsPaused() {
    QVERIFY(learningPage()->isVisible());
    QTRY_VERIFY_WITH_TIMEOUT(run()->status().run.now() && run()->status().run.now()->progress.done > 0, patienceMs);
    learningPage()->findChild<QPushButton*>("pauseButton")->click();
    QTRY_COMPARE_WITH_TIMEOUT(runState(), AdaptState::Paused, closingMs);
    QVERIFY(!run()->running());
    save("learning-paused");
    learningPage()->findChild<QPushButton*>("pauseButton")->click();
    QCOMPARE(runState(), AdaptState::Running);
}

void TestTour::theGalleryWorksMeanwhile() {
    button(learningPage(), "Gallery")->click();
    QVERIFY(gallery()->isVisible());
    for (int page = 0; page < 4; ++page) {
        press(Qt::Key_PageDown);
        QTest::qWait(50);
    }
    QTest::mouseClick(gallery()->viewport(), Qt::LeftButton, {}, centreOf(3));
    QTRY_VERIFY_WITH_TIMEOUT(showsScores() && !note().contains("Searching"), patienceMs);
    save("gallery-while-learning");
    if (run()->status().open()) button(m_window->findChild<LearningBar*>(), "Show")->click();
}

void TestTour::aKilledRunGoesOn() {
    if (!run()->running()) QSKIP("it had ended already");
    QTRY_VERIFY_WITH_TIMEOUT(run()->status().run.now() || !run()->running(), patienceMs);
    QCOMPARE(::kill(static_cast<pid_t>(run()->processId()), SIGKILL), 0);
    QTRY_COMPARE_WITH_TIMEOUT(runState(), AdaptState::Failed, patienceMs);
    QVERIFY(run()->status().problem.sentence.contains("resume"));
    save("learning-killed");
    learningPage()->findChild<QPushButton*>("pauseButton")->click();
    QCOMPARE(runState(), AdaptState::Running);
    QTRY_VERIFY_WITH_TIMEOUT(run()->status().run.curve().lossCount() > 0 || !run()->running(), jobMs);
    save("learning");
}

void TestTour::theReportSaysWhetherItHelped() {
    QTRY_VERIFY_WITH_TIMEOUT(runState() == AdaptState::Done || runState() == AdaptState::Failed, jobMs);
    QVERIFY2(runState() == AdaptState::Done, run()->status().problem.detail.toUtf8());
    auto* report = m_window->findChild<ReportPage*>();
    QTRY_VERIFY_WITH_TIMEOUT(report->isVisible(), patienceMs);
    QVERIFY(!report->findChild<QLabel*>("verdict")->text().isEmpty());
    QTRY_VERIFY_WITH_TIMEOUT(!report->findChildren<ImageStrip*>().last()->images().empty(), patienceMs);
    save("report");
    // The chart holds what the library keeps of the run.
    Library library(m_session->paths(), Library::Access::ReadOnly);
    std::size_t losses = 0;
    for (const CurvePoint& point : library.curvePoints(*report->adaptation()->run))
        losses += std::isfinite(point.loss) ? 1 : 0;
    QCOMPARE(run()->status().run.curve().lossCount(), losses);
    QVERIFY(losses > 0);
}

void TestTour::whatWasLearnedIsUsed() {
    button(m_window->findChild<ReportPage*>(), "Use it")->click();
    QTRY_VERIFY_WITH_TIMEOUT(m_session->adaptation(), patienceMs);
    QTRY_VERIFY_WITH_TIMEOUT(gallery()->isVisible() && showsScores(), patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(m_session->levels()->state(), Levels::State::Ready, patienceMs);
    QTRY_VERIFY_WITH_TIMEOUT(images()->index(0, 0).data(ImageListModel::AttentionRole).isValid(), patienceMs);
    save("learned");
}

void TestTour::theSliderGoesThroughAllLevels() {
    const qlonglong query = shown(1).front();
    QTest::mouseClick(gallery()->viewport(), Qt::LeftButton, {}, centreOf(0));
    QTRY_VERIFY_WITH_TIMEOUT(showsScores() && shown(1).front() != query && !note().contains("Searching"), patienceMs);
    QVERIFY(slider()->maximum() >= 1);
    QSet<QList<qlonglong>> orders;
    constexpr int compared = 10;
    for (int stop = 0; stop <= slider()->maximum(); ++stop) {
        QTest::keyClick(slider(), stop == 0 ? Qt::Key_Home : Qt::Key_Right);
        QCOMPARE(slider()->value(), stop);
        QTRY_VERIFY_WITH_TIMEOUT(!note().contains("Searching"), patienceMs);
        const std::string level =
            stop == 0 ? rawLevel : std::to_string(slider()->levels()[static_cast<std::size_t>(stop) - 1]);
        const nlohmann::json found =
            cli({"search", "--id", QString::number(query), "--level", QString::fromStdString(level), "--limit",
                 QString::number(compared), "--adaptation", QString::fromStdString(m_session->adaptation()->name)});
        QList<qlonglong> expected;
        for (const auto& row : found["results"])
            expected << row["id"].get<qlonglong>();
        QTRY_COMPARE_WITH_TIMEOUT(shown(compared), expected, patienceMs);
        orders << expected;
        save("level-" + QString::fromStdString(level));
    }
    QVERIFY(orders.size() > 1);
    QTest::keyClick(slider(), Qt::Key_Home);
}

void TestTour::whyAResultIsThere() {
    QTest::mouseClick(m_window->findChild<QToolButton*>("whyButton"), Qt::LeftButton);
    auto* panel = m_window->findChild<WhyPanel*>();
    QVERIFY(panel->isVisible());
    press(Qt::Key_Right);
    QSet<QList<double>> bars;
    for (int row = 0; row < 5; ++row) {
        QTRY_VERIFY_WITH_TIMEOUT(images()->index(row, 0).data(ImageListModel::AttentionRole).isValid(), patienceMs);
        const auto mean = images()->index(row, 0).data(ImageListModel::AttentionRole).value<QList<double>>();
        QVERIFY(std::abs(std::accumulate(mean.begin(), mean.end(), 0.0) - 1) < 1e-3);
        const auto id = images()->index(row, 0).data(ImageListModel::IdRole).toLongLong();
        const nlohmann::json explained = cli({"explain", "--id", QString::number(id)});
        for (qsizetype i = 0; i < mean.size(); ++i)
            QVERIFY(std::abs(mean[i] - explained["mean"][static_cast<std::size_t>(i)].get<double>()) < 1e-3);
        bars << mean;
    }
    QVERIFY(bars.size() > 1);
    QTRY_VERIFY_WITH_TIMEOUT(!panel->findChild<AttentionBar*>()->mean().empty(), patienceMs);
    save("why");
}

void TestTour::patchesAreMatched() {
    press(Qt::Key_Space);
    QVERIFY(viewer()->isVisible());
    QTest::keyClick(viewer(), Qt::Key_C);
    QTRY_VERIFY_WITH_TIMEOUT(viewer()->comparing() && !viewer()->pixels().isNull(), patienceMs);
    const auto canvases = viewer()->findChildren<ImageCanvas*>();
    QTest::keyClick(viewer(), Qt::Key_A);
    QTRY_VERIFY_WITH_TIMEOUT(!canvases[0]->overlay().bright.empty() && !canvases[1]->overlay().bright.empty(),
                             patienceMs);
    save("attention");
    QTest::keyClick(viewer(), Qt::Key_M);
    // Not by QTest, whose pointer ends at the offscreen screen's edge, which is nearer at 2x.
    const QPointF place = canvases[1]->rect().center();
    QMouseEvent move(QEvent::MouseMove, place, canvases[1]->mapToGlobal(place), Qt::NoButton, Qt::NoButton, {});
    QCoreApplication::sendEvent(canvases[1], &move);
    QTRY_VERIFY_WITH_TIMEOUT(!canvases[0]->overlay().marked.empty(), patienceMs);
    save("match");
    QTest::keyClick(viewer(), Qt::Key_Escape);
    QVERIFY(viewer()->isHidden());
}

void TestTour::theGroupsOfALevel() {
    QTest::keyClick(slider(), Qt::Key_End);
    auto* shown = m_window->findChild<QToolButton*>("groupsButton");
    QTest::mouseClick(shown, Qt::LeftButton);
    auto* groups = m_window->findChild<GalleryView*>("groups");
    QTRY_VERIFY_WITH_TIMEOUT(groups->isVisible() && groups->model()->rowCount() > 0, patienceMs);
    save("groups");
    QTest::mouseClick(groups->viewport(), Qt::LeftButton, {},
                      groups->visualRect(groups->model()->index(0, 0)).center());
    QTRY_VERIFY_WITH_TIMEOUT(!groups->isVisible() && images()->rowCount() > 0, patienceMs);
    save("group");
    press(Qt::Key_Escape);
    QTRY_VERIFY_WITH_TIMEOUT(groups->isVisible(), patienceMs);
    QTest::mouseClick(shown, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!groups->isVisible(), patienceMs);
    QTest::mouseClick(gallery()->viewport(), Qt::LeftButton, {}, centreOf(0));
    QTRY_VERIFY_WITH_TIMEOUT(showsScores() && !note().contains("Searching"), patienceMs);
}

void TestTour::whatWasLearnedIsExported() {
    const QString file = m_folder->filePath("learned.safetensors");
    QSignalSpy exported(m_session->learning(), &Learning::exported);
    m_session->learning()->exportTo(m_session->adaptation()->id, file.toStdString());
    QTRY_COMPARE_WITH_TIMEOUT(exported.count(), 1, patienceMs);
    QVERIFY(QFileInfo(file).size() > 0);
    save("learned-exported");
}

void TestTour::backToTheBase() {
    auto* list = m_window->findChild<AdaptationList*>();
    list->view()->setCurrentIndex(list->view()->model()->index(1, 0));
    QTest::keyClick(list->view(), Qt::Key_Delete);
    QTRY_VERIFY_WITH_TIMEOUT(!m_session->adaptation(), patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(list->view()->model()->rowCount(), 1, patienceMs);
    QTRY_VERIFY_WITH_TIMEOUT(!images()->index(0, 0).data(ImageListModel::AttentionRole).isValid(), patienceMs);
    QTRY_VERIFY_WITH_TIMEOUT(showsScores() && !note().contains("Searching"), patienceMs);
    save("back-to-base");
}

void TestTour::theEventLoopWasNeverBlocked() {
    qInfo("longest event: %.1f ms, %s", application().longestMs(), application().longest().c_str());
    QVERIFY2(application().longestMs() <= longestBlockMs, application().longest().c_str());
}

int main(int argc, char** argv) {
    test::WatchedApplication application(argc, argv);
    TestTour tour;
    QTEST_SET_MAIN_SOURCE_PATH
    return QTest::qExec(&tour, argc, argv);
}
#include "tst_tour.moc"
