#include "ui/models/picture_source.h"
#include "ui/views/adaptation_list.h"
#include "ui/views/curve_chart.h"
#include "ui/views/image_strip.h"
#include "ui/views/learn_sheet.h"
#include "ui/views/learning_bar.h"
#include "ui/views/learning_page.h"
#include "ui/views/report_page.h"
#include "ui/views/stage_list.h"

#include <QAbstractButton>
#include <QAccessible>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

using namespace grappa;
using nlohmann::json;

namespace {

AdaptationRow row(const char* verdict) {
    const json figure{{"base", 70}, {"adapted", 80}, {"interval", {4, 12}}};
    AdaptationRow adaptation;
    adaptation.id = 3;
    adaptation.name = "Garden 1";
    adaptation.state = AdaptationState::Ready;
    adaptation.report = json{{"heldOut", 60},     {"gallery", 1200},         {"copyFirst", figure}, {"copyMrr", figure},
                             {"agreement", 71.3}, {"neighbourhood", figure}, {"verdict", verdict}}
                            .dump();
    return adaptation;
}

Collection collection(CollectionId id, const char* name, std::uint64_t images) {
    Collection result;
    result.id = id;
    result.name = name;
    result.images = images;
    return result;
}

QStringList textsOf(const QWidget& widget) {
    QStringList texts;
    for (const QLabel* label : widget.findChildren<QLabel*>())
        if (label->isVisibleTo(&widget) && !label->text().isEmpty()) texts << label->text();
    return texts;
}

QPushButton* buttonOf(const QWidget& widget, const QString& text) {
    for (QPushButton* button : widget.findChildren<QPushButton*>())
        if (button->text() == text) return button;
    return nullptr;
}

} // namespace

/// The views of learning over made-up data: what they say, what they ask for.
class TestLearningViews : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void thePageShowsTheRun();
    void groupsCanBeChosen();
    void probesSayHowManyAreNew();
    void theChartFollowsTheCurve();
    void theButtonsFollowTheState_data();
    void theButtonsFollowTheState();
    void discardingTakesTwoSteps();
    void theBarSaysHowFarItIs();
    void theSheetMeasuresAndStarts();
    void theSheetSaysWhatHinders_data();
    void theSheetSaysWhatHinders();
    void theGpuCanBePassedOver();
    void theReportAdvises_data();
    void theReportAdvises();
    void theReportComparesRanks();
    void theListUsesAndOpens();
    void everyControlHasAName();

private:
    LearningRun run() const;
    static void expectNames(const QWidget& widget);

    QTemporaryDir m_folder;
    std::unique_ptr<PictureSource> m_pictures;
};

void TestLearningViews::initTestCase() {
    QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
    m_pictures = std::make_unique<PictureSource>(
        [](ImageId id) {
            Image image;
            image.id = id;
            image.path = "/photos/" + std::to_string(id) + ".jpg";
            return std::optional(image);
        },
        (m_folder.path() + "/thumbnails.sqlite").toStdString());
}

LearningRun TestLearningViews::run() const {
    LearningRun run;
    run.take(json{{"event", "plan"},
                  {"stages", {"read", "describe", "group", "learn k=16", "learn k=64", "check"}},
                  {"granularities", {16, 64}},
                  {"images", 1240},
                  {"device", "cpu"},
                  {"threads", 2}});
    for (const int k : {16, 64})
        run.take(json{{"event", "clusters"},
                      {"granularity", k},
                      {"clusters", {{{"size", 1000 / k}, {"images", {1, 2, 3}}}, {{"size", 5}, {"images", {4}}}}}});
    for (int step = 1; step <= 20; ++step)
        run.take(json{{"event", "point"}, {"stage", "learn k=16"}, {"step", step}, {"loss", 3.0 / step}, {"rate", 1}});
    const auto probes = [&run](int epoch, std::vector<int> results) {
        run.take(json{{"event", "probes"},
                      {"stage", "learn k=16"},
                      {"epoch", epoch},
                      {"copyFirst", 80 + epoch},
                      {"rows", {{{"query", 9}, {"results", results}}}}});
    };
    probes(0, {1, 2, 3});
    probes(1, {1, 7, 8});
    run.take(json{{"event", "progress"},
                  {"stage", "learn k=16"},
                  {"done", 41},
                  {"total", 100},
                  {"rate", 3},
                  {"secondsLeft", 90}});
    return run;
}

void TestLearningViews::thePageShowsTheRun() {
    LearningPage page(*m_pictures);
    page.setStatus({.state = AdaptState::Running, .request = {.collection = "Garden"}});
    page.setStages({.state = AdaptState::Running, .request = {.collection = "Garden"}, .run = run()});
    const QStringList texts = textsOf(page);
    QVERIFY(texts.contains("Learning Garden"));
    QVERIFY(texts.contains("Learn k = 16"));
    QVERIFY(texts.contains("Learn k = 64"));
    QVERIFY2(!texts.filter("41 %").isEmpty(), qPrintable(texts.join('\n')));
    QVERIFY(!texts.filter("2 min left").isEmpty());
    QVERIFY(!texts.filter("1,240").isEmpty());
    QVERIFY(!texts.filter("CPU").isEmpty());
    const auto* stages = page.findChild<StageList*>();
    QStringList spoken;
    for (const QLabel* label : stages->findChildren<QLabel*>())
        if (!label->accessibleName().isEmpty()) spoken << label->accessibleName();
    QCOMPARE(spoken.size(), 6);
    QVERIFY(spoken[0].contains("done"));
    QVERIFY(spoken[3].contains("under way"));
    QVERIFY(spoken[5].contains("to come"));
}

void TestLearningViews::groupsCanBeChosen() {
    LearningPage page(*m_pictures);
    page.setSamples({});
    QVERIFY(page.findChildren<QToolButton*>("chip").isEmpty());
    page.setStages({.state = AdaptState::Running, .request = {.collection = "Garden"}, .run = run()});
    page.setSamples(run());
    const auto chips = page.findChildren<QToolButton*>("chip");
    QCOMPARE(chips.size(), 2);
    QVERIFY(chips[0]->isChecked()); // that is learned now
    QVERIFY(textsOf(page).contains("62 image(s)"));
    chips[1]->click();
    QVERIFY(textsOf(page).contains("15 image(s)"));
    // It stays when the groups come again.
    page.setSamples(run());
    QVERIFY(page.findChildren<QToolButton*>("chip")[1]->isChecked());
    QVERIFY(textsOf(page).contains("15 image(s)"));
}

void TestLearningViews::probesSayHowManyAreNew() {
    LearningPage page(*m_pictures);
    page.resize(900, 700);
    page.show();
    page.setProbes(run());
    QTest::qWait(0);
    QVERIFY(textsOf(page).contains("2 new"));
    std::vector<ImageStrip*> shown;
    for (ImageStrip* strip : page.findChildren<ImageStrip*>())
        if (strip->isVisibleTo(&page) && !strip->images().empty()) shown.push_back(strip);
    QCOMPARE(shown.size(), std::size_t{2});
    QCOMPARE(shown[0]->images()[0].image, 9);
    const std::vector<StripImage>& results = shown[1]->images();
    QVERIFY(!results[0].marked && results[1].marked && results[2].marked);
    QCOMPARE(results[1].badge, "new");
    QSignalSpy activated(&page, &LearningPage::imageActivated);
    QTest::mouseClick(shown[0], Qt::LeftButton, {}, QPoint(20, 20));
    QCOMPARE(activated.count(), 1);
    QCOMPARE(activated.first().first().value<ImageId>(), 9);
    QTest::keyClick(shown[1], Qt::Key_Right);
    QTest::keyClick(shown[1], Qt::Key_Return);
    QCOMPARE(activated.last().first().value<ImageId>(), 7);
    // There is room for all of them.
    QTest::keyClick(shown[1], Qt::Key_Right);
    QTest::keyClick(shown[1], Qt::Key_Return);
    QCOMPARE(activated.last().first().value<ImageId>(), 8);
    QTRY_VERIFY(shown[1]->accessibleName().contains("7.jpg (new)"));
}

void TestLearningViews::theChartFollowsTheCurve() {
    CurveChart chart;
    chart.resize(600, 200);
    chart.show();
    QCOMPARE(chart.pointCount(), 0);
    chart.setCurve(run().curve());
    QTRY_COMPARE(chart.pointCount(), 20);
    QVERIFY2(chart.description().contains("20"), qPrintable(chart.description()));
    QVERIFY(chart.description().contains("81.0 %"));
    chart.setCurve({});
    QTRY_COMPARE(chart.pointCount(), 0);
}

void TestLearningViews::theButtonsFollowTheState_data() {
    QTest::addColumn<int>("state");
    QTest::addColumn<QString>("pause");
    QTest::addColumn<bool>("pausable");
    QTest::addColumn<bool>("ends");
    QTest::newRow("running") << int(AdaptState::Running) << "Pause" << true << true;
    QTest::newRow("pausing") << int(AdaptState::Pausing) << "Pause" << false << false;
    QTest::newRow("paused") << int(AdaptState::Paused) << "Resume" << true << true;
    QTest::newRow("finishing") << int(AdaptState::Finishing) << "Pause" << true << false;
    QTest::newRow("failed") << int(AdaptState::Failed) << "Resume" << true << true;
    QTest::newRow("done") << int(AdaptState::Done) << "Pause" << false << false;
}

void TestLearningViews::theButtonsFollowTheState() {
    QFETCH(int, state);
    QFETCH(QString, pause);
    LearningPage page(*m_pictures);
    page.setStatus({.state = static_cast<AdaptState>(state), .request = {.collection = "Garden"}});
    auto* button = page.findChild<QPushButton*>("pauseButton");
    QCOMPARE(button->text(), pause);
    QTEST(button->isEnabled(), "pausable");
    QTEST(page.findChild<QPushButton*>("keepButton")->isEnabled(), "ends");
    QTEST(page.findChild<QPushButton*>("discardButton")->isEnabled(), "ends");
    QSignalSpy pauses(&page, &LearningPage::pauseRequested), resumes(&page, &LearningPage::resumeRequested);
    button->click();
    QCOMPARE(pauses.count(), button->isEnabled() && pause == "Pause" ? 1 : 0);
    QCOMPARE(resumes.count(), pause == "Resume" ? 1 : 0);
}

void TestLearningViews::discardingTakesTwoSteps() {
    LearningPage page(*m_pictures);
    page.setStatus({.state = AdaptState::Running, .request = {.collection = "Garden"}});
    QSignalSpy discards(&page, &LearningPage::discardRequested);
    auto* now = page.findChild<QPushButton*>("discardNowButton");
    QVERIFY(!now->isVisibleTo(&page));
    page.findChild<QPushButton*>("discardButton")->click();
    QVERIFY(now->isVisibleTo(&page));
    QVERIFY(!textsOf(page).filter("cannot be taken back").isEmpty());
    QCOMPARE(discards.count(), 0);
    buttonOf(page, "Go on learning")->click();
    QVERIFY(!now->isVisibleTo(&page));
    page.findChild<QPushButton*>("discardButton")->click();
    now->click();
    QCOMPARE(discards.count(), 1);
    QVERIFY(!now->isVisibleTo(&page));
    // A run that ends meanwhile takes the question with it.
    page.findChild<QPushButton*>("discardButton")->click();
    page.setStatus({.state = AdaptState::Done});
    QVERIFY(!now->isVisibleTo(&page));
}

void TestLearningViews::theBarSaysHowFarItIs() {
    LearningBar bar;
    AdaptStatus status{.state = AdaptState::Running, .request = {.collection = "Garden"}, .run = run()};
    bar.setStatus(status);
    QCOMPARE(bar.findChild<QLabel*>("learningBarText")->text(), "Learning Garden · Learn k = 16 · 41 % · 2 min left");
    QCOMPARE(bar.findChild<QProgressBar*>()->value(), 410);
    QSignalSpy resumes(&bar, &LearningBar::resumeRequested), shows(&bar, &LearningBar::showRequested);
    status.state = AdaptState::Paused;
    bar.setStatus(status);
    buttonOf(bar, "Resume")->click();
    buttonOf(bar, "Show")->click();
    QCOMPARE(resumes.count(), 1);
    QCOMPARE(shows.count(), 1);
}

void TestLearningViews::theSheetMeasuresAndStarts() {
    LearnSheet sheet({collection(1, "Garden", 1240), collection(2, "Workshop", 3402)}, 1);
    sheet.setAttribute(Qt::WA_DeleteOnClose, false);
    QSignalSpy wanted(&sheet, &LearnSheet::estimateWanted), started(&sheet, &LearnSheet::startRequested);
    sheet.ask();
    QCOMPARE(wanted.count(), 1);
    QCOMPARE(wanted.last()[0].toString(), "Garden");
    QCOMPARE(wanted.last()[1].toString(), "auto");
    QCOMPARE(textsOf(sheet).count("measuring…"), 3);
    sheet.setEstimate({.images = 1240, .device = "cpu", .threads = 2, .quick = 40, .normal = 130, .thorough = 4000});
    QVERIFY(textsOf(sheet).contains("about 40 s"));
    QVERIFY(textsOf(sheet).contains("about 3 min"));
    QVERIFY(textsOf(sheet).contains("about 1 h 7 min"));
    auto* boxes = sheet.findChildren<QComboBox*>().first();
    boxes->setCurrentIndex(0); // the largest collection comes first
    QCOMPARE(wanted.count(), 2);
    QCOMPARE(wanted.last()[0].toString(), "Workshop");
    sheet.findChildren<QRadioButton*>().first()->setChecked(true);
    for (QLineEdit* edit : sheet.findChildren<QLineEdit*>()) {
        if (edit->accessibleName() == "Name") edit->setText(" Mine ");
        if (edit->accessibleName() == "Granularities") edit->setText("16, 64");
    }
    for (QSpinBox* box : sheet.findChildren<QSpinBox*>())
        if (box->accessibleName() == "Seed") box->setValue(7);
    sheet.setProblem({"It could not be measured.", {}});
    QVERIFY(textsOf(sheet).contains("It could not be measured."));
    sheet.findChild<QPushButton*>("primary")->click();
    QCOMPARE(started.count(), 1);
    const auto request = started.first().first().value<AdaptRequest>();
    QVERIFY(request == (AdaptRequest{.collection = "Workshop",
                                     .name = "Mine",
                                     .depth = "quick",
                                     .device = "auto",
                                     .threads = 0,
                                     .seed = 7,
                                     .granularities = "16,64"}));
}

void TestLearningViews::theSheetSaysWhatHinders_data() {
    QTest::addColumn<int>("images");
    QTest::addColumn<QString>("hindrance");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("granularities");
    QTest::addColumn<QString>("said");
    QTest::newRow("nothing") << 64 << ""
                             << ""
                             << ""
                             << "";
    QTest::newRow("too few") << 63 << ""
                             << ""
                             << ""
                             << "64 images or more";
    QTest::newRow("another run") << 640 << "It is busy."
                                 << ""
                                 << ""
                                 << "busy";
    QTest::newRow("a name that is taken") << 640 << ""
                                          << "Garden 1"
                                          << ""
                                          << "name already";
    QTest::newRow("half a list") << 640 << ""
                                 << ""
                                 << "16,"
                                 << "numbers of groups";
}

void TestLearningViews::theSheetSaysWhatHinders() {
    QFETCH(int, images);
    QFETCH(QString, hindrance);
    QFETCH(QString, name);
    QFETCH(QString, granularities);
    QFETCH(QString, said);
    LearnSheet sheet({collection(1, "Garden", static_cast<std::uint64_t>(images))}, {});
    QSignalSpy wanted(&sheet, &LearnSheet::estimateWanted);
    sheet.setNameCheck([](const QString& other) { return other == "Garden 1"; });
    sheet.setHindrance(hindrance);
    for (QLineEdit* edit : sheet.findChildren<QLineEdit*>()) {
        if (edit->accessibleName() == "Name") edit->setText(name);
        if (edit->accessibleName() == "Granularities") edit->setText(granularities);
    }
    sheet.ask();
    QCOMPARE(sheet.findChild<QPushButton*>("primary")->isEnabled(), said.isEmpty());
    if (!said.isEmpty()) QVERIFY2(!textsOf(sheet).filter(said).isEmpty(), qPrintable(textsOf(sheet).join('\n')));
    QCOMPARE(wanted.isEmpty(), images < 64 || !hindrance.isEmpty());
}

void TestLearningViews::theGpuCanBePassedOver() {
    LearnSheet sheet({collection(1, "Garden", 1240)}, {});
    QSignalSpy wanted(&sheet, &LearnSheet::estimateWanted);
    sheet.ask();
    sheet.setEstimate({.images = 1240, .device = "cuda:0", .threads = 2, .quick = 4, .normal = 9, .thorough = 30});
    QComboBox* device = nullptr;
    for (QComboBox* box : sheet.findChildren<QComboBox*>())
        if (box->accessibleName() == "Device") device = box;
    QVERIFY(device);
    QCOMPARE(device->count(), 2);
    QCOMPARE(device->itemText(0), "GPU (cuda:0)");
    device->setCurrentIndex(1);
    Q_EMIT device->activated(1);
    QCOMPARE(wanted.last()[1].toString(), "cpu");
    QCOMPARE(sheet.request().device, "cpu");
}

void TestLearningViews::theReportAdvises_data() {
    QTest::addColumn<QString>("verdict");
    QTest::addColumn<bool>("used");
    QTest::addColumn<QString>("advised");
    QTest::newRow("better") << "better" << false << "Use it";
    QTest::newRow("no difference") << "no clear difference" << false << "Keep base";
    QTest::newRow("worse") << "worse" << false << "Keep base";
    QTest::newRow("better, in use") << "better" << true << "";
    QTest::newRow("worse, in use") << "worse" << true << "Back to base";
}

void TestLearningViews::theReportAdvises() {
    QFETCH(QString, verdict);
    QFETCH(bool, used);
    QFETCH(QString, advised);
    ReportPage page(*m_pictures);
    page.setAdaptation(row(qPrintable(verdict)), used);
    QCOMPARE(page.advised() ? page.advised()->text() : QString(), advised);
    const QString sentence = page.findChild<QLabel*>("verdict")->text();
    QVERIFY2(sentence.contains("80.0 %") && sentence.contains("70.0 %"), qPrintable(sentence));
    QVERIFY(!textsOf(page).filter("+10.0 (+4.0 to +12.0)").isEmpty());
    QVERIFY(textsOf(page).contains("71.3 %"));
    QSignalSpy uses(&page, &ReportPage::useRequested), removes(&page, &ReportPage::removeRequested);
    if (!used) buttonOf(page, "Use it")->click();
    buttonOf(page, "Delete")->click();
    QCOMPARE(uses.count(), used ? 0 : 1);
    QCOMPARE(removes.first().first().toLongLong(), 3);
}

void TestLearningViews::theReportComparesRanks() {
    ReportPage page(*m_pictures);
    page.setAdaptation(row("better"), false);
    page.setQuery(9);
    page.setResults({.before = {{1, RankChange::Down, 1}, {2, RankChange::Gone, 0}},
                     .after = {{5, RankChange::New, 0}, {1, RankChange::Down, 1}, {6, RankChange::Up, 7}}});
    std::vector<ImageStrip*> strips;
    for (ImageStrip* strip : page.findChildren<ImageStrip*>())
        strips.push_back(strip);
    QCOMPARE(strips.size(), std::size_t{3});
    QCOMPARE(strips[0]->images()[0].image, 9);
    QCOMPARE(strips[1]->images()[0].badge, QString());
    QCOMPARE(strips[1]->images()[1].badge, "gone");
    QCOMPARE(strips[2]->images()[0].badge, "new");
    QCOMPARE(strips[2]->images()[1].badge, "down 1");
    QCOMPARE(strips[2]->images()[2].badge, "up 7");
    page.resize(900, 700);
    page.show();
    QSignalSpy chosen(&page, &ReportPage::queryChosen);
    QTest::mouseClick(strips[2], Qt::LeftButton, {}, QPoint(20, 20));
    QCOMPARE(chosen.first().first().value<ImageId>(), 5);
    page.setQuery(std::nullopt);
    QVERIFY(strips[1]->images().empty() && strips[2]->images().empty());
}

void TestLearningViews::theListUsesAndOpens() {
    AdaptationListModel model;
    model.setAdaptations({row("better")}, std::nullopt);
    AdaptationList list(&model);
    list.resize(216, 200);
    list.show();
    QSignalSpy uses(&list, &AdaptationList::useRequested), reports(&list, &AdaptationList::reportRequested);
    QSignalSpy removes(&list, &AdaptationList::removeRequested), learns(&list, &AdaptationList::learnRequested);
    list.view()->setCurrentIndex(model.index(1));
    QTest::keyClick(list.view(), Qt::Key_Return);
    QCOMPARE(reports.count(), 1);
    QTest::keyClick(list.view(), Qt::Key_Space);
    QCOMPARE(uses.count(), 1);
    QCOMPARE(uses.last().first().value<std::optional<std::int64_t>>(), std::optional<std::int64_t>(3));
    QTest::keyClick(list.view(), Qt::Key_Delete);
    QCOMPARE(removes.count(), 1);
    list.view()->setCurrentIndex(model.index(0));
    QTest::keyClick(list.view(), Qt::Key_Delete); // the base cannot be deleted
    QTest::keyClick(list.view(), Qt::Key_Space);  // and is in use already
    QCOMPARE(removes.count(), 1);
    QCOMPARE(uses.count(), 1);
    list.findChild<QPushButton*>("learnButton")->click();
    QCOMPARE(learns.count(), 1);
}

void TestLearningViews::expectNames(const QWidget& widget) {
    for (QWidget* control : widget.findChildren<QWidget*>()) {
        const bool isControl = qobject_cast<QAbstractButton*>(control) || qobject_cast<QComboBox*>(control) ||
                               qobject_cast<QSpinBox*>(control) || qobject_cast<QAbstractItemView*>(control) ||
                               qobject_cast<QLineEdit*>(control) || qobject_cast<ImageStrip*>(control);
        const bool isPart = control->objectName().startsWith("qt_") ||
                            qobject_cast<QComboBox*>(control->parentWidget()) ||
                            control->parentWidget()->inherits("QComboBoxPrivateContainer") ||
                            qobject_cast<QSpinBox*>(control->parentWidget());
        if (!isControl || isPart || control->isHidden()) continue;
        const QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(control);
        QVERIFY(accessible);
        QVERIFY2(!accessible->text(QAccessible::Name).isEmpty(),
                 qPrintable(QString("%1 %2").arg(control->metaObject()->className(), control->objectName())));
    }
}

void TestLearningViews::everyControlHasAName() {
    LearningPage page(*m_pictures);
    page.setStatus({.state = AdaptState::Running});
    page.setSamples(run());
    page.setProbes(run());
    expectNames(page);
    ReportPage report(*m_pictures);
    report.setAdaptation(row("better"), false);
    report.setQuery(9);
    expectNames(report);
    LearnSheet sheet({collection(1, "Garden", 1240)}, {});
    expectNames(sheet);
    AdaptationListModel model;
    AdaptationList list(&model);
    expectNames(list);
    LearningBar bar;
    bar.setStatus({.state = AdaptState::Running});
    expectNames(bar);
}

QTEST_MAIN(TestLearningViews)
#include "tst_learning_views.moc"
