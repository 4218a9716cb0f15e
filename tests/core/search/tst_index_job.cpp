#include "search_fixture.h"

#include <QTest>

#include <csignal>
#include <random>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace grappa;

namespace {

IndexOptions options(std::size_t tailLimit, std::size_t maxSmallSegments = 100) {
    IndexOptions options;
    options.tailLimit = tailLimit;
    options.indexAbove = 100;
    options.maxSmallSegments = maxSmallSegments;
    options.threads = 1; // the thread that reports progress has a share of the work
    return options;
}

std::optional<ErrorCode> indexError(SearchFixture& fixture, const JobContext& context) {
    try {
        indexEmbeddingSet(fixture.library, fixture.set, options(0), context);
        return std::nullopt;
    } catch (const Error& error) {
        return error.code();
    }
}

QByteArray allProblems(Library& library) {
    auto problems = library.verify(true);
    for (std::string& problem : verifyVectors(library))
        problems.push_back(std::move(problem));
    QByteArray text;
    for (const std::string& problem : problems)
        text += QByteArray::fromStdString(problem) + '\n';
    return text;
}

} // namespace

class TestIndexJob : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void sealsOnlyAboveItsLimit_data() { SearchFixture::descriptorData(); }
    void sealsOnlyAboveItsLimit() {
        QFETCH(std::string, descriptor);
        SearchFixture fixture(150, 0, descriptor);
        indexEmbeddingSet(fixture.library, fixture.set, options(150), {});
        QVERIFY(fixture.library.segments(fixture.set.id).empty());
        indexEmbeddingSet(fixture.library, fixture.set, options(149), {});
        const auto segments = fixture.library.segments(fixture.set.id);
        QCOMPARE(segments.size(), std::size_t{1});
        QCOMPARE(segments.front().count, 150u);
        QVERIFY(!segments.front().indexFile.empty());
        QVERIFY(fixture.library.tail(fixture.set.id).empty());
        QCOMPARE(allProblems(fixture.library), QByteArray());
    }

    void smallSegmentsAreScanned() {
        SearchFixture fixture(99);
        indexEmbeddingSet(fixture.library, fixture.set, options(0), {});
        QVERIFY(fixture.library.segments(fixture.set.id).front().indexFile.empty());
    }

    void secondRunChangesNothing() {
        SearchFixture fixture(150);
        indexEmbeddingSet(fixture.library, fixture.set, options(0), {});
        const auto before = fixture.library.segments(fixture.set.id).front();
        indexEmbeddingSet(fixture.library, fixture.set, options(0), {});
        const auto after = fixture.library.segments(fixture.set.id).front();
        QCOMPARE(after.file, before.file);
        QCOMPARE(after.indexFile, before.indexFile);
    }

    void manySmallSegmentsBecomeOne_data() { SearchFixture::descriptorData(); }
    void manySmallSegmentsBecomeOne() {
        QFETCH(std::string, descriptor);
        SearchFixture fixture(0, 60, descriptor);
        for (std::size_t i = 0; i < 6; ++i) {
            fixture.commit(fixture.library, 10 * i, 10);
            fixture.seal(false);
        }
        QCOMPARE(fixture.library.segments(fixture.set.id).size(), std::size_t{6});
        fixture.remove(5, 1);
        indexEmbeddingSet(fixture.library, fixture.set, options(0, 5), {});
        const auto segments = fixture.library.segments(fixture.set.id);
        QCOMPARE(segments.size(), std::size_t{1});
        QCOMPARE(segments.front().count, 59u);
        QVERIFY(fixture.library.tombstones(fixture.set.id).empty());
        QCOMPARE(allProblems(fixture.library), QByteArray());
        Searcher searcher(fixture.library, fixture.set);
        QCOMPARE(searcher.search(fixture.vectors.vector(42), {}).front().image, fixture.imageOf(42));
    }

    void deletedImagesLeaveTheFile_data() {
        QTest::addColumn<int>("deleted");
        QTest::addColumn<int>("rows");
        QTest::newRow("few stay") << 20 << 100;
        QTest::newRow("many go") << 21 << 79;
        QTest::newRow("all go") << 100 << 0;
    }
    void deletedImagesLeaveTheFile() {
        QFETCH(int, deleted);
        QFETCH(int, rows);
        SearchFixture fixture(100);
        fixture.seal(true);
        fixture.remove(0, static_cast<std::size_t>(deleted));
        indexEmbeddingSet(fixture.library, fixture.set, options(0), {});
        std::uint64_t count = 0;
        for (const SegmentRow& segment : fixture.library.segments(fixture.set.id))
            count += segment.count;
        QCOMPARE(count, static_cast<std::uint64_t>(rows));
        QCOMPARE(allProblems(fixture.library), QByteArray());
        QCOMPARE(Searcher(fixture.library, fixture.set).size(), static_cast<std::size_t>(100 - deleted));
    }

    void oneAtATime() {
        SearchFixture fixture(10);
        const auto running = FileLock::acquire(fixture.library.paths().jobLock("index"));
        QCOMPARE(indexError(fixture, {}), ErrorCode::Locked);
    }

    void stopsAndGoesOn() {
        SearchFixture fixture(500);
        std::stop_source source;
        // Stopped while the index is built: the segment is sealed already.
        const JobContext context{source.get_token(), [&](const Progress&) { source.request_stop(); }};
        QCOMPARE(indexError(fixture, context), ErrorCode::Interrupted);
        QCOMPARE(fixture.library.segments(fixture.set.id).size(), std::size_t{1});
        QCOMPARE(allProblems(fixture.library), QByteArray());
        QCOMPARE(indexError(fixture, {}), std::nullopt);
        QVERIFY(!fixture.library.segments(fixture.set.id).front().indexFile.empty());
    }

    void killedAnywhereLosesNoVector() {
        SearchFixture fixture(2000);
        std::vector<ImageId> images;
        for (std::size_t i = 0; i < 2000; ++i)
            images.push_back(fixture.imageOf(i));
        const LibraryPaths paths = fixture.library.paths();
        // A connection must not live on in a child process.
        { const Library closed = std::move(fixture.library); }
        const unsigned seed = std::random_device()();
        qInfo("seed %u", seed);
        std::mt19937 random(seed);
        for (int round = 0; round < 10; ++round) {
            const pid_t child = ::fork();
            if (child == 0) {
                try {
                    Library library(paths, Library::Access::ReadWrite);
                    indexEmbeddingSet(library, fixture.set, options(0), {});
                } catch (...) {
                    ::_exit(1);
                }
                ::_exit(0);
            }
            std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
            ::kill(child, SIGKILL);
            ::waitpid(child, nullptr, 0);
            Library library(paths, Library::Access::ReadWrite);
            QCOMPARE(allProblems(library), QByteArray());
            Searcher searcher(library, fixture.set);
            QCOMPARE(searcher.size(), std::size_t{2000});
            const std::size_t i = random() % 2000;
            QCOMPARE(searcher.search(fixture.vectors.vector(i), {}).front().image, images[i]);
        }
    }

    void searchWhileItIndexes() {
        SearchFixture fixture(2000);
        std::jthread indexing([&] {
            Library library(fixture.library.paths(), Library::Access::ReadWrite);
            indexEmbeddingSet(library, fixture.set, options(0), {});
        });
        Library library(fixture.library.paths(), Library::Access::ReadOnly);
        Searcher searcher(library, fixture.set);
        while (library.segments(fixture.set.id).empty() || library.segments(fixture.set.id).front().indexFile.empty()) {
            searcher.refresh();
            QCOMPARE(searcher.size(), std::size_t{2000});
            QVERIFY(searcher.problems().empty());
            QCOMPARE(searcher.search(fixture.vectors.vector(11), {}).front().image, fixture.imageOf(11));
        }
    }
};

QTEST_APPLESS_MAIN(TestIndexJob)
#include "tst_index_job.moc"
