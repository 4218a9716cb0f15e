#include "core/library/migrations.h"

#include "library_fixture.h"

#include <QTest>
#include <SQLiteCpp/SQLiteCpp.h>

#include <array>
#include <fstream>
#include <iterator>

using namespace grappa;

namespace {

constexpr std::array<const char*, 3> steps{
    "CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1)",
    "ALTER TABLE t ADD COLUMN b INTEGER DEFAULT 2",
    "UPDATE t SET b = 3; CREATE TABLE u (c)",
};

std::string bytesOf(const std::filesystem::path& path) {
    std::ifstream input(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(input), {}};
}

} // namespace

class TestMigrations : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyVersionReachesTheLast_data() {
        QTest::addColumn<int>("from");
        for (int from = 0; from <= 3; ++from)
            QTest::addRow("from %d", from) << from;
    }
    void everyVersionReachesTheLast() {
        QFETCH(int, from);
        LibraryFixture fixture;
        const auto file = fixture.paths.catalogue();
        Database db(file, Database::Mode::Create);
        migrate(db, std::span(steps).first(static_cast<std::size_t>(from)), fixture.paths.writeLock(),
                fixture.paths.data);
        QCOMPARE(schemaVersion(db), from);
        migrate(db, steps, fixture.paths.writeLock(), fixture.paths.data);
        QCOMPARE(schemaVersion(db), 3);
        QCOMPARE(schemaVersionInHeader(file), 3);
        QCOMPARE(db.integer("SELECT b FROM t"), std::optional<std::int64_t>(3));

        const auto backup = fixture.paths.data / ("catalogue-v" + std::to_string(from) + ".sqlite");
        QCOMPARE(std::filesystem::exists(backup), from > 0 && from < 3);
        if (from > 0 && from < 3) {
            Database copy(backup, Database::Mode::ReadOnly);
            QCOMPARE(schemaVersion(copy), from);
            QCOMPARE(copy.integer("SELECT a FROM t"), std::optional<std::int64_t>(1));
        }
    }

    void failedStepChangesNothing() {
        LibraryFixture fixture;
        Database db(fixture.paths.catalogue(), Database::Mode::Create);
        const std::array<const char*, 2> broken{steps[0], "UPDATE t SET a = 9; SELECT * FROM no_such_table"};
        bool failed = false;
        try {
            migrate(db, broken, fixture.paths.writeLock(), fixture.paths.data);
        } catch (const Error& error) {
            failed = error.code() == ErrorCode::DatabaseFailed;
        }
        QVERIFY(failed);
        QCOMPARE(schemaVersion(db), 1);
        QCOMPARE(db.integer("SELECT a FROM t"), std::optional<std::int64_t>(1));
        migrate(db, std::span(steps).first(2), fixture.paths.writeLock(), fixture.paths.data);
        QCOMPARE(schemaVersion(db), 2);
    }

    void newerSchemaIsRefusedUntouched_data() {
        QTest::addColumn<int>("access");
        QTest::addColumn<bool>("inWal");
        for (const bool inWal : {false, true}) {
            QTest::addRow("read-only, %s", inWal ? "in the WAL" : "in the file")
                << int(Library::Access::ReadOnly) << inWal;
            QTest::addRow("writing, %s", inWal ? "in the WAL" : "in the file")
                << int(Library::Access::ReadWrite) << inWal;
        }
    }
    void newerSchemaIsRefusedUntouched() {
        QFETCH(int, access);
        QFETCH(bool, inWal);
        LibraryFixture fixture;
        { Library(fixture.paths, Library::Access::ReadWrite).createCollection("x"); }
        const auto file = fixture.paths.catalogue();
        auto wal = file;
        wal += "-wal";
        {
            Database newer(file, Database::Mode::ReadWrite);
            newer.script("PRAGMA user_version = 999");
            if (!inWal) newer.checkpoint();
        }
        const auto catalogue = bytesOf(file);
        const auto log = bytesOf(wal);
        std::optional<ErrorCode> code;
        try {
            Library(fixture.paths, static_cast<Library::Access>(access));
        } catch (const Error& error) {
            code = error.code();
        }
        QCOMPARE(code, ErrorCode::SchemaTooNew);
        QVERIFY(bytesOf(file) == catalogue);
        QVERIFY(bytesOf(wal) == log);
    }

    void libraryOfTheFirstVersionOpens_data() {
        QTest::addColumn<int>("access");
        QTest::newRow("read-only") << int(Library::Access::ReadOnly);
        QTest::newRow("writing") << int(Library::Access::ReadWrite);
    }
    void libraryOfTheFirstVersionOpens() {
        QFETCH(int, access);
        LibraryFixture fixture;
        writeOldLibrary(fixture, 1,
                        "INSERT INTO collections (name, created_at) VALUES ('Old', 1);"
                        "INSERT INTO folders (collection, path) VALUES (1, x'2f70');"
                        "INSERT INTO images (hash, width, height, format, damage, taken_at) "
                        "VALUES (x'00000000000000000000000000000001', 4, 3, 'jpeg', '', 0);"
                        "INSERT INTO files (folder, path, name, size, mtime_ns, state, image) "
                        "VALUES (1, x'61', x'61', 1, 1, 0, 1);"
                        "INSERT INTO embedding_sets (model_hash, adaptation, fusion, smoothing, input_size, precision, "
                        "whitening, dim, last_vector) VALUES ('model', '', '', 'raw', 168, 'fp32', 'none', 2, 1);"
                        "INSERT INTO embeddings (set_id, image, vector) VALUES (1, 1, x'003c0000')");
        Library library(fixture.paths, static_cast<Library::Access>(access));
        QCOMPARE(schemaVersionInHeader(fixture.paths.catalogue()), static_cast<int>(schemaSteps().size()));
        QCOMPARE(library.findCollection("Old")->images, 1u);
        const auto set = library.findEmbeddingSet(LibraryFixture::key());
        QVERIFY(rowFormat(set->key) == RowFormat::Half);
        QCOMPARE(library.tail(set->id).front().row,
                 (std::vector{std::byte{0x00}, std::byte{0x3c}, std::byte{0}, std::byte{0}}));
        QVERIFY(library.levels(set->id).empty());
        QVERIFY(library.adaptations().empty());
        QVERIFY(library.verify(true).empty());
        Database backup(fixture.paths.data / "catalogue-v1.sqlite", Database::Mode::ReadOnly);
        QCOMPARE(schemaVersion(backup), 1);
        QCOMPARE(backup.integer("SELECT count(*) FROM embeddings"), std::optional<std::int64_t>(1));
    }

    void whatWasLearnedFromIsDescribed() {
        LibraryFixture fixture;
        writeOldLibrary(fixture, 2,
                        "INSERT INTO collections (name, created_at) VALUES ('Old', 1);"
                        "INSERT INTO adaptations (name, collection, model_hash, file, checksum, created_at, state, "
                        "parameters, report) VALUES ('of Old', 1, 'model', 'a', 'a', 1, 'ready', '', ''), "
                        "('from elsewhere', NULL, 'model', 'b', 'b', 1, 'trained', '', '')");
        Library library(fixture.paths, Library::Access::ReadWrite);
        QCOMPARE(library.describedCollections(1), std::vector<CollectionId>{1});
        QVERIFY(library.describedCollections(2).empty());
    }

    void oldNamesAreFoundInAnyScript() {
        LibraryFixture fixture;
        // "x/\u00c9t\u00e9" in UTF-8, its name in the ASCII lower case of the time.
        writeOldLibrary(fixture, 3,
                        "INSERT INTO collections (name, created_at) VALUES ('Old', 1);"
                        "INSERT INTO folders (collection, path) VALUES (1, x'2f70');"
                        "INSERT INTO images (hash, width, height, format, damage, taken_at) "
                        "VALUES (x'00000000000000000000000000000001', 4, 3, 'jpeg', '', 0);"
                        "INSERT INTO files (folder, path, name, size, mtime_ns, state, image) "
                        "VALUES (1, x'782fc38974c3a9', x'c38974c3a9', 1, 1, 0, 1)");
        Library library(fixture.paths, Library::Access::ReadWrite);
        ImageFilter filter;
        filter.nameContains = "\xc3\xa9T\xc3\x89";
        QCOMPARE(library.imageIds(filter).size(), std::size_t{1});
        // The time of the last change of status is not known: nothing is read again for it.
        QVERIFY(library.findFile(1, "x/\xc3\x89t\xc3\xa9")->stamp == (FileStamp{1, 1, 12345}));
    }

    void releasedStepsAreNeverChanged() {
        // A changed step would leave libraries of two kinds with one number. Append a step instead.
        const std::string first = schemaSteps().front();
        QCOMPARE(QString::fromStdString(hashBytes(std::as_bytes(std::span(first))).hex()),
                 QString::fromLatin1(firstStep));
    }

private:
    /// A library as a program that knew only the first steps left it, with these rows.
    static void writeOldLibrary(const LibraryFixture& fixture, std::size_t steps, const char* rows) {
        Database old(fixture.paths.catalogue(), Database::Mode::Create);
        old.script("PRAGMA journal_mode = WAL");
        migrate(old, schemaSteps().first(steps), fixture.paths.writeLock(), fixture.paths.data);
        old.script(rows);
    }

    static constexpr const char* firstStep = "90d492fc5f1198933466947b5cbda7ac";
};

QTEST_APPLESS_MAIN(TestMigrations)
#include "tst_migrations.moc"
