#include "tests/support/cli.h"
#include "tests/support/images.h"
#include "tests/support/tiny_backbone.h"
#include "ui/attention.h"
#include "ui/browser.h"
#include "ui/models/attention_model.h"
#include "ui/models/image_list_model.h"
#include "ui/session.h"
#include "ui/views/attention_bar.h"
#include "ui/views/gallery_view.h"
#include "ui/views/granularity_bar.h"
#include "ui/views/main_window.h"
#include "ui/views/message_bar.h"
#include "ui/views/why_panel.h"

#include <QAbstractItemModelTester>
#include <QAccessible>
#include <QComboBox>
#include <QDir>
#include <QLabel>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <cmath>
#include <fstream>
#include <memory>
#include <numeric>
#include <set>

using namespace grappa;

namespace {

constexpr int imagesInGarden = 120;
constexpr int patienceMs = 20'000;
constexpr double tolerance = 2e-3; // stored as fp16

} // namespace

/// Granularity attention in the window, over an adaptation that the real grappa-cli learned with a small random
/// backbone.
class TestWhy : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();

    void theMapIsATableOfLevelsAndBlocks();
    void sentencesSayWhatGrappaCliSays();
    void whatIsLearnedIsUsedWhenChosen();
    void barsSumToOneAndDiffer();
    void attentionIsThatOfGrappaCli();
    void thePanelExplainsTheResult();
    void aQueryFromOutsideIsExplained();
    void theMapsOfServeAreRead();
    void theBaseHasNoBars();
    void thePanelIsRemembered();
    void anEmptySetFallsBackToTheBase();
    void aRemovedAdaptationFallsBackToTheBase();

private:
    void open();
    test::Cli cli() const { return {m_folder->filePath("library"), m_models.path()}; }
    Browser& browser() const { return *m_window->findChild<Browser*>(); }
    Attention& attention() const { return *m_window->findChild<Attention*>(); }
    GalleryView* gallery() const { return m_window->findChild<GalleryView*>(); }
    WhyPanel* panel() const { return m_window->findChild<WhyPanel*>(); }
    QComboBox* learned() const { return m_window->findChild<QComboBox*>("learned"); }
    void use(bool adaptation);
    void searchBy(ImageId image);
    nlohmann::json explained(const QStringList& image) const {
        return cli().run(QStringList{"explain", "--adaptation", "garden"} + image).json();
    }
    QList<double> barOf(int row) const {
        return browser().images()->index(row, 0).data(ImageListModel::AttentionRole).value<QList<double>>();
    }

    QTemporaryDir m_models;
    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_garden;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<MainWindow> m_window;
};

void TestWhy::initTestCase() {
    test::writeTinyBackbone(m_models.path().toStdString());
    qputenv("GRAPPA_MODELS", m_models.path().toUtf8());
    m_folder = std::make_unique<QTemporaryDir>();
    m_garden = m_folder->filePath("Garden");
    QVERIFY(QDir().mkpath(m_garden));
    QVERIFY(test::writeImages(m_garden, imagesInGarden));
    QCOMPARE(cli().run({"--input-size", "56", "import", "--collection", "Garden", m_garden}).exitCode, 0);
    const test::CliResult adapted = cli().run({"adapt", "--collection", "Garden", "--name", "garden", "--depth",
                                               "quick", "--granularities", "6,14,30", "--epochs", "2"});
    QVERIFY2(adapted.exitCode == 0, adapted.err.constData());
}

void TestWhy::init() {
    {
        Library library(LibraryPaths::resolve(m_folder->filePath("library").toStdString()), Library::Access::ReadWrite);
        useSetOf(library, std::nullopt);
        std::filesystem::remove(library.paths().data / "window.json");
    }
    open();
}

void TestWhy::cleanup() {
    m_window.reset();
    m_session.reset();
}

void TestWhy::open() {
    m_session = std::make_unique<Session>(SessionOptions{
        .library = m_folder->filePath("library").toStdString(), .cli = GRAPPA_BIN "/grappa-cli", .makeLevels = false});
    m_window = std::make_unique<MainWindow>(*m_session, std::filesystem::path());
    m_window->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
}

void TestWhy::use(bool adaptation) {
    QCOMPARE(learned()->count(), 2);
    learned()->setCurrentIndex(adaptation ? 1 : 0);
    Q_EMIT learned()->activated(adaptation ? 1 : 0);
    QTRY_COMPARE_WITH_TIMEOUT(m_session->adaptation().has_value(), adaptation, patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(attention().isUsed(), adaptation, patienceMs);
    QCOMPARE(learned()->currentIndex(), adaptation ? 1 : 0);
}

void TestWhy::searchBy(ImageId image) {
    browser().searchByImage(image, {});
    QTRY_VERIFY_WITH_TIMEOUT(!browser().pending() && browser().place().query &&
                                 browser().place().query->image == image && browser().images()->hasScores(),
                             patienceMs);
}

void TestWhy::theMapIsATableOfLevelsAndBlocks() {
    AttentionModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QCOMPARE(model.rowCount(), 0);
    QCOMPARE(model.columnCount(), 0);
    model.setAttention({16, 64, 1024}, {10, 11}, {0.5F, 0.25F, 0.25F, 0.1F, 0.2F, 0.7F});
    QCOMPARE(model.rowCount(), 3);
    QCOMPARE(model.columnCount(), 3);
    // Fine levels first, their mean in the first column.
    QCOMPARE(model.headerData(0, Qt::Vertical).toString(), "k = 1,024");
    QCOMPARE(model.headerData(2, Qt::Vertical).toString(), "k = 16");
    QCOMPARE(model.headerData(1, Qt::Horizontal).toString(), "10");
    const auto share = [&](int row, int column) {
        return model.index(row, column).data(AttentionModel::ShareRole).toDouble();
    };
    QVERIFY(std::abs(share(0, 0) - 0.475) < 1e-6);
    QVERIFY(std::abs(share(0, 2) - 0.7) < 1e-6);
    QVERIFY(std::abs(share(2, 1) - 0.5) < 1e-6);
    QCOMPARE(model.index(0, 2).data().toString(), "70");
    QCOMPARE(model.index(1, 1).data(Qt::AccessibleTextRole).toString(), "k = 64, block 10: 25 %");
    model.setAttention({16, 64}, {10}, {0.5F});
    QCOMPARE(model.rowCount(), 0);
}

void TestWhy::sentencesSayWhatGrappaCliSays() {
    QCOMPARE(attentionSentence({16, 64, 1024}, {0.8, 0.1, 0.1}), "Mostly k = 16 (80 %): it is told by its broad kind.");
    QVERIFY(
        attentionSentence({16, 64, 1024}, {0.1, 0.8, 0.1}).startsWith("Mostly k = 64 (80 %): it is told by its kind"));
    QCOMPARE(attentionSentence({16, 64, 1024}, {0.1, 0.1, 0.8}),
             "Mostly k = 1,024 (80 %): it is told by fine differences within its kind.");
    QVERIFY(attentionSentence({16, 64}, {0.5, 0.5}).startsWith("No granularity stands out"));
    QVERIFY(attentionSentence({16, 64}, {}).isEmpty());
    QCOMPARE(attentionText({16, 64}, {0.25, 0.75}), "k = 16: 25 % · k = 64: 75 %");
}

void TestWhy::whatIsLearnedIsUsedWhenChosen() {
    QTRY_VERIFY_WITH_TIMEOUT(learned()->isVisible(), patienceMs);
    QVERIFY(!m_session->adaptation());
    searchBy(3);
    const std::vector<Neighbour> base = browser().place().neighbours;
    QSignalSpy changed(m_session.get(), &Session::adaptationChanged);
    use(true);
    QVERIFY(changed.size() > 0);
    // What is shown is searched anew, and equals what grappa-cli finds.
    QTRY_VERIFY_WITH_TIMEOUT(browser().place().query->adaptation == m_session->adaptation()->checksum, patienceMs);
    const auto check = [this](const QStringList& arguments) {
        const auto result = cli().run(QStringList{"search", "--id", "3", "-n", "500"} + arguments).json();
        const auto& found = browser().place().neighbours;
        QCOMPARE(found.size(), result.at("results").size());
        for (std::size_t i = 0; i < found.size(); ++i)
            QVERIFY(std::abs(found[i].score - result.at("results")[i].at("score").get<float>()) < 1e-3F);
    };
    check({"--adaptation", "garden"});
    use(false);
    QTRY_VERIFY_WITH_TIMEOUT(browser().place().query->adaptation.empty() && !browser().pending(), patienceMs);
    check({"--adaptation", "base"});
    QCOMPARE(browser().place().neighbours.size(), base.size());
}

void TestWhy::barsSumToOneAndDiffer() {
    use(true);
    searchBy(5);
    const auto allThere = [this] {
        bool all = true; // asks for every one
        for (int row = 0; row < browser().images()->rowCount(); ++row)
            all = !barOf(row).isEmpty() && all;
        return all;
    };
    QTRY_VERIFY_WITH_TIMEOUT(allThere(), patienceMs);
    std::set<QList<double>> different;
    for (int row = 0; row < browser().images()->rowCount(); ++row) {
        const QList<double> bar = barOf(row);
        QCOMPARE(bar.size(), 3);
        QVERIFY(std::abs(std::accumulate(bar.begin(), bar.end(), 0.0) - 1) < tolerance);
        different.insert(bar);
    }
    QVERIFY(different.size() > 10);
    const QModelIndex first = browser().images()->index(0, 0);
    const QString text = first.data(Qt::AccessibleDescriptionRole).toString();
    QVERIFY(text.startsWith("k = 6: "));
    QVERIFY(first.data(Qt::ToolTipRole).toString().endsWith(text));
    QAccessibleInterface* tile = QAccessible::queryAccessibleInterface(gallery())->child(0);
    QCOMPARE(tile->text(QAccessible::Description), text);
}

void TestWhy::attentionIsThatOfGrappaCli() {
    use(true);
    searchBy(5);
    for (const int row : {0, 20, imagesInGarden - 2}) {
        QTRY_VERIFY_WITH_TIMEOUT(!barOf(row).isEmpty(), patienceMs);
        const ImageId image = browser().images()->imageAt(row).value_or(0);
        const auto json = explained({"--id", QString::number(image)});
        const std::vector<float> found = attention().of(image);
        std::size_t at = 0;
        for (const auto& block : json.at("attention"))
            for (const auto& value : block)
                QVERIFY(std::abs(found.at(at++) - value.get<float>()) < tolerance);
        QCOMPARE(found.size(), at);
        const auto mean = json.at("mean").get<std::vector<double>>();
        for (std::size_t i = 0; i < mean.size(); ++i)
            QVERIFY(std::abs(barOf(row)[static_cast<qsizetype>(i)] - mean[i]) < tolerance);
        QString sentence = attentionSentence(attention().granularities(), attention().meanOf(image));
        sentence.chop(1);
        QCOMPARE(sentence.toLower(), QString::fromStdString(json.at("reading").get<std::string>()).toLower());
    }
    const auto json = explained({"--id", "5"});
    QCOMPARE(attention().granularities(), json.at("granularities").get<std::vector<std::int64_t>>());
    QCOMPARE(attention().blocks(), json.at("blocks").get<std::vector<std::int64_t>>());
}

void TestWhy::thePanelExplainsTheResult() {
    use(true);
    searchBy(5);
    QVERIFY(panel()->isHidden());
    QTest::keyClick(m_window.get(), Qt::Key_I, Qt::ControlModifier);
    QTRY_VERIFY_WITH_TIMEOUT(panel()->isVisible(), patienceMs);
    gallery()->setCurrentIndex(browser().images()->index(2, 0));
    const auto* map = panel()->findChild<QTableView*>("attentionMap");
    QTRY_COMPARE_WITH_TIMEOUT(map->model()->rowCount(), 3, patienceMs);
    const auto* score = panel()->findChild<QLabel*>("title");
    QTRY_VERIFY_WITH_TIMEOUT(score->text().endsWith("rank 3"), patienceMs);
    const ImageId image = browser().images()->imageAt(2).value_or(0);
    const auto shown = [&](ImageId of) {
        const std::vector<float> values = attention().of(of);
        return !values.empty() &&
               map->model()->index(2, 1).data(AttentionModel::ShareRole).toDouble() == double{values[0]} &&
               panel()->findChild<AttentionBar*>()->mean() == attention().meanOf(of);
    };
    QTRY_VERIFY_WITH_TIMEOUT(shown(image), patienceMs);
    QVERIFY(!panel()->findChild<QLabel*>("whySentence")->text().isEmpty());
    // The query's own, on request.
    for (auto* chip : panel()->findChildren<QToolButton*>("chip"))
        if (chip->text() == "Query") QTest::mouseClick(chip, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(shown(5), patienceMs);
    QVERIFY(!panel()->findChildren<QLabel*>("fact").isEmpty());
}

void TestWhy::aQueryFromOutsideIsExplained() {
    use(true);
    const QString file = m_folder->filePath("outside.png");
    QVERIFY(test::makeImage(7'000).save(file));
    browser().searchByFile(file.toStdString());
    QTRY_VERIFY_WITH_TIMEOUT(!browser().pending() && browser().place().query, 3 * patienceMs);
    const std::vector<float>& found = browser().place().query->attention;
    const auto json = explained({file});
    std::size_t at = 0;
    for (const auto& block : json.at("attention"))
        for (const auto& value : block)
            QVERIFY(std::abs(found.at(at++) - value.get<float>()) < tolerance);
    QCOMPARE(found.size(), at);
    // The fused vector is what is searched by.
    const auto result = cli().run({"search", file, "--adaptation", "garden", "-n", "500"}).json();
    const auto& neighbours = browser().place().neighbours;
    QCOMPARE(neighbours.size(), result.at("results").size());
    for (std::size_t i = 0; i < neighbours.size(); ++i)
        QVERIFY(std::abs(neighbours[i].score - result.at("results")[i].at("score").get<float>()) < 1e-3F);
    // Another choice, another child: the same query by the base.
    use(false);
    QTRY_VERIFY_WITH_TIMEOUT(!browser().pending() && browser().place().query->adaptation.empty(), 3 * patienceMs);
    QVERIFY(browser().place().query->attention.empty());
    QCOMPARE(browser().place().neighbours.front().image,
             cli().run({"search", file, "--adaptation", "base"}).json().at("results")[0].at("id").get<ImageId>());
}

void TestWhy::theMapsOfServeAreRead() {
    for (const bool adapted : {true, false}) {
        use(adapted);
        std::optional<PatchMaps> maps;
        QString problem;
        m_session->readMaps(
            this, m_garden.toStdString() + "/0003.jpg", {}, QRect(10, 10, 100, 90),
            [&maps](PatchMaps read) { maps = std::move(read); },
            [&problem](const Problem& told) { problem = told.sentence; });
        QTRY_VERIFY2_WITH_TIMEOUT(maps || !problem.isEmpty(), qPrintable(problem), 3 * patienceMs);
        QVERIFY2(maps, qPrintable(problem));
        QCOMPARE(maps->rows, 4);
        QCOMPARE(maps->cols, 4);
        QCOMPARE(maps->adapted, adapted);
        QVERIFY(!maps->whole);
        for (std::size_t patch = 0; patch < maps->patches(); ++patch) {
            QVERIFY(std::abs(matchesOf(*maps, patch, *maps)[patch] - 1) < 1e-3F);
            QVERIFY(maps->attention[patch] > 0 && maps->attention[patch] < 1);
        }
    }
}

void TestWhy::theBaseHasNoBars() {
    searchBy(5);
    QVERIFY(!attention().isUsed());
    QVERIFY(barOf(0).isEmpty());
    QVERIFY(browser().images()->index(0, 0).data(Qt::AccessibleDescriptionRole).toString().isEmpty());
    QTest::keyClick(m_window.get(), Qt::Key_I, Qt::ControlModifier);
    QVERIFY(!panel()->findChild<QTableView*>("attentionMap")->isVisible());
}

void TestWhy::thePanelIsRemembered() {
    QTest::keyClick(m_window.get(), Qt::Key_I, Qt::ControlModifier);
    QTRY_VERIFY_WITH_TIMEOUT(panel()->isVisible(), patienceMs);
    m_window->close();
    QTRY_VERIFY_WITH_TIMEOUT(std::filesystem::exists(m_session->windowStateFile()), patienceMs);
    cleanup();
    open();
    QTRY_VERIFY_WITH_TIMEOUT(panel()->isVisible(), patienceMs);
    QVERIFY(m_window->findChild<QToolButton*>("whyButton")->isChecked());
    QTest::mouseClick(m_window->findChild<QToolButton*>("whyButton"), Qt::LeftButton);
    QVERIFY(panel()->isHidden());
}

void TestWhy::anEmptySetFallsBackToTheBase() {
    const QTemporaryDir folder;
    Library library(LibraryPaths::resolve(folder.path().toStdString()), Library::Access::ReadWrite);
    QVERIFY(!setInUse(library).set);
    EmbeddingSetKey key;
    key.modelHash = "model";
    const EmbeddingSet base = library.embeddingSet(key, 8);
    AdaptationRow row;
    row.name = "learned";
    row.modelHash = "model";
    row = library.addAdaptation(row, [](const std::filesystem::path& file) { std::ofstream(file) << "weights"; });
    key.adaptation = row.checksum;
    key.fusion = "neighbours";
    const EmbeddingSet empty = library.embeddingSet(key, 8);
    library.setSetting("default_set", std::to_string(empty.id));
    const SetInUse used = setInUse(library);
    QVERIFY(used.fellBack && !used.adaptation);
    QCOMPARE(used.set->id, base.id);
    QVERIFY(usableAdaptations(library).empty());
    QVERIFY_EXCEPTION_THROWN(useSetOf(library, row.id), Error);
    useSetOf(library, std::nullopt);
    QVERIFY(!setInUse(library).fellBack);
}

/// Last: it takes the adaptation away.
void TestWhy::aRemovedAdaptationFallsBackToTheBase() {
    use(true);
    searchBy(5);
    QSignalSpy failed(m_session.get(), &Session::failed);
    {
        Library library(m_session->paths(), Library::Access::ReadWrite);
        library.removeAdaptation(m_session->adaptation()->id);
    }
    QTRY_VERIFY_WITH_TIMEOUT(!m_session->adaptation(), patienceMs);
    QCOMPARE(failed.size(), 1);
    QVERIFY(m_window->findChild<MessageBar*>()->isVisible());
    QVERIFY(!learned()->isVisible());
    QTRY_VERIFY_WITH_TIMEOUT(!browser().pending() && browser().place().query->adaptation.empty(), patienceMs);
    QVERIFY(barOf(0).isEmpty());
}

QTEST_MAIN(TestWhy)
#include "tst_why.moc"
