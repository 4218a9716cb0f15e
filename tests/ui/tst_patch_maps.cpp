#include "ui/patch_maps.h"

#include <QTest>

#include <cmath>

using namespace grappa;

namespace {

/// 2 x 3 patches of 2 values.
JsonMessage message() {
    const std::vector<float> values{1, 0, 0, 1, 0.6F, 0.8F, -1, 0, 0, -1, 1, 0, /* attention */ 1, 2, 3, 4, 5, 6};
    return {nlohmann::json{{"rows", 2}, {"cols", 3}, {"dim", 2}, {"whole", true}},
            QByteArray(reinterpret_cast<const char*>(values.data()),
                       static_cast<qsizetype>(values.size() * sizeof(float)))};
}

} // namespace

class TestPatchMaps : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void anAnswerIsRead();
    void whatDoesNotFitIsRefused_data();
    void whatDoesNotFitIsRefused();
    void theSquareIsWhatTheModelSaw();
    void aPlaceBelongsToAPatch();
    void matchesAreCosines();
    void brightnessGoesFromTheLeastToTheMost();
};

void TestPatchMaps::anAnswerIsRead() {
    const auto maps = patchMapsOf(message());
    QVERIFY(maps);
    QCOMPARE(maps->rows, 2);
    QCOMPARE(maps->cols, 3);
    QCOMPARE(maps->dim, 2);
    QCOMPARE(maps->patches(), std::size_t{6});
    QCOMPARE(maps->tokens.size(), std::size_t{12});
    QCOMPARE(maps->tokens[6], std::uint16_t{0xbc00}); // -1
    QCOMPARE(maps->attention, (std::vector<float>{1, 2, 3, 4, 5, 6}));
    QVERIFY(maps->whole);
}

void TestPatchMaps::whatDoesNotFitIsRefused_data() {
    QTest::addColumn<QByteArray>("key");
    QTest::addColumn<double>("value");
    QTest::newRow("no rows") << QByteArray("rows") << 0.0;
    QTest::newRow("negative") << QByteArray("cols") << -3.0;
    QTest::newRow("too many") << QByteArray("rows") << 1e9;
    QTest::newRow("another dim") << QByteArray("dim") << 3.0;
}

void TestPatchMaps::whatDoesNotFitIsRefused() {
    QFETCH(QByteArray, key);
    QFETCH(double, value);
    JsonMessage broken = message();
    broken.json[key.toStdString()] = value;
    QVERIFY(!patchMapsOf(broken));
    JsonMessage cut = message();
    cut.bytes.chop(1);
    QVERIFY(!patchMapsOf(cut));
}

void TestPatchMaps::theSquareIsWhatTheModelSaw() {
    QCOMPARE(seenSquare({400, 160}, std::nullopt, false), QRectF(130, 10, 140, 140));
    QCOMPARE(seenSquare({400, 160}, std::nullopt, true), QRectF(0, -120, 400, 400));
    QCOMPARE(seenSquare({400, 160}, QRect(100, 20, 80, 120), false), QRectF(105, 45, 70, 70));
}

void TestPatchMaps::aPlaceBelongsToAPatch() {
    const auto maps = *patchMapsOf(message());
    const QRectF square(10, 20, 60, 60);
    QCOMPARE(patchAt(maps, square, {11, 21}), std::optional<std::size_t>(0));
    QCOMPARE(patchAt(maps, square, {69, 21}), std::optional<std::size_t>(2));
    QCOMPARE(patchAt(maps, square, {40, 79}), std::optional<std::size_t>(4));
    QVERIFY(!patchAt(maps, square, {9, 30}));
    QVERIFY(!patchAt(maps, square, {40, 81}));
    QVERIFY(!patchAt(maps, {}, {40, 40}));
}

void TestPatchMaps::matchesAreCosines() {
    const auto maps = *patchMapsOf(message());
    const auto matches = matchesOf(maps, 2, maps);
    const std::vector<float> expected{0.6F, 0.8F, 1, -0.6F, -0.8F, 0.6F};
    for (std::size_t i = 0; i < expected.size(); ++i)
        QVERIFY(std::abs(matches[i] - expected[i]) < 1e-3F);
    QCOMPARE(largest(matches, 2), (std::vector<std::size_t>{2, 1}));
    // An image finds itself in each patch.
    for (const float best : bestMatches(maps, maps))
        QVERIFY(std::abs(best - 1) < 1e-3F);
    QVERIFY(matchesOf(maps, 6, maps).empty());
    PatchMaps other = maps;
    other.dim = 3;
    QVERIFY(matchesOf(maps, 0, other).empty());
    QVERIFY(bestMatches(maps, other).empty());
}

void TestPatchMaps::brightnessGoesFromTheLeastToTheMost() {
    QCOMPARE(brightness({2, 4, 3}), (std::vector<float>{0, 1, 0.5F}));
    QCOMPARE(brightness({2, 2}), (std::vector<float>{1, 1}));
    QVERIFY(brightness({}).empty());
    QCOMPARE(largest({1, 3, 3}, 2), (std::vector<std::size_t>{1, 2}));
    QCOMPARE(largest({1}, 5), (std::vector<std::size_t>{0}));
}

QTEST_APPLESS_MAIN(TestPatchMaps)
#include "tst_patch_maps.moc"
