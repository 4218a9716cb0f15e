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

const std::array<float, 4> plain{.79f, .886f, .919f, .941f}, smoothed{-.05f, .36f, .66f, .85f};
constexpr std::size_t many = 1'000'000'000; ///< images, beside which what is usual does not count

bool isNear(float a, float b, float by = .1f) {
    return std::abs(a - b) <= by;
}

float shareOfZeros(const Floats& scores) {
    return static_cast<float>(std::count(scores.begin(), scores.end(), 0.0f)) / static_cast<float>(scores.size());
}

/// Of a large set half of all pairs score 0, of a small one fewer.
float zerosExpected(std::size_t images) {
    const auto count = static_cast<float>(images);
    return count / (count + usualImages) / 2;
}

} // namespace

class TestScoreScale : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void quantilesScoreTheSameInEverySet();
    void aSmallSetLeansOnWhatIsUsual();
    void matesThatAreDrawnTogetherAreNoCopies();
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
    for (const auto& [quantiles, kind] : {std::pair(plain, SetKind::Centred), {smoothed, SetKind::DrawnTogether}}) {
        const ScoreScale scale = calibrate(withQuantiles(-.4f, quantiles, .97f), many, kind);
        QCOMPARE(scale.knots().size(), std::size_t{5});
        QVERIFY(isNear(scale.score(quantiles[0]), 0));
        for (std::size_t i = 0; i < pinnedQuantiles.size(); ++i)
            QVERIFY(isNear(scale.score(quantiles[i + 1]), pinnedQuantiles[i].score));
        const float altered = std::lerp(quantiles[0], 1.0f, usualPairs(kind).altered);
        QVERIFY(isNear(scale.score(altered), 100));
        QVERIFY(scale.score(altered - .01f) < 100);
        QCOMPARE(scale.score(quantiles[0] - .1f), 0.0f);
        QVERIFY(isNear(scale.score((quantiles[3] + altered) / 2), (55.0f + 100) / 2));
    }
}

void TestScoreScale::aSmallSetLeansOnWhatIsUsual() {
    // Six images of one subject, described as the backbone does: all pairs are alike.
    const Floats alike{.9f, .9f, .91f, .91f, .92f, .92f, .93f, .93f, .93f, .94f, .94f, .95f, .95f, .96f, .96f};
    const ScoreScale small = calibrate(alike, 6, SetKind::AsDescribed);
    const auto scoresNothing = [](const ScoreScale& scale, const Floats& cosines) {
        return std::count_if(cosines.begin(), cosines.end(), [&](float cosine) { return scale.score(cosine) == 0; });
    };
    QCOMPARE(scoresNothing(small, alike), 0);
    QVERIFY(closenessOf(small.score(.9f)) != Closeness::SamePicture);
    QVERIFY(small.score(.9f) < small.score(.96f));
    // As many images of that subject are a collection of their own, whose median pair is a random one.
    QVERIFY(isNear(calibrate(alike, many, SetKind::AsDescribed).score(.93f), 0));
    // Of two different pictures one says nothing about the other.
    QCOMPARE(calibrate({.7f}, 2, SetKind::AsDescribed).score(.7f), 0.0f);
    QCOMPARE(closenessOf(calibrate({.99f}, 2, SetKind::AsDescribed).score(.99f)), Closeness::SamePicture);
    // Few pairs of a mixed collection: fewer than half score 0.
    Floats mixed = withQuantiles(-.4f, smoothed, .97f);
    mixed.resize(500);
    QVERIFY(scoresNothing(calibrate(mixed, 32, SetKind::Centred), mixed) < 100);
}

void TestScoreScale::matesThatAreDrawnTogetherAreNoCopies() {
    // A small smoothed set: one pair in a thousand is nearer than altered copies usually are.
    const Floats pairs = withQuantiles(-.5f, {-.05f, .6f, .93f, .98f}, 1);
    QCOMPARE(closenessOf(calibrate(pairs, 110, SetKind::Centred).score(.97f)), Closeness::SamePicture);
    const ScoreScale scale = calibrate(pairs, 110, SetKind::DrawnTogether);
    QVERIFY(closenessOf(scale.score(.97f)) != Closeness::SamePicture);
    QCOMPARE(closenessOf(scale.score(.98f)), Closeness::VeryClose);
    QCOMPARE(scale.score(1), 100.0f);
}

void TestScoreScale::isAScaleWhateverTheSet_data() {
    QTest::addColumn<Floats>("pairs");
    QTest::addColumn<std::size_t>("images");
    QTest::addColumn<SetKind>("kind");
    for (const std::size_t images : {std::size_t{2}, std::size_t{50}, many}) {
        const auto row = [images](const char* name, const Floats& pairs) {
            for (const SetKind kind : {SetKind::AsDescribed, SetKind::Centred, SetKind::DrawnTogether})
                QTest::addRow("%s, %zu images, %d", name, images, static_cast<int>(kind)) << pairs << images << kind;
        };
        row("plain", withQuantiles(-.4f, plain, .97f));
        row("smoothed", withQuantiles(-.5f, smoothed, 1));
        row("no pairs", {});
        row("one pair", {.3f});
        row("all equal", Floats(500, 1.0f));
        row("all nearly equal", Floats(500, .99999f));
        row("all the same cosine", Floats(500, .4f));
        row("many copies", withQuantiles(-.1f, {.1f, 1, 1, 1}, 1));
        row("quantiles that fall together", withQuantiles(-.1f, {.1f, .3f, .3f, .3f}, .3f));
        row("all opposite", Floats(500, -1.0f));
        row("over 1 by rounding", {.1f, 1.0000001f, 1.0000001f});
        row("no numbers", {notANumber, .1f, std::numeric_limits<float>::infinity(), .2f});
    }
}

void TestScoreScale::isAScaleWhateverTheSet() {
    QFETCH(Floats, pairs);
    QFETCH(std::size_t, images);
    QFETCH(SetKind, kind);
    const ScoreScale scale = calibrate(pairs, images, kind);
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
    const ScoreScale scale = calibrate(withQuantiles(-.4f, plain, .97f), 1000, SetKind::AsDescribed);
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
    const ScoreScale scale = measureScale(searcher);
    QVERIFY(measureScale(searcher) == scale);
    QCOMPARE(measureScale(searcher, {}, 2) == scale, count < 200);
    Floats scores;
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const auto a = fixture.vectors.vector(i), b = fixture.vectors.vector(j);
            scores.push_back(scale.score(std::inner_product(a.begin(), a.end(), b.begin(), 0.0f)));
        }
    }
    QVERIFY(isNear(shareOfZeros(scores), zerosExpected(count), .1f));
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
    Floats scores;
    for (std::size_t i = 0; i < count; i += 10) {
        for (const Neighbour& other : searcher.rank(fixture.vectors.vector(i), images, k))
            scores.push_back(scale.score(other.score));
    }
    QVERIFY(isNear(shareOfZeros(scores), zerosExpected(count), .1f));
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
