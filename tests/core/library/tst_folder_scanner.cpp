#include "core/base/error.h"
#include "core/library/folder_scanner.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <fcntl.h>
#include <fstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace grappa;
namespace fs = std::filesystem;

namespace {

void makeFile(const fs::path& path, const std::string& content = "x") {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << content;
}

struct Result {
    ScanSummary summary;
    std::vector<std::string> paths;
    std::vector<FileStamp> stamps;
};

Result scan(const fs::path& folder) {
    Result result;
    result.summary = scanFolder(folder, {}, [&](ScannedFile file) {
        result.paths.push_back(file.relativePath.native());
        result.stamps.push_back(file.stamp);
    });
    return result;
}

std::vector<std::string> failed(const Result& result) {
    std::vector<std::string> paths;
    for (const ScanFailure& failure : result.summary.failures)
        paths.push_back(failure.relativePath.native());
    return paths;
}

using Paths = std::vector<std::string>;

} // namespace

class TestFolderScanner : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    /// QTemporaryDir gives up at names with a newline and at very deep trees.
    void cleanup() {
        std::error_code error;
        fs::remove_all(root(), error);
    }

    void suffixes_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<bool>("image");
        for (const char* name :
             {"a.jpg", "a.JPEG", "a.jpe", "a.jfif", "a.Png", "a.webp", "a.tif", "a.TIFF", "a.bmp", "a.gif", "a.b.jpg",
              "a..jpg", "a.HEIC", "a.avif", "a.jxl", "a.jp2", "a.svg", "a.mpo", "a.jpg "})
            QTest::newRow(name) << name << true;
        for (const char* name : {"a", "jpg", "a.jpg.txt", "a.mp4", "a.", ".jpg"})
            QTest::newRow(name) << name << false;
    }
    void suffixes() {
        QFETCH(QString, name);
        QFETCH(bool, image);
        QCOMPARE(hasImageSuffix(name.toStdString()), image);
    }

    void depthFirstInAStableOrder() {
        for (const char* name : {"b/2.jpg", "b/1.jpg", "a.jpg", "c/d/e.png", "c/f.gif", "notes.txt"})
            makeFile(root() / name);
        const Result result = scan(root());
        QCOMPARE(result.paths, (Paths{"a.jpg", "b/1.jpg", "b/2.jpg", "c/f.gif", "c/d/e.png"}));
        QCOMPARE(result.summary.files, 5u);
        QCOMPARE(result.summary.leftAlone.others, 1u);
        QVERIFY(result.summary.failures.empty());
    }

    void stamps() {
        makeFile(root() / "a.jpg", "12345");
        const timespec times[2] = {{10, 0}, {1'600'000'000, 123'456'789}};
        QCOMPARE(::utimensat(AT_FDCWD, (root() / "a.jpg").c_str(), times, 0), 0);
        QCOMPARE(scan(root()).stamps, (std::vector<FileStamp>{{5, 1'600'000'000'123'456'789}}));
    }

    void oddNames_data() {
        QTest::addColumn<QByteArray>("name");
        QTest::newRow("not UTF-8") << QByteArray("\xff\xfe.jpg");
        QTest::newRow("newline") << QByteArray("a\nb.jpg");
        QTest::newRow("leading dash") << QByteArray("-rf.jpg");
        QTest::newRow("255 bytes") << QByteArray(251, 'n') + ".jpg";
        QTest::newRow("spaces") << QByteArray("  .jpg");
        QTest::newRow("trailing dots in a folder") << QByteArray("dots.../a.jpg");
        QTest::newRow("backslash") << QByteArray("a\\b.jpg");
    }
    void oddNames() {
        QFETCH(QByteArray, name);
        makeFile(root() / name.toStdString());
        QCOMPARE(scan(root()).paths, Paths{name.toStdString()});
    }

    void caseTwins() {
        makeFile(root() / "A.jpg");
        makeFile(root() / "a.jpg");
        QCOMPARE(scan(root()).paths, (Paths{"A.jpg", "a.jpg"}));
    }

    void picturesAreFoundByContent_data() {
        QTest::addColumn<QByteArray>("content");
        QTest::newRow("JPEG") << QByteArray("\xff\xd8\xff\xe0 and more");
        QTest::newRow("PNG") << QByteArray("\x89PNG\r\n\x1a\n and more");
        QTest::newRow("WebP") << QByteArray("RIFF\x10\0\0\0WEBPVP8 ", 16);
        QTest::newRow("GIF") << QByteArray("GIF89a and more");
        QTest::newRow("TIFF") << QByteArray("II*\0 and more", 13);
        QTest::newRow("BigTIFF") << QByteArray("MM\0+ and more", 13);
        QTest::newRow("BMP") << QByteArray("BM\x10\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", 18);
        QTest::newRow("HEIC") << QByteArray("\0\0\0\x18"
                                            "ftypheic\0\0\0\0mif1heic",
                                            24);
        QTest::newRow("JPEG 2000") << QByteArray("\0\0\0\x0cjP  \r\n\x87\n", 12);
    }
    void picturesAreFoundByContent() {
        QFETCH(QByteArray, content);
        Paths names{"a", "a.jpeg!d", "a.jpg (1)", "a.jpg-1", "a.jpg.bak", "a.jpg_large", "a.part", "a.txt", "a~", "b."};
        for (const std::string& name : names)
            makeFile(root() / name, content.toStdString());
        std::sort(names.begin(), names.end());
        QCOMPARE(scan(root()).paths, names);
    }

    void otherFilesAreCounted() {
        makeFile(root() / "clip.mp4");
        makeFile(root() / "clip", std::string("\0\0\0\x18"
                                              "ftypmp42",
                                              12));
        makeFile(root() / "a.xmp");
        makeFile(root() / "a.thm", "\xff\xd8\xff");
        makeFile(root() / "README");
        makeFile(root() / "letter.txt", "BMW and nothing that looks like a bitmap");
        const Result result = scan(root());
        QVERIFY(result.paths.empty() && result.summary.failures.empty());
        QCOMPARE(result.summary.leftAlone.videos, 2u);
        QCOMPARE(result.summary.leftAlone.sidecars, 2u);
        QCOMPARE(result.summary.leftAlone.others, 2u);
    }

    void companionsAreLeftAlone_data() {
        QTest::addColumn<QString>("name");
        for (const char* name :
             {"@eaDir/a.jpg/XL.jpg", "x/@eaDir/b.jpg", "#recycle/a.jpg", "$RECYCLE.BIN/a.jpg", "@Recycle/a.jpg",
              "__MACOSX/a.jpg", "Catalog Previews.lrdata/1/a.jpg", "Mine.photoslibrary/resources/derivatives/a.jpg",
              ".trashed-1700000000-a.jpg", "quiet/.nomedia", "quiet/below/a.jpg"})
            QTest::newRow(name) << name;
    }
    void companionsAreLeftAlone() {
        QFETCH(QString, name);
        makeFile(root() / "a.jpg");
        makeFile(root() / "Mine.photoslibrary/originals/0/b.jpg");
        makeFile(root() / name.toStdString());
        if (name.startsWith("quiet")) makeFile(root() / "quiet/.nomedia");
        const Result result = scan(root());
        QCOMPARE(result.paths, (Paths{"a.jpg", "Mine.photoslibrary/originals/0/b.jpg"}));
        QCOMPARE(result.summary.leftAlone.companions, 1u);
        QVERIFY(result.summary.failures.empty());
    }

    void companionsAreReadWhenAskedFor() {
        makeFile(root() / "@eaDir/a.jpg");
        makeFile(root() / "quiet/.nomedia");
        makeFile(root() / "quiet/b.jpg");
        Paths found;
        const auto add = [&](const ScannedFile& file) { found.push_back(file.relativePath.native()); };
        scanFolder(root(), {}, add, {.companions = true});
        QCOMPARE(found, (Paths{"@eaDir/a.jpg", "quiet/b.jpg"}));
        // A folder that the user names is meant, whatever its name.
        QCOMPARE(scan(root() / "@eaDir").paths, Paths{"a.jpg"});
        QCOMPARE(scan(root() / "quiet").paths, Paths{"b.jpg"});
    }

    void appleDoubleIsNoPicture() {
        makeFile(root() / "._a.jpg", std::string("\0\5\x16\7\0\2\0\0Mac OS X", 16));
        makeFile(root() / "._b.jpg", "\xff\xd8\xff\xe0 a picture with an odd name");
        makeFile(root() / "a.jpg");
        const Result result = scan(root());
        QCOMPARE(result.paths, (Paths{"._b.jpg", "a.jpg"}));
        QCOMPARE(result.summary.leftAlone.companions, 1u);
    }

    void hiddenFoldersAreLeftOut() {
        makeFile(root() / ".thumbnails/a.jpg");
        makeFile(root() / "b.jpg");
        QCOMPARE(scan(root()).paths, Paths{"b.jpg"});
    }

    void linksAreFollowedOnce() {
        makeFile(root() / "z/real.jpg");
        fs::create_directory_symlink("z", root() / "a-link-to-z");
        fs::create_directory_symlink(root(), root() / "z/loop");
        fs::create_symlink("z/real.jpg", root() / "link.jpg");
        fs::create_symlink("nowhere.jpg", root() / "dangling.jpg");
        fs::create_symlink("nowhere", root() / "dangling");
        fs::create_symlink("self", root() / "self");
        const Result result = scan(root());
        QCOMPARE(result.paths, (Paths{"link.jpg", "z/real.jpg"}));
        QCOMPARE(failed(result), Paths{"dangling.jpg"});
    }

    void linkOutOfTheTree() {
        QTemporaryDir elsewhere;
        makeFile(elsewhere.filePath("deep/out.jpg").toStdString());
        fs::create_directory_symlink(elsewhere.path().toStdString(), root() / "out");
        QCOMPARE(scan(root()).paths, Paths{"out/deep/out.jpg"});
    }

    void theFolderMayBeALink() {
        makeFile(root() / "real/a.jpg");
        fs::create_directory_symlink("real", root() / "link");
        QCOMPARE(scan(root() / "link").paths, Paths{"a.jpg"});
    }

    void notRegularFiles() {
        QCOMPARE(::mkfifo((root() / "fifo.jpg").c_str(), 0600), 0);
        fs::create_symlink("/dev/zero", root() / "zero.jpg");
        const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const std::string path = (root() / "socket.jpg").native();
        QVERIFY(path.size() < sizeof address.sun_path);
        path.copy(address.sun_path, path.size());
        QCOMPARE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        ::close(socket);
        const Result result = scan(root());
        QVERIFY(result.paths.empty());
        QCOMPARE(failed(result), (Paths{"fifo.jpg", "socket.jpg", "zero.jpg"}));
    }

    void folderWithAnImageName() {
        makeFile(root() / "album.jpg/a.jpg");
        QCOMPARE(scan(root()).paths, Paths{"album.jpg/a.jpg"});
    }

    void unreadableFolderIsReported() {
        makeFile(root() / "a.jpg");
        makeFile(root() / "locked/b.jpg");
        if (::geteuid() == 0) QSKIP("root may read every folder");
        fs::permissions(root() / "locked", fs::perms::none);
        const Result result = scan(root());
        fs::permissions(root() / "locked", fs::perms::owner_all);
        QCOMPARE(result.paths, Paths{"a.jpg"});
        QCOMPARE(failed(result), Paths{"locked"});
    }

    void veryDeepTree() {
        // Deeper than PATH_MAX in bytes and than the number of descriptors a process may have open.
        constexpr int depth = 4000;
        int fd = ::open(root().c_str(), O_RDONLY | O_DIRECTORY);
        for (int i = 0; i < depth; ++i) {
            QCOMPARE(::mkdirat(fd, "dd", 0700), 0);
            const int next = ::openat(fd, "dd", O_RDONLY | O_DIRECTORY);
            QVERIFY(next >= 0);
            ::close(fd);
            fd = next;
        }
        ::close(::openat(fd, "deep.jpg", O_CREAT | O_WRONLY, 0600));
        ::close(fd);
        makeFile(root() / "top.jpg");
        const Result result = scan(root());
        QVERIFY(result.summary.failures.empty());
        QCOMPARE(result.paths.size(), std::size_t{2});
        QCOMPARE(result.paths.back().size(), std::size_t{3 * depth + 8});
    }

    void notAFolder_data() {
        QTest::addColumn<QString>("name");
        QTest::newRow("missing") << "nowhere";
        QTest::newRow("a file") << "a.jpg";
    }
    void notAFolder() {
        QFETCH(QString, name);
        makeFile(root() / "a.jpg");
        std::optional<ErrorCode> code;
        try {
            scan(root() / name.toStdString());
        } catch (const Error& error) {
            code = error.code();
        }
        QCOMPARE(code, ErrorCode::NotFound);
    }

    void stops() {
        for (int i = 0; i < 50; ++i)
            makeFile(root() / (std::to_string(i) + ".jpg"));
        std::stop_source source;
        int found = 0;
        std::optional<ErrorCode> code;
        try {
            scanFolder(root(), {source.get_token(), {}}, [&](const ScannedFile&) {
                if (++found == 3) source.request_stop();
            });
        } catch (const Error& error) {
            code = error.code();
        }
        QCOMPARE(code, ErrorCode::Interrupted);
        QCOMPARE(found, 3);
    }

private:
    fs::path root() const { return m_folder->path().toStdString(); }

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_APPLESS_MAIN(TestFolderScanner)
#include "tst_folder_scanner.moc"
