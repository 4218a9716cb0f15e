#include "core/search/level_scorer.h"
#include "core/search/search_target.h"
#include "core/search/diffused_set.h"
#include "search_fixture.h"

#include <QTest>

#include <map>
#include <set>

using namespace grappa;

namespace {

constexpr std::size_t imageCount = 3'000;
constexpr std::size_t dim = SearchFixture::dim;
constexpr std::int64_t k = 40;

/// Half an index, a segment without one, a tail; vector i * 70 is the centroid of cluster i; the last 100 images have
/// no cluster number yet.
struct LevelLibrary : SearchFixture {
    explicit LevelLibrary(const std::string& descriptor = "class") : SearchFixture(1'500, 1'500, descriptor) {
        seal(true);
        commit(library, 1'500, 1'000);
        seal(true);
        commit(library, 2'500, 500);
        for (std::size_t i = 0; i < imageCount; ++i)
            ids.push_back(imageOf(i));
        storeLevels(0.5);
    }

    std::size_t nearest(std::size_t image) const {
        std::size_t best = 0;
        float bestScore = -2;
        for (std::size_t c = 0; c < k; ++c)
            if (const float score = halfDot(vectors.row(image), vectors.row(c * 70), dim); score > bestScore) {
                best = c;
                bestScore = score;
            }
        return best;
    }

    void storeLevels(double beta) {
        LevelRow level;
        level.k = k;
        level.beta = beta;
        std::vector<std::uint32_t> clusters;
        for (std::size_t c = 0; c < k; ++c)
            level.centroids.insert(level.centroids.end(), vectors.row(c * 70), vectors.row(c * 70) + dim);
        for (std::size_t i = 0; i < clustered; ++i)
            clusters.push_back(static_cast<std::uint32_t>(nearest(i)));
        library.storeLevels(set.id, std::vector{level}, std::span(ids).first(clustered), clusters);
    }

    /// The vector of image i at the level, in floats.
    std::vector<float> blended(std::size_t image, float beta, bool asQuery = false) const {
        std::vector<float> z(vectors.vector(image).begin(), vectors.vector(image).end());
        if (image >= clustered && !asQuery) return z;
        const auto c = vectors.vector(nearest(image) * 70);
        float squares = 0;
        for (std::size_t i = 0; i < dim; ++i) {
            z[i] = (1 - beta) * z[i] + beta * c[i];
            squares += z[i] * z[i];
        }
        for (float& value : z)
            value /= std::sqrt(squares);
        return z;
    }

    std::map<ImageId, float> scores(std::size_t query, float beta) const {
        const auto q = blended(query, beta, true);
        std::map<ImageId, float> scores;
        for (std::size_t i = 0; i < imageCount; ++i) {
            const auto z = blended(i, beta);
            scores[ids[i]] = std::inner_product(q.begin(), q.end(), z.begin(), 0.0f);
        }
        return scores;
    }

    static constexpr std::size_t clustered = imageCount - 100;
    std::vector<ImageId> ids;
};

std::optional<ErrorCode> errorOf(const std::function<void()>& work) {
    try {
        work();
        return std::nullopt;
    } catch (const Error& error) {
        return error.code();
    }
}

} // namespace

class TestLevels : public QObject {
    Q_OBJECT

    std::unique_ptr<LevelLibrary> m_levels, m_int8;

private Q_SLOTS:
    void initTestCase() {
        m_levels = std::make_unique<LevelLibrary>();
        m_int8 = std::make_unique<LevelLibrary>("class+patches");
    }

    void scoresAreThoseOfBlendedVectors_data() {
        QTest::addColumn<double>("beta");
        QTest::addColumn<bool>("int8");
        QTest::addColumn<double>("tolerance");
        QTest::newRow("half") << 0.5 << false << 3e-3;
        QTest::newRow("the centroid alone") << 1.0 << false << 3e-3;
        QTest::newRow("the vector alone") << 0.0 << false << 3e-3;
        // A number of these 32 is rounded by up to 1 / 254 of the largest one.
        QTest::newRow("int8, half") << 0.5 << true << 1e-2;
        QTest::newRow("int8, the centroid alone") << 1.0 << true << 1e-2;
        QTest::newRow("int8, the vector alone") << 0.0 << true << 1e-2;
    }
    void scoresAreThoseOfBlendedVectors() {
        QFETCH(double, beta);
        QFETCH(bool, int8);
        QFETCH(double, tolerance);
        LevelLibrary& fixture = int8 ? *m_int8 : *m_levels;
        fixture.storeLevels(beta);
        Searcher searcher(fixture.library, fixture.set);
        SearchOptions options;
        options.limit = imageCount;
        options.level = k;
        for (std::size_t query = 7; query < imageCount; query += 400) {
            const auto expected = fixture.scores(query, static_cast<float>(beta));
            const auto found = searcher.search(fixture.vectors.vector(query), options);
            QCOMPARE(found.size(), imageCount);
            for (const Neighbour& neighbour : found)
                QVERIFY(std::abs(neighbour.score - expected.at(neighbour.image)) < tolerance);
            QVERIFY(std::is_sorted(found.begin(), found.end(),
                                   [](const Neighbour& a, const Neighbour& b) { return a.score > b.score; }));
        }
        fixture.storeLevels(0.5);
    }

    void probingFindsWhatAScanFinds_data() { SearchFixture::descriptorData(); }
    void probingFindsWhatAScanFinds() {
        QFETCH(std::string, descriptor);
        LevelLibrary& fixture = descriptor == "class" ? *m_levels : *m_int8;
        Searcher searcher(fixture.library, fixture.set);
        std::size_t found = 0, wanted = 0;
        for (std::size_t query = 3; query < imageCount; query += 100) {
            SearchOptions options;
            options.level = k;
            options.limit = 20;
            const auto scanned = searcher.search(fixture.vectors.vector(query), options);
            options.levelScan = 1'000;
            const auto probed = searcher.search(fixture.vectors.vector(query), options);
            QCOMPARE(probed.size(), scanned.size());
            std::set<ImageId> images;
            for (const Neighbour& neighbour : scanned)
                images.insert(neighbour.image);
            for (const Neighbour& neighbour : probed)
                found += images.erase(neighbour.image); // each once
            wanted += scanned.size();
        }
        QVERIFY2(static_cast<double>(found) >= 0.98 * static_cast<double>(wanted), qPrintable(QString::number(found)));
    }

    void filtersHoldAtALevel_data() {
        QTest::addColumn<int>("levelScan");
        QTest::newRow("scanned") << 200'000;
        QTest::newRow("probed") << 1'000;
    }
    void filtersHoldAtALevel() {
        QFETCH(int, levelScan);
        LevelLibrary& fixture = *m_levels;
        Searcher searcher(fixture.library, fixture.set);
        SearchOptions options;
        options.level = k;
        options.limit = 1'000;
        options.levelScan = static_cast<std::size_t>(levelScan);
        options.filter.format = "png";
        options.exclude = fixture.ids[0];
        QCOMPARE(searcher.search(fixture.vectors.vector(0), options).size(), imageCount / 10 - 1);
        options.minScore = 0.9f;
        for (const Neighbour& neighbour : searcher.search(fixture.vectors.vector(0), options))
            QVERIFY(neighbour.score >= 0.9f);
    }

    void rankOrdersTheImagesItIsGiven() {
        LevelLibrary& fixture = *m_levels;
        Searcher searcher(fixture.library, fixture.set);
        const std::vector<ImageId> some{fixture.ids[2'990], fixture.ids[5], fixture.ids[1'600], 999'999,
                                        fixture.ids[5]};
        const auto expected = fixture.scores(11, 0.5f);
        const auto ranked = searcher.rank(fixture.vectors.vector(11), some, k);
        QCOMPARE(ranked.size(), std::size_t{3});
        for (const Neighbour& neighbour : ranked)
            QVERIFY(std::abs(neighbour.score - expected.at(neighbour.image)) < 3e-3f);
        QVERIFY(ranked[0].score >= ranked[1].score && ranked[1].score >= ranked[2].score);
        const auto raw = searcher.rank(fixture.vectors.vector(5), some, {});
        QCOMPARE(raw.front().image, fixture.ids[5]);
        QVERIFY(searcher.rank(fixture.vectors.vector(5), {}, k).empty());
    }

    void refreshSeesNewClusterNumbers() {
        LevelLibrary fixture;
        Searcher searcher(fixture.library, fixture.set);
        const ImageId late = fixture.ids[LevelLibrary::clustered];
        const auto scoreOf = [&](ImageId image) {
            return searcher.rank(fixture.vectors.vector(LevelLibrary::clustered), {image}, k).front().score;
        };
        QVERIFY(scoreOf(late) < 0.99f);
        const auto cluster = static_cast<std::uint32_t>(fixture.nearest(LevelLibrary::clustered));
        fixture.library.addClusterNumbers(fixture.set.id, std::vector{late}, std::vector{cluster});
        searcher.refresh();
        QVERIFY(scoreOf(late) > 0.999f);

        fixture.library.storeLevels(fixture.set.id, {}, {}, {});
        searcher.refresh();
        QCOMPARE(errorOf([&] { scoreOf(late); }), ErrorCode::NotFound);
    }

    void rowsAreAllThatCanBeFound_data() { SearchFixture::descriptorData(); }
    void rowsAreAllThatCanBeFound() {
        QFETCH(std::string, descriptor);
        SearchFixture fixture(200, 100, descriptor);
        fixture.seal(true);
        fixture.commit(fixture.library, 200, 100);
        const ImageId gone = fixture.imageOf(50);
        fixture.remove(50, 1);
        Searcher searcher(fixture.library, fixture.set);
        const auto rows = searcher.rows();
        QCOMPARE(rows.size(), std::size_t{299});
        for (std::size_t i = 0; i < rows.size(); ++i) {
            QVERIFY(rows[i].image != gone && (i == 0 || rows[i - 1].image < rows[i].image));
            std::vector<float> vector(dim);
            decodeRow(rows[i].row, rowFormat(fixture.set.key), vector);
            QCOMPARE(vector, *searcher.vectorOf(rows[i].image));
        }
    }

    void targets_data() {
        QTest::addColumn<QString>("level");
        QTest::addColumn<QString>("set");
        QTest::addColumn<int>("error");
        const int none = -1;
        QTest::newRow("nothing said") << ""
                                      << "raw" << none;
        QTest::newRow("raw") << "raw"
                             << "whitened" << none;
        QTest::newRow("auto") << "auto"
                              << "diffused" << none;
        QTest::newRow("a level of the set") << "40"
                                            << "raw" << none;
        QTest::newRow("a level of the whitened set") << "7"
                                                     << "whitened" << none;
        QTest::newRow("no such level") << "8"
                                       << "" << int(ErrorCode::NotFound);
        QTest::newRow("no level") << "fine"
                                  << "" << int(ErrorCode::Usage);
        QTest::newRow("half a number") << "40x"
                                       << "" << int(ErrorCode::Usage);
    }
    void targets() {
        QFETCH(QString, level);
        QFETCH(QString, set);
        QFETCH(int, error);
        LevelLibrary fixture;
        QCOMPARE(searchTarget(fixture.library, fixture.set, "auto").set.id, fixture.set.id);
        std::map<QString, EmbeddingSetId> sets{{"raw", fixture.set.id}};
        EmbeddingSetKey key = fixture.set.key;
        key.whitening = "p0.75";
        const EmbeddingSet whitened = fixture.library.embeddingSet(key, SearchFixture::dim);
        sets["whitened"] = whitened.id;
        LevelRow row;
        row.k = 7;
        row.centroids.resize(7 * dim);
        fixture.library.storeLevels(whitened.id, std::vector{row}, {}, {});
        // A set without vectors answers nothing.
        QCOMPARE(searchTarget(fixture.library, fixture.set, "raw").set.id, fixture.set.id);
        fixture.library.commitVectors(whitened.id, std::vector{fixture.ids[0]}, fixture.vectors.vector(0));
        const EmbeddingSet diffused = fixture.library.embeddingSet(diffusedKey(key), SearchFixture::dim);
        sets["diffused"] = diffused.id;
        QCOMPARE(searchTarget(fixture.library, fixture.set, "auto").set.id, whitened.id);
        const auto commit = [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i)
                fixture.library.commitVectors(diffused.id, std::vector{fixture.ids[i]}, fixture.vectors.vector(i));
        };
        // Of few images neighbourhoods say nothing.
        commit(0, fewestDiffused - 1);
        QCOMPARE(searchTarget(fixture.library, fixture.set, "auto").set.id, whitened.id);
        commit(fewestDiffused - 1, fewestDiffused);

        std::optional<SearchTarget> target;
        const auto code = errorOf([&] { target = searchTarget(fixture.library, fixture.set, level.toStdString()); });
        QCOMPARE(code ? int(*code) : -1, error);
        if (code) return;
        QCOMPARE(target->set.id, sets.at(set));
        QCOMPARE(target->level.value_or(0), level.toLongLong());
        // From the diffused set: the same but for itself.
        QCOMPARE(searchTarget(fixture.library, diffused, "").set.id, diffused.id);
        QCOMPARE(searchTarget(fixture.library, diffused, "auto").set.id, diffused.id);
        QCOMPARE(searchTarget(fixture.library, diffused, "raw").set.id, whitened.id);
        QCOMPARE(searchTarget(fixture.library, diffused, "7").set.id, whitened.id);
    }
};

QTEST_APPLESS_MAIN(TestLevels)
#include "tst_levels.moc"
