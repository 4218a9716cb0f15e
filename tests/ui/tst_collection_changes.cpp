#include "ui/collection_changes.h"
#include "ui/models/collection_list_model.h"
#include "ui/session.h"

#include <QAbstractItemModelTester>
#include <QDir>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace grappa;

/// Changes and their undo, on the catalogue alone: no child can be started.
class TestCollectionChanges : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void addingIsUndoneAndDoneAgain();
    void removingHidesAndUndoBringsBack();
    void aHiddenCollectionStaysHiddenInTheNextWindow();
    void droppingTheSameFoldersBringsBack();
    void renamingIsUndone();
    void foldersGoIntoACollectionAndOutAgain();
    void relinkingIsUndone();
    void theModelAsksForARename();

private:
    void open() {
        m_session = std::make_unique<Session>(SessionOptions{
            .library = m_folder->filePath("library").toStdString(), .cli = "/nonexistent", .scanAtStart = false});
    }
    std::filesystem::path folder(const QString& name) {
        QDir().mkpath(m_folder->filePath(name));
        return m_folder->filePath(name).toStdString();
    }
    CollectionId create(const QString& name) {
        const auto count = collections()->rowCount();
        m_session->importFolders({folder(name)});
        [&] { QTRY_COMPARE(collections()->rowCount(), std::max(count, 1) + 1); }();
        return *collections()->collectionAt(collections()->index(collections()->rowCount() - 1));
    }
    CollectionListModel* collections() { return m_session->collections(); }
    QUndoStack* undo() { return m_session->changes()->undoStack(); }
    std::vector<std::filesystem::path> foldersOf(CollectionId id) {
        std::vector<std::filesystem::path> paths;
        for (const Folder& folder : m_session->folders(id))
            paths.push_back(folder.path);
        return paths;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Session> m_session;
};

void TestCollectionChanges::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    open();
}

void TestCollectionChanges::cleanup() {
    m_session.reset();
    m_folder.reset();
}

void TestCollectionChanges::addingIsUndoneAndDoneAgain() {
    create("Garden");
    QCOMPARE(undo()->count(), 1);
    undo()->undo();
    QTRY_VERIFY(collections()->isEmpty());
    undo()->redo();
    QTRY_COMPARE(collections()->rowCount(), 2);
}

void TestCollectionChanges::removingHidesAndUndoBringsBack() {
    const CollectionId garden = create("Garden");
    QSignalSpy hidden(m_session->changes(), &CollectionChanges::collectionHidden);
    m_session->changes()->remove(garden, "Garden");
    QCOMPARE(hidden.count(), 1);
    QTRY_VERIFY(collections()->isEmpty());
    QVERIFY(undo()->undoText().contains("Garden"));
    undo()->undo();
    QTRY_VERIFY(collections()->find(garden));
}

void TestCollectionChanges::aHiddenCollectionStaysHiddenInTheNextWindow() {
    const CollectionId garden = create("Garden");
    m_session->changes()->remove(garden, "Garden");
    QTRY_VERIFY(collections()->isEmpty());
    m_session.reset();
    open();
    QSignalSpy listed(m_session.get(), &Session::libraryChanged);
    QTRY_VERIFY(!listed.isEmpty());
    QVERIFY(collections()->isEmpty());
    QCOMPARE(m_session->changes()->hidden(), std::vector<CollectionId>{garden});
}

void TestCollectionChanges::droppingTheSameFoldersBringsBack() {
    const CollectionId garden = create("Garden");
    m_session->changes()->remove(garden, "Garden");
    QTRY_VERIFY(collections()->isEmpty());
    QCOMPARE(create("Garden"), garden);
}

void TestCollectionChanges::renamingIsUndone() {
    const CollectionId garden = create("Garden");
    m_session->changes()->rename(garden, "Garden", "Flowers");
    QTRY_COMPARE(collections()->nameOf(garden), "Flowers");
    undo()->undo();
    QTRY_COMPARE(collections()->nameOf(garden), "Garden");
}

void TestCollectionChanges::foldersGoIntoACollectionAndOutAgain() {
    const CollectionId garden = create("Garden");
    const auto more = folder("More");
    m_session->importFolders({more}, {}, garden);
    QTRY_COMPARE(foldersOf(garden).size(), std::size_t{2});
    undo()->undo();
    QTRY_COMPARE(foldersOf(garden).size(), std::size_t{1});
    QVERIFY(foldersOf(garden).front() != more);
    undo()->redo();
    QTRY_COMPARE(foldersOf(garden).size(), std::size_t{2});
}

void TestCollectionChanges::relinkingIsUndone() {
    const CollectionId garden = create("Garden");
    const Folder before = m_session->folders(garden).front();
    const auto moved = folder("Moved");
    m_session->changes()->relink(before, moved);
    QTRY_COMPARE(foldersOf(garden).front(), moved);
    undo()->undo();
    QTRY_COMPARE(foldersOf(garden).front(), before.path);
}

void TestCollectionChanges::theModelAsksForARename() {
    create("Garden");
    const QAbstractItemModelTester tester(collections(), QAbstractItemModelTester::FailureReportingMode::QtTest);
    QSignalSpy asked(collections(), &CollectionListModel::renameRequested);
    QVERIFY(!collections()->flags(collections()->index(0)).testFlag(Qt::ItemIsEditable));
    QVERIFY(!collections()->setData(collections()->index(1), "  "));
    QVERIFY(collections()->setData(collections()->index(1), "Flowers"));
    QCOMPARE(asked.count(), 1);
    QVERIFY(collections()->hasName("Garden"));
}

QTEST_MAIN(TestCollectionChanges)
#include "tst_collection_changes.moc"
