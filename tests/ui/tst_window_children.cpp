#include "tests/support/cli.h"
#include "tests/support/images.h"
#include "tests/support/tiny_backbone.h"
#include "ui/session.h"
#include "ui/views/main_window.h"

#include <QElapsedTimer>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <filesystem>
#include <memory>

using namespace grappa;

namespace {

constexpr int imagesInGarden = 96;
constexpr CollectionId shed = 2; ///< imported after Garden
constexpr int patienceMs = 60'000;
constexpr int closingMs = 3000;

/// The child of this process whose command line holds `word`; 0 while there is none.
pid_t childWith(const QByteArray& word) {
    QFile children(QStringLiteral("/proc/self/task/%1/children").arg(::getpid()));
    if (!children.open(QIODevice::ReadOnly)) return 0;
    for (const QByteArray& id : children.readAll().split(' ')) {
        QFile command("/proc/" + id + "/cmdline");
        if (!id.isEmpty() && command.open(QIODevice::ReadOnly) && command.readAll().split('\0').contains(word))
            return id.toInt();
    }
    return 0;
}

} // namespace

/// Every child of a window is killed in its work, and the window is closed during every kind of work: nothing is lost,
/// and the window goes on or ends in time.
class TestWindowChildren : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();
    void aChildIsKilled_data() { jobs(); }
    void aChildIsKilled();
    void theWindowIsClosed_data() { jobs(); }
    void theWindowIsClosed();

private:
    static void jobs();
    void open(bool makeLevels);
    void begin(const QString& job);
    test::Cli cli() const { return {m_folder->filePath("library"), m_models.path()}; }
    void expectAllIsThere();

    QTemporaryDir m_models, m_template;
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<MainWindow> m_window;
};

void TestWindowChildren::initTestCase() {
    test::writeTinyBackbone(m_models.path().toStdString());
    qputenv("GRAPPA_MODELS", m_models.path().toUtf8());
    QVERIFY(test::writeImages(m_template.filePath("Garden"), imagesInGarden));
    QVERIFY(test::writeImages(m_template.filePath("More"), 400, 1000));
    QVERIFY(test::writeImages(m_template.filePath("Shed"), 20, 2000));
    const test::Cli cli(m_template.filePath("library"), m_models.path());
    QCOMPARE(cli.run({"import", m_template.filePath("Garden"), "--collection", "Garden"}).exitCode, 0);
    QCOMPARE(cli.run({"import", m_template.filePath("Shed"), "--collection", "Shed"}).exitCode, 0);
}

void TestWindowChildren::cleanup() {
    m_window.reset();
    m_session.reset();
    m_folder.reset();
}

void TestWindowChildren::jobs() {
    QTest::addColumn<QByteArray>("word"); ///< of the child's command line
    QTest::newRow("import") << QByteArray("import");
    QTest::newRow("levels") << QByteArray("levels");
    QTest::newRow("query from outside") << QByteArray("serve");
    QTest::newRow("large view") << QByteArray("--no-model");
    QTest::newRow("learning") << QByteArray("adapt");
    QTest::newRow("estimate") << QByteArray("--estimate");
    QTest::newRow("purge") << QByteArray("--remove");
}

void TestWindowChildren::open(bool makeLevels) {
    SessionOptions options{.library = m_folder->filePath("library").toStdString(), .cli = GRAPPA_BIN "/grappa-cli"};
    options.makeLevels = makeLevels;
    options.scanAtStart = false;
    m_session = std::make_unique<Session>(options);
    m_window = std::make_unique<MainWindow>(*m_session, std::filesystem::path());
    m_window->show();
    QTRY_COMPARE_WITH_TIMEOUT(m_session->collections()->allImages() > 0, true, patienceMs);
}

/// Opens a library of its own and starts the job.
void TestWindowChildren::begin(const QString& job) {
    m_folder = std::make_unique<QTemporaryDir>();
    std::filesystem::copy(m_template.filePath("library").toStdString(), m_folder->filePath("library").toStdString(),
                          std::filesystem::copy_options::recursive);
    const std::string picture = m_template.filePath("More/0003.jpg").toStdString();
    open(job == "levels");
    if (job == "import") m_session->importFolders({m_template.filePath("More").toStdString()});
    if (job == "query from outside") m_session->open({picture});
    if (job == "large view")
        m_session->render(
            m_window.get(), picture, 1600, [](const Rendering&) {}, [](const Problem&) {});
    if (job == "learning") m_session->learning()->run()->start({.collection = "Garden", .depth = "thorough"});
    if (job == "estimate") m_session->learning()->estimator()->measure("Garden", "auto");
    if (job == "purge") {
        m_session->changes()->remove(shed, "Shed");
        QTRY_VERIFY_WITH_TIMEOUT(!m_session->collections()->find(shed), patienceMs);
        QSignalSpy ended(m_session.get(), &Session::shutDownFinished);
        m_session->shutDown();
        QTRY_VERIFY_WITH_TIMEOUT(!ended.isEmpty(), closingMs);
        m_window.reset();
        m_session.reset();
        open(false);
    }
}

/// What was committed is there, and what is stored holds.
void TestWindowChildren::expectAllIsThere() {
    const test::CliResult verified = cli().run({"verify"});
    QVERIFY2(verified.exitCode == 0, verified.out.constData());
    const test::CliResult found = cli().run({"search", "--id", "1", "--limit", "200", "--collection", "Garden"});
    QCOMPARE(found.json()["results"].size(), std::size_t{imagesInGarden - 1});
}

void TestWindowChildren::aChildIsKilled() {
    QFETCH(QByteArray, word);
    begin(QTest::currentDataTag());
    if (QTest::currentTestFailed()) return;
    pid_t child = 0;
    QTRY_VERIFY_WITH_TIMEOUT((child = childWith(word)) != 0, patienceMs);
    QCOMPARE(::kill(child, SIGKILL), 0);
    QTRY_VERIFY_WITH_TIMEOUT(childWith(word) != child, patienceMs);

    // The window goes on: a search answers.
    std::size_t found = 0;
    m_session->findNeighbours(
        m_window.get(), {.image = 1}, {},
        [&found](const ImageQuery&, const std::vector<Neighbour>& neighbours, const ScoreScale&) {
            found = neighbours.size();
        },
        [](const Problem&) {});
    QTRY_VERIFY_WITH_TIMEOUT(found > 0, patienceMs);
    if (word == "import") {
        QTRY_COMPARE_WITH_TIMEOUT(m_session->imports()->status().state, ImportState::Failed, patienceMs);
        m_session->imports()->resume();
        QTRY_COMPARE_WITH_TIMEOUT(m_session->imports()->status().state, ImportState::Done, patienceMs);
    }
    if (word == "adapt") {
        QTRY_COMPARE_WITH_TIMEOUT(m_session->learning()->run()->status().state, AdaptState::Failed, patienceMs);
        m_session->learning()->run()->resume();
        QTRY_VERIFY_WITH_TIMEOUT(m_session->learning()->run()->status().run.now() != nullptr, patienceMs);
    }
    theWindowIsClosed();
}

void TestWindowChildren::theWindowIsClosed() {
    QFETCH(QByteArray, word);
    if (!m_session) {
        begin(QTest::currentDataTag());
        if (QTest::currentTestFailed()) return;
        QTRY_VERIFY_WITH_TIMEOUT(childWith(word) != 0, patienceMs);
    }
    QSignalSpy ended(m_session.get(), &Session::shutDownFinished);
    QElapsedTimer timer;
    timer.start();
    m_window->close();
    m_session->shutDown();
    QTRY_VERIFY_WITH_TIMEOUT(!ended.isEmpty(), closingMs);
    qInfo("closed after %lld ms", static_cast<long long>(timer.elapsed()));
    m_window.reset();
    m_session.reset();
    QCOMPARE(childWith(word), 0);
    expectAllIsThere();
    if (word == "--remove") {
        // The next window deletes what this one did not.
        open(false);
        QTRY_VERIFY_WITH_TIMEOUT(cli().run({"collections"}).json()["collections"].size() == 1, patienceMs);
    }
}

QTEST_MAIN(TestWindowChildren)
#include "tst_window_children.moc"
