#include "core/base/error.h"
#include "core/library/thumbnail_store.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>
#include <thread>

using namespace grappa;

namespace {

using Bytes = std::vector<std::byte>;

ContentHash hashOf(int number) {
    const std::string text = std::to_string(number);
    return hashBytes(std::as_bytes(std::span(text)));
}

Bytes jpeg(int number, std::size_t size = 9000) {
    return Bytes(size, static_cast<std::byte>(number));
}

std::vector<std::pair<ContentHash, Bytes>> some(int count) {
    std::vector<std::pair<ContentHash, Bytes>> thumbnails;
    for (int i = 0; i < count; ++i)
        thumbnails.emplace_back(hashOf(i), jpeg(i));
    return thumbnails;
}

} // namespace

class TestThumbnailStore : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void findsWhatWasPut() {
        ThumbnailStore store(file());
        QVERIFY(!store.contains(hashOf(1)));
        QVERIFY(!store.find(hashOf(1)));
        store.put(some(3));
        QVERIFY(store.contains(hashOf(1)));
        QCOMPARE(store.find(hashOf(1)), jpeg(1));
        store.put(std::vector{std::pair{hashOf(1), jpeg(9, 10)}, std::pair{hashOf(2), Bytes()}});
        QCOMPARE(store.find(hashOf(1)), jpeg(9, 10));
        QCOMPARE(store.find(hashOf(2)), Bytes());
        QCOMPARE(ThumbnailStore(file()).find(hashOf(0)), jpeg(0));
    }

    void removesTheUnwanted() {
        ThumbnailStore store(file());
        store.put(some(5));
        const ContentHash kept = hashOf(3);
        QCOMPARE(store.removeIf([&](const ContentHash& hash) { return hash != kept; }), std::size_t{4});
        QVERIFY(store.contains(kept));
        QVERIFY(!store.contains(hashOf(0)));
    }

    void damagedStoreIsMadeAnew_data() {
        QTest::addColumn<QString>("damage");
        QTest::newRow("not a database") << "text";
        QTest::newRow("another database") << "other";
        QTest::newRow("zeroed pages") << "zeroes";
        QTest::newRow("truncated") << "truncated";
    }
    void damagedStoreIsMadeAnew() {
        QFETCH(QString, damage);
        { ThumbnailStore(file()).put(some(50)); }
        auto wal = file();
        wal += "-wal";
        std::filesystem::remove(wal);
        if (damage == "text")
            std::ofstream(file()) << "no database at all, but long enough to have a header of one hundred bytes "
                                     "and a few more, so that it is read as one";
        if (damage == "other") {
            std::fstream header(file(), std::ios::in | std::ios::out | std::ios::binary);
            header.seekp(60).write("\0\0\0\7", 4);
        }
        if (damage == "zeroes") {
            std::fstream pages(file(), std::ios::in | std::ios::out | std::ios::binary);
            pages.seekp(4096);
            pages << std::string(16 * 4096, '\0');
        }
        if (damage == "truncated") std::filesystem::resize_file(file(), 5000);
        ThumbnailStore store(file());
        for (int i = 0; i < 50; ++i) {
            const auto found = store.find(hashOf(i));
            QVERIFY(!found || *found == jpeg(i));
        }
        store.put(some(50));
        QCOMPARE(store.find(hashOf(49)), jpeg(49));
    }

    void readersAndWriterAtOnce() {
        ThumbnailStore writer(file());
        std::jthread reading([this](const std::stop_token& stop) {
            ThumbnailStore reader(file());
            while (!stop.stop_requested())
                for (int i = 0; i < 100; ++i)
                    if (const auto found = reader.find(hashOf(i)); found && *found != jpeg(i)) qFatal("torn thumbnail");
        });
        for (int i = 0; i < 100; ++i)
            writer.put(std::vector{std::pair{hashOf(i), jpeg(i)}});
        reading.request_stop();
        reading.join();
        QCOMPARE(writer.find(hashOf(99)), jpeg(99));
    }

private:
    std::filesystem::path file() const { return m_folder->filePath("thumbnails.sqlite").toStdString(); }

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_APPLESS_MAIN(TestThumbnailStore)
#include "tst_thumbnail_store.moc"
