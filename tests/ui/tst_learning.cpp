#include "core/search/drift.h"
#include "tests/support/images.h"
#include "tests/support/tiny_backbone.h"
#include "ui/adaptation_sets.h"
#include "ui/models/image_list_model.h"
#include "ui/session.h"
#include "ui/views/adaptation_list.h"
#include "ui/views/curve_chart.h"
#include "ui/views/gallery_view.h"
#include "ui/views/image_strip.h"
#include "ui/views/learn_sheet.h"
#include "ui/views/learning_bar.h"
#include "ui/views/learning_page.h"
#include "ui/views/main_window.h"
#include "ui/views/message_bar.h"
#include "ui/views/report_page.h"

#include <QDir>
#include <QFile>
#include <QLabel>
#include <QListView>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <memory>

using namespace grappa;

namespace {

constexpr int imagesInGarden = 96;
constexpr int patienceMs = 20'000;
constexpr int closingMs = 3000;
constexpr int childPatienceMs = 240'000; ///< a child that learns, on a busy machine

QByteArray read(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

/// Learning in the window over the real grappa-cli, with a small random backbone: one library, step by step.
class TestLearning : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void theSheetMeasuresThisComputer();
    void aRunIsPaused();
    void theGalleryStaysUsable();
    void itsCollectionKeepsItsName();
    void aRunThatDiedGoesOn();
    void aStoppedRunIsOfferedAtTheNextStart();
    void whatWasLearnedIsKept();
    void resultsAreComparedBeforeAndAfter();
    void whatWasLearnedIsUsed();
    void itIsRenamedAndBack();
    void itIsExported();
    void itIsDeletedAndBack();
    void deletedForGoodAtTheNextStart();
    void aRunIsDiscarded();
    void aQuickRunEndsWithAReport();
    void closingPausesARun();
    void strangersAreTold();

private:
    void open();
    void close();
    void startLearning(const QString& depth);
    /// Waits for steps beyond those that the curve has.
    void expectSteps();
    AdaptChild* run() const { return m_session->learning()->run(); }
    AdaptState state() const { return run()->status().state; }
    LearningPage* page() const { return m_window->findChild<LearningPage*>(); }
    ReportPage* report() const { return m_window->findChild<ReportPage*>(); }
    AdaptationListModel* list() const { return m_session->learning()->adaptations(); }
    GalleryView* gallery() const { return m_window->findChild<GalleryView*>(); }
    Library library() const {
        return Library(LibraryPaths::resolve(m_folder.filePath("library").toStdString()), Library::Access::ReadOnly);
    }
    static QPushButton* button(const QWidget* view, const QString& text) {
        for (QPushButton* found : view->findChildren<QPushButton*>())
            if (found->text() == text) return found;
        return nullptr;
    }
    QString failure() const {
        const Problem& problem = run()->status().problem;
        return problem.sentence + u'\n' + problem.detail;
    }

    QTemporaryDir m_folder;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<MainWindow> m_window;
};

void TestLearning::initTestCase() {
    const QString models = m_folder.filePath("models");
    test::writeTinyBackbone(models.toStdString());
    qputenv("GRAPPA_MODELS", models.toUtf8());
    QVERIFY(test::writeImages(m_folder.filePath("Garden"), imagesInGarden));
    open();
    m_session->importFolders({m_folder.filePath("Garden").toStdString()});
    QTRY_COMPARE_WITH_TIMEOUT(m_session->imports()->status().state, ImportState::Done, childPatienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(m_session->collections()->allImages(), std::uint64_t{imagesInGarden}, patienceMs);
}

void TestLearning::cleanupTestCase() {
    m_window.reset();
    m_session.reset();
}

void TestLearning::open() {
    m_session = std::make_unique<Session>(SessionOptions{
        .library = m_folder.filePath("library").toStdString(), .cli = GRAPPA_BIN "/grappa-cli", .makeLevels = false});
    m_window = std::make_unique<MainWindow>(*m_session, std::filesystem::path());
    m_window->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
}

void TestLearning::close() {
    QSignalSpy ended(m_session.get(), &Session::shutDownFinished);
    m_window->close();
    m_session->shutDown();
    QTRY_VERIFY_WITH_TIMEOUT(!ended.isEmpty(), closingMs);
    m_window.reset();
    m_session.reset();
}

void TestLearning::startLearning(const QString& depth) {
    QTRY_VERIFY_WITH_TIMEOUT(!m_session->collections()->isEmpty(), patienceMs);
    m_window->findChild<QPushButton*>("learnButton")->click();
    auto* sheet = m_window->findChild<LearnSheet*>();
    QVERIFY(sheet && sheet->isVisible());
    for (QRadioButton* row : sheet->findChildren<QRadioButton*>())
        if (row->text() == depth) row->setChecked(true);
    auto* start = sheet->findChild<QPushButton*>("primary");
    QVERIFY(start->isEnabled());
    start->click();
    QCOMPARE(state(), AdaptState::Running);
    QVERIFY(page()->isVisible());
    QTRY_VERIFY_WITH_TIMEOUT(!m_window->findChild<LearnSheet*>(), patienceMs);
}

void TestLearning::expectSteps() {
    const std::size_t before = run()->status().run.curve().lossCount();
    QTRY_VERIFY2_WITH_TIMEOUT(run()->status().run.curve().lossCount() > before || state() != AdaptState::Running,
                              qPrintable(failure()), childPatienceMs);
    QVERIFY2(state() == AdaptState::Running, qPrintable(failure()));
}

void TestLearning::theSheetMeasuresThisComputer() {
    m_window->findChild<QPushButton*>("learnButton")->click();
    auto* sheet = m_window->findChild<LearnSheet*>();
    QVERIFY(sheet && sheet->isVisible());
    const auto count = [sheet](const QString& part) {
        int found = 0;
        for (const QLabel* label : sheet->findChildren<QLabel*>())
            found += label->text().contains(part) ? 1 : 0;
        return found;
    };
    QCOMPARE(count("measuring…"), 3);
    QTRY_VERIFY_WITH_TIMEOUT(count("measuring…") == 0, childPatienceMs);
    QCOMPARE(count("about "), 3);
    sheet->close();
    QTRY_VERIFY_WITH_TIMEOUT(!m_window->findChild<LearnSheet*>(), patienceMs);
}

void TestLearning::aRunIsPaused() {
    startLearning("Thorough");
    expectSteps();
    QVERIFY(!run()->status().run.samples().empty());
    QVERIFY(run()->status().run.probes());
    QCOMPARE(run()->status().run.images(), std::uint64_t{imagesInGarden});
    page()->findChild<QPushButton*>("pauseButton")->click();
    QTRY_COMPARE_WITH_TIMEOUT(state(), AdaptState::Paused, patienceMs);
    QVERIFY(!run()->running());
    auto* chart = page()->findChild<CurveChart*>();
    QTRY_VERIFY_WITH_TIMEOUT(chart->pointCount() > 0, patienceMs);
    bool saysSo = false;
    for (const QLabel* label : page()->findChildren<QLabel*>())
        saysSo = saysSo || label->text().contains("paused");
    QVERIFY(saysSo);
}

void TestLearning::theGalleryStaysUsable() {
    page()->findChild<QPushButton*>("pauseButton")->click();
    QCOMPARE(state(), AdaptState::Running);
    button(page(), "Gallery")->click();
    QVERIFY(!page()->isVisible());
    QVERIFY(gallery()->isVisible());
    auto* bar = m_window->findChild<LearningBar*>();
    QVERIFY(bar->isVisible());
    QAbstractItemModel* images = gallery()->model();
    QTRY_COMPARE_WITH_TIMEOUT(images->rowCount(), imagesInGarden, patienceMs);
    QTest::mouseClick(gallery()->viewport(), Qt::LeftButton, {}, gallery()->visualRect(images->index(2, 0)).center());
    QTRY_VERIFY_WITH_TIMEOUT(images->index(0, 0).data(ImageListModel::ScoreRole).isValid(), childPatienceMs);
    QVERIFY(bar->isVisible());
    button(bar, "Show")->click();
    QVERIFY(page()->isVisible());
    QVERIFY(!bar->isVisible());
}

void TestLearning::itsCollectionKeepsItsName() {
    auto* messages = m_window->findChild<MessageBar*>();
    m_session->collections()->setData(m_session->collections()->index(1), "Orchard");
    QVERIFY(messages->isVisible());
    QVERIFY(messages->findChild<QLabel*>("sentence")->text().contains("being learned"));
    QCOMPARE(m_session->collections()->index(1).data().toString(), "Garden");
    messages->hide();
}

void TestLearning::aRunThatDiedGoesOn() {
    expectSteps();
    QCOMPARE(::kill(static_cast<pid_t>(run()->processId()), SIGKILL), 0);
    QTRY_COMPARE_WITH_TIMEOUT(state(), AdaptState::Failed, patienceMs);
    QVERIFY(run()->status().problem.sentence.contains("resume"));
    page()->findChild<QPushButton*>("pauseButton")->click();
    QCOMPARE(state(), AdaptState::Running);
    expectSteps();
}

void TestLearning::aStoppedRunIsOfferedAtTheNextStart() {
    close();
    open();
    QTRY_COMPARE_WITH_TIMEOUT(state(), AdaptState::Paused, patienceMs);
    QVERIFY(!run()->running());
    QCOMPARE(run()->status().request.collection, "Garden");
    QCOMPARE(run()->status().request.depth, "thorough");
    QVERIFY(run()->status().run.curve().lossCount() > 0);
    auto* bar = m_window->findChild<LearningBar*>();
    QVERIFY(bar->isVisible());
    button(bar, "Show")->click();
    QVERIFY(page()->isVisible());
    QTRY_VERIFY_WITH_TIMEOUT(page()->findChild<CurveChart*>()->pointCount() > 0, patienceMs);
    // The query of the last time is searched anew; that leads nowhere.
    QTRY_VERIFY_WITH_TIMEOUT(gallery()->model()->index(0, 0).data(ImageListModel::ScoreRole).isValid(),
                             childPatienceMs);
    QVERIFY(page()->isVisible());
}

void TestLearning::whatWasLearnedIsKept() {
    page()->findChild<QPushButton*>("pauseButton")->click();
    expectSteps();
    page()->findChild<QPushButton*>("keepButton")->click();
    QCOMPARE(state(), AdaptState::Finishing);
    QTRY_VERIFY2_WITH_TIMEOUT(state() == AdaptState::Done || state() == AdaptState::Failed, qPrintable(failure()),
                              childPatienceMs);
    QVERIFY2(state() == AdaptState::Done, qPrintable(failure()));
    QTRY_COMPARE_WITH_TIMEOUT(list()->rowCount(), 2, patienceMs);
    QTRY_VERIFY_WITH_TIMEOUT(report()->isVisible(), patienceMs);
    QCOMPARE(list()->index(1).data().toString(), run()->status().adaptation);
    QVERIFY(!report()->findChild<QLabel*>("verdict")->text().isEmpty());
    QVERIFY(learningReportOf(report()->adaptation()->report));
    QVERIFY(report()->advised());
    for (const auto& job : library().resumableJobs())
        QVERIFY(job.kind != "adapt");
}

void TestLearning::resultsAreComparedBeforeAndAfter() {
    const auto strips = report()->findChildren<ImageStrip*>();
    QTRY_VERIFY_WITH_TIMEOUT(!strips[2]->images().empty(), patienceMs);
    QCOMPARE(strips[1]->images().size(), ReportPage::resultsShown);
    QCOMPARE(strips[2]->images().size(), ReportPage::resultsShown);
    // The same as searches over both sets say.
    Library opened = library();
    const AdaptationRow row = *report()->adaptation();
    const auto found = [&](const EmbeddingSet& set) {
        Searcher searcher(opened, set);
        SearchOptions options;
        options.limit = ReportPage::resultsShown;
        options.exclude = report()->query();
        return searcher.search(*searcher.vectorOf(*report()->query()), options);
    };
    const auto before = found(*baseSet(opened)), after = found(*setOf(opened, row));
    for (std::size_t i = 0; i < ReportPage::resultsShown; ++i) {
        QCOMPARE(strips[1]->images()[i].image, before[i].image);
        QCOMPARE(strips[2]->images()[i].image, after[i].image);
    }
    const ImageId other = strips[2]->images()[3].image;
    Q_EMIT strips[2]->activated(other);
    QCOMPARE(report()->query().value(), other);
    QTRY_COMPARE_WITH_TIMEOUT(strips[2]->images().size(), ReportPage::resultsShown, patienceMs);
}

void TestLearning::whatWasLearnedIsUsed() {
    QVERIFY(!m_session->adaptation());
    button(report(), "Use it")->click();
    QTRY_VERIFY_WITH_TIMEOUT(m_session->adaptation(), patienceMs);
    QCOMPARE(list()->used(), std::optional(m_session->adaptation()->id));
    QVERIFY(gallery()->isVisible());
    QVERIFY(list()->index(1).data(AdaptationListModel::UsedRole).toBool());
    QCOMPARE(library().defaultEmbeddingSet()->key.adaptation, m_session->adaptation()->checksum);
}

void TestLearning::itIsRenamedAndBack() {
    const QString before = list()->index(1).data().toString();
    QVERIFY(list()->setData(list()->index(1), "Mine"));
    QTRY_COMPARE_WITH_TIMEOUT(list()->index(1).data().toString(), "Mine", patienceMs);
    QVERIFY(list()->index(1).data(AdaptationListModel::UsedRole).toBool());
    m_session->changes()->undoStack()->undo();
    QTRY_COMPARE_WITH_TIMEOUT(list()->index(1).data().toString(), before, patienceMs);
    m_session->changes()->undoStack()->redo();
    QTRY_COMPARE_WITH_TIMEOUT(list()->index(1).data().toString(), "Mine", patienceMs);
}

void TestLearning::itIsExported() {
    const QString file = m_folder.filePath("mine.safetensors");
    QSignalSpy exported(m_session->learning(), &Learning::exported);
    const AdaptationRow row = *list()->at(list()->index(1));
    m_session->learning()->exportTo(row.id, file.toStdString());
    QTRY_COMPARE_WITH_TIMEOUT(exported.count(), 1, patienceMs);
    QVERIFY(!read(file).isEmpty());
    QCOMPARE(read(file), read(QString::fromStdString((m_session->paths().adaptations() / row.file).string())));
    QVERIFY(m_window->findChild<MessageBar*>()->isVisible());
    QSignalSpy failed(m_session.get(), &Session::failed);
    m_session->learning()->exportTo(row.id, m_folder.filePath("nowhere/mine.safetensors").toStdString());
    QTRY_COMPARE_WITH_TIMEOUT(failed.count(), 1, patienceMs);
}

void TestLearning::itIsDeletedAndBack() {
    auto* view = m_window->findChild<AdaptationList*>()->view();
    view->setCurrentIndex(list()->index(1));
    QTest::keyClick(view, Qt::Key_Delete);
    QTRY_COMPARE_WITH_TIMEOUT(list()->rowCount(), 1, patienceMs);
    QTRY_VERIFY_WITH_TIMEOUT(!m_session->adaptation(), patienceMs);
    QCOMPARE(library().adaptations().size(), std::size_t{1}); // only hidden
    auto* messages = m_window->findChild<MessageBar*>();
    QVERIFY(messages->isVisible());
    button(messages, "Undo")->click();
    QTRY_COMPARE_WITH_TIMEOUT(list()->rowCount(), 2, patienceMs);
    QTRY_VERIFY_WITH_TIMEOUT(m_session->adaptation(), patienceMs);
}

void TestLearning::deletedForGoodAtTheNextStart() {
    const AdaptationRow row = *list()->at(list()->index(1));
    const auto file = m_session->paths().adaptations() / row.file;
    QVERIFY(std::filesystem::exists(file));
    m_session->learning()->remove(row.id);
    QTRY_COMPARE_WITH_TIMEOUT(list()->rowCount(), 1, patienceMs);
    QTRY_VERIFY_WITH_TIMEOUT(!m_session->adaptation(), patienceMs);
    close();
    open();
    QCOMPARE(list()->rowCount(), 1);
    QTRY_VERIFY_WITH_TIMEOUT(library().adaptations().empty(), patienceMs);
    QTRY_VERIFY_WITH_TIMEOUT(!std::filesystem::exists(file), patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(QString::fromStdString(library().setting("removed_adaptations").value_or("")), "[]",
                              patienceMs);
    QCOMPARE(state(), AdaptState::Idle);
}

void TestLearning::aRunIsDiscarded() {
    startLearning("Thorough");
    expectSteps();
    page()->findChild<QPushButton*>("discardButton")->click();
    page()->findChild<QPushButton*>("discardNowButton")->click();
    QTRY_VERIFY2_WITH_TIMEOUT(state() == AdaptState::Idle || state() == AdaptState::Failed, qPrintable(failure()),
                              childPatienceMs);
    QVERIFY2(state() == AdaptState::Idle, qPrintable(failure()));
    QVERIFY(gallery()->isVisible());
    for (const auto& job : library().resumableJobs())
        QVERIFY(job.kind != "adapt");
    QVERIFY(library().adaptations().empty());
}

void TestLearning::aQuickRunEndsWithAReport() {
    startLearning("Quick");
    QTRY_VERIFY2_WITH_TIMEOUT(state() == AdaptState::Done || state() == AdaptState::Failed, qPrintable(failure()),
                              childPatienceMs);
    QVERIFY2(state() == AdaptState::Done, qPrintable(failure()));
    QTRY_VERIFY_WITH_TIMEOUT(report()->isVisible(), patienceMs);
    QVERIFY(!run()->status().run.curve().copyFirst().y.empty());
    // What was shown live is what is stored.
    LearningCurve stored;
    Library opened = library();
    stored.addStored(opened.curvePoints(*opened.adaptations().front().run));
    QCOMPARE(stored.raw().x, run()->status().run.curve().raw().x);
    QCOMPARE(stored.copyFirst().y, run()->status().run.curve().copyFirst().y);
    QCOMPARE(stored.copyFirst().x, run()->status().run.curve().copyFirst().x);
}

void TestLearning::closingPausesARun() {
    startLearning("Thorough");
    expectSteps();
    close(); // within 3 s
    open();
    QTRY_COMPARE_WITH_TIMEOUT(state(), AdaptState::Paused, patienceMs);
    run()->discard();
    QTRY_COMPARE_WITH_TIMEOUT(state(), AdaptState::Idle, childPatienceMs);
}

void TestLearning::strangersAreTold() {
    QSignalSpy told(m_session->learning(), &Learning::drifted);
    const QString garden = m_folder.filePath("Garden");
    for (int i = 0; i < 60; ++i) {
        QImage image(160, 128, QImage::Format_RGB32);
        image.fill(QColor::fromHsv(i * 6, 255, 40 + 3 * i));
        QVERIFY(image.save(QString("%1/plain-%2.png").arg(garden).arg(i)));
    }
    const CollectionId collection = m_session->collections()->collections().front().id;
    m_session->changes()->rescan(collection);
    QTRY_COMPARE_WITH_TIMEOUT(m_session->collections()->allImages(), std::uint64_t{imagesInGarden + 60},
                              childPatienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(m_session->imports()->status().state, ImportState::Done, childPatienceMs);
    Library opened = library();
    const auto set = setOf(opened, opened.adaptations().front());
    QVERIFY(set);
    const auto drift = measureDrift(opened, *set);
    QVERIFY(drift);
    QCOMPARE(drift->added, std::uint64_t{60});
    QVERIFY2(isWorthTelling(*drift), qPrintable(QString::number(drift->unlike)));
    QTRY_COMPARE_WITH_TIMEOUT(told.count(), 1, patienceMs);
    auto* messages = m_window->findChild<MessageBar*>();
    QVERIFY(messages->isVisible());
    QVERIFY(messages->findChild<QLabel*>("sentence")->text().contains("learn again?"));
    button(messages, "Learn again…")->click();
    QVERIFY(m_window->findChild<LearnSheet*>());
}

QTEST_MAIN(TestLearning)
#include "tst_learning.moc"
