#include "tests/support/cli.h"
#include "tests/support/images.h"
#include "tests/support/tiny_backbone.h"

#include <QFile>
#include <QFloat16>
#include <QSet>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace grappa;
using nlohmann::json;
using test::CliResult;

/// `adapt` as the window drives it: what it shows while it learns, stop and keep, discard, adaptations from elsewhere.
class TestCliAdapt : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void itShowsWhatItLearns();
    void anEstimateLearnsNothing();
    void stopAndKeep();
    void stopAndDiscard();
    void thereMustBeSomethingToKeep();
    void aTimeLimitCutsTheEpochs();
    void levelsKnowTheirCopyFirstRate();
    void anAdaptationGoesToAnotherLibrary();
    void anotherBackboneIsRefused();
    void serveGivesBothVectors();

private:
    static constexpr int images = 120;

    QString folder(const char* name) const { return m_root.filePath(QLatin1String(name)); }
    test::Cli cli(const char* library = "library", const char* models = "models") const {
        return {folder(library), folder(models)};
    }
    static QList<json> events(const QByteArray& lines, const char* kind) {
        QList<json> found;
        for (const QByteArray& line : lines.split('\n')) {
            const json event = json::parse(line.toStdString(), nullptr, false);
            if (event.is_object() && event.value("event", "") == kind) found << event;
        }
        return found;
    }
    /// Starts a long run and stops it once it has learned something. What it printed, or nothing when it did not stop.
    QByteArray stopped(const QStringList& arguments) const {
        QProcess process;
        cli().start(process, arguments);
        process.setReadChannel(QProcess::StandardError);
        QByteArray lines;
        while (process.state() != QProcess::NotRunning && events(lines, "point").size() < 3) {
            process.waitForReadyRead(60'000);
            lines += process.readAllStandardError();
        }
        process.terminate();
        process.waitForFinished(60'000);
        return process.exitCode() == 130 ? lines : QByteArray();
    }

    QTemporaryDir m_root;
};

void TestCliAdapt::initTestCase() {
    QVERIFY(m_root.isValid());
    test::writeTinyBackbone(folder("models").toStdString());
    test::writeTinyBackbone(folder("otherModels").toStdString(), 2);
    QVERIFY(test::writeImages(folder("photos"), images));
    QCOMPARE(cli().run({"--input-size", "56", "import", folder("photos")}).exitCode, 0);
}

void TestCliAdapt::itShowsWhatItLearns() {
    const CliResult run = cli().run({"adapt", "--collection", "photos", "--name", "quick", "--depth", "quick"});
    QVERIFY2(run.exitCode == 0, (run.out + run.err).constData());
    const json result = run.json();
    QCOMPARE(result["adaptation"], json("quick"));

    const QList<json> plans = events(run.err, "plan");
    QCOMPARE(plans.size(), 1);
    const json& plan = plans.front();
    QCOMPARE(plan["granularities"], result["granularities"]);
    QCOMPARE(plan["images"], json(images));
    QSet<QString> planned;
    for (const json& stage : plan["stages"])
        planned << QString::fromStdString(stage);
    for (const json& progress : events(run.err, "progress"))
        QVERIFY2(planned.contains(QString::fromStdString(progress["stage"])), progress.dump().c_str());

    const QList<json> clusters = events(run.err, "clusters");
    QCOMPARE(clusters.size(), static_cast<qsizetype>(plan["granularities"].size()));
    for (const json& level : clusters) {
        int before = images;
        for (const json& cluster : level["clusters"]) {
            QVERIFY(cluster["size"].get<int>() <= before);
            before = cluster["size"].get<int>();
            for (const json& image : cluster["images"])
                QVERIFY(image.get<int>() >= 1 && image.get<int>() <= images);
        }
    }
    // Before the first step, after each of two passes for each k, after the fusion's one.
    const QList<json> probes = events(run.err, "probes");
    QCOMPARE(probes.size(), 1 + 2 * clusters.size() + 1);
    QCOMPARE(probes.front()["epoch"], json(0));
    for (const json& probe : probes) {
        QVERIFY(probe["copyFirst"].get<double>() >= 0 && probe["copyFirst"].get<double>() <= 100);
        QCOMPARE(probe["rows"].size(), probes.front()["rows"].size());
        QVERIFY(probe["rows"].size() > 0);
        for (std::size_t i = 0; i < probe["rows"].size(); ++i) {
            const json& row = probe["rows"][i];
            QCOMPARE(row["query"], probes.front()["rows"][i]["query"]);
            for (const json& found : row["results"])
                QVERIFY(found != row["query"]);
        }
    }
    QVERIFY(events(run.err, "point").size() > 6);
}

void TestCliAdapt::anEstimateLearnsNothing() {
    const CliResult run = cli().run({"adapt", "--collection", "photos", "--estimate"});
    QVERIFY2(run.exitCode == 0, (run.out + run.err).constData());
    const json estimates = run.json()["estimates"];
    QCOMPARE(estimates.size(), std::size_t{3});
    QCOMPARE(estimates[0]["depth"], json("quick"));
    QVERIFY(estimates[0]["seconds"].get<double>() <= estimates[1]["seconds"].get<double>());
    QVERIFY(estimates[1]["seconds"].get<double>() <= estimates[2]["seconds"].get<double>());
    QCOMPARE(run.json()["images"], json(images));
    QVERIFY(events(run.err, "plan").isEmpty());
    QCOMPARE(cli().run({"adapt", "--collection", "photos", "--estimate", "--finish"}).exitCode, 2);
}

void TestCliAdapt::stopAndKeep() {
    const QStringList arguments{"adapt", "--collection", "photos", "--name", "kept", "--epochs", "100000"};
    QVERIFY(!stopped(arguments).isEmpty());
    const CliResult run = cli().run(arguments + QStringList{"--finish"});
    QVERIFY2(run.exitCode == 0, (run.out + run.err).constData());
    // The first of the planned granularities, which was under way.
    QCOMPARE(run.json()["granularities"].size(), std::size_t{1});
    QCOMPARE(events(run.err, "plan").front()["granularities"].size() > 1, true);
    QVERIFY(events(run.err, "point").isEmpty());
    QCOMPARE(cli().run({"search", "--id", "1", "--adaptation", "kept"}).exitCode, 0);
    QVERIFY(cli().run({"verify"}).json()["clean"].get<bool>());
}

void TestCliAdapt::stopAndDiscard() {
    const QStringList arguments{"adapt",    "--collection", "photos", "--name", "gone",
                                "--epochs", "100000",       "--seed", "3"};
    const QByteArray first = stopped(arguments);
    QVERIFY(!first.isEmpty());
    QCOMPARE(cli().run(arguments + QStringList{"--discard"}).exitCode, 0);
    QCOMPARE(cli().run(arguments + QStringList{"--discard"}).exitCode, 1); // nothing is left
    // It starts anew.
    const QByteArray second = stopped(arguments);
    QCOMPARE(events(second, "point").front()["step"], events(first, "point").front()["step"]);
    QCOMPARE(cli().run(arguments + QStringList{"--discard"}).exitCode, 0);
}

void TestCliAdapt::thereMustBeSomethingToKeep() {
    const CliResult run = cli().run({"adapt", "--collection", "photos", "--name", "none", "--seed", "9", "--finish"});
    QCOMPARE(run.exitCode, 1);
    QCOMPARE(run.json()["error"]["code"], json("not_found"));
}

void TestCliAdapt::aTimeLimitCutsTheEpochs() {
    const QStringList arguments{"adapt",  "--collection",  "photos", "--name",          "short", "--epochs",
                                "100000", "--max-minutes", "0.02",   "--granularities", "8"};
    const CliResult run = cli().run(arguments);
    QVERIFY2(run.exitCode == 0, (run.out + run.err).constData());
    QVERIFY(events(run.err, "point").size() < 100'000);
}

void TestCliAdapt::levelsKnowTheirCopyFirstRate() {
    const CliResult base = cli().run({"levels", "--adaptation", "base"});
    QVERIFY2(base.exitCode == 0, (base.out + base.err).constData());
    QVERIFY(!base.json()["levels"].empty());
    for (const json& level : base.json()["levels"])
        QVERIFY(level["copyFirst"].get<double>() >= 0 && level["copyFirst"].get<double>() <= 1);
    const CliResult adapted = cli().run({"levels", "--adaptation", "quick"});
    QVERIFY2(adapted.exitCode == 0, (adapted.out + adapted.err).constData());
    for (const json& level : adapted.json()["levels"])
        QVERIFY(level.contains("copyFirst"));
}

void TestCliAdapt::anAdaptationGoesToAnotherLibrary() {
    const QString file = folder("quick.safetensors");
    const QStringList same{"adapt", "--collection", "photos", "--depth", "quick", "--name", "again", "--seed", "4"};
    QCOMPARE(cli().run(same + QStringList{"--export", file}).exitCode, 0);
    QCOMPARE(cli("other").run({"--input-size", "56", "import", folder("photos")}).exitCode, 0);
    const CliResult added = cli("other").run({"models", "add", file});
    QVERIFY2(added.exitCode == 0, (added.out + added.err).constData());
    QCOMPARE(added.json()["added"]["adaptation"], json("again"));
    QCOMPARE(cli("other").run({"models", "add", file}).exitCode, 2); // it is there already
    const CliResult used = cli("other").run({"adapt", "--collection", "photos", "--use", "again"});
    QVERIFY2(used.exitCode == 0, (used.out + used.err).constData());
    QCOMPARE(used.json()["images"], json(images));
    // By its file: the two libraries number their images as they were decoded.
    const auto found = [this](const test::Cli& where) {
        const QString image = folder("photos/0005.jpg");
        return where.run({"search", image, "--adaptation", "again", "--limit", "5"}).json()["results"];
    };
    const json here = found(cli()), there = found(cli("other"));
    QCOMPARE(there.size(), std::size_t{5});
    for (std::size_t i = 0; i < 5; ++i) {
        QCOMPARE(there[i]["path"], here[i]["path"]);
        QVERIFY(std::abs(here[i]["score"].get<double>() - there[i]["score"].get<double>()) < 1e-3);
    }

    // What comes later to a collection that it describes is described too.
    QVERIFY(test::writeImages(folder("later"), 1, images));
    QCOMPARE(cli("other").run({"import", folder("later"), "--collection", "photos"}).exitCode, 0);
    const QString later = folder("later/0000.jpg");
    const CliResult nearest = cli("other").run({"search", later, "--adaptation", "again", "--limit", "1"});
    QVERIFY2(nearest.exitCode == 0, (nearest.out + nearest.err).constData());
    QCOMPARE(nearest.json()["results"][0]["path"], json(later.toStdString()));
}

void TestCliAdapt::anotherBackboneIsRefused() {
    const CliResult refused = cli("third", "otherModels").run({"models", "add", folder("quick.safetensors")});
    QCOMPARE(refused.exitCode, 5);
    QVERIFY(refused.json()["error"]["detail"].get<std::string>().find("another backbone") != std::string::npos);
}

void TestCliAdapt::serveGivesBothVectors() {
    QProcess process;
    cli().start(process, {"serve", "--adaptation", "quick"});
    const auto readLine = [&] {
        while (!process.canReadLine())
            if (!process.waitForReadyRead(60'000)) return json();
        return json::parse(process.readLine().toStdString(), nullptr, false);
    };
    const json hello = readLine();
    QVERIFY(hello.contains("adaptation"));
    const std::size_t blocks = hello["blocks"].size(), granularities = hello["granularities"].size();
    const std::string image = folder("photos/0003.jpg").toStdString();
    process.write(QByteArray::fromStdString(json{{"id", 1}, {"op", "embed"}, {"path", image}}.dump() + "\n"));
    const json reply = readLine();
    QCOMPARE(reply["base"].size(), hello["dim"].get<std::size_t>());
    QCOMPARE(reply["fused"].size(), hello["dim"].get<std::size_t>());
    QVERIFY(reply["base"] != reply["fused"]);
    QCOMPARE(reply["attention"].size(), blocks * granularities);
    for (std::size_t block = 0; block < blocks; ++block) {
        double sum = 0;
        for (std::size_t i = 0; i < granularities; ++i)
            sum += reply["attention"][block * granularities + i].get<double>();
        QVERIFY(std::abs(sum - 1) < 1e-5);
    }
    process.closeWriteChannel();
    QVERIFY(process.waitForFinished(20'000));
}

QTEST_GUILESS_MAIN(TestCliAdapt)
#include "tst_cli_adapt.moc"
