#include "search_fixture.h"

#include <QTest>

#include <fstream>
#include <map>
#include <numeric>
#include <set>

using namespace grappa;

namespace {

constexpr std::size_t imageCount = 3000;

/// Half an index, a segment without one, a tail, and deleted images in all of them.
struct MixedLibrary : SearchFixture {
    explicit MixedLibrary(const std::string& descriptor) : SearchFixture(1500, 2000, descriptor) {
        seal(true);
        commit(library, 1500, 1000);
        seal(false);
        commit(library, 2500, 500);
        for (const std::size_t first : {100u, 1600u, 2600u})
            remove(first, 50);
        for (std::size_t i = 0; i < imageCount; ++i)
            ids.push_back(imageOf(i));
    }

    std::vector<ImageId> ids; ///< 0 = deleted
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
    const RowQuery row(rowFormat(fixture.set.key), fixture.vectors.vector(query));
    for (std::size_t i = 0; i < imageCount; ++i) {
        const ImageId image = ids[i];
        if (image == 0 || image == options.exclude || !matches(options.filter, i)) continue;
        const float score = std::clamp(row.dot(fixture.rowOf(i).data()), -1.0f, 1.0f);
        if (!options.minScore || score >= *options.minScore) all.push_back({image, score});
    }
    std::sort(all.begin(), all.end(), [](const Neighbour& a, const Neighbour& b) {
        return a.score > b.score || (a.score == b.score && a.image < b.image);
    });
    all.resize(std::min(all.size(), options.limit));
    return all;
}

/// Score of vector `query` with vector i as it comes back from the library.
double productOf(const SearchFixture& fixture, std::size_t query, std::size_t i) {
    std::vector<float> stored(SearchFixture::dim);
    decodeRow(fixture.rowOf(i).data(), rowFormat(fixture.set.key), stored);
    const auto vector = fixture.vectors.vector(query);
    return std::clamp(std::inner_product(vector.begin(), vector.end(), stored.begin(), 0.0), -1.0, 1.0);
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

    std::map<std::string, std::unique_ptr<MixedLibrary>> m_mixed; ///< by descriptor

private Q_SLOTS:
    void initTestCase() {
        for (const char* descriptor : {"class", "class+patches"})
            m_mixed[descriptor] = std::make_unique<MixedLibrary>(descriptor);
    }
    void findsWhatAScanOfEverythingFinds_data() {
        QTest::addColumn<QString>("filter");
        QTest::addColumn<int>("limit");
        QTest::addColumn<double>("minScore");
        QTest::addColumn<std::string>("descriptor");
        for (const std::string descriptor : {"class", "class+patches"}) {
            const auto row = [&](const char* name, const char* filter, int limit, double minScore) {
                QTest::addRow("%s, %s", name, descriptor.c_str()) << filter << limit << minScore << descriptor;
            };
            row("ten", "", 10, -2.0);
            row("one", "", 1, -2.0);
            row("none", "", 0, -2.0);
            row("all", "", 5000, -2.0);
            row("above a score", "", 200, 0.5);
            row("above every score", "", 10, 1.5);
            row("folder", "folder", 20, -2.0);
            row("format", "format", 20, -2.0);
            row("name", "name", 20, -2.0);
            row("nothing passes", "nothing", 20, -2.0);
            row("without the query", "exclude", 10, -2.0);
        }
    }
    void findsWhatAScanOfEverythingFinds() {
        QFETCH(QString, filter);
        QFETCH(int, limit);
        QFETCH(double, minScore);
        QFETCH(std::string, descriptor);
        MixedLibrary& fixture = *m_mixed.at(descriptor);
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
            if (filter == "exclude") options.exclude = fixture.ids[query];
            const auto exact = expected(fixture, fixture.ids, query, options);
            options.exact = true;
            const auto scanned = searcher.search(fixture.vectors.vector(query), options);
            QCOMPARE(scanned.size(), exact.size());
            for (std::size_t i = 0; i < exact.size(); ++i)
                QVERIFY(std::abs(scanned[i].score - exact[i].score) < 2e-3f);
            const auto isOfTheStoredVector = [&](const Neighbour& neighbour) {
                const auto at = std::find(fixture.ids.begin(), fixture.ids.end(), neighbour.image);
                const auto i = static_cast<std::size_t>(at - fixture.ids.begin());
                return std::abs(neighbour.score - productOf(fixture, query, i)) < 1e-4;
            };
            options.exact = false;
            const auto neighbours = searcher.search(fixture.vectors.vector(query), options);
            QCOMPARE(neighbours.size(), exact.size());
            // What the index found is scored as exactly as what was scanned.
            if (descriptor != "class" && limit < 100) {
                QVERIFY(std::all_of(scanned.begin(), scanned.end(), isOfTheStoredVector));
                QVERIFY(std::all_of(neighbours.begin(), neighbours.end(), isOfTheStoredVector));
            }
            const auto wantedImages = images(scanned);
            for (const ImageId image : images(neighbours))
                found += wantedImages.count(image);
            wanted += exact.size();
        }
        QVERIFY(static_cast<double>(found) >= 0.98 * static_cast<double>(wanted));
    }

    void tiesAreByImage_data() { SearchFixture::descriptorData(); }
    void tiesAreByImage() {
        QFETCH(std::string, descriptor);
        SearchFixture fixture(0, 1, descriptor);
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
        QVERIFY(neighbours.front().score > 0.995f);
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

    void refreshSeesEachKindOfChange_data() { SearchFixture::descriptorData(); }
    void refreshSeesEachKindOfChange() {
        QFETCH(std::string, descriptor);
        SearchFixture fixture(100, 100, descriptor);
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

    void storedVectors_data() { SearchFixture::descriptorData(); }
    void storedVectors() {
        QFETCH(std::string, descriptor);
        MixedLibrary& fixture = *m_mixed.at(descriptor);
        const float tolerance = descriptor == "class" ? 1e-3f : 0.5f / 127;
        Searcher searcher(fixture.library, fixture.set);
        for (const std::size_t i : {0u, 1700u, 2999u}) {
            const auto vector = searcher.vectorOf(fixture.imageOf(i));
            QVERIFY(vector.has_value());
            for (std::size_t k = 0; k < vector->size(); ++k)
                QVERIFY(std::abs((*vector)[k] - fixture.vectors.vector(i)[k]) < tolerance);
        }
        QVERIFY(!searcher.vectorOf(123456));
    }

    /// A long picture is found by the best of its parts.
    void partsAreFound_data() { SearchFixture::descriptorData(); }
    void partsAreFound() {
        QFETCH(std::string, descriptor);
        SearchFixture fixture(100, 3, descriptor);
        const ImageId longPicture = fixture.imageOf(40);
        const std::vector<PartVector> parts{{longPicture, 0, fixture.rowOf(100)}, {longPicture, 1, fixture.rowOf(101)}};
        Searcher searcher(fixture.library, fixture.set);
        const auto best = [&](std::size_t query, const SearchOptions& options = {}) {
            return searcher.search(fixture.vectors.vector(query), options).front();
        };
        QVERIFY(best(101).image != longPicture);
        fixture.library.storeParts(fixture.set.id, parts);
        searcher.refresh();
        for (const std::size_t query : {40u, 100u, 101u}) {
            QCOMPARE(best(query).image, longPicture);
            QVERIFY(best(query).score > 0.99F);
        }
        QVERIFY(best(102).image != longPicture);
        // Once, with all others, in order.
        SearchOptions options;
        options.limit = 200;
        const auto all = searcher.search(fixture.vectors.vector(101), options);
        QCOMPARE(all.size(), std::size_t{100});
        QVERIFY(std::ranges::is_sorted(all, std::ranges::greater(), &Neighbour::score));
        // As any other image: excluded, filtered, gone.
        options.exclude = longPicture;
        QVERIFY(best(101, options).image != longPicture);
        options = {};
        options.filter.format = "jpeg"; // this one is a PNG
        QVERIFY(best(101, options).image != longPicture);
        QVERIFY(fixture.library.verify(true).empty());
        fixture.remove(40, 1);
        searcher.refresh();
        QVERIFY(best(101).image != longPicture);
        QVERIFY(fixture.library.parts(fixture.set.id).empty());
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
        QTest::addColumn<std::string>("descriptor");
        const std::string half = "class", int8 = "class+patches";
        QTest::newRow("index damaged") << true << false << half;
        QTest::newRow("index missing") << true << true << half;
        QTest::newRow("segment damaged") << false << false << half;
        QTest::newRow("segment missing") << false << true << half;
        QTest::newRow("int8 index damaged") << true << false << int8;
        QTest::newRow("int8 segment damaged") << false << false << int8;
    }
    void damagedFiles() {
        QFETCH(bool, index);
        QFETCH(bool, missing);
        QFETCH(std::string, descriptor);
        SearchFixture fixture(200, 50, descriptor);
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
