#include "core/base/row_format.h"
#include "library_fixture.h"

#include <QTest>
#include <SQLiteCpp/SQLiteCpp.h>

#include <fstream>

using namespace grappa;

namespace {

using Files = std::vector<ImportedFile>;

std::vector<std::string> names(Library& library, const std::vector<ImageId>& ids) {
    std::vector<std::string> names;
    for (const ImageId id : ids)
        names.push_back(library.image(id)->path.filename().native());
    return names;
}

template <class Work>
std::optional<ErrorCode> errorOf(Work work) {
    try {
        work();
        return std::nullopt;
    } catch (const Error& error) {
        return error.code();
    }
}

QString joined(const std::vector<std::string>& parts) {
    QStringList list;
    for (const std::string& part : parts)
        list << QString::fromStdString(part);
    return list.join(QLatin1Char(' '));
}

} // namespace

class TestLibrary : public QObject {
    Q_OBJECT

    struct Opened : LibraryFixture {
        explicit Opened(const std::string& descriptor = "class")
            : set(library.embeddingSet(key("model", descriptor), dim)) {}

        Library library{paths, Library::Access::ReadWrite};
        Collection collection = library.createCollection("Holiday");
        Folder folder = library.addFolder(collection.id, "/photos");
        EmbeddingSet set;

        Library::Committed commit(const Files& files) { return library.commitBatch(set.id, files); }
        FileId fileId(const std::string& path) { return library.findFile(folder.id, path)->id; }
    };

private Q_SLOTS:
    void readOnlyNeedsALibrary() {
        LibraryFixture fixture;
        QCOMPARE(errorOf([&] { Library(fixture.paths, Library::Access::ReadOnly); }), ErrorCode::NotFound);
        QVERIFY(!std::filesystem::exists(fixture.paths.catalogue()));
    }

    void readOnlySeesWhatIsInTheWalAndCannotWrite() {
        Opened o;
        o.commit({o.file(o.folder.id, "a.jpg", "a")});
        Library reader(o.paths, Library::Access::ReadOnly);
        QCOMPARE(reader.imageIds().size(), std::size_t{1});
        QCOMPARE(errorOf([&] { reader.createCollection("x"); }), ErrorCode::DatabaseFailed);
        const auto version = reader.dataVersion();
        o.commit({o.file(o.folder.id, "b.jpg", "b")});
        QVERIFY(reader.dataVersion() != version);
        QCOMPARE(reader.imageIds().size(), std::size_t{2});
    }

    void withoutLeavesOutWhatIsInHiddenCollectionsOnly() {
        Opened o;
        const Collection other = o.library.createCollection("Other");
        const Folder elsewhere = o.library.addFolder(other.id, "/elsewhere");
        o.commit({o.file(o.folder.id, "a.jpg", "a"), o.file(o.folder.id, "both.jpg", "both"),
                  o.file(elsewhere.id, "both.jpg", "both"), o.file(elsewhere.id, "b.jpg", "b")});
        ImageFilter filter;
        filter.without = {other.id};
        QVERIFY(filter.any());
        QCOMPARE(joined(names(o.library, o.library.imageIds(filter, ImageOrder::Name))), "a.jpg both.jpg");
        QCOMPARE(o.library.imageCount(filter), std::uint64_t{2});
        QCOMPARE(o.library.imageCount(), std::uint64_t{3});
        filter.without = {other.id, o.collection.id};
        QCOMPARE(o.library.imageCount(filter), std::uint64_t{0});
    }

    void aRemovedFolderTakesItsImagesAlong() {
        Opened o;
        const Folder second = o.library.addFolder(o.collection.id, "/second");
        o.commit({o.file(o.folder.id, "a.jpg", "a"), o.file(second.id, "b.jpg", "b"), o.file(second.id, "a.jpg", "a")});
        o.library.removeFolder(second.id);
        QCOMPARE(joined(names(o.library, o.library.imageIds())), "a.jpg");
        QCOMPARE(errorOf([&] { o.library.removeFolder(second.id); }), ErrorCode::NotFound);
    }

    void foldersWithFilesAreListedOnce() {
        Opened o;
        o.commit({o.file(o.folder.id, "a.jpg", "a"), o.file(o.folder.id, "2024/b.jpg", "b"),
                  o.file(o.folder.id, "2024/c.jpg", "c"), o.file(o.folder.id, "2024/May/d.jpg", "d")});
        const std::vector<std::filesystem::path> expected{"/photos", "/photos/2024", "/photos/2024/May"};
        QVERIFY(o.library.foldersWithFiles(o.collection.id) == expected);
        QVERIFY(o.library.foldersWithFiles(std::nullopt) == expected);
        QCOMPARE(o.library.filesSeen(o.folder.id), std::uint64_t{4});
    }

    void newestFirstHasTheUnknownLast() {
        Opened o;
        const auto taken = [&](const char* name, std::int64_t when) {
            ImportedFile file = o.file(o.folder.id, name, name);
            file.takenAt = when;
            return file;
        };
        o.commit({taken("unknown.jpg", 0), taken("old.jpg", 100), taken("new.jpg", 200), taken("older.jpg", -5)});
        QCOMPARE(joined(names(o.library, o.library.imageIds({}, ImageOrder::TakenNewestFirst))),
                 "new.jpg old.jpg older.jpg unknown.jpg");
    }

    void snapshotIsOfOneMoment() {
        Opened o;
        Library reader(o.paths, Library::Access::ReadOnly);
        {
            const auto snapshot = reader.snapshot();
            QCOMPARE(reader.imageIds().size(), std::size_t{0});
            o.commit({o.file(o.folder.id, "a.jpg", "a")});
            QCOMPARE(reader.imageIds().size(), std::size_t{0});
        }
        QCOMPARE(reader.imageIds().size(), std::size_t{1});
    }

    void somethingElseIsNotTakenForALibrary() {
        LibraryFixture fixture;
        std::ofstream(fixture.paths.catalogue()) << std::string(4096, 'x');
        QCOMPARE(errorOf([&] { Library(fixture.paths, Library::Access::ReadWrite); }), ErrorCode::Corrupt);
    }

    void collections() {
        Opened o;
        QCOMPARE(errorOf([&] { o.library.createCollection("Holiday"); }), ErrorCode::Usage);
        QCOMPARE(errorOf([&] { o.library.createCollection(""); }), ErrorCode::Usage);
        const Collection other = o.library.createCollection("Work");
        QCOMPARE(errorOf([&] { o.library.renameCollection(other.id, "Holiday"); }), ErrorCode::Usage);
        o.library.renameCollection(other.id, "Archive");
        o.library.renameCollection(other.id, "Archive");
        QVERIFY(!o.library.findCollection("Work"));
        QCOMPARE(o.library.findCollection("Archive")->id, other.id);
        QCOMPARE(o.library.collections().size(), std::size_t{2});
        QCOMPARE(errorOf([&] { o.library.renameCollection(99, "x"); }), ErrorCode::NotFound);
        QCOMPARE(errorOf([&] { o.library.removeCollection(99); }), ErrorCode::NotFound);
    }

    void foldersInsideOthers() {
        Opened o;
        QCOMPARE(o.library.addFolder(o.collection.id, "/photos/").id, o.folder.id);
        QCOMPARE(o.library.addFolder(o.collection.id, "/photos/2020/../2021").id, o.folder.id);
        QVERIFY(o.library.addFolder(o.collection.id, "/photos2").id != o.folder.id);
        o.commit({o.file(o.folder.id, "x/a.jpg", "a")});
        const ImageId image = o.library.imageIds().front();

        const Folder root = o.library.addFolder(o.collection.id, "/");
        QCOMPARE(o.library.folders(o.collection.id).size(), std::size_t{1});
        QCOMPARE(o.library.image(image)->path.native(), std::string("/photos/x/a.jpg"));
        QVERIFY(o.library.findFile(root.id, "photos/x/a.jpg"));
        QCOMPARE(errorOf([&] { o.library.addFolder(99, "/elsewhere"); }), ErrorCode::NotFound);
    }

    void relinkedFolder() {
        Opened o;
        o.commit({o.file(o.folder.id, "a.jpg", "a")});
        o.library.setFolderPath(o.folder.id, "/media/disk");
        QCOMPARE(o.library.image(o.library.imageIds().front())->path.native(), std::string("/media/disk/a.jpg"));
        const Folder other = o.library.addFolder(o.collection.id, "/other");
        QCOMPARE(errorOf([&] { o.library.setFolderPath(other.id, "/media/disk"); }), ErrorCode::Usage);
    }

    void batchIsCommittedWhole_data() { descriptors(); }
    void batchIsCommittedWhole() {
        QFETCH(std::string, descriptor);
        Opened o(descriptor);
        const auto done = o.commit({o.file(o.folder.id, "a.jpg", "a"), o.file(o.folder.id, "b.jpg", "bb")});
        QCOMPARE(done.files, 2u);
        QCOMPARE(done.newImages, 2u);
        QCOMPARE(done.newVectors, 2u);
        QCOMPARE(done.fileIds, (std::vector{o.fileId("a.jpg"), o.fileId("b.jpg")}));
        const auto tail = o.library.tail(o.set.id);
        QCOMPARE(tail.size(), std::size_t{2});
        QCOMPARE(tail.back().id, done.lastVector);
        const RowFormat format = rowFormat(o.set.key);
        std::vector<std::byte> expected(rowBytes(format, o.dim));
        encodeRow(o.file(0, "", "a").vector, format, expected.data());
        QCOMPARE(tail.front().row, expected);
        QVERIFY(o.library.verify(true).empty());
        QCOMPARE(o.library.tail(o.set.id, tail.front().id).size(), std::size_t{1});
        QCOMPARE(o.library.embeddingSets().front().vectors, 2u);
        const Image image = *o.library.image(tail.front().image);
        QCOMPARE(image.hash, o.hash("a"));
        QCOMPARE(image.width, 40);
        QCOMPARE(image.stamp, (FileStamp{1, 1}));
        QVERIFY(image.online);
    }

    void badVectorLeavesNothing_data() {
        QTest::addColumn<QList<float>>("vector");
        QTest::addColumn<std::string>("descriptor");
        for (const std::string descriptor : {"class", "class+patches"}) {
            const auto row = [&](const char* name, const QList<float>& vector) {
                QTest::addRow("%s, %s", name, descriptor.c_str()) << vector << descriptor;
            };
            row("too short", {1, 0});
            row("NaN", {NAN, 0, 0, 0, 0, 0, 0, 0});
            row("infinite", {0, 0, INFINITY, 0, 0, 0, 0, 0});
        }
    }
    void badVectorLeavesNothing() {
        QFETCH(QList<float>, vector);
        QFETCH(std::string, descriptor);
        Opened o(descriptor);
        auto good = o.file(o.folder.id, "a.jpg", "a");
        auto bad = o.file(o.folder.id, "b.jpg", "b");
        bad.vector.assign(vector.begin(), vector.end());
        QCOMPARE(errorOf([&] { o.commit({good, bad}); }), ErrorCode::Internal);
        QVERIFY(o.library.imageIds().empty());
        QVERIFY(!o.library.findFile(o.folder.id, "a.jpg"));
        QVERIFY(o.library.verify(true).empty());
    }

    void equalContentIsOneImage() {
        Opened o;
        o.commit({o.file(o.folder.id, "a.jpg", "same"), o.file(o.folder.id, "b.jpg", "same")});
        auto third = o.file(o.folder.id, "c.jpg", "same");
        third.vector.clear();
        const auto done = o.commit({third});
        QCOMPARE(done.newImages, 0u);
        QCOMPARE(o.library.imageIds().size(), std::size_t{1});
        QCOMPARE(o.library.tail(o.set.id).size(), std::size_t{1});
        const ImageId image = o.library.imageIds().front();
        QCOMPARE(o.library.image(image)->files, 3u);
        QCOMPARE(o.library.filesOf(image).size(), std::size_t{3});
        QCOMPARE(o.library.collections().front().images, 1u);
    }

    void movedFileKeepsItsVector() {
        Opened o;
        o.commit({o.file(o.folder.id, "a.jpg", "a")});
        const auto before = o.library.tail(o.set.id);
        auto moved = o.file(o.folder.id, "new/a.jpg", "a");
        moved.vector.clear();
        const auto done = o.commit({moved});
        QCOMPARE(o.library.markSeen(o.folder.id, done.fileIds), 1u);
        const Image image = *o.library.image(before.front().image);
        QCOMPARE(image.path.native(), std::string("/photos/new/a.jpg"));
        QVERIFY(image.online);
        QCOMPARE(o.library.tail(o.set.id).front().id, before.front().id);
    }

    void filesThatTradePlacesKeepTheirVectors() {
        Opened o;
        o.commit({o.file(o.folder.id, "a.jpg", "a"), o.file(o.folder.id, "b.jpg", "b")});
        const ImageId imageOfA = *o.library.findImage(o.hash("a"));
        auto overwritten = o.file(o.folder.id, "a.jpg", "b", 2);
        auto turnedUp = o.file(o.folder.id, "b.jpg", "a", 2);
        overwritten.vector.clear();
        turnedUp.vector.clear();
        o.commit({overwritten});
        // In between no file holds "a": it is not shown, but not lost either.
        QCOMPARE(o.library.imageIds(), std::vector{*o.library.findImage(o.hash("b"))});
        QVERIFY(o.library.verify(false).empty());
        const auto done = o.commit({turnedUp});
        o.library.markSeen(o.folder.id, std::vector{o.fileId("a.jpg"), o.fileId("b.jpg")});
        QCOMPARE(o.library.findImage(o.hash("a")), imageOfA);
        QCOMPARE(o.library.tail(o.set.id).size(), std::size_t{2});
    }

    void overwrittenContentIsForgottenAfterTheScan() {
        Opened o;
        o.commit({o.file(o.folder.id, "a.jpg", "old")});
        const auto done = o.commit({o.file(o.folder.id, "a.jpg", "new", 2)});
        o.library.markSeen(o.folder.id, done.fileIds);
        QVERIFY(!o.library.findImage(o.hash("old")));
        QCOMPARE(o.library.tail(o.set.id).size(), std::size_t{1});
        QVERIFY(o.library.verify(true).empty());
    }

    void vanishedFilesAreOffline() {
        Opened o;
        o.commit({o.file(o.folder.id, "a.jpg", "a"), o.file(o.folder.id, "b.jpg", "b"),
                  o.unreadable(o.folder.id, "c.jpg", ErrorCode::ImageUndecodable)});
        QCOMPARE(o.library.markSeen(o.folder.id, std::vector{o.fileId("a.jpg")}), 1u);
        QCOMPARE(o.library.findFile(o.folder.id, "b.jpg")->state, FileState::Offline);
        QVERIFY(!o.library.findFile(o.folder.id, "c.jpg"));
        QCOMPARE(o.library.collections().front().offline, 1u);
        QCOMPARE(o.library.markSeen(o.folder.id, std::vector{o.fileId("a.jpg"), o.fileId("b.jpg")}), 0u);
        QCOMPARE(o.library.findFile(o.folder.id, "b.jpg")->state, FileState::Present);
    }

    void movedFilesAreForgottenWhereTheyWere() {
        Opened o;
        const Folder other = o.library.addFolder(o.library.createCollection("Other").id, "/other");
        const Folder stick = o.library.addFolder(o.library.createCollection("Stick").id, "/stick");
        o.commit({o.file(o.folder.id, "a.jpg", "a"), o.file(o.folder.id, "b.jpg", "b"),
                  o.file(o.folder.id, "c.jpg", "c"), o.file(stick.id, "a.jpg", "a")});
        o.library.setFolderOnline(stick.id, false);
        QCOMPARE(o.library.forgetMoved(), 0u);
        // a: renamed within the folder; b: moved to another collection; c: deleted.
        const auto renamed = o.commit({o.file(o.folder.id, "A.jpg", "a")});
        o.commit({o.file(other.id, "b.jpg", "b")});
        QCOMPARE(o.library.markSeen(o.folder.id, renamed.fileIds), 3u);
        QCOMPARE(o.library.forgetMoved(), 2u);
        QVERIFY(!o.library.findFile(o.folder.id, "a.jpg"));
        QVERIFY(!o.library.findFile(o.folder.id, "b.jpg"));
        QCOMPARE(o.library.findFile(o.folder.id, "c.jpg")->state, FileState::Offline);
        QCOMPARE(o.library.findFile(stick.id, "a.jpg")->state, FileState::Offline); // the whole folder is away
        QVERIFY(o.library.verify(true).empty());
    }

    void missingFilesAreForgottenWhenAskedFor() {
        Opened o;
        const Folder away = o.library.addFolder(o.collection.id, "/away");
        o.commit({o.file(o.folder.id, "a.jpg", "a"), o.file(o.folder.id, "b.jpg", "b"), o.file(away.id, "c.jpg", "c")});
        o.library.markSeen(o.folder.id, std::vector{o.fileId("a.jpg")});
        o.library.setFolderOnline(away.id, false);
        QCOMPARE(o.library.forgetMissing(o.collection.id), 1u);
        QVERIFY(!o.library.findImage(o.hash("b")));
        QVERIFY(o.library.findImage(o.hash("a")));
        QVERIFY(o.library.findImage(o.hash("c")));
        QCOMPARE(o.library.tail(o.set.id).size(), std::size_t{2});
        QVERIFY(o.library.verify(true).empty());
    }

    void theFileThatAnswersIsGiven_data() {
        QTest::addColumn<QString>("field");
        QTest::addColumn<QString>("value");
        QTest::addColumn<QString>("path");
        QTest::newRow("none") << ""
                              << ""
                              << "/photos/first.jpg";
        QTest::newRow("collection") << "collection"
                                    << "Pets"
                                    << "/animals/sub/Second.jpg";
        QTest::newRow("folder") << "folder"
                                << "/animals/sub"
                                << "/animals/sub/Second.jpg";
        QTest::newRow("folder above") << "folder"
                                      << "/animals"
                                      << "/animals/sub/Second.jpg";
        QTest::newRow("name") << "name"
                              << "second"
                              << "/animals/sub/Second.jpg";
        QTest::newRow("without") << "without"
                                 << "Holiday"
                                 << "/animals/sub/Second.jpg";
        QTest::newRow("no file answers") << "name"
                                         << "third"
                                         << "/photos/first.jpg";
    }
    void theFileThatAnswersIsGiven() {
        QFETCH(QString, field);
        QFETCH(QString, value);
        QFETCH(QString, path);
        Opened o;
        const Folder animals = o.library.addFolder(o.library.createCollection("Pets").id, "/animals");
        o.commit({o.file(o.folder.id, "first.jpg", "same"), o.file(animals.id, "sub/Second.jpg", "same")});
        ImageFilter filter;
        if (field == "collection") filter.collection = o.library.findCollection(value.toStdString())->id;
        if (field == "folder") filter.folder = value.toStdString();
        if (field == "name") filter.nameContains = value.toStdString();
        if (field == "without") filter.without = {o.library.findCollection(value.toStdString())->id};
        const Image image = *o.library.image(*o.library.findImage(o.hash("same")), filter);
        QCOMPARE(QString::fromStdString(image.path.native()), path);
        QCOMPARE(image.files, 2u);
    }

    void namesMeetInAnyScript_data() {
        QTest::addColumn<QString>("stored");
        QTest::addColumn<QString>("typed");
        QTest::addColumn<bool>("found");
        const QString composed = QStringLiteral("\u00c9t\u00e9.jpg");
        const auto decomposed = composed.normalized(QString::NormalizationForm_D);
        QTest::newRow("small letters") << composed << QStringLiteral("\u00e9t\u00e9") << true;
        QTest::newRow("capitals") << composed << QStringLiteral("\u00c9T\u00c9") << true;
        QTest::newRow("typed decomposed") << composed << QStringLiteral("e\u0301te\u0301") << true;
        QTest::newRow("stored decomposed") << decomposed << QStringLiteral("\u00e9T\u00c9") << true;
        QTest::newRow("Cyrillic") << QStringLiteral("\u041d\u043e\u0447\u044c.jpg")
                                  << QStringLiteral("\u043d\u041e\u0427") << true;
        QTest::newRow("Greek, final sigma") << QStringLiteral("\u03a3\u039f\u03a6\u039f\u03a3.png")
                                            << QStringLiteral("\u03c3\u03bf\u03c6\u03bf\u03c2") << true;
        QTest::newRow("sharp s") << QStringLiteral("STRASSE.jpg") << QStringLiteral("stra\u00dfe") << true;
        QTest::newRow("Hangul") << QStringLiteral("\ud55c\uae00.jpg").normalized(QString::NormalizationForm_D)
                                << QStringLiteral("\ud55c\uae00") << true;
        QTest::newRow("full width") << QStringLiteral("\uff21\uff22.jpg") << "ab" << true;
        QTest::newRow("another letter") << composed << "ete" << false;
    }
    void namesMeetInAnyScript() {
        QFETCH(QString, stored);
        QFETCH(QString, typed);
        QFETCH(bool, found);
        Opened o;
        o.commit({o.file(o.folder.id, stored.toStdString(), "a"), o.file(o.folder.id, "plain.jpg", "b")});
        ImageFilter filter;
        filter.nameContains = typed.toStdString();
        QCOMPARE(o.library.imageIds(filter).size(), std::size_t{found ? 1u : 0u});
    }

    void companionsAreReadInTheFolderThatAsks() {
        Opened o;
        QVERIFY(!o.library.readsCompanions("/photos"));
        o.library.setReadsCompanions("/photos/", true);
        QVERIFY(o.library.readsCompanions("/photos"));
        QVERIFY(!o.library.readsCompanions("/photos/below"));
        o.library.setReadsCompanions("/photos", false);
        QVERIFY(!o.library.readsCompanions("/photos"));
    }

    void unpluggedFolder() {
        Opened o;
        o.commit({o.file(o.folder.id, "a.jpg", "a"), o.unreadable(o.folder.id, "b.jpg", ErrorCode::FileUnreadable)});
        o.library.setFolderOnline(o.folder.id, false);
        QVERIFY(!o.library.folders(o.collection.id).front().online);
        QVERIFY(!o.library.image(o.library.imageIds().front())->online);
        QCOMPARE(o.library.collections().front().offline, 1u);
        o.library.setFolderOnline(o.folder.id, true);
        QVERIFY(o.library.image(o.library.imageIds().front())->online);
        QCOMPARE(o.library.collections().front().unreadable, 1u);
    }

    void unreadableFiles_data() {
        QTest::addColumn<ErrorCode>("error");
        QTest::addColumn<bool>("keepsImage");
        QTest::newRow("no permission") << ErrorCode::FileUnreadable << true;
        QTest::newRow("changed while read") << ErrorCode::FileChanged << true;
        QTest::newRow("undecodable") << ErrorCode::ImageUndecodable << false;
        QTest::newRow("decoder died") << ErrorCode::DecoderDied << false;
    }
    void unreadableFiles() {
        QFETCH(ErrorCode, error);
        QFETCH(bool, keepsImage);
        Opened o;
        o.commit({o.file(o.folder.id, "a.jpg", "a")});
        const auto done = o.commit({o.unreadable(o.folder.id, "a.jpg", error)});
        o.library.markSeen(o.folder.id, done.fileIds);
        const auto files = o.library.unreadableFiles(o.collection.id);
        QCOMPARE(files.size(), std::size_t{1});
        QCOMPARE(files.front().error, error);
        QCOMPARE(files.front().reason, std::string("it is broken"));
        QCOMPARE(o.library.findImage(o.hash("a")).has_value(), keepsImage);
        QCOMPARE(o.library.tail(o.set.id).size(), std::size_t{keepsImage});
        QVERIFY(o.library.verify(true).empty());
        o.commit({o.file(o.folder.id, "a.jpg", "a")});
        QVERIFY(o.library.unreadableFiles({}).empty());
    }

    void removedCollectionTakesItsVectors() {
        Opened o;
        const Collection other = o.library.createCollection("Other");
        const Folder shared = o.library.addFolder(other.id, "/photos/shared");
        o.commit({o.file(o.folder.id, "own.jpg", "own"), o.file(o.folder.id, "shared/s.jpg", "both"),
                  o.file(shared.id, "s.jpg", "both")});
        o.library.removeCollection(o.collection.id);
        QCOMPARE(names(o.library, o.library.imageIds()), std::vector<std::string>{"s.jpg"});
        QCOMPARE(o.library.tail(o.set.id).size(), std::size_t{1});
        QVERIFY(o.library.verify(true).empty());
    }

    void filters_data() {
        QTest::addColumn<QString>("field");
        QTest::addColumn<QString>("value");
        QTest::addColumn<QString>("expected");
        QTest::newRow("none") << ""
                              << ""
                              << "Beach.JPG cat.png dog.jpg \xff.jpg";
        QTest::newRow("collection") << "collection"
                                    << "Pets"
                                    << "cat.png dog.jpg";
        QTest::newRow("folder") << "folder"
                                << "/photos"
                                << "Beach.JPG \xff.jpg";
        QTest::newRow("part of a folder's name") << "folder"
                                                 << "/photo"
                                                 << "";
        QTest::newRow("folder inside") << "folder"
                                       << "/photos/sea"
                                       << "Beach.JPG";
        QTest::newRow("sibling with the same start") << "folder"
                                                     << "/photos/se"
                                                     << "";
        QTest::newRow("folder above") << "folder"
                                      << "/"
                                      << "Beach.JPG cat.png dog.jpg \xff.jpg";
        QTest::newRow("elsewhere") << "folder"
                                   << "/nowhere"
                                   << "";
        QTest::newRow("name") << "name"
                              << "bEaCh"
                              << "Beach.JPG";
        QTest::newRow("name is not the folder's") << "name"
                                                  << "sea"
                                                  << "";
        QTest::newRow("percent is no wildcard") << "name"
                                                << "%"
                                                << "";
        QTest::newRow("format") << "format"
                                << "png"
                                << "cat.png";
        QTest::newRow("from") << "from"
                              << "200"
                              << "cat.png dog.jpg";
        QTest::newRow("to") << "to"
                            << "200"
                            << "Beach.JPG";
        QTest::newRow("folder and name") << "both"
                                         << ""
                                         << "Beach.JPG";
    }
    void filters() {
        QFETCH(QString, field);
        QFETCH(QString, value);
        QFETCH(QString, expected);
        Opened o;
        const Collection pets = o.library.createCollection("Pets");
        const Folder animals = o.library.addFolder(pets.id, "/animals");
        Files files{o.file(o.folder.id, "sea/Beach.JPG", "1"), o.file(animals.id, "cat.png", "2"),
                    o.file(animals.id, "dog.jpg", "3"), o.file(o.folder.id, "sea2/\xff.jpg", "4")};
        files[1].format = "png";
        files[0].takenAt = 100;
        files[1].takenAt = 200;
        files[2].takenAt = 300;
        o.commit(files);

        ImageFilter filter;
        if (field == "collection") filter.collection = o.library.findCollection(value.toStdString())->id;
        if (field == "folder") filter.folder = value.toStdString();
        if (field == "name") filter.nameContains = value.toStdString();
        if (field == "format") filter.format = value.toStdString();
        if (field == "from") filter.takenFrom = value.toLongLong();
        if (field == "to") filter.takenTo = value.toLongLong();
        if (field == "both") {
            filter.folder = "/photos/sea/";
            filter.nameContains = std::string("b"); // GCC 12 warns of an overlap in an assignment of "b"
        }
        QCOMPARE(filter.any(), !field.isEmpty());
        QCOMPARE(joined(names(o.library, o.library.imageIds(filter))), expected);
    }

    void orders_data() {
        QTest::addColumn<int>("order");
        QTest::addColumn<QString>("expected");
        QTest::newRow("added") << int(ImageOrder::Added) << "b.jpg C.jpg a.jpg d.jpg a.jpg";
        QTest::newRow("name") << int(ImageOrder::Name) << "a.jpg a.jpg b.jpg C.jpg d.jpg";
        QTest::newRow("folder") << int(ImageOrder::Folder) << "C.jpg b.jpg d.jpg a.jpg a.jpg";
        QTest::newRow("taken") << int(ImageOrder::Taken) << "a.jpg C.jpg b.jpg d.jpg a.jpg";
    }
    void orders() {
        QFETCH(int, order);
        QFETCH(QString, expected);
        Opened o;
        Files files{o.file(o.folder.id, "b.jpg", "1"), o.file(o.folder.id, "C.jpg", "2"),
                    o.file(o.folder.id, "x/a.jpg", "3"), o.file(o.folder.id, "d.jpg", "4"),
                    o.file(o.folder.id, "y/a.jpg", "5")};
        files[1].takenAt = 50;
        files[2].takenAt = 10;
        o.commit(files);
        QCOMPARE(joined(names(o.library, o.library.imageIds({}, static_cast<ImageOrder>(order)))), expected);
    }

    void imageByPath() {
        Opened o;
        o.commit({o.file(o.folder.id, "x/a.jpg", "a")});
        QCOMPARE(o.library.findImageByPath("/photos/x/a.jpg"), o.library.findImage(o.hash("a")));
        QVERIFY(!o.library.findImageByPath("/photos/x"));
        QVERIFY(!o.library.findImageByPath("/elsewhere/a.jpg"));
    }

    void embeddingSets() {
        Opened o;
        QCOMPARE(o.library.embeddingSet(o.key(), o.dim).id, o.set.id);
        QCOMPARE(errorOf([&] { o.library.embeddingSet(o.key(), 16); }), ErrorCode::Internal);
        const EmbeddingSet second = o.library.embeddingSet(o.key("other"), 4);
        QVERIFY(second.id != o.set.id);
        o.commit({o.file(o.folder.id, "a.jpg", "a"), o.file(o.folder.id, "b.jpg", "b")});
        const auto missing = o.library.imagesWithoutVector(second.id);
        QCOMPARE(missing.size(), std::size_t{2});
        QVERIFY(o.library.imagesWithoutVector(o.set.id).empty());
        QCOMPARE(o.library.commitVectors(second.id, missing, std::vector<float>(8, 0.5f)).newVectors, 2u);
        QCOMPARE(o.library.commitVectors(second.id, missing, std::vector<float>(8, 0.25f)).newVectors, 0u);
        QVERIFY(o.library.hasVector(second.id, missing.front()));
        // An image that was deleted while it was embedded is passed over.
        QCOMPARE(o.library.commitVectors(second.id, std::vector<ImageId>{999}, std::vector<float>(4, 0.5f)).newVectors,
                 0u);
        QCOMPARE(errorOf([&] { o.library.commitBatch(77, {}); }), ErrorCode::NotFound);
    }

    void descriptorsAreKeptBesideTheFusion_data() {
        QTest::addColumn<std::string>("fusion");
        QTest::addColumn<std::string>("descriptor");
        QTest::addColumn<std::string>("column");
        const std::string base, neighbours = "neighbours", alone = "class", patches = "class+patches";
        QTest::newRow("base") << base << alone << std::string();
        QTest::newRow("fused") << neighbours << alone << std::string("neighbours");
        QTest::newRow("base with patches") << base << patches << std::string("+patches");
        QTest::newRow("fused with patches") << neighbours << patches << std::string("neighbours+patches");
    }
    void descriptorsAreKeptBesideTheFusion() {
        QFETCH(std::string, fusion);
        QFETCH(std::string, descriptor);
        QFETCH(std::string, column);
        LibraryFixture fixture;
        Library library(fixture.paths, Library::Access::ReadWrite);
        EmbeddingSetKey key = LibraryFixture::key("model", descriptor);
        key.fusion = fusion;
        const EmbeddingSet set = library.embeddingSet(key, LibraryFixture::dim);
        QVERIFY(set.key == key && set.key.isRawBase());
        QVERIFY(library.embeddingSets().front().key == key);
        QVERIFY(rowFormat(set.key) == (descriptor == "class" ? RowFormat::Half : RowFormat::Int8));
        SQLite::Database catalogue(fixture.paths.catalogue().native(), SQLite::OPEN_READONLY);
        QCOMPARE(catalogue.execAndGet("SELECT fusion FROM embedding_sets").getString(), column);
        // The set with the other descriptor is another one.
        key.descriptor = descriptor == "class" ? "class+patches" : "class";
        QVERIFY(!library.findEmbeddingSet(key));
        QVERIFY(library.embeddingSet(key, LibraryFixture::dim).id != set.id);
        key.descriptor = "patches";
        QCOMPARE(errorOf([&] { library.embeddingSet(key, LibraryFixture::dim); }), ErrorCode::Internal);
    }

    void sealedSegment() {
        Opened o;
        o.commit({o.file(o.folder.id, "a.jpg", "a"), o.file(o.folder.id, "b.jpg", "b")});
        const auto tail = o.library.tail(o.set.id);
        const SegmentRow segment = o.library.sealSegment(segmentFile(o, "one.vectors", 2), tail);
        QVERIFY(o.library.tail(o.set.id).empty());
        QCOMPARE(o.library.findEmbeddingSet(o.key())->vectors, 2u);
        QVERIFY(o.library.hasVector(o.set.id, tail.front().image));
        QCOMPARE(o.library.imagesOfSegment(segment.id), (std::vector{tail[0].image, tail[1].image}));
        QVERIFY(o.library.verify(true).empty());

        const auto done = o.commit({o.file(o.folder.id, "a.jpg", "changed", 2)});
        o.library.markSeen(o.folder.id, std::vector{o.fileId("a.jpg"), o.fileId("b.jpg")});
        QCOMPARE(o.library.tombstones(o.set.id), std::vector{tail.front().image});
        QCOMPARE(o.library.findEmbeddingSet(o.key())->vectors, 2u);
        QVERIFY(o.library.verify(true).empty());
    }

    void imageDeletedWhileItsSegmentWasWritten() {
        Opened o;
        o.commit({o.file(o.folder.id, "a.jpg", "a"), o.file(o.folder.id, "b.jpg", "b")});
        const auto tail = o.library.tail(o.set.id);
        const auto done = o.commit({o.file(o.folder.id, "a.jpg", "changed", 2)});
        o.library.markSeen(o.folder.id, std::vector{o.fileId("a.jpg"), o.fileId("b.jpg")});
        o.library.sealSegment(segmentFile(o, "one.vectors", 2), tail);
        QCOMPARE(o.library.tombstones(o.set.id), std::vector{tail.front().image});
        QVERIFY(o.library.verify(true).empty());
    }

    void mergedSegments() {
        Opened o;
        std::vector<std::int64_t> old;
        for (const char* name : {"a.jpg", "b.jpg", "c.jpg"}) {
            o.commit({o.file(o.folder.id, name, name)});
            old.push_back(
                o.library.sealSegment(segmentFile(o, std::string(name) + ".vectors", 1), o.library.tail(o.set.id)).id);
        }
        o.library.setSegmentIndex(old.front(), "a.index", "");
        std::ofstream(o.paths.segments() / "a.index") << "index";
        const auto all = o.library.imageIds();
        const auto remove = [&](const char* name, const char* content) {
            o.commit({o.file(o.folder.id, name, content, 2)});
            o.library.markSeen(o.folder.id, std::vector{o.fileId("a.jpg"), o.fileId("b.jpg"), o.fileId("c.jpg")});
        };
        remove("a.jpg", "first change");
        const std::vector<ImageId> merged{all[1], all[2]}; // the first one was left out
        remove("b.jpg", "while it was merged");
        const SegmentRow row = o.library.mergeSegments(old, segmentFile(o, "merged.vectors", 2), merged);
        QCOMPARE(o.library.segments(o.set.id).size(), std::size_t{1});
        QCOMPARE(o.library.imagesOfSegment(row.id), merged);
        QCOMPARE(o.library.tombstones(o.set.id), std::vector{all[1]});
        QVERIFY(!std::filesystem::exists(o.paths.segments() / "a.jpg.vectors"));
        QVERIFY(!std::filesystem::exists(o.paths.segments() / "a.index"));
        QVERIFY(o.library.verify(true).empty());
        QCOMPARE(errorOf([&] { o.library.mergeSegments(std::vector{row.id}, {}, {}); }), ErrorCode::DatabaseFailed);
        QCOMPARE(o.library.segments(o.set.id).size(), std::size_t{1});
    }

    void segmentThatDoesNotAddUpIsRefused() {
        Opened o;
        o.commit({o.file(o.folder.id, "a.jpg", "a")});
        QCOMPARE(errorOf([&] { o.library.sealSegment(segmentFile(o, "one.vectors", 2), o.library.tail(o.set.id)); }),
                 ErrorCode::Internal);
        QCOMPARE(o.library.tail(o.set.id).size(), std::size_t{1});
        QVERIFY(o.library.segments(o.set.id).empty());
    }

    void strayFilesGoAtTheNextStart() {
        Opened o;
        std::ofstream(o.paths.segments() / "lost.vectors") << "x";
        std::ofstream(o.paths.segments() / "half.part") << "x";
        QCOMPARE(o.library.verify(false).size(), std::size_t{2});
        {
            const auto running = FileLock::acquire(o.paths.jobLock("index"));
            Library(o.paths, Library::Access::ReadWrite);
            QVERIFY(std::filesystem::exists(o.paths.segments() / "half.part"));
            QVERIFY(o.library.verify(false).empty());
        }
        Library(o.paths, Library::Access::ReadWrite);
        QVERIFY(o.library.verify(false).empty());
    }

    void verifyFinds_data() {
        QTest::addColumn<QString>("statement");
        QTest::newRow("vector too short") << "UPDATE embeddings SET vector = x'0000' WHERE segment IS NULL";
        QTest::newRow("NaN")
            << "UPDATE embeddings SET vector = x'ff7f00000000000000000000000000ff' WHERE segment IS NULL";
        QTest::newRow("vector of another format") << "UPDATE embedding_sets SET fusion = '+patches'";
        QTest::newRow("int8 with a scale that is not finite")
            << "UPDATE embedding_sets SET fusion = '+patches'; "
               "UPDATE embeddings SET vector = x'0000807f0000000000000000' WHERE segment IS NULL";
        QTest::newRow("image without file") << "DELETE FROM files WHERE id = 1";
        QTest::newRow("segment lost a vector") << "DELETE FROM embeddings WHERE segment IS NOT NULL";
        QTest::newRow("wrong checksum") << "UPDATE segments SET checksum = '00'";
        QTest::newRow("missing file") << "UPDATE segments SET file = 'other'";
        QTest::newRow("missing index") << "UPDATE segments SET index_file = 'no'";
        QTest::newRow("dangling reference") << "PRAGMA foreign_keys = OFF; DELETE FROM images";
    }
    void verifyFinds() {
        QFETCH(QString, statement);
        Opened o;
        o.commit({o.file(o.folder.id, "a.jpg", "a")});
        o.library.sealSegment(segmentFile(o, "one.vectors", 1), o.library.tail(o.set.id));
        o.commit({o.file(o.folder.id, "b.jpg", "b")});
        QVERIFY(o.library.verify(true).empty());
        SQLite::Database(o.paths.catalogue().native(), SQLite::OPEN_READWRITE).exec(statement.toStdString());
        QVERIFY(!o.library.verify(true).empty());
    }

    void settings() {
        Opened o;
        QVERIFY(!o.library.setting("default"));
        o.library.setSetting("default", "1");
        o.library.setSetting("default", "2");
        QCOMPARE(o.library.setting("default"), std::optional<std::string>("2"));
    }

    void jobs() {
        Opened o;
        const auto stopped = o.library.beginJob("import", R"({"a":1})");
        o.library.endJob(stopped, "stopped");
        o.library.endJob(o.library.beginJob("import", "{}"), "done");
        const auto crashed = o.library.beginJob("import", "{}");
        QCOMPARE(o.library.resumableJobs().size(), std::size_t{2});
        const auto running = FileLock::acquire(o.paths.jobLock("import"));
        const auto jobs = o.library.resumableJobs();
        QCOMPARE(jobs.size(), std::size_t{1});
        QCOMPARE(jobs.front().arguments, std::string(R"({"a":1})"));
        QCOMPARE(errorOf([&] { o.library.endJob(crashed, "no such state"); }), ErrorCode::DatabaseFailed);
    }

private:
    static void descriptors() {
        QTest::addColumn<std::string>("descriptor");
        QTest::newRow("fp16") << std::string("class");
        QTest::newRow("int8") << std::string("class+patches");
    }

    /// A file in the segments folder; the library only knows its checksum.
    static SegmentRow segmentFile(const Opened& o, const std::string& name, std::uint64_t count) {
        saveFile(o.paths.segments() / name, std::as_bytes(std::span(name)));
        SegmentRow row;
        row.set = o.set.id;
        row.file = name;
        row.count = count;
        row.checksum = LibraryFixture::hash(name).hex();
        return row;
    }
};

QTEST_APPLESS_MAIN(TestLibrary)
#include "tst_library.moc"
