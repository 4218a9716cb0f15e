#include "ui/jobs/adapt_child.h"
#include "ui/jobs/adapt_estimate.h"
#include "ui/learning_report.h"
#include "ui/learning_text.h"
#include "ui/models/adaptation_list_model.h"

#include <QAbstractItemModelTester>
#include <QLocale>
#include <QSignalSpy>
#include <QTest>

#include <cmath>
#include <limits>

using namespace grappa;
using nlohmann::json;

namespace {

using Change = LearningRun::Change;

const json plan = json::parse(R"({"event":"plan","stages":["read","describe","group","learn k=16","learn k=64",
    "combine neighbours","check","embed","levels"],"granularities":[16,64],"images":1240,"device":"cpu","threads":2})");

json progress(const char* stage, int done, int total) {
    return {{"event", "progress"}, {"stage", stage}, {"done", done},
            {"total", total},      {"rate", 4},      {"secondsLeft", 90}};
}

json point(const char* stage, int step, double loss) {
    return {{"event", "point"}, {"stage", stage}, {"step", step}, {"loss", loss}, {"rate", 0.001}};
}

json probes(const char* stage, int epoch, double copyFirst, const std::vector<int>& results) {
    return {{"event", "probes"},
            {"stage", stage},
            {"epoch", epoch},
            {"copyFirst", copyFirst},
            {"rows", {{{"query", 5}, {"results", results}}}}};
}

std::string states(const LearningRun& run) {
    std::string text;
    for (const LearningStage& stage : run.stages())
        text += stage.state == StageState::Done ? 'd' : stage.state == StageState::Now ? 'n' : 'w';
    return text;
}

const char* const report = R"({"heldOut":62,"gallery":1240,
    "copyFirst":{"base":78.1,"adapted":91.0,"interval":[9.2,16.4]},
    "copyMrr":{"base":82.5,"adapted":93.0,"interval":[7.0,14.0]},
    "neighbourhood":{"base":55.0,"adapted":62.1,"interval":[-3.2,9.1]},
    "agreement":71.3,"stability":[],"verdict":"better","sentence":"Better: in English"})";

AdaptationRow row(std::int64_t id, const char* name) {
    AdaptationRow adaptation;
    adaptation.id = id;
    adaptation.name = name;
    adaptation.state = AdaptationState::Ready;
    adaptation.report = report;
    adaptation.createdAt = 1'700'000'000;
    return adaptation;
}

} // namespace

/// What the window makes of grappa-cli's words, without a child.
class TestLearningData : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates)); }
    void argumentsSayWhatWasChosen();
    void aStoppedRunIsReadBack_data();
    void aStoppedRunIsReadBack();
    void aStoppedRunKeepsItsOwnArguments();
    void stagesFollowThePlan();
    void aResumedRunGoesOn();
    void strangeEventsChangeNothing_data();
    void strangeEventsChangeNothing();
    void groupsAreKeptByGranularity();
    void theCurveRunsThroughTheStages();
    void theCurveIsReadBack();
    void stepsThatComeAgainTakeTheirPlace();
    void probesMarkWhatIsNew();
    void statesAllowWhatTheyAllow_data();
    void statesAllowWhatTheyAllow();
    void aChildThatCannotStartIsSaid();
    void anOfferedRunIsPaused();
    void reportsAreRead();
    void ranksAreCompared_data();
    void ranksAreCompared();
    void estimatesAreRead();
    void theListHasTheBaseFirst();
    void namesAreAskedFor();
};

void TestLearningData::argumentsSayWhatWasChosen() {
    AdaptRequest request{.collection = "Garden"};
    QCOMPARE(request.arguments(),
             QStringList({"--device", "auto", "adapt", "--collection", "Garden", "--depth", "normal", "--seed", "0"}));
    request.name = "Mine";
    request.depth = "quick";
    request.device = "cpu";
    request.threads = 2;
    request.seed = 7;
    request.granularities = "16,64";
    QCOMPARE(request.arguments(),
             QStringList({"--device", "cpu", "--threads", "2", "adapt", "--collection", "Garden", "--depth", "quick",
                          "--seed", "7", "--name", "Mine", "--granularities", "16,64"}));
}

void TestLearningData::aStoppedRunIsReadBack_data() {
    QTest::addColumn<QString>("stored");
    QTest::addColumn<QString>("collection");
    QTest::addColumn<QString>("depth");
    QTest::addColumn<int>("seed");
    QTest::newRow("all") << R"({"collection":"Garden","name":"","depth":"quick","seed":7})"
                         << "Garden"
                         << "quick" << 7;
    QTest::newRow("with its own arguments")
        << R"({"collection":"Garden","depth":"quick","seed":7,"arguments":["--collection","Garden","--blocks","all",3]})"
        << "Garden" << "quick" << 7;
    QTest::newRow("an older one") << R"({"collection":"Garden","seed":0})"
                                  << "Garden"
                                  << "normal" << 0;
    QTest::newRow("without a collection") << R"({"seed":0})" << QString() << QString() << 0;
    QTest::newRow("no object") << "[1]" << QString() << QString() << 0;
    QTest::newRow("broken") << "{" << QString() << QString() << 0;
}

void TestLearningData::aStoppedRunIsReadBack() {
    QFETCH(QString, stored);
    QFETCH(QString, collection);
    const auto request = adaptRequestOf(stored.toStdString());
    QCOMPARE(request.has_value(), !collection.isEmpty());
    if (!request) return;
    QCOMPARE(request->collection, collection);
    QVERIFY(request->arguments().contains(collection));
    QTEST(request->depth, "depth");
    QTEST(static_cast<int>(request->seed), "seed");
}

void TestLearningData::aStoppedRunKeepsItsOwnArguments() {
    const auto request =
        adaptRequestOf(R"({"collection":"Garden","arguments":["--collection","Garden","--blocks","all"]})");
    QCOMPARE(request->arguments(), QStringList({"adapt", "--collection", "Garden", "--blocks", "all"}));
}

void TestLearningData::stagesFollowThePlan() {
    LearningRun run;
    QCOMPARE(run.take(plan), Change::Stages);
    QCOMPARE(states(run), "wwwwwwwww");
    QCOMPARE(run.images(), std::uint64_t{1240});
    QCOMPARE(run.device(), "cpu");
    QVERIFY(!run.now());
    QVERIFY(!run.stages()[0].granularity());
    QCOMPARE(run.stages()[3].granularity().value(), 16);

    QCOMPARE(run.take(progress("read", 10, 1240)), Change::Stages);
    QCOMPARE(states(run), "nwwwwwwww");
    QVERIFY(stageDetail(*run.now()).contains("1,240"));
    run.take(progress("learn k=16", 41, 100));
    QCOMPARE(states(run), "dddnwwwww");
    QVERIFY(stageTitle(*run.now()).contains("16"));
    QVERIFY(stageDetail(*run.now()).contains("41"));
    // A step says as well where the run is.
    QCOMPARE(run.take(point("learn k=64", 1, 3)), Change::Curve);
    QCOMPARE(states(run), "ddddnwwww");
    QCOMPARE(run.take(progress("of another program", 1, 2)), Change::Nothing);
    QCOMPARE(states(run), "ddddnwwww");
    run.finish();
    QCOMPARE(states(run), "ddddddddd");
    QVERIFY(!run.now());
}

void TestLearningData::aResumedRunGoesOn() {
    LearningRun run;
    run.take(plan);
    run.take(point("learn k=16", 1, 3));
    run.take(probes("learn k=16", 1, 80, {1, 2}));
    run.take(plan);
    QCOMPARE(states(run), "wwwwwwwww");
    QCOMPARE(run.curve().lossCount(), std::size_t{1});
    QVERIFY(run.probes());
    run.take(point("learn k=64", 1, 2));
    QCOMPARE(states(run), "ddddnwwww");
    QCOMPARE(run.curve().lossCount(), std::size_t{2});
}

void TestLearningData::strangeEventsChangeNothing_data() {
    QTest::addColumn<QString>("event");
    for (const char* event :
         {R"({})", R"({"event":7})", R"({"event":"committed","set":1})", R"({"event":"progress"})",
          R"({"event":"progress","stage":"nosuch","done":-5})", R"({"event":"clusters","granularity":16})",
          R"({"event":"clusters","granularity":"x","clusters":[7,null]})",
          R"({"event":"point","stage":"learn k=16","step":1})",
          R"({"event":"point","stage":"learn k=16","step":1,"loss":null})"})
        QTest::newRow(event) << event;
}

void TestLearningData::strangeEventsChangeNothing() {
    QFETCH(QString, event);
    LearningRun run;
    run.take(plan);
    QCOMPARE(run.take(json::parse(event.toStdString())), Change::Nothing);
    QCOMPARE(states(run), "wwwwwwwww");
    QVERIFY(run.curve().isEmpty());
    QVERIFY(run.samples().empty());
}

void TestLearningData::groupsAreKeptByGranularity() {
    LearningRun run;
    const auto groups = [](int k, int size) {
        return json{{"event", "clusters"},
                    {"granularity", k},
                    {"clusters", {{{"size", size}, {"images", {3, 1, 2}}}, {{"size", 4}, {"images", {9}}}}}};
    };
    QCOMPARE(run.take(groups(64, 10)), Change::Samples);
    QCOMPARE(run.take(groups(16, 120)), Change::Samples);
    QCOMPARE(run.take(groups(64, 12)), Change::Samples);
    QCOMPARE(run.samples().size(), std::size_t{2});
    QCOMPARE(run.samples()[0].k, 16);
    QCOMPARE(run.samples()[0].groups[0].size, std::uint64_t{120});
    QCOMPARE(run.samples()[1].groups[0].size, std::uint64_t{12});
    QCOMPARE(run.samples()[1].groups[0].images, (std::vector<ImageId>{3, 1, 2}));
}

void TestLearningData::theCurveRunsThroughTheStages() {
    LearningRun run;
    run.take(probes("describe", 0, 70, {1}));
    for (int step = 1; step <= 3; ++step)
        run.take(point("learn k=16", step, 4 - step));
    run.take(probes("learn k=16", 1, 75, {1}));
    run.take(point("learn k=64", 1, 5));
    run.take(probes("learn k=64", 1, 80, {1}));
    const auto raw = run.curve().raw();
    QCOMPARE(raw.x, (std::vector<double>{1, 2, 3, 3.5, 4}));
    QCOMPARE(raw.y.size(), raw.x.size());
    QVERIFY(std::isnan(raw.y[3])); // the line breaks between the stages
    QCOMPARE(raw.y[2], 1.0);
    const auto smoothed = run.curve().smoothed();
    QCOMPARE(smoothed.x, raw.x);
    QCOMPARE(smoothed.y[0], 3.0);
    QCOMPARE(smoothed.y[2], 2.0); // the mean of what came so far
    QCOMPARE(smoothed.y[4], 5.0); // starts anew
    const auto rate = run.curve().copyFirst();
    QCOMPARE(rate.x, (std::vector<double>{0, 3, 4}));
    QCOMPARE(rate.y, (std::vector<double>{70, 75, 80}));
    const auto starts = run.curve().starts();
    QCOMPARE(starts.size(), std::size_t{2});
    QCOMPARE(starts[1].x, 4.0);
    QCOMPARE(starts[1].stage, "learn k=64");
}

void TestLearningData::theCurveIsReadBack() {
    const double none = std::numeric_limits<double>::quiet_NaN();
    const std::vector<CurvePoint> points{{"describe", 0, none, 0, R"({"copyFirst":70.5})"},
                                         {"learn k=16", 1, 3, 1e-3, ""},
                                         {"learn k=16", 2, none, 1e-3, ""}, // a step that was taken back
                                         {"learn k=16", 3, 2, 1e-3, R"({"copyFirst":81})"},
                                         {"learn k=16", 4, 1.5, 1e-3, "broken"}};
    LearningCurve curve;
    curve.addStored(points);
    QCOMPARE(curve.raw().y, (std::vector<double>{3, 2, 1.5}));
    QCOMPARE(curve.copyFirst().x, (std::vector<double>{0, 2}));
    QCOMPARE(curve.copyFirst().y, (std::vector<double>{70.5, 81}));
    QCOMPARE(curve.lastStep("learn k=16"), 4);
    QCOMPARE(curve.lastStep("learn k=64"), 0);
}

void TestLearningData::stepsThatComeAgainTakeTheirPlace() {
    LearningCurve curve;
    for (int step = 1; step <= 4; ++step)
        curve.addLoss("learn k=16", step, step);
    curve.addLoss("learn k=16", 3, 30);
    curve.addLoss("learn k=16", 2, std::numeric_limits<double>::infinity());
    QCOMPARE(curve.raw().y, (std::vector<double>{1, 2, 30, 4}));
}

void TestLearningData::probesMarkWhatIsNew() {
    LearningRun run;
    run.take(probes("describe", 0, 70, {1, 2, 3}));
    QCOMPARE(run.probes()->probes[0].newCount(), 0);
    QCOMPARE(run.take(probes("learn k=16", 1, 75, {2, 7, 1, 8})), Change::Probes);
    const Probe& probe = run.probes()->probes[0];
    QCOMPARE(probe.isNew, (std::vector<bool>{false, true, false, true}));
    QCOMPARE(probe.newCount(), 2);
    QCOMPARE(run.probes()->epoch, 1);
}

void TestLearningData::statesAllowWhatTheyAllow_data() {
    QTest::addColumn<int>("state");
    QTest::addColumn<QString>("allowed"); // open, pause, resume, end
    const auto row = [](const char* name, AdaptState state, const char* allowed) {
        QTest::newRow(name) << static_cast<int>(state) << allowed;
    };
    row("idle", AdaptState::Idle, "");
    row("running", AdaptState::Running, "ope");
    row("pausing", AdaptState::Pausing, "o");
    row("paused", AdaptState::Paused, "ore");
    row("finishing", AdaptState::Finishing, "op");
    row("discarding", AdaptState::Discarding, "o");
    row("failed", AdaptState::Failed, "ore");
    row("done", AdaptState::Done, "");
}

void TestLearningData::statesAllowWhatTheyAllow() {
    QFETCH(int, state);
    AdaptStatus status{.state = static_cast<AdaptState>(state), .request = {.collection = "Garden"}};
    QString allowed;
    if (status.open()) allowed += 'o';
    if (status.canPause()) allowed += 'p';
    if (status.canResume()) allowed += 'r';
    if (status.canEnd()) allowed += 'e';
    QTEST(allowed, "allowed");
    status.problem.sentence = "why";
    QCOMPARE(learningText(status).isEmpty(), status.state == AdaptState::Idle);
}

void TestLearningData::aChildThatCannotStartIsSaid() {
    AdaptChild child("/nonexistent/grappa-cli", {});
    child.start({.collection = "Garden"});
    QCOMPARE(child.status().state, AdaptState::Running);
    QTRY_COMPARE(child.status().state, AdaptState::Failed);
    QVERIFY(!child.status().problem.sentence.isEmpty());
    QVERIFY(child.status().canResume());
    child.start({.collection = "Another"}); // one at a time
    QCOMPARE(child.status().request.collection, "Garden");
}

void TestLearningData::anOfferedRunIsPaused() {
    AdaptChild child("/nonexistent/grappa-cli", {});
    QSignalSpy changed(&child, &AdaptChild::statusChanged);
    child.offer({.collection = "Garden"}, {{"learn k=16", 1, 3, 1e-3, ""}});
    QCOMPARE(child.status().state, AdaptState::Paused);
    QCOMPARE(child.status().run.curve().lossCount(), std::size_t{1});
    QCOMPARE(changed.count(), 1);
    QVERIFY(!child.running());
    child.offer({.collection = "Another"}, {});
    QCOMPARE(child.status().request.collection, "Garden");
}

void TestLearningData::reportsAreRead() {
    const auto read = learningReportOf(report);
    QVERIFY(read);
    QCOMPARE(read->verdict, LearningVerdict::Better);
    QCOMPARE(read->copyFirst.learned, 91.0);
    QCOMPARE(read->neighbourhood.low, -3.2);
    QCOMPARE(read->heldOut, std::uint64_t{62});
    const QString sentence = verdictSentence(*read);
    QVERIFY2(sentence.startsWith("Better"), qPrintable(sentence));
    for (const char* part : {"91.0", "78.1", "+9.2", "+16.4", "62.1", "−3.2"})
        QVERIFY2(sentence.contains(QString::fromUtf8(part)), part);

    auto changed = json::parse(report);
    changed["verdict"] = "worse";
    QCOMPARE(learningReportOf(changed.dump())->verdict, LearningVerdict::Worse);
    changed["verdict"] = "no clear difference";
    QCOMPARE(learningReportOf(changed.dump())->verdict, LearningVerdict::NoClearDifference);
    changed["copyFirst"]["interval"] = json::array({1});
    QVERIFY(!learningReportOf(changed.dump()));
    QVERIFY(!learningReportOf(""));
}

void TestLearningData::ranksAreCompared_data() {
    using Ids = std::vector<ImageId>;
    QTest::addColumn<Ids>("before");
    QTest::addColumn<Ids>("after");
    QTest::addColumn<QString>("expected"); // of each side, as it is shown
    QTest::newRow("the same") << Ids{1, 2} << Ids{1, 2} << "1 2 | 1 2";
    QTest::newRow("up and down") << Ids{1, 2, 3} << Ids{3, 1, 2}
                                 << "1 down 1, 2 down 1, 3 up 2 | 3 up 2, 1 down 1, 2 down 1";
    QTest::newRow("new and gone") << Ids{1, 2, 3} << Ids{4, 1, 5}
                                  << "1 down 1, 2 gone, 3 gone | 4 new, 1 down 1, 5 new";
    QTest::newRow("beyond what is shown")
        << Ids{1, 2, 3, 4} << Ids{4, 1, 2, 3} << "1 down 1, 2 down 1, 3 gone | 4 new, 1 down 1, 2 down 1";
    QTest::newRow("shorter lists") << Ids{1} << Ids{} << "1 gone | ";
}

void TestLearningData::ranksAreCompared() {
    QFETCH(std::vector<ImageId>, before);
    QFETCH(std::vector<ImageId>, after);
    const auto neighbours = [](const std::vector<ImageId>& ids) {
        std::vector<Neighbour> result;
        for (const ImageId id : ids)
            result.push_back({id, 0.5F});
        return result;
    };
    const BeforeAfter compared = compareRanks(neighbours(before), neighbours(after), 3);
    const auto text = [](const std::vector<RankedImage>& images) {
        QStringList parts;
        bool plain = true;
        for (const RankedImage& image : images) {
            const QString rank = rankText(image);
            plain = plain && rank.isEmpty();
            parts << QString("%1 %2").arg(image.image).arg(rank).trimmed();
        }
        return parts.join(plain ? " " : ", ");
    };
    QTEST(text(compared.before) + " | " + text(compared.after), "expected");
}

void TestLearningData::estimatesAreRead() {
    const auto estimate = adaptEstimateOf(json::parse(R"({"schema":1,"images":110,"device":"cpu","threads":2,
        "estimates":[{"depth":"quick","seconds":40},{"depth":"normal","seconds":100.5},{"depth":"strange"}]})"));
    QVERIFY(estimate);
    QCOMPARE(estimate->images, std::uint64_t{110});
    QCOMPARE(estimate->quick.value(), 40.0);
    QCOMPARE(estimate->normal.value(), 100.5);
    QVERIFY(!estimate->thorough);
    QVERIFY(!adaptEstimateOf(json::parse(R"({"error":{"code":"usage"}})")));
    QVERIFY(!adaptEstimateOf(json::array()));
}

void TestLearningData::theListHasTheBaseFirst() {
    AdaptationListModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QCOMPARE(model.rowCount(), 1);
    QVERIFY(model.index(0).data(AdaptationListModel::UsedRole).toBool());
    QVERIFY(!model.index(0).data(AdaptationListModel::IdRole).isValid());
    model.setAdaptations({row(8, "Garden 2"), row(3, "Garden 1")}, 3);
    QCOMPARE(model.rowCount(), 3);
    QCOMPARE(model.index(1).data().toString(), "Garden 2");
    QVERIFY(!model.index(0).data(AdaptationListModel::UsedRole).toBool());
    QVERIFY(model.index(2).data(AdaptationListModel::UsedRole).toBool());
    QVERIFY(model.index(2).data(Qt::AccessibleTextRole).toString().contains("in use"));
    QVERIFY(model.index(2).data(AdaptationListModel::NoteRole).toString().contains("better"));
    QCOMPARE(model.indexOf(3).row(), 2);
    QCOMPARE(model.indexOf(std::nullopt).row(), 0);
    QVERIFY(!model.indexOf(99).isValid());
    QCOMPARE(model.find(QStringLiteral("Garden 2"))->id, 8);

    QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
    QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    model.setAdaptations({row(8, "Renamed"), row(3, "Garden 1")}, 8);
    QCOMPARE(resets.count(), 0);
    QCOMPARE(changes.count(), 1);
    QCOMPARE(model.index(1).data().toString(), "Renamed");
    auto incomplete = row(8, "Renamed");
    incomplete.state = AdaptationState::Trained;
    model.setAdaptations({incomplete}, std::nullopt);
    QCOMPARE(resets.count(), 1);
    QVERIFY(model.index(1).data(AdaptationListModel::NoteRole).toString().contains("not complete"));
}

void TestLearningData::namesAreAskedFor() {
    AdaptationListModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setAdaptations({row(3, "Garden 1")}, std::nullopt);
    QSignalSpy asked(&model, &AdaptationListModel::renameRequested);
    QVERIFY(!(model.flags(model.index(0)) & Qt::ItemIsEditable));
    QVERIFY(!model.setData(model.index(0), "Base 2"));
    QVERIFY(!model.setData(model.index(1), "  "));
    QVERIFY(!model.setData(model.index(1), "Garden 1"));
    QVERIFY(model.setData(model.index(1), " Mine "));
    QCOMPARE(asked.count(), 1);
    QCOMPARE(asked.first()[0].toLongLong(), 3);
    QCOMPARE(asked.first()[1].toString(), "Mine");
    QCOMPARE(model.index(1).data().toString(), "Garden 1");
}

QTEST_GUILESS_MAIN(TestLearningData)
#include "tst_learning_data.moc"
