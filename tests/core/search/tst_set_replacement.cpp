#include "core/search/set_replacement.h"
#include "search_fixture.h"

#include <QTest>

#include <future>
#include <thread>

using namespace grappa;

class TestSetReplacement : public QObject {
    Q_OBJECT

    static std::vector<ImageId> images(SearchFixture& fixture) { return fixture.library.imageIds(); }

private Q_SLOTS:
    void replacesAllVectors_data() { SearchFixture::descriptorData(); }
    void replacesAllVectors() {
        QFETCH(std::string, descriptor);
        SearchFixture fixture(50, 50, descriptor);
        const float tolerance = descriptor == "class" ? 1e-3f : 0.5f / 127;
        fixture.seal(false);
        const auto ids = images(fixture);
        SetReplacement replacement(fixture.library, fixture.set);
        replacement.add(std::span(ids).first(20), std::span(fixture.vectors.floats).subspan(50 * 32, 20 * 32));
        replacement.add(std::span(ids).subspan(20), std::span(fixture.vectors.floats).subspan(70 * 32, 30 * 32));
        Searcher searcher(fixture.library, fixture.set);
        replacement.commit({}, {});
        const auto before = *searcher.vectorOf(ids[3]);
        searcher.refresh();
        QCOMPARE(searcher.size(), std::size_t{50});
        QVERIFY(*searcher.vectorOf(ids[3]) != before);
        QVERIFY(std::abs((*searcher.vectorOf(ids[30]))[1] - fixture.vectors.vector(80)[1]) < tolerance);
        QCOMPARE(fixture.library.findEmbeddingSet(fixture.set.key)->computedImages, 50u);
        QCOMPARE(fixture.library.segments(fixture.set.id).size(), std::size_t{1});
        QVERIFY(fixture.library.verify(true).empty());
        QVERIFY(verifyVectors(fixture.library).empty());
    }

    void nothingIsASetToo() {
        SearchFixture fixture(5);
        SetReplacement(fixture.library, fixture.set).commit({}, {});
        QCOMPARE(fixture.library.findEmbeddingSet(fixture.set.key)->vectors, 0u);
        QVERIFY(fixture.library.verify(true).empty());
    }

    void waitsForAnIndexJobAndStops() {
        SearchFixture fixture(5);
        const auto ids = images(fixture);
        SetReplacement replacement(fixture.library, fixture.set);
        replacement.add(ids, std::span(fixture.vectors.floats).first(5 * 32));
        std::optional<ErrorCode> code;
        {
            const auto running = FileLock::acquire(fixture.library.paths().jobLock("index"));
            std::stop_source source;
            auto stopper = std::async(std::launch::async, [&] {
                std::this_thread::sleep_for(std::chrono::milliseconds(50));
                source.request_stop();
            });
            try {
                replacement.commit({}, {source.get_token(), {}});
            } catch (const Error& error) {
                code = error.code();
            }
        }
        QCOMPARE(code, ErrorCode::Interrupted);
        QCOMPARE(fixture.library.tail(fixture.set.id).size(), std::size_t{5});
        replacement.commit({}, {});
        QVERIFY(fixture.library.tail(fixture.set.id).empty());
    }

    void wrongVectorsAreRefused() {
        SearchFixture fixture(5);
        SetReplacement replacement(fixture.library, fixture.set);
        const std::vector<ImageId> one{1};
        QVERIFY_THROWS_EXCEPTION(Error, replacement.add(one, std::vector<float>(31)));
        QVERIFY_THROWS_EXCEPTION(Error, replacement.add(one, std::vector<float>(32, NAN)));
    }
};

QTEST_APPLESS_MAIN(TestSetReplacement)
#include "tst_set_replacement.moc"
