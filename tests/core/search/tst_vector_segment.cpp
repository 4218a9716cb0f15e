#include "core/search/vector_segment.h"
#include "synthetic_vectors.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>
#include <random>

using namespace grappa;
namespace fs = std::filesystem;

namespace {

constexpr int dim = 24;
constexpr std::size_t count = 100;
const std::string model = "0123456789abcdef0123456789abcdef";

std::optional<ErrorCode> openingFails(const fs::path& path, const std::string& checksum,
                                      const std::string& hash = model, int wantedDim = dim) {
    try {
        VectorSegment(path, checksum, hash, wantedDim);
        return std::nullopt;
    } catch (const Error& error) {
        return error.code();
    }
}

} // namespace

class TestVectorSegment : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_checksum = VectorSegment::save(path(), model, dim, m_ids, m_vectors.halves); }

    void holdsWhatWasSaved() {
        const VectorSegment segment(path(), m_checksum, model, dim);
        QCOMPARE(segment.size(), count);
        QVERIFY(std::equal(m_ids.begin(), m_ids.end(), segment.ids().begin()));
        for (std::size_t i = 0; i < count; ++i)
            QVERIFY(std::equal(m_vectors.row(i), m_vectors.row(i) + dim, segment.row(i)));
        QCOMPARE(reinterpret_cast<std::uintptr_t>(segment.row(0)) % 64, std::uintptr_t{0});
        QCOMPARE(segment.find(m_ids[7]), std::optional<std::size_t>(7));
        QVERIFY(!segment.find(m_ids[7] + 1));
        QVERIFY(!fs::exists(path().native() + ".part"));
    }

    void refusedWhenItDoesNotFit() {
        QCOMPARE(openingFails(path(), m_checksum, model, dim / 2), ErrorCode::Corrupt);
        QCOMPARE(openingFails(path(), m_checksum, "another model"), ErrorCode::Corrupt);
        QCOMPARE(openingFails(path(), std::string(32, '0')), ErrorCode::Corrupt);
        QCOMPARE(openingFails(path() / "nowhere", m_checksum), ErrorCode::IoFailed);
    }

    void everyFlippedBitIsDetected() {
        const auto size = fs::file_size(path());
        std::mt19937 random(1);
        std::vector<std::size_t> positions(300);
        for (std::size_t i = 0; i < positions.size(); ++i)
            positions[i] = i < 128 ? i : random() % size; // the header whole, the rest by sample
        for (const std::size_t position : positions) {
            fs::copy_file(path(), damaged(), fs::copy_options::overwrite_existing);
            std::fstream file(damaged(), std::ios::in | std::ios::out | std::ios::binary);
            file.seekg(static_cast<std::streamoff>(position));
            const char byte = static_cast<char>(file.get() ^ (1 << random() % 8));
            file.seekp(static_cast<std::streamoff>(position)).put(byte);
            file.close();
            QCOMPARE(openingFails(damaged(), m_checksum), ErrorCode::Corrupt);
            // Even a checksum that was made to fit does not get a damaged header in.
            if (position < 40) QCOMPARE(openingFails(damaged(), checksumOf(damaged())), ErrorCode::Corrupt);
        }
    }

    void truncated_data() {
        QTest::addColumn<qint64>("size");
        for (const qint64 size : {0, 1, 127, 128, 500, 1000, 5000})
            QTest::addRow("%lld", size) << size;
    }
    void truncated() {
        QFETCH(qint64, size);
        fs::copy_file(path(), damaged(), fs::copy_options::overwrite_existing);
        fs::resize_file(damaged(), static_cast<std::uintmax_t>(size));
        QCOMPARE(openingFails(damaged(), m_checksum), ErrorCode::Corrupt);
        QCOMPARE(openingFails(damaged(), checksumOf(damaged())), ErrorCode::Corrupt);
    }

    void idsMustAscend_data() {
        QTest::addColumn<QList<qint64>>("ids");
        QTest::newRow("descending") << QList<qint64>{2, 1};
        QTest::newRow("twice") << QList<qint64>{1, 1};
        QTest::newRow("too few") << QList<qint64>{1};
    }
    void idsMustAscend() {
        QFETCH(QList<qint64>, ids);
        const std::vector<ImageId> images(ids.begin(), ids.end());
        const std::vector<std::uint16_t> halves(2 * dim);
        std::optional<ErrorCode> code;
        try {
            VectorSegment::save(damaged(), model, dim, images, halves);
        } catch (const Error& error) {
            code = error.code();
        }
        QCOMPARE(code, ErrorCode::Internal);
    }

private:
    fs::path path() const { return m_folder.filePath("a.vectors").toStdString(); }
    fs::path damaged() const { return m_folder.filePath("damaged.vectors").toStdString(); }
    static std::string checksumOf(const fs::path& path) { return hashBytes(MappedFile(path).bytes()).hex(); }

    QTemporaryDir m_folder;
    SyntheticVectors m_vectors{count, dim};
    std::vector<ImageId> m_ids = SyntheticVectors::oddIds(count);
    std::string m_checksum;
};

QTEST_APPLESS_MAIN(TestVectorSegment)
#include "tst_vector_segment.moc"
