#include "library_fixture.h"

#include <QTest>

#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <random>
#include <set>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace grappa;

namespace {

/// Runs `work` in a process of its own; its result is the exit status.
pid_t start(const std::function<int()>& work) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    int status = 1;
    try {
        status = work();
    } catch (...) {
    }
    ::_exit(status);
}

int statusOf(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
}

struct Place {
    FolderId folder;
    EmbeddingSetId set;
};

Place prepare(const LibraryPaths& paths) {
    Library library(paths, Library::Access::ReadWrite);
    const Collection collection = library.createCollection("All");
    return {library.addFolder(collection.id, "/photos").id,
            library.embeddingSet(LibraryFixture::key(), LibraryFixture::dim).id};
}

void commitOne(Library& library, const Place& place, int number) {
    const std::string name = std::to_string(number);
    auto file = LibraryFixture::file(place.folder, name + ".jpg", name);
    library.commitBatch(place.set, std::span(&file, 1));
}

} // namespace

class TestLibraryConcurrency : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void processesCreateTheLibraryAtOnce() {
        LibraryFixture fixture;
        std::vector<pid_t> children;
        for (int i = 0; i < 8; ++i)
            children.push_back(start([&] {
                Library library(fixture.paths, Library::Access::ReadWrite);
                library.createCollection("of process " + std::to_string(i));
                return 0;
            }));
        for (const pid_t child : children)
            QCOMPARE(statusOf(child), 0);
        Library library(fixture.paths, Library::Access::ReadOnly);
        QCOMPARE(library.collections().size(), std::size_t{8});
    }

    void processesWriteAndReadAtOnce() {
        LibraryFixture fixture;
        const Place place = prepare(fixture.paths);
        constexpr int writers = 3, commits = 60;
        std::vector<pid_t> children;
        for (int writer = 0; writer < writers; ++writer)
            children.push_back(start([&, writer] {
                Library library(fixture.paths, Library::Access::ReadWrite);
                for (int i = 0; i < commits; ++i)
                    commitOne(library, place, writer * commits + i);
                return 0;
            }));
        children.push_back(start([&] {
            Library library(fixture.paths, Library::Access::ReadOnly);
            std::size_t seen = 0;
            while (seen < writers * commits) {
                const auto snapshot = library.snapshot();
                const auto images = library.imageIds().size();
                if (images < seen || images != library.tail(place.set).size()) return 1;
                seen = images;
            }
            return 0;
        }));
        for (const pid_t child : children)
            QCOMPARE(statusOf(child), 0);
        QVERIFY(Library(fixture.paths, Library::Access::ReadOnly).verify(true).empty());
    }

    void threadsWriteAtOnce() {
        LibraryFixture fixture;
        const Place place = prepare(fixture.paths);
        {
            std::vector<std::jthread> threads;
            for (int writer = 0; writer < 3; ++writer)
                threads.emplace_back([&, writer] {
                    Library library(fixture.paths, Library::Access::ReadWrite);
                    for (int i = 0; i < 40; ++i)
                        commitOne(library, place, writer * 40 + i);
                });
        }
        Library library(fixture.paths, Library::Access::ReadOnly);
        QCOMPARE(library.tail(place.set).size(), std::size_t{120});
        QVERIFY(library.verify(true).empty());
    }

    void killedWriterLosesNothingItAcknowledged() {
        LibraryFixture fixture;
        const Place place = prepare(fixture.paths);
        const unsigned seed = std::random_device()();
        qInfo("seed %u", seed);
        std::mt19937 random(seed);
        int next = 0;
        for (int round = 0; round < 20; ++round) {
            int acknowledged[2];
            QCOMPARE(::pipe(acknowledged), 0);
            const pid_t child = start([&] {
                Library library(fixture.paths, Library::Access::ReadWrite);
                for (int number = next;; ++number) {
                    commitOne(library, place, number);
                    if (::write(acknowledged[1], &number, sizeof number) != sizeof number) return 1;
                }
            });
            ::close(acknowledged[1]);
            std::this_thread::sleep_for(std::chrono::microseconds(random() % 40'000));
            ::kill(child, SIGKILL);
            QVERIFY(WIFSIGNALED(statusOf(child)));
            int last = next - 1;
            for (int number; ::read(acknowledged[0], &number, sizeof number) == sizeof number;)
                last = number;
            ::close(acknowledged[0]);

            Library library(fixture.paths, Library::Access::ReadWrite);
            const auto problems = library.verify(true);
            QVERIFY2(problems.empty(), problems.empty() ? "" : problems.front().c_str());
            for (int number = 0; number <= last; ++number)
                QVERIFY(library.findImage(LibraryFixture::hash(std::to_string(number))).has_value());
            const auto images = static_cast<int>(library.imageIds().size());
            QVERIFY(images == last + 1 || images == last + 2); // the last one may have been committed but not reported
            QCOMPARE(library.tail(place.set).size(), static_cast<std::size_t>(images));
            next = images;
        }
    }
};

QTEST_APPLESS_MAIN(TestLibraryConcurrency)
#include "tst_library_concurrency.moc"
