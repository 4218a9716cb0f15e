#include "search_fixture.h"

#include <QTest>

#include <fstream>
#include <set>

using namespace grappa;

namespace {

constexpr std::size_t imageCount = 3000;

/// Half an index, a segment without one, a tail, and deleted images in all of them.
struct MixedLibrary : SearchFixture {
    MixedLibrary() : SearchFixture(1500, 2000) {
        seal(true);
        commit(library, 1500, 1000);
        seal(false);
        commit(library, 2500, 500);
        for (const std::size_t first : {100u, 1600u, 2600u})
            remove(first, 50);
    }
};

bool matches(const ImageFilter& filter, std::size_t i) {
    const std::string path = "/photos/" + SearchFixture::pathOf(i);
    return (filter.folder.empty() || path.starts_with(filter.folder + "/")) &&
           (filter.format.empty() || filter.format == (i % 10 == 0 ? "png" : "jpeg")) &&
           path.substr(path.rfind('/')).find(filter.nameContains) != std::string::npos;
}

/// What a scan of everything finds, from the vectors alone.
std::vector<Neighbour> expected(const SearchFixture& fixture, const std::vector<ImageId>& ids, std::size_t query,
                                const SearchOptions& options) {
    std::vector<Neighbour> all;
    for (std::size_t i = 0; i < imageCount; ++i) {
        const ImageId image = ids[i];
        if (image == 0 || image == options.exclude || !matches(options.filter, i)) continue;
        const float score =
            std::clamp(halfDot(fixture.vectors.row(query), fixture.vectors.row(i), SearchFixture::dim), -1.0f, 1.0f);
        if (!options.minScore || score >= *options.minScore) all.push_back({image, score});
    }
    std::sort(all.begin(), all.end(), [](const Neighbour& a, const Neighbour& b) {
        return a.score > b.score || (a.score == b.score && a.image < b.image);
    });
    all.resize(std::min(all.size(), options.limit));
    return all;
}

std::set<ImageId> images(const std::vector<Neighbour>& neighbours) {
    std::set<ImageId> images;
    for (const Neighbour& neighbour : neighbours)
        images.insert(neighbour.image);
    return images;
}

std::optional<ErrorCode> searchError(Searcher& searcher, const std::vector<float>& query) {
    try {
        searcher.search(query, {});
        return std::nullopt;
    } catch (const Error& error) {
        return error.code();
    }
}

} // namespace

class TestSearcher : public QObject {
    Q_OBJECT

    std::unique_ptr<MixedLibrary> m_mixed;
    std::vector<ImageId> m_ids; ///< of m_mixed; 0 = deleted

private Q_SLOTS:
    void initTestCase() {
        m_mixed = std::make_unique<MixedLibrary>();
        for (std::size_t i = 0; i < imageCount; ++i)
            m_ids.push_back(m_mixed->imageOf(i));
    }
    void findsWhatAScanOfEverythingFinds_data() {
        QTest::addColumn<QString>("filter");
        QTest::addColumn<int>("limit");
        QTest::addColumn<double>("minScore");
        QTest::newRow("ten") << "" << 10 << -2.0;
        QTest::newRow("one") << "" << 1 << -2.0;
        QTest::newRow("none") << "" << 0 << -2.0;
        QTest::newRow("all") << "" << 5000 << -2.0;
        QTest::newRow("above a score") << "" << 200 << 0.5;
        QTest::newRow("above every score") << "" << 10 << 1.5;
        QTest::newRow("folder") << "folder" << 20 << -2.0;
        QTest::newRow("format") << "format" << 20 << -2.0;
        QTest::newRow("name") << "name" << 20 << -2.0;
        QTest::newRow("nothing passes") << "nothing" << 20 << -2.0;
        QTest::newRow("without the query") << "exclude" << 10 << -2.0;
    }
    void findsWhatAScanOfEverythingFinds() {
        QFETCH(QString, filter);
        QFETCH(int, limit);
        QFETCH(double, minScore);
        MixedLibrary& fixture = *m_mixed;
        Searcher searcher(fixture.library, fixture.set);
        QVERIFY(searcher.problems().empty());
        QCOMPARE(searcher.size(), imageCount - 150);
        SearchOptions options;
        options.limit = static_cast<std::size_t>(limit);
        if (minScore > -2) options.minScore = static_cast<float>(minScore);
        if (filter == "folder") options.filter.folder = "/photos/even";
        if (filter == "format") options.filter.format = "png";
        if (filter == "name") options.filter.nameContains = "77";
        if (filter == "nothing") options.filter.nameContains = "no such name";
        std::size_t found = 0, wanted = 0;
        for (std::size_t query = 0; query < imageCount; query += 150) {
            if (filter == "exclude") options.exclude = m_ids[query];
            const auto exact = expected(fixture, m_ids, query, options);
            options.exact = true;
            const auto scanned = searcher.search(fixture.vectors.vector(query), options);
            QCOMPARE(scanned.size(), exact.size());
            for (std::size_t i = 0; i < exact.size(); ++i)
                QVERIFY(std::abs(scanned[i].score - exact[i].score) < 2e-3f);
            options.exact = false;
            const auto neighbours = searcher.search(fixture.vectors.vector(query), options);
            QCOMPARE(neighbours.size(), exact.size());
            const auto wantedImages = images(scanned);
            for (const ImageId image : images(neighbours))
                found += wantedImages.count(image);
            wanted += exact.size();
        }
        QVERIFY(static_cast<double>(found) >= 0.98 * static_cast<double>(wanted));
    }

    void tiesAreByImage() {
        SearchFixture fixture(0, 1);
        std::vector<ImportedFile> batch(20);
        for (std::size_t i = 0; i < batch.size(); ++i) {
            batch[i].folder = fixture.folder.id;
            batch[i].relativePath = std::to_string(i);
            batch[i].hash.bytes[0] = static_cast<std::uint8_t>(i);
            batch[i].vector.assign(fixture.vectors.vector(0).begin(), fixture.vectors.vector(0).end());
        }
        fixture.library.commitBatch(fixture.set.id, batch);
        Searcher searcher(fixture.library, fixture.set);
        SearchOptions options;
        options.limit = 5;
        const auto neighbours = searcher.search(fixture.vectors.vector(0), options);
        for (std::size_t i = 0; i < 5; ++i)
            QCOMPARE(neighbours[i].image, static_cast<ImageId>(i + 1));
        QVERIFY(neighbours.front().score <= 1);
        QVERIFY(neighbours.front().score > 0.999f);
    }

    void theQueryNeedNotBeNormalised() {
        SearchFixture fixture(50);
        Searcher searcher(fixture.library, fixture.set);
        std::vector<float> query(fixture.vectors.vector(3).begin(), fixture.vectors.vector(3).end());
        const auto before = searcher.search(query, {});
        for (float& value : query)
            value *= 1e6f;
        const auto after = searcher.search(query, {});
        QCOMPARE(after.front().image, fixture.imageOf(3));
        QVERIFY(std::abs(after.front().score - before.front().score) < 1e-3f);
    }

    void queriesWithoutADirection_data() {
        QTest::addColumn<QList<float>>("query");
        QTest::newRow("zero") << QList<float>(SearchFixture::dim, 0.0f);
        QTest::newRow("NaN") << QList<float>(SearchFixture::dim, NAN);
        QTest::newRow("infinite") << QList<float>(SearchFixture::dim, INFINITY);
        QTest::newRow("another length") << QList<float>{1, 2, 3};
    }
    void queriesWithoutADirection() {
        QFETCH(QList<float>, query);
        SearchFixture fixture(5);
        Searcher searcher(fixture.library, fixture.set);
        QCOMPARE(searchError(searcher, {query.begin(), query.end()}), ErrorCode::Usage);
    }

    void refreshSeesEachKindOfChange() {
        SearchFixture fixture(100, 100);
        Library reader(fixture.library.paths(), Library::Access::ReadOnly);
        Searcher searcher(reader, fixture.set);
        const auto best = [&](std::size_t i) {
            const auto neighbours = searcher.search(fixture.vectors.vector(i), {});
            return neighbours.front().image;
        };
        fixture.commit(fixture.library, 100, 50);
        QCOMPARE(searcher.size(), std::size_t{100});
        searcher.refresh();
        QCOMPARE(searcher.size(), std::size_t{150});
        QCOMPARE(best(120), fixture.imageOf(120));

        fixture.seal(true);
        searcher.refresh();
        QCOMPARE(searcher.size(), std::size_t{150});
        QCOMPARE(best(120), fixture.imageOf(120));

        fixture.commit(fixture.library, 150, 50);
        const ImageId sealedImage = fixture.imageOf(20), tailImage = fixture.imageOf(160);
        fixture.remove(20, 1);
        fixture.remove(160, 1);
        searcher.refresh();
        QCOMPARE(searcher.size(), std::size_t{198});
        QVERIFY(best(20) != sealedImage);
        QVERIFY(best(160) != tailImage);
        QVERIFY(!searcher.vectorOf(sealedImage));
        QVERIFY(!searcher.vectorOf(tailImage));
    }

    void refreshSeesCommitsOfItsOwnLibrary() {
        SearchFixture fixture(10, 10);
        Searcher searcher(fixture.library, fixture.set);
        fixture.commit(fixture.library, 10, 10);
        searcher.refresh();
        QCOMPARE(searcher.size(), std::size_t{20});
    }

    void filterFollowsTheLibrary() {
        SearchFixture fixture(20, 20);
        Searcher searcher(fixture.library, fixture.set);
        SearchOptions options;
        options.filter.format = "png";
        QCOMPARE(searcher.search(fixture.vectors.vector(0), options).size(), std::size_t{2});
        options.filter.format = "jpeg";
        QCOMPARE(searcher.search(fixture.vectors.vector(0), options).size(), std::size_t{18});
        fixture.commit(fixture.library, 20, 20);
        searcher.refresh();
        QCOMPARE(searcher.search(fixture.vectors.vector(0), options).size(), std::size_t{36});
    }

    void storedVectors() {
        MixedLibrary& fixture = *m_mixed;
        Searcher searcher(fixture.library, fixture.set);
        for (const std::size_t i : {0u, 1700u, 2999u}) {
            const auto vector = searcher.vectorOf(fixture.imageOf(i));
            QVERIFY(vector.has_value());
            for (std::size_t k = 0; k < vector->size(); ++k)
                QVERIFY(std::abs((*vector)[k] - fixture.vectors.vector(i)[k]) < 1e-3f);
        }
        QVERIFY(!searcher.vectorOf(123456));
    }

    void offlineImagesAreFound() {
        SearchFixture fixture(20);
        fixture.library.setFolderOnline(fixture.folder.id, false);
        Searcher searcher(fixture.library, fixture.set);
        QCOMPARE(searcher.search(fixture.vectors.vector(7), {}).front().image, fixture.imageOf(7));
    }

    void damagedFiles_data() {
        QTest::addColumn<bool>("index");
        QTest::addColumn<bool>("missing");
        QTest::newRow("index damaged") << true << false;
        QTest::newRow("index missing") << true << true;
        QTest::newRow("segment damaged") << false << false;
        QTest::newRow("segment missing") << false << true;
    }
    void damagedFiles() {
        QFETCH(bool, index);
        QFETCH(bool, missing);
        SearchFixture fixture(200, 50);
        fixture.seal(true);
        fixture.commit(fixture.library, 200, 50);
        const SegmentRow row = fixture.library.segments(fixture.set.id).front();
        const auto path = fixture.library.paths().segments() / (index ? row.indexFile : row.file);
        if (missing)
            std::filesystem::remove(path);
        else
            std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(1000).put('\x7f').put('\x01');
        QVERIFY(!verifyVectors(fixture.library).empty());

        Searcher searcher(fixture.library, fixture.set);
        QCOMPARE(searcher.problems().size(), std::size_t{1});
        QCOMPARE(searcher.search(fixture.vectors.vector(220), {}).front().image, fixture.imageOf(220));
        // Without its index a segment is scanned; without its vectors it is left out.
        QCOMPARE(searcher.size(), std::size_t{index ? 250u : 50u});

        fixture.seal(true);
        QVERIFY(verifyVectors(fixture.library).empty());
        QVERIFY(fixture.library.verify(true).empty());
        searcher.refresh();
        QVERIFY(searcher.problems().empty());
        QCOMPARE(fixture.library.imagesWithoutVector(fixture.set.id).size(), std::size_t{index ? 0u : 200u});
    }
};

QTEST_APPLESS_MAIN(TestSearcher)
#include "tst_searcher.moc"
