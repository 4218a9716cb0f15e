#include "tests/support/cli.h"
#include "tests/support/images.h"
#include "tests/support/tiny_backbone.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <optional>

using grappa::test::Cli;
using grappa::test::CliResult;
using nlohmann::json;

/// kill -9 at random moments of an import (reliability test table, rows 1 and 23).
class TestKillImport : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void killedAtRandomMoments();
    void decodeWorkerKilled();

private:
    static constexpr int imagesARound = 60;
    static constexpr int rounds = 20;

    static std::vector<json> events(const QByteArray& lines, const char* name);
    static int vectors(const Cli& cli);
    static std::optional<pid_t> anyChildOf(qint64 pid);

    QTemporaryDir m_root;
};

void TestKillImport::initTestCase() {
    QVERIFY(m_root.isValid());
    grappa::test::writeTinyBackbone(m_root.filePath("models").toStdString());
}

std::vector<json> TestKillImport::events(const QByteArray& lines, const char* name) {
    std::vector<json> found;
    for (const QByteArray& line : lines.split('\n')) {
        json event = json::parse(line.toStdString(), nullptr, false);
        if (event.is_object() && event.value("event", "") == name) found.push_back(std::move(event));
    }
    return found;
}

int TestKillImport::vectors(const Cli& cli) {
    int count = 0;
    const json info = cli.run({"info"}).json();
    for (const json& set : info["embeddingSets"])
        count += set["vectors"].get<int>();
    return count;
}

std::optional<pid_t> TestKillImport::anyChildOf(qint64 pid) {
    // The kernel lists a child with the thread that started it.
    const QString tasks = QStringLiteral("/proc/%1/task").arg(pid);
    for (const QString& thread : QDir(tasks).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        QFile children(tasks + "/" + thread + "/children");
        if (!children.open(QIODevice::ReadOnly)) continue;
        const QByteArray first = children.readAll().split(' ').value(0).trimmed();
        if (!first.isEmpty()) return first.toInt();
    }
    return std::nullopt;
}

void TestKillImport::killedAtRandomMoments() {
    const quint32 seed = qEnvironmentVariableIsSet("GRAPPA_TEST_SEED")
                             ? qEnvironmentVariableIntValue("GRAPPA_TEST_SEED")
                             : QRandomGenerator::global()->generate();
    qInfo("GRAPPA_TEST_SEED=%u", seed);
    QRandomGenerator random(seed);
    const Cli cli(m_root.filePath("library"), m_root.filePath("models"));
    const QString photos = m_root.filePath("photos");
    const QStringList import{"import", photos};

    // The first round runs to its end and tells how long one takes.
    QVERIFY(grappa::test::writeImages(photos + "/0", imagesARound));
    QElapsedTimer timer;
    timer.start();
    QCOMPARE(cli.run(import).exitCode, 0);
    const auto roundMs = static_cast<int>(timer.elapsed());

    int images = imagesARound;
    int acknowledged = imagesARound; // what `committed` events told, kept outside the library
    int killed = 0;
    for (int round = 1; round <= rounds; ++round) {
        QVERIFY(grappa::test::writeImages(photos + "/" + QString::number(round), imagesARound,
                                          1000U * static_cast<unsigned>(round)));
        images += imagesARound;
        const int before = vectors(cli);
        QProcess process;
        cli.start(process, import);
        QVERIFY(process.waitForStarted());
        process.waitForFinished(random.bounded(roundMs));
        if (process.state() == QProcess::Running) {
            ++killed;
            ::kill(static_cast<pid_t>(process.processId()), SIGKILL);
            QVERIFY(process.waitForFinished());
        }

        const QByteArray log = process.readAllStandardError();
        int committed = 0;
        for (const json& event : events(log, "committed"))
            committed += event["vectors"].get<int>();
        const int after = vectors(cli);
        // Nothing that was acknowledged is lost; at most the last commit was not told in time.
        QVERIFY2(after >= before + committed,
                 qPrintable(QStringLiteral("round %1: %2 < %3 + %4").arg(round).arg(after).arg(before).arg(committed)));
        QVERIFY(after <= images);
        // Only what is missing is done: nothing committed before is computed again.
        const std::vector<json> progress = events(log, "progress");
        for (const json& event : progress)
            if (event["stage"] == "import") QCOMPARE(event["total"].get<int>(), images - before);
        acknowledged = after;
        const CliResult verified = cli.run({"verify"});
        QVERIFY2(verified.exitCode == 0, verified.out.constData());
    }
    qInfo("%d of %d runs were killed in mid-work; a run takes %d ms", killed, rounds, roundMs);
    QVERIFY(killed > 0);

    const json last = cli.run(import).json();
    QCOMPARE(last["embedded"].get<int>(), images - acknowledged);
    QCOMPARE(vectors(cli), images);
    QVERIFY(cli.run({"verify"}).json()["clean"].get<bool>());
}

void TestKillImport::decodeWorkerKilled() {
    const Cli cli(m_root.filePath("library-2"), m_root.filePath("models"));
    QVERIFY(grappa::test::writeImages(m_root.filePath("more"), 300, 50'000));
    QProcess process;
    cli.start(process, {"import", m_root.filePath("more")});
    QVERIFY(process.waitForStarted());
    int workersKilled = 0;
    while (process.state() == QProcess::Running && workersKilled < 3) {
        process.waitForFinished(100);
        const std::optional<pid_t> worker = anyChildOf(process.processId());
        if (!worker) continue;
        ::kill(*worker, SIGKILL);
        ++workersKilled;
    }
    QVERIFY(process.state() == QProcess::NotRunning || process.waitForFinished(120'000));
    QVERIFY2(workersKilled > 0, "no decode worker was found");
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    // A file that was under way twice in a killed worker may be a row with its reason; the rest is imported.
    QVERIFY(process.exitCode() == 0 || process.exitCode() == 4);
    const json summary = json::parse(process.readAllStandardOutput().toStdString(), nullptr, false);
    QCOMPARE(summary["imported"].get<int>() + static_cast<int>(summary["unreadable"].size()), 300);
    QVERIFY(summary["unreadable"].size() <= std::size_t{3});
    for (const json& row : summary["unreadable"])
        QVERIFY(!row["reason"].get<std::string>().empty());
    QVERIFY(cli.run({"verify"}).json()["clean"].get<bool>());
}

QTEST_GUILESS_MAIN(TestKillImport)
#include "tst_kill_import.moc"
