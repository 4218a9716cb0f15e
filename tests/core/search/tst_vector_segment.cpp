#include "core/search/vector_segment.h"
#include "synthetic_vectors.h"

#include <QTemporaryDir>
#include <QTest>

#include <array>
#include <fstream>
#include <map>
#include <random>

using namespace grappa;
namespace fs = std::filesystem;

namespace {

constexpr int dim = 24;
constexpr std::size_t count = 100;
const std::string model = "0123456789abcdef0123456789abcdef";

std::optional<ErrorCode> openingFails(const fs::path& path, const std::string& checksum, RowFormat format,
                                      const std::string& hash = model, int wantedDim = dim) {
    try {
        VectorSegment(path, checksum, hash, wantedDim, format);
        return std::nullopt;
    } catch (const Error& error) {
        return error.code();
    }
}

} // namespace

class TestVectorSegment : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        for (const RowFormat format : {RowFormat::Half, RowFormat::Int8})
            m_checksums[format] =
                VectorSegment::save(path(format), model, dim, format, m_ids, m_vectors.rows(format, count));
    }

    void holdsWhatWasSaved_data() { formats(); }
    void holdsWhatWasSaved() {
        QFETCH(RowFormat, format);
        const VectorSegment segment(path(format), m_checksums[format], model, dim, format);
        const auto rows = m_vectors.rows(format, count);
        const std::size_t size = rowBytes(format, dim);
        QVERIFY(segment.format() == format);
        QCOMPARE(segment.size(), count);
        QVERIFY(std::equal(m_ids.begin(), m_ids.end(), segment.ids().begin()));
        for (std::size_t i = 0; i < count; ++i)
            QVERIFY(std::equal(segment.row(i), segment.row(i) + size, rows.data() + i * size));
        QCOMPARE(reinterpret_cast<std::uintptr_t>(segment.row(0)) % 64, std::uintptr_t{0});
        QCOMPARE(segment.find(m_ids[7]), std::optional<std::size_t>(7));
        QVERIFY(!segment.find(m_ids[7] + 1));
        QVERIFY(!fs::exists(path(format).native() + ".part"));
    }

    /// Libraries are full of files of the first version: here one is put together by hand.
    void theFirstVersionIsAsItWas() {
        std::string bytes = "grappavs";
        const auto append = [&bytes](const auto& values) {
            const auto raw = std::as_bytes(std::span(values));
            bytes.append(reinterpret_cast<const char*>(raw.data()), raw.size());
        };
        const std::size_t rows = (128 + 8 * count + 63) / 64 * 64;
        append(std::array<std::uint32_t, 2>{1, dim});
        append(std::array<std::uint64_t, 2>{count, rows + 2 * count * dim});
        append(std::array<std::uint32_t, 2>{1, 0});
        bytes += model + std::string(88 - model.size(), '\0');
        append(m_ids);
        bytes.resize(rows);
        append(m_vectors.halves);
        saveFile(damaged(), std::as_bytes(std::span(bytes)));
        QCOMPARE(checksumOf(damaged()), m_checksums[RowFormat::Half]);
        const VectorSegment segment(damaged(), checksumOf(damaged()), model, dim, RowFormat::Half);
        QCOMPARE(segment.size(), count);
    }

    void refusedWhenItDoesNotFit_data() { formats(); }
    void refusedWhenItDoesNotFit() {
        QFETCH(RowFormat, format);
        const RowFormat other = format == RowFormat::Half ? RowFormat::Int8 : RowFormat::Half;
        const std::string& checksum = m_checksums[format];
        QCOMPARE(openingFails(path(format), checksum, format), std::nullopt);
        QCOMPARE(openingFails(path(format), checksum, other), ErrorCode::Corrupt);
        QCOMPARE(openingFails(path(format), checksum, format, model, dim / 2), ErrorCode::Corrupt);
        QCOMPARE(openingFails(path(format), checksum, format, "another model"), ErrorCode::Corrupt);
        QCOMPARE(openingFails(path(format), std::string(32, '0'), format), ErrorCode::Corrupt);
        QCOMPARE(openingFails(path(format) / "nowhere", checksum, format), ErrorCode::IoFailed);
    }

    void everyFlippedBitIsDetected_data() { formats(); }
    void everyFlippedBitIsDetected() {
        QFETCH(RowFormat, format);
        const auto size = fs::file_size(path(format));
        std::mt19937 random(1);
        std::vector<std::size_t> positions(300);
        for (std::size_t i = 0; i < positions.size(); ++i)
            positions[i] = i < 128 ? i : random() % size; // the header whole, the rest by sample
        for (const std::size_t position : positions) {
            fs::copy_file(path(format), damaged(), fs::copy_options::overwrite_existing);
            std::fstream file(damaged(), std::ios::in | std::ios::out | std::ios::binary);
            file.seekg(static_cast<std::streamoff>(position));
            const char byte = static_cast<char>(file.get() ^ (1 << random() % 8));
            file.seekp(static_cast<std::streamoff>(position)).put(byte);
            file.close();
            QCOMPARE(openingFails(damaged(), m_checksums[format], format), ErrorCode::Corrupt);
            // Even a checksum that was made to fit does not get a damaged header in.
            if (position < 40) QCOMPARE(openingFails(damaged(), checksumOf(damaged()), format), ErrorCode::Corrupt);
        }
    }

    void truncated_data() {
        QTest::addColumn<qint64>("size");
        QTest::addColumn<RowFormat>("format");
        for (const qint64 size : {0, 1, 127, 128, 500, 1000, 5000})
            QTest::addRow("%lld", size) << size << RowFormat::Half;
        for (const qint64 size : {0, 128, 1000, 3500})
            QTest::addRow("int8, %lld", size) << size << RowFormat::Int8;
    }
    void truncated() {
        QFETCH(qint64, size);
        QFETCH(RowFormat, format);
        fs::copy_file(path(format), damaged(), fs::copy_options::overwrite_existing);
        fs::resize_file(damaged(), static_cast<std::uintmax_t>(size));
        QCOMPARE(openingFails(damaged(), m_checksums[format], format), ErrorCode::Corrupt);
        QCOMPARE(openingFails(damaged(), checksumOf(damaged()), format), ErrorCode::Corrupt);
    }

    void idsMustAscend_data() {
        QTest::addColumn<QList<qint64>>("ids");
        QTest::addColumn<RowFormat>("format");
        for (const RowFormat format : {RowFormat::Half, RowFormat::Int8}) {
            const char* name = format == RowFormat::Half ? "fp16" : "int8";
            QTest::addRow("%s, descending", name) << QList<qint64>{2, 1} << format;
            QTest::addRow("%s, twice", name) << QList<qint64>{1, 1} << format;
            QTest::addRow("%s, too few", name) << QList<qint64>{1} << format;
        }
    }
    void idsMustAscend() {
        QFETCH(QList<qint64>, ids);
        QFETCH(RowFormat, format);
        const std::vector<ImageId> images(ids.begin(), ids.end());
        const std::vector<std::byte> rows(2 * rowBytes(format, dim));
        std::optional<ErrorCode> code;
        try {
            VectorSegment::save(damaged(), model, dim, format, images, rows);
        } catch (const Error& error) {
            code = error.code();
        }
        QCOMPARE(code, ErrorCode::Internal);
    }

private:
    static void formats() {
        QTest::addColumn<RowFormat>("format");
        QTest::newRow("fp16") << RowFormat::Half;
        QTest::newRow("int8") << RowFormat::Int8;
    }
    fs::path path(RowFormat format) const {
        return m_folder.filePath(format == RowFormat::Half ? "half.vectors" : "int8.vectors").toStdString();
    }
    fs::path damaged() const { return m_folder.filePath("damaged.vectors").toStdString(); }
    static std::string checksumOf(const fs::path& path) { return hashBytes(MappedFile(path).bytes()).hex(); }

    QTemporaryDir m_folder;
    SyntheticVectors m_vectors{count, dim};
    std::vector<ImageId> m_ids = SyntheticVectors::oddIds(count);
    std::map<RowFormat, std::string> m_checksums;
};

QTEST_APPLESS_MAIN(TestVectorSegment)
#include "tst_vector_segment.moc"
