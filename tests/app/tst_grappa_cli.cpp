#include "tests/support/cli.h"
#include "tests/support/images.h"
#include "tests/support/tiny_backbone.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <csignal>

using grappa::test::Cli;
using grappa::test::CliResult;
using nlohmann::json;

class TestGrappaCli : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void exitCodes_data();
    void exitCodes();
    void librariesOfTheCurrentFolderAreNotLoaded();
    void waitingThreadsDoNotSpin_data();
    void waitingThreadsDoNotSpin();
    void importIsIncremental();
    void movedFilesKeepTheirVectors();
    void vanishedFilesGoOffline();
    void unreadableFilesAreRows();
    void renamedFolderLeavesNoGhosts();
    void missingFilesAreMarkedAndForgotten();
    void rewritesThatKeepSizeAndTimeAreSeen();
    void foldersOfOneNameAreTwoCollections();
    void copiesAnswerByTheirCollection();
    void twoInputSizesAreSaid();
    void whatIsLeftAloneIsCounted();
    void searchFindsTheSameImageFirst();
    void searchFilters();
    void levelsAndNeighbourhoods();
    void aPriorDescribesBetter();
    void cropIsEmbedded();
    void embedGivesNormalisedVectors();
    void evalSeparatesClasses();
    void exportNamesEveryImage();
    void verifyFindsDamage();
    void serveAnswersAndEnds();
    void stopIsCleanAndResumable();
    void originalsAreUntouched();

private:
    QString folder(const char* name) const { return m_root.filePath(QLatin1String(name)); }
    Cli cli(const char* library = "library") const { return {folder(library), folder("models")}; }

    QTemporaryDir m_root;
};

void TestGrappaCli::initTestCase() {
    QVERIFY(m_root.isValid());
    grappa::test::writeTinyBackbone(folder("models").toStdString());
    QVERIFY(grappa::test::writeImages(folder("photos"), 30));
    QVERIFY(grappa::test::writeImages(folder("photos/below"), 10, 100));
    const CliResult result = cli().run({"import", folder("photos")});
    QCOMPARE(result.exitCode, 0);
    QCOMPARE(result.json()["embedded"].get<int>(), 40);
    QVERIFY(result.err.contains("\"event\":\"committed\""));
    QVERIFY(result.err.contains("\"event\":\"progress\""));
}

void TestGrappaCli::exitCodes_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("models");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<QString>("errorCode"); // empty = the command line itself was refused, or no error
    QTest::newRow("help") << QStringList{"--help"} << "models" << 0 << "";
    QTest::newRow("version") << QStringList{"--version"} << "models" << 0 << "";
    QTest::newRow("help of a verb") << QStringList{"search", "--help"} << "models" << 0 << "";
    QTest::newRow("no verb") << QStringList{} << "models" << 2 << "";
    QTest::newRow("unknown verb") << QStringList{"frobnicate"} << "models" << 2 << "";
    QTest::newRow("bad number") << QStringList{"--input-size", "x", "info"} << "models" << 2 << "";
    QTest::newRow("import of nothing") << QStringList{"import"} << "models" << 2 << "usage";
    QTest::newRow("import of no folder") << QStringList{"import", "/nowhere/at/all"} << "models" << 1 << "not_found";
    QTest::newRow("search without a query") << QStringList{"search"} << "models" << 2 << "usage";
    QTest::newRow("search for an unknown id")
        << QStringList{"search", "--id", "999999"} << "models" << 1 << "not_found";
    QTest::newRow("search with a bad crop")
        << QStringList{"search", "/etc/hostname", "--crop", "1,2,3"} << "models" << 2 << "usage";
    QTest::newRow("search by what is no image")
        << QStringList{"search", "/etc/passwd"} << "models" << 1 << "image_format_unsupported";
    QTest::newRow("nothing found") << QStringList{"search", "--id", "1", "--min-score", "1.5", "--fail-empty"}
                                   << "models" << 3 << "";
    QTest::newRow("nothing found, not asked")
        << QStringList{"search", "--id", "1", "--min-score", "1.5"} << "models" << 0 << "";
    QTest::newRow("backbone missing") << QStringList{"--backbone", "nosuch", "embed", "/etc/passwd"} << "models" << 5
                                      << "model_missing";
    QTest::newRow("no backbone at all") << QStringList{"embed", "/etc/passwd"} << "empty" << 5 << "model_missing";
    QTest::newRow("device that no machine has")
        << QStringList{"--device", "cuda:97", "embed", "/etc/passwd"} << "models" << 6 << "device_unavailable";
    QTest::newRow("unreadable image") << QStringList{"embed", "/etc/passwd"} << "models" << 4 << "";
    QTest::newRow("weights that are no weights")
        << QStringList{"models", "add", "/etc/passwd"} << "models" << 5 << "weights_invalid";
}

void TestGrappaCli::exitCodes() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, models);
    QFETCH(int, exitCode);
    QFETCH(QString, errorCode);
    const CliResult result = Cli(folder("library"), m_root.filePath(models)).run(arguments);
    QVERIFY(!result.crashed);
    QVERIFY2(result.exitCode == exitCode, (result.out + result.err).constData());
    if (errorCode.isEmpty()) return;
    const json error = result.json();
    QCOMPARE(error["schema"].get<int>(), 1);
    QCOMPARE(QString::fromStdString(error["error"]["code"]), errorCode);
    QVERIFY(!error["error"]["detail"].get<std::string>().empty());
}

void TestGrappaCli::librariesOfTheCurrentFolderAreNotLoaded() {
    QVERIFY(QDir().mkpath(folder("planted")));
    for (const char* name : {"libstdc++.so.6", "libsqlite3.so.0", "libjpeg.so.62", "libc.so.6", "libQt6Core.so.6"}) {
        QFile file(m_root.filePath(QStringLiteral("planted/") + QLatin1String(name)));
        QVERIFY(file.open(QFile::WriteOnly) && file.write("no library") > 0);
    }
    const QString bin = QStringLiteral(GRAPPA_BIN);
    for (const char* program : {"grappa-cli", "grappa-decode"}) {
        QProcess process;
        process.setWorkingDirectory(folder("planted"));
        process.start(bin + '/' + QLatin1String(program), {"--version"});
        QVERIFY(process.waitForFinished());
        const QByteArray message = process.readAllStandardError();
        QVERIFY2(!message.contains("shared libraries"), message.constData()); // the loader's own message
        QVERIFY(process.exitCode() != 127);
    }
}

void TestGrappaCli::waitingThreadsDoNotSpin_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("chosen"); // by the caller; empty = nothing
    QTest::addColumn<QString>("policy");
    for (const char* verb : {"import", "adapt", "search", "levels", "embed", "eval", "explain", "export", "serve"})
        QTest::newRow(verb) << QStringList{QLatin1String(verb), "--help"} << ""
                            << "PASSIVE";
    QTest::newRow("version") << QStringList{"--version"} << ""
                             << "PASSIVE";
    QTest::newRow("the caller's choice") << QStringList{"--version"} << "ACTIVE"
                                         << "ACTIVE";
}

void TestGrappaCli::waitingThreadsDoNotSpin() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, chosen);
    QFETCH(QString, policy);
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.remove("OMP_WAIT_POLICY");
    if (!chosen.isEmpty()) environment.insert("OMP_WAIT_POLICY", chosen);
    environment.insert("OMP_DISPLAY_ENV", "TRUE"); // the OpenMP library says what it has read
    QProcess process;
    process.setProcessEnvironment(environment);
    process.start(QStringLiteral(GRAPPA_BIN "/grappa-cli"), arguments);
    QVERIFY(process.waitForFinished());
    QCOMPARE(process.exitCode(), 0);
    const QByteArray said = process.readAllStandardError();
    QVERIFY2(said.contains("OMP_WAIT_POLICY = '" + policy.toLatin1() + '\''), said.constData());
    QCOMPARE(said.count("OMP_WAIT_POLICY"), 1); // its constructors ran once: the start costs no second one
}

void TestGrappaCli::importIsIncremental() {
    const CliResult again = cli().run({"import", folder("photos")});
    QCOMPARE(again.exitCode, 0);
    QCOMPARE(again.json()["unchanged"].get<int>(), 40);
    QCOMPARE(again.json()["embedded"].get<int>(), 0);

    // Another collection of the same files shares their vectors.
    const CliResult other = cli().run({"import", folder("photos/below"), "--collection", "other"});
    QCOMPARE(other.json()["imported"].get<int>(), 10);
    QCOMPARE(other.json()["embedded"].get<int>(), 0);
    QCOMPARE(cli().run({"collections", "--remove", "other"}).exitCode, 0);
    QCOMPARE(cli().run({"info"}).json()["images"].get<int>(), 40);
}

void TestGrappaCli::movedFilesKeepTheirVectors() {
    QVERIFY(grappa::test::writeImages(folder("moving"), 5, 200));
    QCOMPARE(cli().run({"import", folder("moving")}).json()["embedded"].get<int>(), 5);
    QDir(folder("moving")).mkdir("deeper");
    QVERIFY(QFile::rename(folder("moving/0000.jpg"), folder("moving/deeper/renamed.jpg")));
    const json moved = cli().run({"import", folder("moving")}).json();
    QCOMPARE(moved["embedded"].get<int>(), 0);
    QCOMPARE(moved["imported"].get<int>(), 1);
    QCOMPARE(cli().run({"collections", "--remove", "moving"}).exitCode, 0);
}

void TestGrappaCli::vanishedFilesGoOffline() {
    QVERIFY(grappa::test::writeImages(folder("stick"), 4, 300));
    QCOMPARE(cli().run({"import", folder("stick")}).exitCode, 0);
    QVERIFY(QDir(m_root.path()).rename("stick", "unplugged"));
    const CliResult gone = cli().run({"import", "--collection", "stick"});
    QCOMPARE(gone.exitCode, 0);
    const auto stick = [&] {
        const json all = cli().run({"collections"}).json();
        for (const json& row : all["collections"])
            if (row["name"] == "stick") return row;
        return json();
    };
    QCOMPARE(stick()["offline"].get<int>(), 4);
    QCOMPARE(stick()["images"].get<int>(), 4);
    QVERIFY(QDir(m_root.path()).rename("unplugged", "stick"));
    const json back = cli().run({"import", "--collection", "stick"}).json();
    QCOMPARE(back["embedded"].get<int>(), 0);
    QCOMPARE(stick()["offline"].get<int>(), 0);
    QCOMPARE(cli().run({"collections", "--remove", "stick"}).exitCode, 0);
}

void TestGrappaCli::unreadableFilesAreRows() {
    QDir().mkpath(folder("mixed"));
    QVERIFY(grappa::test::writeImages(folder("mixed"), 3, 400));
    QFile(folder("mixed/0000.jpg")).copy(folder("mixed/copy.jpg"));
    QFile text(folder("mixed/text.jpg"));
    QVERIFY(text.open(QIODevice::WriteOnly));
    text.write("not an image");
    text.close();
    const QByteArray bytes = [&] {
        QFile whole(folder("mixed/0001.jpg"));
        return whole.open(QIODevice::ReadOnly) ? whole.readAll() : QByteArray();
    }();
    QFile half(folder("mixed/half.jpg"));
    QVERIFY(half.open(QIODevice::WriteOnly));
    half.write(bytes.left(bytes.size() / 2));
    half.close();

    const CliResult result = cli("mixed-library").run({"import", folder("mixed")});
    QCOMPARE(result.exitCode, 4);
    const json summary = result.json();
    QCOMPARE(summary["found"].get<int>(), 6);
    QCOMPARE(summary["damaged"].get<int>(), 1);
    QCOMPARE(summary["unreadable"].size(), std::size_t{1});
    QVERIFY(summary["unreadable"][0]["path"].get<std::string>().ends_with("/text.jpg"));
    QVERIFY(!summary["unreadable"][0]["reason"].get<std::string>().empty());
    // Two equal files are one image.
    QCOMPARE(cli("mixed-library").run({"info"}).json()["images"].get<int>(), 4);
    QVERIFY(cli("mixed-library").run({"verify"}).json()["clean"].get<bool>());
}

void TestGrappaCli::renamedFolderLeavesNoGhosts() {
    QVERIFY(grappa::test::writeImages(folder("ghosts/2023"), 4, 500));
    QVERIFY(grappa::test::writeImages(folder("ghosts/other"), 3, 510));
    const Cli program = cli("ghosts-library");
    QCOMPARE(program.run({"import", folder("ghosts")}).exitCode, 0);
    QVERIFY(QDir(folder("ghosts")).rename("2023", "2024"));
    const json again = program.run({"import", folder("ghosts")}).json();
    QCOMPARE(again["embedded"].get<int>(), 0);
    QCOMPARE(again["offline"].get<int>(), 0);
    QCOMPARE(again["moved"].get<int>(), 4);
    const json row = program.run({"collections"}).json()["collections"][0];
    QCOMPARE(row["images"].get<int>(), 7);
    QCOMPARE(row["offline"].get<int>(), 0);
    QVERIFY(!program.run({"export"}).out.contains("/2023/"));
}

void TestGrappaCli::missingFilesAreMarkedAndForgotten() {
    QVERIFY(grappa::test::writeImages(folder("gone"), 3, 520));
    const Cli program = cli("gone-library");
    QCOMPARE(program.run({"import", folder("gone")}).exitCode, 0);
    QVERIFY(QFile::remove(folder("gone/0001.jpg")));
    QCOMPARE(program.run({"import", folder("gone")}).json()["offline"].get<int>(), 1);
    const auto online = [&] {
        std::vector<bool> states;
        const json images = program.run({"export"}).json()["images"];
        for (const json& image : images)
            states.push_back(image["online"].get<bool>());
        std::sort(states.begin(), states.end()); // ids follow the order in which the workers finish
        return states;
    };
    QCOMPARE(online(), (std::vector<bool>{false, true, true}));
    QCOMPARE(program.run({"collections", "--forget-missing", "gone"}).exitCode, 0);
    QCOMPARE(online(), (std::vector<bool>{true, true}));
    QCOMPARE(program.run({"collections"}).json()["collections"][0]["offline"].get<int>(), 0);
    QCOMPARE(program.run({"collections", "--forget-missing", "nosuch"}).exitCode, 1);
}

void TestGrappaCli::rewritesThatKeepSizeAndTimeAreSeen() {
    QDir().mkpath(folder("rewritten"));
    const QString path = folder("rewritten/a.bmp"); // of one size for every picture
    QVERIFY(grappa::test::makeImage(530).save(path));
    const QDateTime time = QFileInfo(path).lastModified();
    const Cli program = cli("rewritten-library");
    QCOMPARE(program.run({"import", folder("rewritten")}).exitCode, 0);
    const json before = program.run({"info", "--id", "1"}).json();
    QVERIFY(grappa::test::makeImage(531, 128, 160).save(path));
    QFile file(path);
    QVERIFY(file.open(QFile::ReadWrite) && file.setFileTime(time, QFile::FileModificationTime));
    file.close();
    const json again = program.run({"import", folder("rewritten")}).json();
    QCOMPARE(again["embedded"].get<int>(), 1);
    const json rows = program.run({"export"}).json()["images"];
    QCOMPARE(rows.size(), std::size_t{1});
    QVERIFY(rows[0]["hash"] != before["hash"]);
    const json reread = program.run({"import", "--reread", folder("rewritten")}).json();
    QCOMPARE(reread["imported"].get<int>(), 1);
    QCOMPARE(reread["embedded"].get<int>(), 0);
}

void TestGrappaCli::foldersOfOneNameAreTwoCollections() {
    QVERIFY(grappa::test::writeImages(folder("anna/Photos"), 3, 540));
    QVERIFY(grappa::test::writeImages(folder("ben/Photos"), 2, 550));
    const Cli program = cli("names-library");
    for (int round = 0; round < 2; ++round) // the second adds nothing
        for (const char* owner : {"anna/Photos", "ben/Photos"})
            QCOMPARE(program.run({"import", folder(owner)}).exitCode, 0);
    json rows = program.run({"collections"}).json()["collections"];
    QCOMPARE(rows.size(), std::size_t{2});
    QCOMPARE(rows[0]["name"].get<std::string>(), std::string("Photos"));
    QCOMPARE(rows[0]["images"].get<int>(), 3);
    QCOMPARE(rows[1]["name"].get<std::string>(), std::string("Photos (ben)"));
    QCOMPARE(rows[1]["images"].get<int>(), 2);
    QCOMPARE(program.run({"import", folder("ben/Photos"), "--collection", "Photos"}).exitCode, 0);
    rows = program.run({"collections"}).json()["collections"];
    QCOMPARE(rows[0]["images"].get<int>(), 5);
}

void TestGrappaCli::copiesAnswerByTheirCollection() {
    QVERIFY(grappa::test::writeImages(folder("A"), 3, 560));
    QDir().mkpath(folder("B"));
    QVERIFY(QFile::copy(folder("A/0001.jpg"), folder("B/copy.jpg")));
    const Cli program = cli("copies-library");
    QCOMPARE(program.run({"import", folder("A")}).exitCode, 0);
    QCOMPARE(program.run({"import", folder("B")}).exitCode, 0);
    const auto firstOf = [](const json& rows) { return rows.at(0)["path"].get<std::string>(); };
    const std::string copy = folder("B/copy.jpg").toStdString();
    const QString query = folder("A/0000.jpg");
    QCOMPARE(firstOf(program.run({"export", "--collection", "B"}).json()["images"]), copy);
    QCOMPARE(firstOf(program.run({"search", query, "--collection", "B"}).json()["results"]), copy);
    QCOMPARE(firstOf(program.run({"search", query, "--folder", folder("B")}).json()["results"]), copy);
    QCOMPARE(firstOf(program.run({"search", query, "--name", "COPY"}).json()["results"]), copy);
}

void TestGrappaCli::twoInputSizesAreSaid() {
    QVERIFY(grappa::test::writeImages(folder("small"), 2, 570));
    QVERIFY(grappa::test::writeImages(folder("large"), 3, 580));
    const Cli program = cli("sizes-library");
    QCOMPARE(program.run({"import", folder("small")}).exitCode, 0);
    const auto problems = [&] { return program.run({"search", folder("small/0000.jpg")}).json()["problems"]; };
    QVERIFY(problems().empty());
    const int size = program.run({"info"}).json()["embeddingSets"][0]["inputSize"].get<int>();
    QCOMPARE(program.run({"--input-size", QString::number(2 * size), "import", folder("large")}).exitCode, 0);
    const json said = problems();
    QCOMPARE(said.size(), std::size_t{1});
    QVERIFY(said[0].get<std::string>().starts_with("3 images are not searched"));
    QVERIFY(said[0].get<std::string>().find(std::to_string(size)) != std::string::npos);
}

void TestGrappaCli::whatIsLeftAloneIsCounted() {
    QVERIFY(grappa::test::writeImages(folder("phone"), 2, 590));
    QVERIFY(grappa::test::writeImages(folder("phone/@eaDir"), 2, 595));
    QVERIFY(QFile::copy(folder("phone/0000.jpg"), folder("phone/photo.jpeg!d")));
    for (const char* name : {"clip.mp4", "0000.xmp", "notes.txt", "app.ico"}) {
        QFile file(folder("phone/") + QLatin1String(name));
        QVERIFY(file.open(QFile::WriteOnly) && file.write(QByteArray("\0\0\1\0\1\0", 6)) > 0);
    }
    const Cli program = cli("phone-library");
    const CliResult result = program.run({"import", folder("phone")});
    QCOMPARE(result.exitCode, 4);
    const json summary = result.json();
    QCOMPARE(summary["found"].get<int>(), 4);
    const json leftAlone{{"videos", 1}, {"sidecars", 1}, {"companions", 1}, {"others", 1}};
    QVERIFY2(summary["leftAlone"] == leftAlone, summary.dump().c_str());
    QCOMPARE(summary["unreadable"].size(), std::size_t{1});
    QVERIFY(summary["unreadable"][0]["reason"].get<std::string>().find("ICO") != std::string::npos);
    QCOMPARE(program.run({"import", "--everything", folder("phone")}).json()["found"].get<int>(), 6);
    QCOMPARE(program.run({"import", folder("phone")}).json()["found"].get<int>(), 6);
    QCOMPARE(program.run({"import", "--no-everything", folder("phone")}).json()["found"].get<int>(), 4);
}

void TestGrappaCli::searchFindsTheSameImageFirst() {
    const CliResult outside = cli().run({"search", folder("photos/0007.jpg"), "--limit", "3"});
    QCOMPARE(outside.exitCode, 0);
    const json results = outside.json()["results"];
    QCOMPARE(results.size(), std::size_t{3});
    QVERIFY(results[0]["path"].get<std::string>().ends_with("/0007.jpg"));
    QVERIFY(results[0]["score"].get<double>() > 0.999);
    QVERIFY(results[0]["closeness"].get<double>() > 97);
    QVERIFY(results[0]["closeness"] >= results[1]["closeness"] && results[1]["closeness"] >= 0);
    QVERIFY(results[0]["score"] >= results[1]["score"] && results[1]["score"] >= results[2]["score"]);

    const json inside =
        cli().run({"search", "--id", std::to_string(results[0]["id"].get<int>()).c_str(), "--limit", "2"}).json();
    QCOMPARE(inside["results"][0]["id"].get<int>(), results[1]["id"].get<int>());
    QCOMPARE(inside["results"][1]["id"].get<int>(), results[2]["id"].get<int>());
}

void TestGrappaCli::searchFilters() {
    const auto search = [&](const QStringList& more) {
        return cli().run(QStringList{"search", folder("photos/0007.jpg"), "--limit", "100"} + more).json()["results"];
    };
    QCOMPARE(search({}).size(), std::size_t{40});
    QCOMPARE(search({"--folder", folder("photos/below")}).size(), std::size_t{10});
    QCOMPARE(search({"--name", "0003"}).size(), std::size_t{2});
    QCOMPARE(search({"--collection", "photos"}).size(), std::size_t{40});
    QCOMPARE(cli().run({"search", folder("photos/0007.jpg"), "--collection", "nosuch"}).exitCode, 1);
    const double cut = search({})[4]["score"].get<double>();
    for (const json& row : search({"--min-score", QString::number(cut)}))
        QVERIFY(row["score"].get<double>() >= cut - 1e-6);
}

void TestGrappaCli::levelsAndNeighbourhoods() {
    const Cli grouped = cli("grouped");
    QVERIFY(grappa::test::writeImages(folder("groups"), 40, 400));
    QCOMPARE(grouped.run({"import", folder("groups")}).exitCode, 0);
    const auto search = [&](const QStringList& more) {
        const CliResult result = grouped.run(QStringList{"search", folder("groups/0007.jpg"), "--limit", "5"} + more);
        return result.exitCode == 0 ? result.json() : json{{"exitCode", result.exitCode}, {"answer", result.json()}};
    };
    // Nothing is there yet.
    QCOMPARE(search({"--level", "4"})["exitCode"].get<int>(), 1);
    QCOMPARE(search({"--level", "auto"})["set"]["smoothing"].get<std::string>(), "raw");

    const CliResult levels = grouped.run({"levels", "--granularities", "4,10", "--collection", "groups"});
    QVERIFY2(levels.exitCode == 0, (levels.out + levels.err).constData());
    QCOMPARE(levels.json()["levels"].size(), std::size_t{2});
    QCOMPARE(levels.json()["whitening"].get<std::string>(), "p0.5");
    QCOMPARE(grouped.run({"levels", "--granularities", "999"}).exitCode, 2);

    for (const char* level : {"raw", "auto", "4", "10"}) {
        const json found = search({"--level", level});
        QVERIFY2(found.contains("results"), found.dump().c_str());
        QCOMPARE(found["results"].size(), std::size_t{5});
        QVERIFY2(found["results"][0]["path"].get<std::string>().ends_with("/0007.jpg"), level);
        QVERIFY2(found["results"][0]["score"].get<double>() > 0.9, level);
    }
    QCOMPARE(search({"--level", "auto"})["set"]["smoothing"].get<std::string>(), "diffused");
    QCOMPARE(search({"--level", "10"})["set"]["level"].get<int>(), 10);
    QCOMPARE(search({"--level", "10"})["set"]["whitening"].get<std::string>(), "p0.5");
    QCOMPARE(search({"--level", "raw"})["set"]["whitening"].get<std::string>(), "p0.5");
    QVERIFY(search({}) == search({"--level", "auto"})); // the answer without a word about it
    QCOMPARE(search({"--level", "5"})["exitCode"].get<int>(), 1);
    QCOMPARE(search({"--level", "fine"})["exitCode"].get<int>(), 2);
    QCOMPARE(search({"--adaptation", "nosuch"})["exitCode"].get<int>(), 1);
    QCOMPARE(search({"--adaptation", "base", "--level", "4"})["results"].size(), std::size_t{5});

    // What derives from the base follows an import; the base stays what export and search use.
    QVERIFY(grappa::test::writeImages(folder("groups/more"), 6, 500));
    QCOMPARE(grouped.run({"import", folder("groups")}).exitCode, 0);
    const json info = grouped.run({"info"}).json();
    QCOMPARE(info["embeddingSets"].size(), std::size_t{3});
    for (const json& set : info["embeddingSets"]) {
        QCOMPARE(set["vectors"].get<int>(), 46);
        QCOMPARE(set.contains("levels"), set["whitening"] != "none" && set["smoothing"] == "raw");
    }
    QVERIFY(grouped.run({"search", folder("groups/more/0003.jpg"), "--level", "4"})
                .json()["results"][0]["path"]
                .get<std::string>()
                .ends_with("/more/0003.jpg"));
    QVERIFY(grouped.run({"verify"}).json()["clean"].get<bool>());
}

/// A backbone that gets a prior: libraries of before stay as they are until they are renewed, new ones answer by
/// neighbourhoods from the first import on.
void TestGrappaCli::aPriorDescribesBetter() {
    grappa::test::writeTinyBackbone(folder("priorModels").toStdString());
    const Cli older{folder("older"), folder("priorModels")}, fresh{folder("fresh"), folder("priorModels")};
    QVERIFY(grappa::test::writeImages(folder("varied"), 40, 900));
    QVERIFY(grappa::test::writeImages(folder("foreign"), 100, 2'000));
    QCOMPARE(older.run({"import", folder("varied")}).exitCode, 0);
    QCOMPARE(older.run({"import", "--renew"}).exitCode, 2); // without a prior there is nothing to gain
    QCOMPARE(older.run({"models", "prior", "--images", folder("foreign")}).exitCode, 0);

    const auto sets = [](const Cli& library) {
        QStringList kinds;
        const json info = library.run({"info"}).json();
        for (const json& set : info["embeddingSets"])
            kinds +=
                QString::fromStdString(set["descriptor"].get<std::string>() + " " +
                                       set["whitening"].get<std::string>() + " " + set["smoothing"].get<std::string>());
        return kinds;
    };
    const QStringList joined{"class+patches none raw", "class+patches p0.5+prior raw",
                             "class+patches p0.5+prior diffused"};
    QCOMPARE(fresh.run({"import", folder("varied")}).exitCode, 0);
    QCOMPARE(sets(fresh), joined);
    const auto search = [](const Cli& library, const QStringList& query) {
        return library.run(QStringList{"search", "-n", "40"} + query).json();
    };
    const json answer = search(fresh, {"--id", "7"});
    QCOMPARE(answer["set"]["smoothing"].get<std::string>(), "diffused");
    QCOMPARE(search(fresh, {"--id", "7", "--level", "raw"})["set"]["smoothing"].get<std::string>(), "raw");
    // The file itself, from outside: found first, and the rest about as if it were asked for by its number.
    const json outside = search(fresh, {folder("varied/0006.jpg")});
    QVERIFY(outside["results"][0]["path"].get<std::string>().ends_with("/0006.jpg"));
    QVERIFY(search(fresh, {folder("varied/0006.jpg"), "--level", "raw"})["results"][0]["score"].get<double>() > 0.999);

    // The older library still answers by what it has, and says that it can be renewed.
    QCOMPARE(search(older, {"--id", "7"})["set"]["descriptor"].get<std::string>(), "class");
    QVERIFY(grappa::test::writeImages(folder("varied/more"), 2, 990));
    const json imported = older.run({"import", folder("varied")}).json();
    QVERIFY(imported["renewable"].get<bool>());
    QVERIFY(older.run({"info"}).json()["renewable"].get<bool>());
    QVERIFY(!fresh.run({"info"}).json()["renewable"].get<bool>());
    QCOMPARE(imported["embedded"].get<int>(), 2);
    QVERIFY(sets(older).contains("class p0.5+prior diffused"));
    QCOMPARE(older.run({"import", "--renew", folder("varied")}).exitCode, 2);
    const json renewed = older.run({"import", "--renew"}).json();
    QCOMPARE(renewed["described"].get<int>(), 42);
    QCOMPARE(sets(older), joined);
    QCOMPARE(search(older, {"--id", "7"})["set"]["descriptor"].get<std::string>(), "class+patches");
    QCOMPARE(older.run({"import", "--renew"}).exitCode, 2);
    QCOMPARE(older.run({"verify"}).exitCode, 0);
    // The same images imported at once give the same answer.
    const Cli whole{folder("whole"), folder("priorModels")};
    QCOMPARE(whole.run({"import", folder("varied")}).exitCode, 0);
    const auto paths = [&](const Cli& library) {
        QStringList found;
        const json result = search(library, {folder("varied/0009.jpg")});
        for (const json& row : result["results"])
            found += QString::fromStdString(row["path"].get<std::string>());
        return found.mid(0, 5);
    };
    QCOMPARE(paths(older), paths(whole));
}

void TestGrappaCli::cropIsEmbedded() {
    const json whole = cli().run({"embed", folder("photos/0001.jpg")}).json();
    const json crop = cli().run({"embed", folder("photos/0001.jpg"), "--crop", "0,0,60,60"}).json();
    QVERIFY(whole["images"][0]["vector"] != crop["images"][0]["vector"]);
    QCOMPARE(cli().run({"search", folder("photos/0001.jpg"), "--crop", "0,0,60,60"}).exitCode, 0);
}

void TestGrappaCli::embedGivesNormalisedVectors() {
    const QString file = folder("vectors.npy");
    const json result =
        cli().run({"embed", folder("photos/0001.jpg"), folder("photos/0002.jpg"), "--npy", file}).json();
    QCOMPARE(result["images"][1]["row"].get<int>(), 1);
    QFile npy(file);
    QVERIFY(npy.open(QIODevice::ReadOnly));
    const QByteArray bytes = npy.readAll();
    QVERIFY(bytes.startsWith("\x93NUMPY"));
    const int dim = result["dim"].get<int>();
    QVERIFY(bytes.contains("'shape': (2, " + QByteArray::number(dim) + ")"));
    const auto* values = reinterpret_cast<const float*>(bytes.constData() + bytes.size() - 2 * dim * 4);
    for (int row = 0; row < 2; ++row) {
        double norm = 0;
        for (int i = 0; i < dim; ++i)
            norm += double{values[row * dim + i]} * values[row * dim + i];
        QVERIFY(std::abs(norm - 1) < 1e-4);
    }
}

void TestGrappaCli::evalSeparatesClasses() {
    // Each class is one picture with small changes, so that any backbone ranks its class first.
    QDir().mkpath(folder("labelled"));
    QFile csv(folder("labelled/labels.csv"));
    QVERIFY(csv.open(QIODevice::WriteOnly));
    csv.write("path,label\n");
    for (unsigned label = 0; label < 4; ++label) {
        for (int copy = 0; copy < 3; ++copy) {
            QImage image = grappa::test::makeImage(500 + label);
            image.setPixelColor(copy, 0, Qt::black);
            const QString name = QStringLiteral("%1-%2.png").arg(label).arg(copy);
            QVERIFY(image.save(folder("labelled/") + name));
            csv.write(name.toUtf8() + ",class " + QByteArray::number(label) + "\n");
        }
    }
    csv.close();
    const CliResult result = cli().run({"eval", "--labels", "shapes=" + folder("labelled/labels.csv")});
    QCOMPARE(result.exitCode, 0);
    const json scores = result.json();
    QCOMPARE(scores["schema"].get<int>(), 1);
    QCOMPARE(scores["tasks"]["shapes"]["base"]["RP"].get<double>(), 100.0);
    QCOMPARE(scores["mean"]["base"]["R@1"].get<double>(), 100.0);
    QVERIFY(scores["tasks"]["shapes"]["base"].contains("MAP@R"));
    QCOMPARE(cli().run({"eval", "--labels", "shapes"}).exitCode, 2);
}

void TestGrappaCli::exportNamesEveryImage() {
    QCOMPARE(cli().run({"export"}).json()["images"].size(), std::size_t{40});
    const CliResult result = cli().run({"export", "-o", folder("export.json"), "--vectors", folder("export.npy")});
    QCOMPARE(result.exitCode, 0);
    QVERIFY(QFile::exists(folder("export.npy")));
}

void TestGrappaCli::verifyFindsDamage() {
    QVERIFY(grappa::test::writeImages(folder("verified"), 4, 600));
    QCOMPARE(cli("verify-library").run({"import", folder("verified")}).exitCode, 0);
    QCOMPARE(cli("verify-library").run({"verify"}).exitCode, 0);
    QFile catalogue(folder("verify-library/data/catalogue.sqlite"));
    if (!catalogue.exists()) catalogue.setFileName(folder("verify-library/catalogue.sqlite"));
    QVERIFY(catalogue.open(QIODevice::ReadWrite));
    const qint64 size = catalogue.size();
    catalogue.seek(size / 2);
    catalogue.write(QByteArray(static_cast<int>(qMin<qint64>(8192, size / 4)), '\xa5'));
    catalogue.close();
    const CliResult result = cli("verify-library").run({"verify"});
    QVERIFY(!result.crashed);
    QCOMPARE(result.exitCode, 1);
}

void TestGrappaCli::serveAnswersAndEnds() {
    QProcess process;
    cli().start(process, {"serve"});
    const auto readLine = [&] {
        while (!process.canReadLine())
            if (!process.waitForReadyRead(60'000)) return json();
        return json::parse(process.readLine().toStdString(), nullptr, false);
    };
    const json hello = readLine();
    QCOMPARE(QString::fromStdString(hello["event"]), QStringLiteral("hello"));
    const auto dim = hello["dim"].get<std::size_t>();

    const QString image = folder("photos/0003.jpg");
    process.write(
        QByteArray::fromStdString(json{{"id", 1}, {"op", "embed"}, {"path", image.toStdString()}}.dump() + "\n"));
    json reply = readLine();
    QCOMPARE(reply["id"].get<int>(), 1);
    QCOMPARE(reply["base"].size(), dim);
    const json byPath = reply["base"];

    QFile file(image);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray bytes = file.readAll();
    process.write(QByteArray::fromStdString(json{{"id", 2}, {"op", "embed"}, {"bytes", bytes.size()}}.dump() + "\n") +
                  bytes);
    QVERIFY(readLine()["base"] == byPath);

    process.write(QByteArray::fromStdString(
        json{{"id", 3}, {"op", "render"}, {"path", image.toStdString()}, {"side", 80}}.dump() + "\n"));
    reply = readLine();
    QCOMPARE(reply["width"].get<int>(), 80);
    const auto expected = static_cast<qint64>(reply["bytes"].get<std::size_t>());
    QCOMPARE(expected, qint64{80} * reply["height"].get<int>() * 3);
    while (process.bytesAvailable() < expected)
        QVERIFY(process.waitForReadyRead(10'000));
    process.read(expected);

    process.write("{\"id\":4,\"op\":\"maps\",\"path\":\"" + image.toUtf8() + "\"}\n");
    reply = readLine();
    const auto mapBytes = static_cast<qint64>(reply["bytes"].get<std::size_t>());
    QCOMPARE(mapBytes, qint64{reply["rows"].get<int>()} * reply["cols"].get<int>() * (reply["dim"].get<int>() + 1) * 4);
    while (process.bytesAvailable() < mapBytes)
        QVERIFY(process.waitForReadyRead(10'000));
    process.read(mapBytes);

    process.write("nonsense\n{\"id\":5,\"op\":\"embed\",\"path\":\"/nowhere.jpg\"}\n");
    QCOMPARE(QString::fromStdString(readLine()["error"]["code"]), QStringLiteral("usage"));
    reply = readLine();
    QCOMPARE(reply["id"].get<int>(), 5);
    QCOMPARE(QString::fromStdString(reply["error"]["code"]), QStringLiteral("file_unreadable"));

    process.closeWriteChannel();
    QVERIFY(process.waitForFinished(3000));
    QCOMPARE(process.exitCode(), 0);
}

void TestGrappaCli::stopIsCleanAndResumable() {
    QVERIFY(grappa::test::writeImages(folder("many"), 1500, 1000));
    const Cli many = cli("stop-library");
    QProcess process;
    many.start(process, {"import", folder("many")});
    process.setReadChannel(QProcess::StandardError);
    QByteArray events;
    while (!events.contains("\"event\":\"committed\"")) {
        QVERIFY(process.waitForReadyRead(60'000));
        events += process.readAllStandardError();
    }
    ::kill(static_cast<pid_t>(process.processId()), SIGTERM);
    QVERIFY(process.waitForFinished(2000));
    QCOMPARE(process.exitCode(), 130);
    const json info = many.run({"info"}).json();
    const int kept = info["embeddingSets"][0]["vectors"].get<int>();
    QVERIFY(kept > 0 && kept < 1500);
    QCOMPARE(info["resumableJobs"].size(), std::size_t{1});
    const json rest = many.run({"import", "--collection", "many"}).json();
    QCOMPARE(rest["embedded"].get<int>(), 1500 - kept);
    QVERIFY(many.run({"info"}).json()["resumableJobs"].empty());
    QVERIFY(many.run({"verify"}).json()["clean"].get<bool>());
}

void TestGrappaCli::originalsAreUntouched() {
    const auto stamps = [&] {
        QStringList rows;
        for (const QFileInfo& info : QDir(folder("photos")).entryInfoList(QDir::Files, QDir::Name)) {
            QFile file(info.filePath());
            rows << info.fileName() + info.lastModified().toString(Qt::ISODateWithMs) +
                        (file.open(QIODevice::ReadOnly) ? QString::number(qHash(file.readAll())) : QString());
        }
        return rows;
    };
    const QStringList before = stamps();
    QCOMPARE(before.size(), 30);
    QCOMPARE(cli("fresh-library").run({"import", folder("photos")}).exitCode, 0);
    QCOMPARE(cli("fresh-library").run({"collections", "--remove", "photos"}).exitCode, 0);
    QCOMPARE(stamps(), before);
}

QTEST_GUILESS_MAIN(TestGrappaCli)
#include "tst_grappa_cli.moc"
