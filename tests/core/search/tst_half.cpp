#include "core/base/half.h"

#include <QTest>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

using namespace grappa;

namespace {

std::uint16_t bitsOf(float value, HalfPath path) {
    // Eight equal values: the vector instructions are used too.
    const std::vector<float> from(8, value);
    std::vector<std::uint16_t> to(8);
    toHalf(from, to, path);
    return to.front();
}

std::vector<HalfPath> paths() {
    std::vector<HalfPath> paths{HalfPath::Portable};
    if (bestHalfPath() != HalfPath::Portable) paths.push_back(HalfPath::Avx2);
    if (bestHalfPath() == HalfPath::Avx512) paths.push_back(HalfPath::Avx512);
    return paths;
}

} // namespace

class TestHalf : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void knownValues_data() {
        QTest::addColumn<float>("value");
        QTest::addColumn<int>("bits");
        QTest::newRow("zero") << 0.0f << 0x0000;
        QTest::newRow("minus zero") << -0.0f << 0x8000;
        QTest::newRow("one") << 1.0f << 0x3c00;
        QTest::newRow("minus two") << -2.0f << 0xc000;
        QTest::newRow("largest") << 65504.0f << 0x7bff;
        QTest::newRow("below the middle to infinity") << 65519.996f << 0x7bff;
        QTest::newRow("rounds to infinity") << 65520.0f << 0x7c00;
        QTest::newRow("infinity") << std::numeric_limits<float>::infinity() << 0x7c00;
        QTest::newRow("tie to even, down") << 1.0f + 0x1p-11f << 0x3c00;
        QTest::newRow("tie to even, up") << 1.0f + 3 * 0x1p-11f << 0x3c02;
        QTest::newRow("above a tie") << 1.0f + 0x1p-11f + 0x1p-20f << 0x3c01;
        QTest::newRow("rounds to the next power") << 2.0f - 0x1p-12f << 0x4000;
        QTest::newRow("smallest normal") << 0x1p-14f << 0x0400;
        QTest::newRow("largest subnormal") << 0x1p-14f - 0x1p-24f << 0x03ff;
        QTest::newRow("subnormal rounds to normal") << 0x1p-14f - 0x1p-26f << 0x0400;
        QTest::newRow("smallest subnormal") << 0x1p-24f << 0x0001;
        QTest::newRow("half of it, tie to zero") << 0x1p-25f << 0x0000;
        QTest::newRow("above half of it") << 0x1.000002p-25f << 0x0001;
        QTest::newRow("subnormal tie to even") << 5 * 0x1p-25f << 0x0002;
        QTest::newRow("float subnormal") << -0x1p-140f << 0x8000;
    }
    void knownValues() {
        QFETCH(float, value);
        QFETCH(int, bits);
        for (const HalfPath path : paths())
            QCOMPARE(int{bitsOf(value, path)}, bits);
    }

    void allHalvesThereAndBack() {
        std::vector<std::uint16_t> halves(65536), back(65536);
        for (std::size_t i = 0; i < halves.size(); ++i)
            halves[i] = static_cast<std::uint16_t>(i);
        std::vector<float> reference(halves.size());
        toFloat(halves, reference, HalfPath::Portable);
        for (const HalfPath path : paths()) {
            std::vector<float> floats(halves.size());
            toFloat(halves, floats, path);
            toHalf(floats, back, path);
            for (std::size_t i = 0; i < halves.size(); ++i) {
                QCOMPARE(std::bit_cast<std::uint32_t>(floats[i]), std::bit_cast<std::uint32_t>(reference[i]));
                const bool signallingNaN = (i & 0x7e00) == 0x7c00 && (i & 0x1ff) != 0;
                QCOMPARE(int{back[i]}, static_cast<int>(signallingNaN ? i | 0x200 : i));
            }
        }
    }

    void everyPathRoundsTheSame() {
        std::mt19937 random(1);
        std::vector<float> floats(1'000'003); // not a multiple of the vector width
        for (float& value : floats)
            value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
        std::vector<std::uint16_t> reference(floats.size());
        toHalf(floats, reference, HalfPath::Portable);
        for (const HalfPath path : paths()) {
            std::vector<std::uint16_t> halves(floats.size());
            toHalf(floats, halves, path);
            QVERIFY(halves == reference);
        }
    }

    void dot_data() {
        QTest::addColumn<int>("dim");
        for (const int dim : {0, 1, 7, 8, 9, 31, 32, 33, 63, 64, 65, 384, 768, 1021})
            QTest::addRow("%d", dim) << dim;
    }
    void dot() {
        QFETCH(int, dim);
        std::mt19937 random(static_cast<unsigned>(dim));
        std::normal_distribution<float> normal;
        std::vector<float> a(static_cast<std::size_t>(dim)), b(a.size());
        std::vector<std::uint16_t> halfA(a.size()), halfB(a.size());
        for (std::size_t i = 0; i < a.size(); ++i) {
            a[i] = normal(random);
            b[i] = normal(random);
        }
        toHalf(a, halfA);
        toHalf(b, halfB);
        toFloat(halfA, a);
        toFloat(halfB, b);
        double expected = 0, magnitude = 1;
        for (std::size_t i = 0; i < a.size(); ++i) {
            expected += double{a[i]} * b[i];
            magnitude += std::abs(double{a[i]} * b[i]);
        }
        for (const HalfPath path : paths())
            QVERIFY(std::abs(halfDot(halfA.data(), halfB.data(), a.size(), path) - expected) < 1e-6 * magnitude);
    }
};

QTEST_APPLESS_MAIN(TestHalf)
#include "tst_half.moc"
