#include "core/search/drift.h"
#include "search_fixture.h"

#include <QTest>

#include <cmath>
#include <random>

using namespace grappa;

namespace {

constexpr std::size_t learnedCount = 400;
constexpr std::size_t dim = SearchFixture::dim;
constexpr std::int64_t fine = 80, coarse = 2;

/// Images in clusters with two levels of them; the finer one is the first vectors, the coarser one far from all.
struct DriftLibrary : SearchFixture {
    explicit DriftLibrary(std::size_t spare, bool fineShown = true, const std::string& descriptor = "class")
        : SearchFixture(learnedCount, spare, descriptor) {
        std::vector<LevelRow> levels{level(coarse, true), level(fine, fineShown)};
        std::vector<ImageId> images;
        for (std::size_t i = 0; i < learnedCount; ++i)
            images.push_back(imageOf(i));
        library.storeLevels(set.id, levels, images, std::vector<std::uint32_t>(learnedCount * levels.size()));
    }

    LevelRow level(std::int64_t k, bool shown) const {
        LevelRow row;
        row.k = k;
        row.images = learnedCount;
        row.shown = shown;
        row.centroids.assign(vectors.row(0), vectors.row(static_cast<std::size_t>(k)));
        return row;
    }

    /// The first `unlike` of the spare vectors point anywhere, the others repeat learned ones.
    void add(std::size_t count, std::size_t unlike) {
        std::mt19937 random(7);
        std::normal_distribution<float> normal;
        for (std::size_t i = 0; i < count; ++i) {
            const auto vector = std::span(vectors.floats).subspan((learnedCount + i) * dim, dim);
            const auto source = vectors.vector(fine + i % fine);
            std::copy(source.begin(), source.end(), vector.begin());
            if (i >= unlike) continue;
            float squares = 0;
            for (std::size_t d = 0; d < dim; ++d) {
                vector[d] = normal(random);
                squares += vector[d] * vector[d];
            }
            for (float& value : vector)
                value /= std::sqrt(squares);
        }
        commit(library, learnedCount, count);
    }
};

} // namespace

class TestDrift : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void nearestCosinesAreTheBestOnes_data() { SearchFixture::descriptorData(); }
    void nearestCosinesAreTheBestOnes();
    void theShareIsOfWhatLiesBelowMostLearned_data();
    void theShareIsOfWhatLiesBelowMostLearned();
    void whatIsWorthTelling_data();
    void whatIsWorthTelling();
    void newImagesAreMeasured_data();
    void newImagesAreMeasured();
    void aSampleIsEnough();
    void aStopLeavesNoAnswer();
    void withoutLevelsThereIsNothingToSay();
    void aLevelThatIsNotShownIsPassedOver();
};

void TestDrift::nearestCosinesAreTheBestOnes() {
    QFETCH(std::string, descriptor);
    EmbeddingSetKey key;
    key.descriptor = descriptor;
    const RowFormat format = rowFormat(key);
    const std::vector<float> floats{1, 0, 0, 1, 0.6F, 0.8F};
    std::vector<std::uint16_t> halves(floats.size());
    toHalf(floats, halves);
    const std::size_t size = rowBytes(format, 2);
    std::vector<std::byte> bytes(2 * size);
    encodeRow(std::span(floats).subspan(4), format, bytes.data());
    encodeRow(std::span(floats).first(2), format, bytes.data() + size);
    const std::vector<const std::byte*> rows{bytes.data(), bytes.data() + size};
    const auto cosines = nearestCosines(rows, format, std::span(halves).first(4), 2);
    QCOMPARE(cosines.size(), std::size_t{2});
    QVERIFY(std::abs(cosines[0] - 0.8F) < 4e-3F);
    QVERIFY(std::abs(cosines[1] - 1.0F) < 1e-3F);
}

void TestDrift::theShareIsOfWhatLiesBelowMostLearned_data() {
    using Values = std::vector<float>;
    QTest::addColumn<Values>("learned");
    QTest::addColumn<Values>("added");
    QTest::addColumn<double>("share");
    Values learned;
    for (int i = 0; i < 100; ++i)
        learned.push_back(static_cast<float>(i) / 100);
    // The five lowest lie outside; 0.05 is the edge and still like what was learned.
    QTest::newRow("below and above") << learned << Values{0.01F, 0.04F, 0.05F, 0.9F} << 0.5;
    QTest::newRow("all like it") << learned << Values{0.5F, 0.6F} << 0.0;
    QTest::newRow("all unlike it") << learned << Values{-1, 0} << 1.0;
    QTest::newRow("one learned") << Values{0.5F} << Values{0.4F, 0.6F} << 0.5;
    QTest::newRow("nothing learned") << Values{} << Values{0.4F} << 0.0;
    QTest::newRow("nothing new") << learned << Values{} << 0.0;
}

void TestDrift::theShareIsOfWhatLiesBelowMostLearned() {
    QFETCH(std::vector<float>, learned);
    QFETCH(std::vector<float>, added);
    QTEST(unlikeShare(learned, added, 0.95), "share");
}

void TestDrift::whatIsWorthTelling_data() {
    QTest::addColumn<int>("learned");
    QTest::addColumn<int>("added");
    QTest::addColumn<double>("unlike");
    QTest::addColumn<bool>("told");
    QTest::newRow("many and unlike") << 10'000 << 1'240 << 0.18 << true;
    QTest::newRow("many but alike") << 10'000 << 1'240 << 0.14 << false;
    QTest::newRow("50 of many") << 10'000 << 50 << 0.15 << true;
    QTest::newRow("49 of many") << 10'000 << 49 << 0.9 << false;
    QTest::newRow("few, but 5 % of the collection") << 95 << 5 << 0.2 << true;
    QTest::newRow("fewer than 5 %") << 96 << 4 << 1.0 << false;
}

void TestDrift::whatIsWorthTelling() {
    QFETCH(int, learned);
    QFETCH(int, added);
    QFETCH(double, unlike);
    QTEST(isWorthTelling({static_cast<std::uint64_t>(learned), static_cast<std::uint64_t>(added), unlike}), "told");
}

void TestDrift::newImagesAreMeasured_data() {
    QTest::addColumn<int>("added");
    QTest::addColumn<int>("unlike");
    QTest::addColumn<bool>("indexed");
    QTest::addColumn<std::string>("descriptor");
    const std::string half = "class", int8 = "class+patches";
    QTest::newRow("none unlike") << 80 << 0 << false << half;
    QTest::newRow("a quarter unlike") << 80 << 20 << false << half;
    QTest::newRow("sealed") << 80 << 20 << true << half;
    QTest::newRow("all unlike") << 60 << 60 << false << half;
    QTest::newRow("int8, a quarter unlike") << 80 << 20 << false << int8;
    QTest::newRow("int8, sealed") << 80 << 20 << true << int8;
}

void TestDrift::newImagesAreMeasured() {
    QFETCH(int, added);
    QFETCH(int, unlike);
    QFETCH(bool, indexed);
    QFETCH(std::string, descriptor);
    DriftLibrary fixture(static_cast<std::size_t>(added), true, descriptor);
    fixture.add(static_cast<std::size_t>(added), static_cast<std::size_t>(unlike));
    if (indexed) fixture.seal(true);
    const auto drift = measureDrift(fixture.library, fixture.set);
    QVERIFY(drift);
    QCOMPARE(drift->learned, std::uint64_t{learnedCount});
    QCOMPARE(drift->added, static_cast<std::uint64_t>(added));
    const double expected = static_cast<double>(unlike) / added;
    QVERIFY2(std::abs(drift->unlike - expected) <= 0.06, qPrintable(QString::number(drift->unlike)));
    QCOMPARE(isWorthTelling(*drift), expected >= 0.15);
}

void TestDrift::aSampleIsEnough() {
    DriftLibrary fixture(200);
    fixture.add(200, 100);
    const auto drift = measureDrift(fixture.library, fixture.set, {.sample = 100, .seed = 3});
    QVERIFY(drift);
    QCOMPARE(drift->added, std::uint64_t{200});
    QVERIFY2(drift->unlike > 0.3 && drift->unlike < 0.7, qPrintable(QString::number(drift->unlike)));
    const auto again = measureDrift(fixture.library, fixture.set, {.sample = 100, .seed = 3});
    QCOMPARE(again->unlike, drift->unlike);
}

void TestDrift::aStopLeavesNoAnswer() {
    DriftLibrary fixture(60);
    fixture.add(60, 60);
    std::stop_source source;
    QVERIFY(measureDrift(fixture.library, fixture.set, {.stop = source.get_token()}));
    source.request_stop();
    QVERIFY(!measureDrift(fixture.library, fixture.set, {.stop = source.get_token()}));
}

void TestDrift::withoutLevelsThereIsNothingToSay() {
    DriftLibrary fixture(10);
    QVERIFY(!measureDrift(fixture.library, fixture.set)); // nothing is new
    fixture.add(10, 10);
    QVERIFY(measureDrift(fixture.library, fixture.set));
    fixture.library.storeLevels(fixture.set.id, {}, {}, {});
    QVERIFY(!measureDrift(fixture.library, fixture.set));
}

/// The two coarse centroids alone do not tell kin from strangers so well.
void TestDrift::aLevelThatIsNotShownIsPassedOver() {
    DriftLibrary shown(60), hidden(60, false);
    shown.add(60, 30);
    hidden.add(60, 30);
    QVERIFY(measureDrift(shown.library, shown.set)->unlike > measureDrift(hidden.library, hidden.set)->unlike);
}

QTEST_APPLESS_MAIN(TestDrift)
#include "tst_drift.moc"
