#include "core/search/level_groups.h"
#include "tests/support/cli.h"
#include "tests/support/images.h"
#include "tests/support/tiny_backbone.h"
#include "ui/browser.h"
#include "ui/jobs/exporter.h"
#include "ui/models/image_list_model.h"
#include "ui/result_dividers.h"
#include "ui/session.h"
#include "ui/views/gallery_view.h"
#include "ui/views/granularity_bar.h"
#include "ui/views/granularity_slider.h"
#include "ui/views/image_actions.h"
#include "ui/views/main_window.h"
#include "ui/views/query_bar.h"
#include "ui/views/stop_preview.h"

#include <QAbstractItemModelTester>
#include <QDir>
#include <QLabel>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <algorithm>
#include <cmath>
#include <memory>

using namespace grappa;

namespace {

constexpr int imagesInGarden = 120;
constexpr int patienceMs = 90'000; ///< a busy machine
constexpr float tolerance = 1e-3F;
const QStringList levelsMade{"levels", "--adaptation", "base", "--granularities", "4,12,40"};

/// Of `grappa-cli search`, best first.
std::vector<Neighbour> resultsOf(const test::CliResult& search) {
    std::vector<Neighbour> neighbours;
    for (const auto& row : search.json().value("results", nlohmann::json::array()))
        neighbours.push_back({row.at("id").get<ImageId>(), row.at("score").get<float>()});
    return neighbours;
}

} // namespace

/// The granularity slider over a library that the real grappa-cli made, with a small random backbone.
class TestGranularity : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup() { close(); }

    void theStopsAreTheLevelsThatAreShown();
    void stopsThatCannotBeToldApartAreLeftOut_data();
    void stopsThatCannotBeToldApartAreLeftOut();
    void theLevelCanBeChosenWhereItChangesSomething();
    void bracketsChooseTheLevelFromEverywhere();
    void aClickOnTheSliderLeavesTheKeysToTheImages();
    void aDividerSaysWhereTheGroupEnds();
    void aClickAnswersAsSearchDoes();
    void resultsAtALevelAreThoseOfGrappaCli_data();
    void resultsAtALevelAreThoseOfGrappaCli();
    void scoresAreTheSameEverywhere_data();
    void scoresAreTheSameEverywhere();
    void aLibraryFileScoresFullWithItself_data();
    void aLibraryFileScoresFullWithItself();
    void aCutSurvivesAChangeOfLevel();
    void twoLevelsGiveTwoOrders();
    void aQueryFromOutsideIsSearchedAtALevel_data();
    void aQueryFromOutsideIsSearchedAtALevel();
    void aRegionIsSearchedAtALevel();
    void theLevelBelongsToThePlace();
    void theLevelIsTakenUpAgain();
    void ofSeveralChangesTheLastCounts();
    void keysAndAutoChooseTheLevel();
    void movingTheSliderLeavesAuto_data();
    void movingTheSliderLeavesAuto();
    void hoveringShowsSamplesOfAStop();
    void aLevelThatIsGoneGivesWayToTheNearest();
    void groupsAreModelled();
    void groupsAreShownLargestFirstAndOpened();
    void groupsFollowTheSliderAndTheFilter();
    void autoTakesEffectWhenItComes();
    void levelsAreMadeAfterAnImport();
    void levelsWaitForAnImport();
    void levelsWaitForAnotherProcess();

private:
    void open();
    void openLibrary(const QString& folder, bool makeLevels = false);
    void close();
    test::Cli cli() const { return {m_folder->filePath("library"), m_models.path()}; }
    /// The results of `grappa-cli search`, best first.
    std::vector<Neighbour> expected(const QStringList& query, const std::string& level) const;
    void compareWith(const std::vector<Neighbour>& expected) const;
    void searchBy(ImageId image, const std::string& level);
    Browser& browser() const { return *m_window->findChild<Browser*>(); }
    GranularityBar* bar() const { return m_window->findChild<GranularityBar*>(); }
    GranularitySlider* slider() const { return m_window->findChild<GranularitySlider*>(); }
    QToolButton* autoButton() const { return bar()->findChild<QToolButton*>("chip"); }
    bool settled() const {
        const Place& place = browser().place();
        return !browser().pending() && place.foundAt == m_session->levels()->effective(place.level);
    }

    QTemporaryDir m_models;
    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_garden;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<MainWindow> m_window;
};

void TestGranularity::initTestCase() {
    test::writeTinyBackbone(m_models.path().toStdString());
    qputenv("GRAPPA_MODELS", m_models.path().toUtf8());
    // One library for all tests: only the last two change it, in a folder of their own.
    m_folder = std::make_unique<QTemporaryDir>();
    m_garden = m_folder->filePath("Garden");
    QVERIFY(QDir().mkpath(m_garden));
    QVERIFY(test::writeImages(m_garden, imagesInGarden));
    QCOMPARE(cli().run({"import", "--collection", "Garden", m_garden}).exitCode, 0);
    QCOMPARE(cli().run(levelsMade).exitCode, 0);
}

void TestGranularity::init() {
    open();
    QFile::remove(QString::fromStdString(m_session->windowStateFile().native()));
    close();
    open();
}

void TestGranularity::open() {
    openLibrary(m_folder->filePath("library"));
}

void TestGranularity::openLibrary(const QString& folder, bool makeLevels) {
    m_session = std::make_unique<Session>(
        SessionOptions{.library = folder.toStdString(), .cli = GRAPPA_BIN "/grappa-cli", .makeLevels = makeLevels});
    m_window = std::make_unique<MainWindow>(*m_session, std::filesystem::path());
    m_window->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
}

void TestGranularity::close() {
    m_window.reset();
    m_session.reset();
}

std::vector<Neighbour> TestGranularity::expected(const QStringList& query, const std::string& level) const {
    return resultsOf(cli().run(QStringList{"search", "-n", "500", "--level", QString::fromStdString(level)} + query));
}

/// Images whose scores differ by less than what fp16 leaves may change places.
void TestGranularity::compareWith(const std::vector<Neighbour>& expected) const {
    const std::vector<Neighbour>& found = browser().place().neighbours;
    QVERIFY(!expected.empty());
    QCOMPARE(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        QVERIFY(std::abs(found[i].score - expected[i].score) < tolerance);
        const auto same = std::find_if(expected.begin(), expected.end(),
                                       [&](const Neighbour& each) { return each.image == found[i].image; });
        QVERIFY(same != expected.end());
        QVERIFY(std::abs(found[i].score - same->score) < tolerance);
    }
}

void TestGranularity::searchBy(ImageId image, const std::string& level) {
    browser().setLevel(level);
    browser().searchByImage(image, {});
    QTRY_VERIFY_WITH_TIMEOUT(browser().place().query && settled(), patienceMs);
    QCOMPARE(browser().place().level, level);
}

void TestGranularity::theStopsAreTheLevelsThatAreShown() {
    const auto result = cli().run(levelsMade).json();
    std::vector<std::int64_t> shown;
    for (const auto& level : result.at("levels"))
        if (level.at("shown").get<bool>()) shown.insert(shown.begin(), level.at("k").get<std::int64_t>());
    QVERIFY(!shown.empty());
    QTRY_COMPARE_WITH_TIMEOUT(slider()->levels(), shown, patienceMs);
    QTRY_VERIFY_WITH_TIMEOUT(bar()->isVisible(), patienceMs);
    QVERIFY(autoButton()->isVisible());
    QCOMPARE(slider()->minimum(), 0);
    QCOMPARE(slider()->maximum(), static_cast<int>(shown.size()));
    QCOMPARE(slider()->nameOf(0), "Same shot");
    QCOMPARE(slider()->nameOf(1),
             QString("%1 group(s) of about %2").arg(shown.front()).arg(imagesInGarden / shown.front()));
}

void TestGranularity::stopsThatCannotBeToldApartAreLeftOut_data() {
    using Levels = std::vector<std::int64_t>;
    QTest::addColumn<Levels>("shown");
    QTest::addColumn<Levels>("distinct");
    QTest::newRow("none") << Levels{} << Levels{};
    QTest::newRow("one") << Levels{12} << Levels{12};
    QTest::newRow("far apart") << Levels{40, 12, 4} << Levels{40, 12, 4};
    QTest::newRow("each about half as large again")
        << Levels{359, 230, 148, 95, 61, 39, 25, 16} << Levels{230, 95, 39, 16};
    QTest::newRow("just twice as many") << Levels{32, 16} << Levels{32, 16};
}

void TestGranularity::stopsThatCannotBeToldApartAreLeftOut() {
    QFETCH(std::vector<std::int64_t>, shown);
    QTEST(distinctStops(shown), "distinct");
}

/// Where the level changes nothing, nothing pretends to.
void TestGranularity::theLevelCanBeChosenWhereItChangesSomething() {
    QTRY_VERIFY_WITH_TIMEOUT(bar()->isVisible() && !slider()->levels().empty(), patienceMs);
    QVERIFY(!slider()->isEnabled());
    QVERIFY(!autoButton()->isEnabled());
    searchBy(3, autoLevel);
    QVERIFY(slider()->isEnabled());
    QVERIFY(autoButton()->isEnabled());
    browser().showGroups();
    QVERIFY(slider()->isEnabled());
    QCOMPARE(slider()->minimum(), 1); // the images by themselves are no groups
    QVERIFY(!autoButton()->isEnabled());
    QTRY_VERIFY_WITH_TIMEOUT(browser().groups()->rowCount() > 0, patienceMs);
    browser().openGroup(0);
    QVERIFY(!slider()->isEnabled());
}

void TestGranularity::bracketsChooseTheLevelFromEverywhere() {
    GalleryView* gallery = m_window->findChild<GalleryView*>();
    searchBy(12, autoLevel);
    gallery->setFocus();
    std::vector<std::string> levels{autoLevel, rawLevel};
    for (const std::int64_t k : m_session->levels()->stops().k)
        levels.push_back(std::to_string(k));
    for (const std::string& level : levels) {
        QCOMPARE(browser().level(), level);
        QTest::keyClick(gallery, Qt::Key_BracketRight);
    }
    QCOMPARE(browser().level(), levels.back());
    for (std::size_t i = 0; i < levels.size(); ++i)
        QTest::keyClick(gallery, Qt::Key_BracketLeft);
    QCOMPARE(browser().level(), autoLevel);
    QVERIFY(autoButton()->isChecked());
    QTRY_VERIFY_WITH_TIMEOUT(settled(), patienceMs);
}

void TestGranularity::aClickOnTheSliderLeavesTheKeysToTheImages() {
    GalleryView* gallery = m_window->findChild<GalleryView*>();
    searchBy(13, autoLevel);
    gallery->setFocus();
    QTest::mouseClick(slider(), Qt::LeftButton, Qt::NoModifier, slider()->stopRect(1).center());
    QVERIFY(gallery->hasFocus());
}

void TestGranularity::aDividerSaysWhereTheGroupEnds() {
    const std::int64_t k = m_session->levels()->stops().k.back();
    searchBy(16, std::to_string(k));
    const auto border = groupBorder(browser().place().neighbours);
    QVERIFY(border);
    const QModelIndex first = browser().images()->index(static_cast<int>(*border));
    QCOMPARE(first.data(ImageListModel::DividerRole).toInt(), int(Divider::OtherGroups));
    QVERIFY(m_window->findChild<QueryBar*>()->findChild<QLabel*>("note")->text().contains("in the same group"));
    // By hand: most results before it are of the query's cluster.
    Library library(m_session->paths(), Library::Access::ReadOnly);
    const ClusterScan scan = library.clusterNumbers(m_session->levels()->stops().set, k);
    const auto clusterOf = [&scan](ImageId image) {
        const auto at = std::lower_bound(scan.images.begin(), scan.images.end(), image);
        return scan.clusters[static_cast<std::size_t>(at - scan.images.begin())];
    };
    std::size_t before = 0;
    for (std::size_t i = 0; i < *border; ++i)
        before += clusterOf(browser().place().neighbours[i].image) == clusterOf(16);
    QVERIFY(2 * before > *border);
    // Only in the order of the scores.
    browser().setOrder(ImageOrder::Name);
    QTRY_VERIFY_WITH_TIMEOUT(browser().images()->dividers().empty(), patienceMs);
}

void TestGranularity::aClickAnswersAsSearchDoes() {
    GalleryView* gallery = m_window->findChild<GalleryView*>();
    QTRY_COMPARE_WITH_TIMEOUT(browser().images()->rowCount(), imagesInGarden, patienceMs);
    const ImageId image = browser().images()->imageAt(3).value_or(0);
    gallery->scrollTo(gallery->model()->index(3, 0));
    QTest::mouseClick(gallery->viewport(), Qt::LeftButton, Qt::NoModifier,
                      gallery->visualRect(gallery->model()->index(3, 0)).center());
    QTRY_VERIFY_WITH_TIMEOUT(browser().place().query && settled(), patienceMs);
    QCOMPARE(browser().place().query->image, std::optional(image));
    QVERIFY(autoButton()->isChecked());
    const auto found = resultsOf(cli().run({"search", "--id", QString::number(image), "-n", "500"}));
    compareWith(found);
    QCOMPARE(browser().place().neighbours.front().image, found.front().image);
}

void TestGranularity::resultsAtALevelAreThoseOfGrappaCli_data() {
    QTest::addColumn<std::string>("level");
    for (const char* level : {"raw", "40", "12", "4", "auto"})
        QTest::newRow(level) << std::string(level);
}

void TestGranularity::resultsAtALevelAreThoseOfGrappaCli() {
    QFETCH(std::string, level);
    const auto& k = m_session->levels()->stops().k;
    if (level != rawLevel && level != autoLevel && std::find(k.begin(), k.end(), std::stoll(level)) == k.end())
        QSKIP("this level cannot be told apart from the next finer one");
    for (const ImageId image : {ImageId{3}, ImageId{77}}) {
        searchBy(image, level);
        compareWith(expected({"--id", QString::number(image)}, level));
    }
}

void TestGranularity::scoresAreTheSameEverywhere_data() {
    QTest::addColumn<std::string>("level");
    QTest::newRow("raw") << rawLevel;
    QTest::newRow("auto") << autoLevel;
    QTest::newRow("the coarsest") << std::string("1");
}

void TestGranularity::scoresAreTheSameEverywhere() {
    QFETCH(std::string, level);
    level = m_session->levels()->available(level);
    searchBy(14, level);
    const QString target = m_folder->filePath(QString::fromStdString(level) + ".csv");
    m_window->findChild<ImageActions*>()->exportTo(ExportFormat::Csv, target.toStdString());
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(target), patienceMs);
    QFile csv(target);
    QVERIFY(csv.open(QIODevice::ReadOnly));
    const QList<QByteArray> lines = csv.readAll().split('\n');
    const auto results =
        cli().run({"search", "--id", "14", "-n", "500", "--level", QString::fromStdString(level)}).json().at("results");
    QCOMPARE(results.size(), std::size_t{imagesInGarden - 1});
    for (std::size_t i = 0; i < results.size(); ++i) {
        const auto row = static_cast<int>(i);
        const float shown = browser().images()->index(row, 0).data(ImageListModel::ScoreRole).toFloat();
        QCOMPARE(lines[row + 1].split(',').last().toDouble(), exportedScore(shown));
        QCOMPARE(results[i].at("closeness").get<double>(), exportedScore(shown));
    }
}

void TestGranularity::aLibraryFileScoresFullWithItself_data() {
    scoresAreTheSameEverywhere_data();
}

void TestGranularity::aLibraryFileScoresFullWithItself() {
    QFETCH(std::string, level);
    level = m_session->levels()->available(level);
    const QString file = m_garden + "/0014.jpg";
    browser().setLevel(level);
    browser().searchByFile(file.toStdString());
    QTRY_VERIFY_WITH_TIMEOUT(browser().place().query && settled(), 3 * patienceMs);
    QCOMPARE(m_session->embedder().processId(), qint64{0}); // its stored vector needs no model
    const QModelIndex first = browser().images()->index(0, 0);
    QCOMPARE(m_session->image(*browser().images()->imageAt(0))->path, std::filesystem::path(file.toStdString()));
    QCOMPARE(first.data(ImageListModel::ScoreRole).toFloat(), 100.0F);
    const auto found = cli().run({"search", file, "--level", QString::fromStdString(level)}).json().at("results")[0];
    QCOMPARE(found.at("path").get<std::string>(), file.toStdString());
    QCOMPARE(found.at("closeness").get<double>(), 100.0);
}

void TestGranularity::aCutSurvivesAChangeOfLevel() {
    searchBy(15, rawLevel);
    constexpr float least = 20;
    browser().setMinScore(least);
    browser().setLevel(autoLevel);
    QTRY_VERIFY_WITH_TIMEOUT(settled(), patienceMs);
    QCOMPARE(browser().place().minScore, std::optional(least));
    const auto scores = browser().place().scores();
    QCOMPARE(browser().images()->rowCount(),
             static_cast<int>(std::ranges::count_if(scores, [](float score) { return score >= least; })));
    QVERIFY(browser().images()->rowCount() < imagesInGarden - 1);
}

void TestGranularity::twoLevelsGiveTwoOrders() {
    searchBy(5, rawLevel);
    const auto order = [this] {
        std::vector<ImageId> ids;
        for (int row = 0; row < browser().images()->rowCount(); ++row)
            ids.push_back(browser().images()->imageAt(row).value_or(0));
        return ids;
    };
    const std::vector<ImageId> raw = order();
    const int coarsest = slider()->maximum();
    Q_EMIT slider()->stopChosen(0); // where it stands: nothing changes
    QTest::mouseClick(slider(), Qt::LeftButton, Qt::NoModifier, slider()->stopRect(coarsest).center());
    QTRY_VERIFY_WITH_TIMEOUT(settled() && browser().level() != rawLevel, patienceMs);
    QTRY_VERIFY_WITH_TIMEOUT(order() != raw, patienceMs);
    QCOMPARE(order().size(), raw.size());
    const auto found = expected({"--id", "5"}, std::to_string(m_session->levels()->stops().k.back()));
    compareWith(found);
    // The row that is shown first is grappa-cli's best.
    QVERIFY(std::abs(browser().images()->index(0, 0).data(ImageListModel::CosineRole).toFloat() - found.front().score) <
            tolerance);
}

void TestGranularity::aQueryFromOutsideIsSearchedAtALevel_data() {
    resultsAtALevelAreThoseOfGrappaCli_data();
}

void TestGranularity::aQueryFromOutsideIsSearchedAtALevel() {
    QFETCH(std::string, level);
    const QString file = m_folder->filePath("outside.png");
    QVERIFY(test::makeImage(7'000).save(file));
    const std::string wanted = m_session->levels()->available(level);
    browser().searchByFile(file.toStdString());
    QTRY_VERIFY_WITH_TIMEOUT(browser().place().query && settled(), 3 * patienceMs);
    browser().setLevel(wanted);
    QTRY_VERIFY_WITH_TIMEOUT(settled(), patienceMs);
    compareWith(expected({file}, wanted));
}

void TestGranularity::aRegionIsSearchedAtALevel() {
    const std::string level = std::to_string(m_session->levels()->stops().k.front());
    searchBy(9, level);
    ImageQuery query = *browser().place().query;
    query.file = m_session->image(9)->path;
    browser().searchByRegion(query, QRect(20, 10, 90, 80));
    QTRY_VERIFY_WITH_TIMEOUT(settled() && browser().place().query->region, 3 * patienceMs);
    compareWith(expected({"--id", "9", "--crop", "20,10,90,80"}, level));
}

void TestGranularity::theLevelBelongsToThePlace() {
    const std::string fine = std::to_string(m_session->levels()->stops().k.front());
    searchBy(2, fine);
    searchBy(8, autoLevel); // the slider was moved before the second search: the first place has it too
    browser().back();
    QCOMPARE(browser().place().query->image, std::optional<ImageId>(2));
    QTRY_VERIFY_WITH_TIMEOUT(settled(), patienceMs);
    browser().setLevel(fine);
    QTRY_VERIFY_WITH_TIMEOUT(settled(), patienceMs);
    compareWith(expected({"--id", "2"}, fine));
    browser().forward();
    QCOMPARE(browser().level(), autoLevel);
    QVERIFY(autoButton()->isChecked());
    browser().back();
    QCOMPARE(browser().level(), fine);
    QVERIFY(!autoButton()->isChecked());
    QCOMPARE(slider()->value(), 1);
}

void TestGranularity::theLevelIsTakenUpAgain() {
    const std::string coarse = std::to_string(m_session->levels()->stops().k.back());
    searchBy(4, coarse);
    m_window->close();
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(QString::fromStdString(m_session->windowStateFile().native())), patienceMs);
    close();
    open();
    QTRY_VERIFY_WITH_TIMEOUT(browser().place().query && settled(), patienceMs);
    QCOMPARE(browser().level(), coarse);
    QCOMPARE(slider()->value(), slider()->maximum());
    compareWith(expected({"--id", "4"}, coarse));
}

void TestGranularity::ofSeveralChangesTheLastCounts() {
    searchBy(6, rawLevel);
    const auto& k = m_session->levels()->stops().k;
    for (int turn = 0; turn < 5; ++turn)
        for (const std::int64_t each : k)
            browser().setLevel(std::to_string(each));
    browser().setLevel(autoLevel);
    QTRY_VERIFY_WITH_TIMEOUT(settled(), patienceMs);
    QCOMPARE(browser().level(), autoLevel);
    compareWith(expected({"--id", "6"}, autoLevel));
    // A step in the history while a search runs: its answer belongs to the place that was left.
    searchBy(7, rawLevel);
    browser().setLevel(std::to_string(k.back()));
    browser().back();
    QTRY_VERIFY_WITH_TIMEOUT(settled(), patienceMs);
    QCOMPARE(browser().place().query->image, std::optional<ImageId>(6));
    browser().forward();
    QTRY_VERIFY_WITH_TIMEOUT(settled(), patienceMs);
    compareWith(expected({"--id", "7"}, std::to_string(k.back())));
}

void TestGranularity::keysAndAutoChooseTheLevel() {
    searchBy(10, rawLevel);
    const auto& k = m_session->levels()->stops().k;
    QTest::keyClick(slider(), Qt::Key_Right);
    QCOMPARE(browser().level(), std::to_string(k.front()));
    QCOMPARE(slider()->accessibleDescription(), slider()->nameOf(1));
    QTest::keyClick(slider(), Qt::Key_End);
    QCOMPARE(browser().level(), std::to_string(k.back()));
    QTest::mouseClick(autoButton(), Qt::LeftButton);
    QCOMPARE(browser().level(), autoLevel);
    QTest::mouseClick(autoButton(), Qt::LeftButton);
    QCOMPARE(browser().level(), std::to_string(k.back()));
    QTest::keyClick(slider(), Qt::Key_Home);
    QCOMPARE(browser().level(), rawLevel);
    QTRY_VERIFY_WITH_TIMEOUT(settled(), patienceMs);
    compareWith(expected({"--id", "10"}, rawLevel));
}

void TestGranularity::movingTheSliderLeavesAuto_data() {
    QTest::addColumn<int>("key");
    QTest::addColumn<int>("stop");
    QTest::newRow("Home, where it stands") << int{Qt::Key_Home} << 0;
    QTest::newRow("Left, where it stands") << int{Qt::Key_Left} << 0;
    QTest::newRow("Right") << int{Qt::Key_Right} << 1;
    QTest::newRow("a click on the handle") << 0 << 0;
}

void TestGranularity::movingTheSliderLeavesAuto() {
    QFETCH(int, key);
    QFETCH(int, stop);
    searchBy(11, autoLevel);
    QVERIFY(autoButton()->isChecked());
    QCOMPARE(slider()->value(), 0);
    if (key == 0) {
        QTest::mouseClick(slider(), Qt::LeftButton, Qt::NoModifier, slider()->stopRect(stop).center());
    } else {
        QTest::keyClick(slider(), static_cast<Qt::Key>(key));
    }
    const std::string level = stop == 0 ? rawLevel : std::to_string(slider()->levels().front());
    QCOMPARE(browser().level(), level);
    QVERIFY(!autoButton()->isChecked());
    QTRY_VERIFY_WITH_TIMEOUT(settled(), patienceMs);
    compareWith(expected({"--id", "11"}, level));
}

void TestGranularity::hoveringShowsSamplesOfAStop() {
    auto* preview = m_window->findChild<StopPreview*>();
    QVERIFY(preview && preview->isHidden());
    searchBy(1, rawLevel);
    Q_EMIT slider()->stopHovered(0);
    QVERIFY(preview->isVisible());
    QVERIFY(preview->text().startsWith("Same shot"));
    Q_EMIT slider()->stopHovered(1);
    QVERIFY(preview->text().startsWith(slider()->nameOf(1)));
    QTRY_COMPARE_WITH_TIMEOUT(preview->text().count("A group of"), 3, patienceMs);
    Q_EMIT slider()->stopHovered(-1);
    QVERIFY(preview->isHidden());
}

void TestGranularity::aLevelThatIsGoneGivesWayToTheNearest() {
    const Levels* levels = m_session->levels();
    const auto& k = levels->stops().k;
    QCOMPARE(levels->available("raw"), rawLevel);
    QCOMPARE(levels->available("auto"), autoLevel);
    QCOMPARE(levels->available(""), rawLevel);
    QCOMPARE(levels->available("12 or so"), rawLevel);
    QCOMPARE(levels->available("-3"), rawLevel);
    QCOMPARE(levels->available("100000"), std::to_string(k.front()));
    QCOMPARE(levels->available("1"), std::to_string(k.back()));
    for (const std::int64_t each : k)
        QCOMPARE(levels->available(std::to_string(each)), std::to_string(each));
    const Levels none("/nonexistent", {});
    QCOMPARE(none.available("12"), rawLevel);
    // The wish is kept; until it is there the image itself is searched by.
    QCOMPARE(none.available("auto"), autoLevel);
    QCOMPARE(none.effective("auto"), rawLevel);
    QCOMPARE(levels->effective("auto"), autoLevel);
    QCOMPARE(levels->effective("12"), std::string("12"));
}

void TestGranularity::groupsAreModelled() {
    int fetched = 0;
    GroupListModel model([&fetched](ImageId id) -> std::optional<Image> {
        ++fetched;
        if (id == 4) return std::nullopt; // gone
        Image image;
        image.id = id;
        image.hash.bytes[0] = static_cast<unsigned char>(id);
        return image;
    });
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QCOMPARE(model.rowCount(), 0);
    model.setGroups({{.cluster = 7, .size = 1'200, .images = {1, 2}}, {.cluster = 3, .size = 2, .images = {3, 4}}});
    QCOMPARE(model.rowCount(), 2);
    QVERIFY(model.index(0).data().toString().startsWith("1,200 image"));
    QVERIFY(model.index(1).data(Qt::AccessibleTextRole).toString().startsWith("Group 2, 2 image"));
    const auto onTop = [&model](int row) {
        return model.index(row).data(ImageListModel::StackRole).value<QList<ContentHash>>();
    };
    QCOMPARE(onTop(0).size(), 0); // not yet
    QTRY_COMPARE_WITH_TIMEOUT(onTop(0).size(), 2, patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT((onTop(1), onTop(1).size()), 1, patienceMs);
    QCoreApplication::sendPostedEvents();
    QVERIFY(fetched <= 4);
    model.setGroups({});
    QCOMPARE(model.rowCount(), 0);
}

void TestGranularity::groupsAreShownLargestFirstAndOpened() {
    const std::int64_t k = m_session->levels()->stops().k.back();
    QTRY_COMPARE_WITH_TIMEOUT(browser().images()->rowCount(), imagesInGarden, patienceMs);
    auto* button = m_window->findChild<QToolButton*>("groupsButton");
    browser().setLevel(std::to_string(k));
    QTest::mouseClick(button, Qt::LeftButton);
    auto* view = m_window->findChild<GalleryView*>("groups");
    QTRY_VERIFY_WITH_TIMEOUT(view->isVisible() && view->model()->rowCount() > 0, patienceMs);
    QVERIFY(button->isChecked());
    Library library(m_session->paths(), Library::Access::ReadOnly);
    auto sizes = library.clusterSizes(m_session->levels()->stops().set, k);
    std::sort(sizes.rbegin(), sizes.rend());
    const auto& groups = browser().groups()->groups();
    std::uint64_t images = 0;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        QCOMPARE(groups[i].size, sizes[i]);
        images += groups[i].size;
    }
    QCOMPARE(images, std::uint64_t{imagesInGarden});

    // Enter opens one, Back returns.
    const auto clusters = library.clusterNumbers(m_session->levels()->stops().set, k);
    view->setFocus();
    view->setCurrentIndex(view->model()->index(1, 0));
    QTest::keyClick(view, Qt::Key_Return);
    QTRY_COMPARE_WITH_TIMEOUT(browser().images()->rowCount(), static_cast<int>(groups[1].size), patienceMs);
    QVERIFY(!view->isVisible());
    for (int row = 0; row < browser().images()->rowCount(); ++row) {
        const auto at = std::find(clusters.images.begin(), clusters.images.end(), *browser().images()->imageAt(row));
        QCOMPARE(clusters.clusters[static_cast<std::size_t>(at - clusters.images.begin())], groups[1].cluster);
    }
    QCOMPARE(browser().images()->imageAt(0), std::optional(groups[1].images.front()));
    browser().back();
    QTRY_VERIFY_WITH_TIMEOUT(view->isVisible(), patienceMs);
    // So does a click.
    QTest::mouseClick(view->viewport(), Qt::LeftButton, Qt::NoModifier,
                      view->visualRect(view->model()->index(0, 0)).center());
    QTRY_COMPARE_WITH_TIMEOUT(browser().images()->rowCount(), static_cast<int>(groups[0].size), patienceMs);
    QVERIFY(button->isChecked());
    QTest::mouseClick(button, Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(browser().images()->rowCount(), imagesInGarden, patienceMs);
    QVERIFY(!button->isChecked());
}

void TestGranularity::groupsFollowTheSliderAndTheFilter() {
    const auto& k = m_session->levels()->stops().k;
    browser().setLevel(rawLevel);
    browser().showGroups();
    // One image a group is no grouping: it begins at the finest level.
    QTRY_COMPARE_WITH_TIMEOUT(browser().level(), std::to_string(k.front()), patienceMs);
    QTRY_VERIFY_WITH_TIMEOUT(browser().groups()->rowCount() > k.back(), patienceMs);
    browser().setLevel(std::to_string(k.back()));
    QTRY_COMPARE_WITH_TIMEOUT(browser().groups()->rowCount(), static_cast<int>(k.back()), patienceMs);
    ImageFilter filter;
    filter.nameContains = "000"; // ten of them
    browser().setFilter(filter);
    const auto counted = [this] {
        std::uint64_t images = 0;
        for (const LevelGroup& group : browser().groups()->groups())
            images += group.size;
        return images;
    };
    QTRY_COMPARE_WITH_TIMEOUT(counted(), std::uint64_t{10}, patienceMs);
    browser().openGroup(0);
    QTRY_COMPARE_WITH_TIMEOUT(browser().images()->rowCount(), static_cast<int>(browser().groups()->groups()[0].size),
                              patienceMs);
}

void TestGranularity::autoTakesEffectWhenItComes() {
    close();
    const QTemporaryDir other;
    const test::Cli grappa(other.filePath("library"), m_models.path());
    const QStringList search{"search", "--id", "5", "-n", "500"};
    QCOMPARE(grappa.run({"import", "--collection", "Garden", m_garden}).exitCode, 0);
    openLibrary(other.filePath("library"));
    browser().searchByImage(5, {});
    QTRY_VERIFY_WITH_TIMEOUT(browser().place().query && settled(), patienceMs);
    QCOMPARE(browser().level(), autoLevel);
    QCOMPARE(browser().place().foundAt, rawLevel);
    QVERIFY(!autoButton()->isVisible());
    QVERIFY(!autoButton()->isChecked());
    const std::vector<Neighbour> before = resultsOf(grappa.run(search));
    compareWith(before);
    QCOMPARE(grappa.run(levelsMade).exitCode, 0);
    QTRY_COMPARE_WITH_TIMEOUT(browser().place().foundAt, autoLevel, patienceMs);
    QVERIFY(autoButton()->isVisible());
    QVERIFY(autoButton()->isChecked());
    const std::vector<Neighbour> after = resultsOf(grappa.run(search));
    QVERIFY(std::abs(after.front().score - before.front().score) > tolerance);
    compareWith(after);
    close();
}

void TestGranularity::levelsAreMadeAfterAnImport() {
    close();
    const QTemporaryDir other;
    openLibrary(other.filePath("library"), true);
    QVERIFY(!bar()->isVisible());
    m_session->importFolders({m_garden.toStdString()});
    QTRY_COMPARE_WITH_TIMEOUT(m_session->imports()->status().state, ImportState::Done, 3 * patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(m_session->levels()->state(), Levels::State::Ready, 3 * patienceMs);
    QVERIFY(!m_session->levels()->stops().k.empty());
    QVERIFY(m_session->levels()->stops().neighbourhoods);
    QCOMPARE(slider()->levels(), m_session->levels()->stops().k);
    // It works at once.
    searchBy(1, std::to_string(m_session->levels()->stops().k.front()));
    QCOMPARE(browser().place().neighbours.size(), std::size_t{imagesInGarden - 1});
    close();
}

void TestGranularity::levelsWaitForAnImport() {
    Levels levels(GRAPPA_BIN "/grappa-cli", {"--library", m_folder->filePath("none")});
    LevelStops stops;
    levels.update(stops, {});
    QCOMPARE(levels.state(), Levels::State::TooFew);
    stops.images = 100;
    levels.update(stops, {});
    QCOMPARE(levels.state(), Levels::State::Waiting);
    QVERIFY(!levels.running());
    // There is no such library: the child fails, and nobody is told.
    levels.setHeld(false);
    QCOMPARE(levels.state(), Levels::State::Computing);
    QTRY_COMPARE_WITH_TIMEOUT(levels.state(), Levels::State::Failed, patienceMs);
    levels.update(stops, {});
    QVERIFY(!levels.running());
    stops.images = 120;
    levels.update(stops, {});
    QCOMPARE(levels.state(), Levels::State::Computing);
    levels.setHeld(true);
    QCOMPARE(levels.state(), Levels::State::Waiting);
    QTRY_VERIFY_WITH_TIMEOUT(!levels.running(), patienceMs);
    levels.setHeld(false);
    QCOMPARE(levels.state(), Levels::State::Computing);
    levels.stop();
    QTRY_VERIFY_WITH_TIMEOUT(!levels.running(), patienceMs);
    // Levels of an earlier version, without the neighbourhoods that belong to them: they are made anew.
    stops.set = 1;
    levels.update(stops, {});
    QCOMPARE(levels.state(), Levels::State::Waiting);
    stops.neighbourhoods = true;
    levels.update(stops, {});
    QCOMPARE(levels.state(), Levels::State::Ready);
}

void TestGranularity::levelsWaitForAnotherProcess() {
    auto lock = FileLock::tryAcquire(m_session->paths().jobLock("derive"));
    QVERIFY(lock);
    Levels levels(GRAPPA_BIN "/grappa-cli", {"--library", m_folder->filePath("library")});
    LevelStops stops;
    stops.images = 100;
    levels.update(stops, {});
    levels.setHeld(false);
    QCOMPARE(levels.state(), Levels::State::Computing);
    // It is no failure: it waits to be tried again.
    QTRY_COMPARE_WITH_TIMEOUT(levels.state(), Levels::State::Waiting, patienceMs);
    QVERIFY(!levels.running());
    levels.update(stops, {});
    QCOMPARE(levels.state(), Levels::State::Waiting);
}

QTEST_MAIN(TestGranularity)
#include "tst_granularity.moc"
