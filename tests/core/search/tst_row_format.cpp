#include "core/base/row_format.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

using namespace grappa;

namespace {

using Row = std::vector<std::byte>;

std::vector<HalfPath> paths() {
    std::vector<HalfPath> paths{HalfPath::Portable};
    if (bestRowPath() != HalfPath::Portable) paths.push_back(HalfPath::Avx2);
    if (bestRowPath() == HalfPath::Avx512) paths.push_back(HalfPath::Avx512);
    return paths;
}

std::vector<float> unitVector(std::size_t dim, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::vector<float> values(dim);
    double squares = 0;
    for (float& value : values) {
        value = normal(random);
        squares += double{value} * value;
    }
    for (float& value : values)
        value = static_cast<float>(value / std::sqrt(squares));
    return values;
}

Row rowOf(std::span<const float> vector, RowFormat format) {
    Row row(rowBytes(format, vector.size()));
    encodeRow(vector, format, row.data());
    return row;
}

std::vector<float> floatsOf(const Row& row, RowFormat format, std::size_t dim) {
    std::vector<float> floats(dim);
    decodeRow(row.data(), format, floats);
    return floats;
}

double product(std::span<const float> a, std::span<const float> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += double{a[i]} * b[i];
    return sum;
}

} // namespace

class TestRowFormat : public QObject {
    Q_OBJECT

    static void formats() {
        QTest::addColumn<RowFormat>("format");
        QTest::newRow("fp16") << RowFormat::Half;
        QTest::newRow("int8") << RowFormat::Int8;
    }
    static void formatsAndSizes() {
        QTest::addColumn<RowFormat>("format");
        QTest::addColumn<int>("dim");
        for (const int dim : {1, 2, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 384, 385, 768, 999, 1000, 2048}) {
            QTest::addRow("fp16 %d", dim) << RowFormat::Half << dim;
            QTest::addRow("int8 %d", dim) << RowFormat::Int8 << dim;
        }
    }

private Q_SLOTS:
    void sizes() {
        QCOMPARE(rowBytes(RowFormat::Half, 384), std::size_t{768});
        QCOMPARE(rowBytes(RowFormat::Int8, 768), std::size_t{772});
        QCOMPARE(rowBytes(RowFormat::Half, 0), std::size_t{0});
    }

    void halfRowsAreTheHalves() {
        const std::vector<float> vector = unitVector(101, 1);
        std::vector<std::uint16_t> halves(101);
        toHalf(vector, halves);
        const Row row = rowOf(vector, RowFormat::Half);
        QVERIFY(std::ranges::equal(row, std::as_bytes(std::span(halves))));
        QCOMPARE(RowQuery(RowFormat::Half, vector).dot(row.data()), halfDot(halves.data(), halves.data(), 101));
        QCOMPARE(rowDot(RowFormat::Half, row.data(), row.data(), 101), halfDot(halves.data(), halves.data(), 101));
    }

    /// The bytes stand in files: this is what they are.
    void bytesOfAnInt8Row() {
        const Row row = rowOf(std::vector<float>{127, -127, 0, 1.4F, -1.6F, 63.5F}, RowFormat::Int8);
        // The scale: what makes 127, -127, 0, 1, -2, 64 as long as the vector.
        const auto scale = static_cast<float>(std::sqrt((2 * 127 * 127 + 1.4F * 1.4F + 1.6F * 1.6F + 63.5 * 63.5) /
                                                        (2 * 127 * 127 + 1 + 4 + 64 * 64)));
        float stored;
        std::memcpy(&stored, row.data(), sizeof stored);
        QCOMPARE(stored, scale);
        const std::vector<int> expected{127, 0x81, 0, 1, 0xfe, 64};
        QCOMPARE(row.size(), sizeof stored + expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i)
            QCOMPARE(std::to_integer<int>(row[sizeof stored + i]), expected[i]);
    }

    void roundsToNearest_data() { formatsAndSizes(); }
    void roundsToNearest() {
        QFETCH(RowFormat, format);
        QFETCH(int, dim);
        const std::vector<float> vector = unitVector(static_cast<std::size_t>(dim), static_cast<unsigned>(dim));
        const std::vector<float> back = floatsOf(rowOf(vector, format), format, vector.size());
        float max = 0;
        for (const float value : vector)
            max = std::max(max, std::abs(value));
        // Half a step, and what the scale gives way for the length.
        const float allowed = format == RowFormat::Half ? 0x1p-11F : max / 127 * 0.50001F + 0.005F * max;
        for (std::size_t i = 0; i < vector.size(); ++i)
            QVERIFY(std::abs(back[i] - vector[i]) <= allowed);
        // What is stored is a fixed point but for the rounding of the scale.
        const std::vector<float> again = floatsOf(rowOf(back, format), format, back.size());
        for (std::size_t i = 0; i < vector.size(); ++i)
            QVERIFY(std::abs(again[i] - back[i]) <= 1e-6F * max);
    }

    /// A picture's cosine with itself is 1, however few its numbers are.
    void keepsTheLength() {
        for (unsigned seed = 0; seed < 50; ++seed)
            for (const std::size_t dim : {3u, 32u, 768u}) {
                const std::vector<float> vector = unitVector(dim, seed);
                const Row row = rowOf(vector, RowFormat::Int8);
                const float cosine = rowDot(RowFormat::Int8, row.data(), row.data(), dim);
                QVERIFY2(std::abs(cosine - 1) < 1e-6F, qPrintable(QString::number(cosine)));
            }
    }

    void products_data() { formatsAndSizes(); }
    void products() {
        QFETCH(RowFormat, format);
        QFETCH(int, dim);
        const auto size = static_cast<std::size_t>(dim);
        for (unsigned seed = 0; seed < 20; ++seed) {
            const std::vector<float> query = unitVector(size, 2 * seed), vector = unitVector(size, 2 * seed + 1);
            std::vector<std::uint16_t> halves(size);
            toHalf(query, halves);
            std::vector<float> ofHalves(size);
            toFloat(halves, ofHalves);
            const Row row = rowOf(vector, format), other = rowOf(query, format);
            const std::vector<float> decoded = floatsOf(row, format, size), ofOther = floatsOf(other, format, size);
            const RowQuery prepared(format, query);
            QCOMPARE(prepared.dim(), size);
            QVERIFY(std::equal(other.begin(), other.end(), prepared.row()));
            const double tolerance = format == RowFormat::Half ? 1e-3 : 1e-4;
            QVERIFY(std::abs(prepared.dot(row.data()) - product(query, decoded)) < tolerance);
            QVERIFY(std::abs(rowDot(format, row.data(), other.data(), size) - product(decoded, ofOther)) < 1e-6);
            QVERIFY(std::abs(rowHalfDot(format, row.data(), halves.data(), size) - product(decoded, ofHalves)) < 1e-5);
            for (const HalfPath path : paths()) {
                const float withQuery = rowQueryDot(prepared, row.data(), path);
                const float withRow = rowDot(format, row.data(), other.data(), size, path);
                const float withHalves = rowHalfDot(format, row.data(), halves.data(), size, path);
                if (format == RowFormat::Int8) {
                    QCOMPARE(withQuery, prepared.dot(row.data()));
                    QCOMPARE(withRow, rowDot(format, row.data(), other.data(), size));
                }
                QVERIFY(std::abs(withQuery - prepared.dot(row.data())) < 1e-6F);
                QVERIFY(std::abs(withRow - rowDot(format, row.data(), other.data(), size)) < 1e-6F);
                QVERIFY(std::abs(withHalves - product(decoded, ofHalves)) < 1e-5);
            }
        }
    }

    void zeroRows_data() { formats(); }
    void zeroRows() {
        QFETCH(RowFormat, format);
        const std::vector<float> zero(50), other = unitVector(50, 3);
        const Row row = rowOf(zero, format), otherRow = rowOf(other, format);
        QVERIFY(std::ranges::all_of(row, [](std::byte byte) { return byte == std::byte{0}; }));
        QCOMPARE(floatsOf(row, format, 50), zero);
        for (const HalfPath path : paths()) {
            QCOMPARE(rowQueryDot(RowQuery(format, other), row.data(), path), 0.0F);
            QCOMPARE(rowQueryDot(RowQuery(format, zero), otherRow.data(), path), 0.0F);
            QCOMPARE(rowDot(format, row.data(), otherRow.data(), 50, path), 0.0F);
        }
        QVERIFY(isFiniteRow(row.data(), format, 50));
        QCOMPARE(RowQuery().dot(row.data()), 0.0F);
    }

    /// All numbers as large as they can be: no sum overflows, on any path.
    void extremes_data() {
        QTest::addColumn<int>("dim");
        QTest::addColumn<float>("value");
        for (const int dim : {1, 1000, 2048, 2049, 4096, 10'007})
            for (const float value : {1.0F, -1.0F, 1e-30F, 1e15F})
                QTest::addRow("%d x %g", dim, double{value}) << dim << value;
    }
    void extremes() {
        QFETCH(int, dim);
        QFETCH(float, value);
        const std::vector<float> vector(static_cast<std::size_t>(dim), value);
        const std::vector<float> one(vector.size(), 1.0F);
        const Row row = rowOf(vector, RowFormat::Int8), ones = rowOf(one, RowFormat::Int8);
        const double expected = double{value} * dim;
        for (const HalfPath path : paths()) {
            const auto near = [expected](float found) {
                return std::abs(found - expected) <= 1e-6 * std::abs(expected);
            };
            QVERIFY(near(rowQueryDot(RowQuery(RowFormat::Int8, one), row.data(), path)));
            QVERIFY(near(rowQueryDot(RowQuery(RowFormat::Int8, vector), ones.data(), path)));
            QVERIFY(near(rowDot(RowFormat::Int8, row.data(), ones.data(), vector.size(), path)));
        }
    }

    void tinyNumbersBecomeZero() {
        const std::vector<float> vector(20, std::numeric_limits<float>::denorm_min());
        QCOMPARE(floatsOf(rowOf(vector, RowFormat::Int8), RowFormat::Int8, 20), std::vector<float>(20));
    }

    void oneLargeNumberLeavesTheOthersTheirShare() {
        std::vector<float> vector(400, 0.01F);
        vector[7] = 0.98F;
        const std::vector<float> back = floatsOf(rowOf(vector, RowFormat::Int8), RowFormat::Int8, 400);
        QVERIFY(std::abs(back[7] - 0.98F) < 0.01F); // the scale gives way for the length
        QVERIFY(std::abs(back[8] - 0.01F) < 0.004F);
    }

    void notFinite_data() { formats(); }
    void notFinite() {
        QFETCH(RowFormat, format);
        Row row = rowOf(unitVector(9, 1), format);
        QVERIFY(isFiniteRow(row.data(), format, 9));
        row[format == RowFormat::Half ? 5 : 3] = std::byte{0x7f};
        row[format == RowFormat::Half ? 4 : 2] = std::byte{0xff};
        QVERIFY(!isFiniteRow(row.data(), format, 9));
    }
};

QTEST_APPLESS_MAIN(TestRowFormat)
#include "tst_row_format.moc"
