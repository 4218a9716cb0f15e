#include "core/base/file_io.h"

#include <QTest>

#include <QDir>
#include <QTemporaryDir>

#include <sys/stat.h>
#include <unistd.h>

using namespace grappa;

namespace {

std::span<const std::byte> bytesOf(std::string_view text) {
    return std::as_bytes(std::span(text));
}

std::string textOf(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class Function>
std::optional<ErrorCode> errorOf(Function function) {
    try {
        function();
    } catch (const Error& error) {
        return error.code();
    }
    return std::nullopt;
}

} // namespace

class TestFileIo : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        m_path = m_folder->path().toStdString();
    }

    void savedFilesAreReadBack() {
        saveFile(m_path / "a", bytesOf("one"));
        saveFile(m_path / "a", bytesOf("two"));
        QCOMPARE(textOf(readUserFile(m_path / "a", 3).bytes), std::string("two"));
        QCOMPARE(textOf(MappedFile(m_path / "a").bytes()), std::string("two"));
        QCOMPARE(names(), QStringList{"a"});
    }

    void whatIsNotCommittedLeavesTheOldFile() {
        saveFile(m_path / "a", bytesOf("old"));
        {
            AtomicFile file(m_path / "a");
            file.write(bytesOf("new"));
            QCOMPARE(names(), (QStringList{"a", "a.part"}));
        }
        QCOMPARE(names(), QStringList{"a"});
        QCOMPARE(textOf(readUserFile(m_path / "a", 10).bytes), std::string("old"));
    }

    void aHeaderCanBeWrittenLast() {
        AtomicFile file(m_path / "a");
        file.write(bytesOf("????data"));
        file.writeAt(0, bytesOf("head"));
        file.write(bytesOf("."));
        file.commit();
        QCOMPARE(textOf(readUserFile(m_path / "a", 10).bytes), std::string("headdata."));
    }

    void aFullDiskIsToldApart() {
        QVERIFY(::symlink("/dev/full", (m_path / "a.part").c_str()) == 0);
        QCOMPARE(errorOf([&] { saveFile(m_path / "a", bytesOf("x")); }), std::optional(ErrorCode::DiskFull));
        QCOMPARE(errorOf([&] { saveFile(m_path / "no folder" / "a", bytesOf("x")); }),
                 std::optional(ErrorCode::IoFailed));
    }

    void userFilesAreRegularAndBounded() {
        saveFile(m_path / "a", bytesOf("1234"));
        QCOMPARE(readUserFile(m_path / "a", 4).stamp.size, std::uint64_t{4});
        QCOMPARE(errorOf([&] { readUserFile(m_path / "a", 3); }), std::optional(ErrorCode::FileTooLarge));
        QCOMPARE(errorOf([&] { readUserFile(m_path / "absent", 3); }), std::optional(ErrorCode::FileUnreadable));
        QCOMPARE(errorOf([&] { readUserFile(m_path, 3); }), std::optional(ErrorCode::FileUnreadable));
        QCOMPARE(errorOf([&] { readUserFile("/dev/zero", 3); }), std::optional(ErrorCode::FileUnreadable));
        QVERIFY(::mkfifo((m_path / "fifo").c_str(), 0600) == 0);
        QCOMPARE(errorOf([&] { readUserFile(m_path / "fifo", 3); }), std::optional(ErrorCode::FileUnreadable));
        QCOMPARE(errorOf([&] { MappedFile(m_path / "fifo"); }), std::optional(ErrorCode::IoFailed));
    }

    void emptyFilesAreFine() {
        saveFile(m_path / "a", {});
        QVERIFY(readUserFile(m_path / "a", 0).bytes.empty());
        QVERIFY(MappedFile(m_path / "a").bytes().empty());
    }

    void locksExclude() {
        auto held = FileLock::tryAcquire(m_path / "lock");
        QVERIFY(held);
        QVERIFY(!FileLock::tryAcquire(m_path / "lock"));
        held.reset();
        QVERIFY(FileLock::tryAcquire(m_path / "lock"));
    }

    void pathsAreShownAsUtf8_data() {
        QTest::addColumn<QByteArray>("raw");
        QTest::addColumn<QByteArray>("shown");
        QTest::newRow("ascii") << QByteArray("a b") << QByteArray("a b");
        QTest::newRow("umlaut") << QByteArray("\xc3\xa4") << QByteArray("\xc3\xa4");
        QTest::newRow("emoji") << QByteArray("\xf0\x9f\x8d\x87") << QByteArray("\xf0\x9f\x8d\x87");
        QTest::newRow("latin-1") << QByteArray("\xe4.jpg") << QByteArray("\xef\xbf\xbd.jpg");
        QTest::newRow("cut short") << QByteArray("\xf0\x9f") << QByteArray("\xef\xbf\xbd\xef\xbf\xbd");
        QTest::newRow("overlong") << QByteArray("\xc0\xaf") << QByteArray("\xef\xbf\xbd\xef\xbf\xbd");
        QTest::newRow("surrogate") << QByteArray("\xed\xa0\x80") << QByteArray("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    }

    void pathsAreShownAsUtf8() {
        QFETCH(const QByteArray, raw);
        QFETCH(const QByteArray, shown);
        QCOMPARE(QByteArray::fromStdString(displayPath(raw.toStdString())), shown);
    }

    void freeSpaceIsKnownWhereThereIsAFolder() {
        QVERIFY(freeBytes(m_path).value_or(0) > 0);
        QVERIFY(!freeBytes(m_path / "absent"));
    }

private:
    QStringList names() const { return QDir(m_folder->path()).entryList(QDir::Files); }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::filesystem::path m_path;
};

QTEST_APPLESS_MAIN(TestFileIo)
#include "tst_file_io.moc"
