#include "core/search/score_scale.h"
#include "search_fixture.h"

#include <QTest>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

using namespace grappa;

namespace {

using Floats = std::vector<float>;

constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

/// Cosines whose quantiles are given: 50, 95, 99 and 99.9 per cent, from `least` to `most`, linear between, shuffled.
Floats withQuantiles(float least, std::array<float, 4> quantiles, float most) {
    const std::array<double, 6> shares{0, .5, .95, .99, .999, 1};
    const std::array<float, 6> values{least, quantiles[0], quantiles[1], quantiles[2], quantiles[3], most};
    constexpr std::size_t count = 20'001;
    Floats cosines;
    std::size_t part = 1;
    for (std::size_t i = 0; i < count; ++i) {
        const double share = static_cast<double>(i) / (count - 1);
        while (share > shares[part])
            ++part;
        const double along = (share - shares[part - 1]) / (shares[part] - shares[part - 1]);
        cosines.push_back(std::lerp(values[part - 1], values[part], static_cast<float>(along)));
    }
    std::mt19937 random(3);
    std::shuffle(cosines.begin(), cosines.end(), random);
    return cosines;
}

const std::array<float, 4> plain{-.02f, .2f, .35f, .55f}, diffused{-.05f, .45f, .8f, .93f};

bool isNear(float a, float b, float by = .1f) {
    return std::abs(a - b) <= by;
}

} // namespace

class TestScoreScale : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void quantilesScoreTheSameInEverySet();
    void isAScaleWhateverTheSet_data();
    void isAScaleWhateverTheSet();
    void knotsMakeTheSameScale();
    void whatAreNoKnotsIsRefused_data();
    void whatAreNoKnotsIsRefused();
    void isMeasuredOnRandomPairs_data();
    void isMeasuredOnRandomPairs();
    void aSetOfOneImageHasTheDefault();
    void aLevelHasAScaleOfItsOwn();
    void closenessHasItsBounds();
    void findsTheGap_data();
    void findsTheGap();
};

void TestScoreScale::quantilesScoreTheSameInEverySet() {
    for (const auto& [quantiles, altered] : {std::pair(plain, .92f), std::pair(diffused, .99f)}) {
        const ScoreScale scale = calibrate(withQuantiles(-.4f, quantiles, .97f), {altered - .1f, altered, 1});
        QCOMPARE(scale.knots().size(), std::size_t{5});
        for (std::size_t i = 0; i < quantiles.size(); ++i)
            QVERIFY(isNear(scale.score(quantiles[i]), pinnedQuantiles[i].score));
        QCOMPARE(scale.score(altered), 100.0f);
        QCOMPARE(scale.score(quantiles[0] - .1f), 0.0f);
        QVERIFY(isNear(scale.score((quantiles[3] + altered) / 2), (55.0f + 100) / 2));
    }
    // Without copies: the share of the way from the last quantile to 1.
    QCOMPARE(calibrate(withQuantiles(-.4f, plain, .97f)).knots().back().cosine, .55f + .8f * .45f);
}

void TestScoreScale::isAScaleWhateverTheSet_data() {
    QTest::addColumn<Floats>("pairs");
    QTest::addColumn<Floats>("altered");
    const Floats usual = withQuantiles(-.4f, plain, .97f);
    QTest::newRow("plain") << usual << Floats{.9f, .95f};
    QTest::newRow("diffused") << withQuantiles(-.5f, diffused, 1) << Floats{.99f};
    QTest::newRow("without copies") << usual << Floats{};
    QTest::newRow("no pairs") << Floats{} << Floats{};
    QTest::newRow("no pairs, copies") << Floats{} << Floats{.9f};
    QTest::newRow("one pair") << Floats{.3f} << Floats{};
    QTest::newRow("all equal") << Floats(500, 1.0f) << Floats{};
    QTest::newRow("all nearly equal") << Floats(500, .99999f) << Floats{.9999f};
    QTest::newRow("all the same cosine") << Floats(500, .4f) << Floats{.9f};
    QTest::newRow("many copies") << withQuantiles(-.1f, {.1f, 1, 1, 1}, 1) << Floats{.9f};
    QTest::newRow("quantiles that fall together") << withQuantiles(-.1f, {.1f, .3f, .3f, .3f}, .3f) << Floats{};
    QTest::newRow("copies below the pairs") << usual << Floats{-.5f};
    QTest::newRow("copies among the pairs") << usual << Floats{.3f};
    QTest::newRow("all opposite") << Floats(500, -1.0f) << Floats{};
    QTest::newRow("over 1 by rounding") << Floats{.1f, 1.0000001f, 1.0000001f} << Floats{1.0000001f};
    const Floats someNumbers{notANumber, .1f, std::numeric_limits<float>::infinity(), .2f};
    QTest::newRow("no numbers") << someNumbers << Floats{notANumber};
}

void TestScoreScale::isAScaleWhateverTheSet() {
    QFETCH(Floats, pairs);
    QFETCH(Floats, altered);
    const ScoreScale scale = calibrate(pairs, altered);
    float before = 0;
    for (int i = -1100; i <= 1100; ++i) {
        const float score = scale.score(static_cast<float>(i) / 1000);
        QVERIFY(score >= before && score <= 100);
        before = score;
    }
    QCOMPARE(scale.score(1), 100.0f);
    QCOMPARE(scale.score(-1), 0.0f);
    QCOMPARE(scale.score(notANumber), 0.0f);
    float cosineBefore = -1;
    for (int score = 0; score <= 100; ++score) {
        const float cosine = scale.cosine(static_cast<float>(score));
        QVERIFY(cosine >= cosineBefore && cosine <= 1);
        QVERIFY(isNear(scale.score(cosine), static_cast<float>(score)));
        cosineBefore = cosine;
    }
    QCOMPARE(scale.cosine(-5), -1.0f);
    QCOMPARE(scale.cosine(0), -1.0f);
    QCOMPARE(scale.cosine(200), scale.cosine(100));
    if (!pairs.empty()) QVERIFY(scale.score(scale.knots().front().cosine) == 0);
}

void TestScoreScale::knotsMakeTheSameScale() {
    const ScoreScale scale = calibrate(withQuantiles(-.4f, plain, .97f), {.9f});
    QVERIFY(scale != ScoreScale());
    QVERIFY(ScoreScale::fromKnots(scale.knots()) == scale);
    QVERIFY(ScoreScale::fromKnots(ScoreScale().knots()) == ScoreScale());
}

void TestScoreScale::whatAreNoKnotsIsRefused_data() {
    QTest::addColumn<std::vector<ScoreKnot>>("knots");
    using Knots = std::vector<ScoreKnot>;
    QTest::newRow("none") << Knots{};
    QTest::newRow("one") << Knots{{.5f, 100}};
    QTest::newRow("equal cosines") << Knots{{.1f, 0}, {.1f, 100}};
    QTest::newRow("falling cosines") << Knots{{.5f, 0}, {.1f, 100}};
    QTest::newRow("equal scores") << Knots{{.1f, 0}, {.3f, 0}, {.5f, 100}};
    QTest::newRow("not from 0") << Knots{{.1f, 5}, {.5f, 100}};
    QTest::newRow("not to 100") << Knots{{.1f, 0}, {.5f, 90}};
    QTest::newRow("over 1") << Knots{{.1f, 0}, {1.5f, 100}};
    QTest::newRow("no number") << Knots{{notANumber, 0}, {.5f, 100}};
    QTest::newRow("no score") << Knots{{.1f, 0}, {.3f, notANumber}, {.5f, 100}};
}

void TestScoreScale::whatAreNoKnotsIsRefused() {
    QFETCH(std::vector<ScoreKnot>, knots);
    QVERIFY(ScoreScale::fromKnots(knots) == ScoreScale());
}

void TestScoreScale::isMeasuredOnRandomPairs_data() {
    QTest::addColumn<std::size_t>("count");
    QTest::newRow("all pairs") << std::size_t{60};
    QTest::newRow("a sample") << std::size_t{600};
}

void TestScoreScale::isMeasuredOnRandomPairs() {
    QFETCH(std::size_t, count);
    SearchFixture fixture(count);
    Searcher searcher(fixture.library, fixture.set);
    const ScoreScale scale = measureScale(searcher, {}, 1, {.95f});
    QVERIFY(measureScale(searcher, {}, 1, {.95f}) == scale);
    QCOMPARE(measureScale(searcher, {}, 2, {.95f}) == scale, count < 200);
    Floats scores;
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const auto a = fixture.vectors.vector(i), b = fixture.vectors.vector(j);
            scores.push_back(scale.score(std::inner_product(a.begin(), a.end(), b.begin(), 0.0f)));
        }
    }
    // Half of all pairs score 0, and as many as the quantiles say more than what they are pinned to.
    for (const auto& [quantile, pinned] : {pinnedQuantiles[0], pinnedQuantiles[1]}) {
        const auto isOver = [at = pinned](float score) { return score > at; };
        const auto over = static_cast<float>(std::count_if(scores.begin(), scores.end(), isOver));
        QVERIFY(isNear(over / static_cast<float>(scores.size()), static_cast<float>(1 - quantile), .02f));
    }
}

void TestScoreScale::aSetOfOneImageHasTheDefault() {
    for (const std::size_t count : {0, 1}) {
        SearchFixture fixture(count, 1);
        Searcher searcher(fixture.library, fixture.set);
        QVERIFY(measureScale(searcher) == ScoreScale());
    }
}

void TestScoreScale::aLevelHasAScaleOfItsOwn() {
    constexpr std::size_t count = 300;
    constexpr std::int64_t k = 6;
    SearchFixture fixture(count);
    LevelRow level;
    level.k = k;
    level.images = count;
    level.shown = true;
    level.centroids.assign(fixture.vectors.row(0), fixture.vectors.row(k));
    std::vector<ImageId> images;
    std::vector<std::uint32_t> clusters;
    for (std::size_t i = 0; i < count; ++i) {
        images.push_back(fixture.imageOf(i));
        clusters.push_back(static_cast<std::uint32_t>(i % k));
    }
    fixture.library.storeLevels(fixture.set.id, std::array{level}, images, clusters);
    Searcher searcher(fixture.library, fixture.set);
    const ScoreScale scale = measureScale(searcher, k);
    QVERIFY(measureScale(searcher, k) == scale);
    QVERIFY(scale != measureScale(searcher));
    std::size_t over = 0, compared = 0;
    for (std::size_t i = 0; i < count; i += 10) {
        for (const Neighbour& other : searcher.rank(fixture.vectors.vector(i), images, k)) {
            ++compared;
            over += scale.score(other.score) > 25 ? 1 : 0;
        }
    }
    QVERIFY(isNear(static_cast<float>(over) / static_cast<float>(compared), .05f, .03f));
}

void TestScoreScale::closenessHasItsBounds() {
    QCOMPARE(closenessOf(100), Closeness::SamePicture);
    QCOMPARE(closenessOf(samePictureFrom - 1), Closeness::VeryClose);
    QCOMPARE(closenessOf(veryCloseFrom - 1), Closeness::Close);
    QCOMPARE(closenessOf(closeFrom), Closeness::Close);
    QCOMPARE(closenessOf(closeFrom - 1), Closeness::Related);
    QCOMPARE(closenessOf(relatedFrom), Closeness::Related);
    QCOMPARE(closenessOf(0), Closeness::NotMuchInCommon);
    QCOMPARE(closenessOf(notANumber), Closeness::NotMuchInCommon);
}

void TestScoreScale::findsTheGap_data() {
    QTest::addColumn<Floats>("scores");
    QTest::addColumn<int>("after"); // -1 = none
    Floats slope;
    for (int i = 0; i < 90; ++i)
        slope.push_back(90 - static_cast<float>(i));
    Floats late = slope;
    for (std::size_t i = 60; i < late.size(); ++i)
        late[i] -= 20;
    QTest::newRow("nothing") << Floats{} << -1;
    QTest::newRow("one") << Floats{80} << -1;
    QTest::newRow("two") << Floats{80, 10} << -1;
    QTest::newRow("three") << Floats{80, 78, 20} << 2;
    QTest::newRow("clear") << Floats{90, 85, 80, 78, 40, 38, 37, 35} << 4;
    QTest::newRow("after the first") << Floats{90, 40, 38, 37} << 1;
    QTest::newRow("a slope") << slope << -1;
    QTest::newRow("all equal") << Floats(20, 30.0f) << -1;
    QTest::newRow("too small") << Floats{60, 50, 47, 40.5f, 40} << -1;
    QTest::newRow("two alike") << Floats{90, 50, 48, 20, 19} << -1;
    QTest::newRow("after a copy, the class follows") << Floats{100, 70, 68, 66, 65} << -1;
    QTest::newRow("a copy, the class, the end of it") << Floats{100, 70, 68, 66, 40, 38} << 4;
    QTest::newRow("too far down") << late << -1;
    QTest::newRow("nothing sensible at all") << Floats{20, 19, 18, 18} << -1;
}

void TestScoreScale::findsTheGap() {
    QFETCH(Floats, scores);
    QFETCH(int, after);
    const auto found = gapAfter(scores);
    QCOMPARE(found ? static_cast<int>(*found) : -1, after);
}

QTEST_APPLESS_MAIN(TestScoreScale)
#include "tst_score_scale.moc"
