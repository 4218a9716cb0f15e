#include "core/library/library.h"
#include "ui/jobs/exporter.h"

#include <nlohmann/json.hpp>

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <cstring>
#include <filesystem>
#include <memory>
#include <span>

using namespace grappa;

class TestExporter : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void lists_data();
    void lists();
    void copiesKeepTheirBytesAndFindAName();
    void linksPointAtTheOriginal();
    void anImageIsNeverOverwritten();

private:
    ExportSummary run(ExportFormat format, const QString& target, std::vector<float> scores = {}) {
        ExportRequest request;
        request.images = m_images;
        request.scores = std::move(scores);
        request.format = format;
        request.target = target.toStdString();
        request.scale = ScoreScale::fromKnots({{0.5F, 0}, {0.774F, 100}});
        return exportImages(*m_library, request, {});
    }
    QByteArray read(const QString& path) const {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Library> m_library;
    std::vector<ImageId> m_images;
};

void TestExporter::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    const QString photos = m_folder->filePath("photos");
    QVERIFY(QDir().mkpath(photos + "/other"));
    m_library = std::make_unique<Library>(LibraryPaths::resolve(m_folder->filePath("library").toStdString()),
                                          Library::Access::ReadWrite);
    const Collection collection = m_library->createCollection("Photos");
    const Folder folder = m_library->addFolder(collection.id, photos.toStdString());
    const EmbeddingSet set = m_library->embeddingSet({.modelHash = "model", .adaptation = {}, .fusion = {}}, 2);
    m_images.clear();
    for (const char* name : {"a, \"b\".jpg", "other/a, \"b\".jpg"}) {
        QFile file(photos + '/' + name);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(name);
        file.close();
        ImportedFile imported;
        imported.folder = folder.id;
        imported.relativePath = name;
        imported.hash = hashBytes(std::as_bytes(std::span(name, std::strlen(name))));
        imported.format = "jpeg";
        imported.vector = {1, 0};
        m_library->commitBatch(set.id, std::vector{imported});
        m_images.push_back(*m_library->findImage(imported.hash));
    }
}

void TestExporter::cleanup() {
    m_library.reset();
    m_folder.reset();
}

void TestExporter::lists_data() {
    QTest::addColumn<int>("format");
    QTest::addColumn<QByteArray>("start");
    QTest::newRow("paths") << static_cast<int>(ExportFormat::Paths) << QByteArray("PHOTOS/a, \"b\".jpg\nPHOTOS/other/");
    QTest::newRow("csv") << static_cast<int>(ExportFormat::Csv)
                         << QByteArray("rank,score,path,width,height,format,hash,closeness\n"
                                       "1,0.75,\"PHOTOS/a, \"\"b\"\".jpg\",");
    QTest::newRow("json") << static_cast<int>(ExportFormat::Json) << QByteArray("{");
}

void TestExporter::lists() {
    QFETCH(int, format);
    QFETCH(QByteArray, start);
    const QString target = m_folder->filePath("results");
    const auto summary = run(static_cast<ExportFormat>(format), target, {0.75F, 0.5F});
    QCOMPARE(summary.written, std::size_t{2});
    const QByteArray text = read(target);
    start.replace("PHOTOS", m_folder->filePath("photos").toUtf8());
    QVERIFY2(text.startsWith(start), text);
    if (static_cast<ExportFormat>(format) != ExportFormat::Json) return;
    const auto json = nlohmann::json::parse(text.toStdString());
    QCOMPARE(json["images"].size(), std::size_t{2});
    QCOMPARE(json["images"][1]["rank"].get<int>(), 2);
    QCOMPARE(json["images"][1]["score"].get<float>(), 0.5F);
    QCOMPARE(json["images"][0]["closeness"].get<double>(), 91.2);
    QCOMPARE(json["images"][1]["closeness"].get<double>(), 0.0);
}

void TestExporter::copiesKeepTheirBytesAndFindAName() {
    const QString target = m_folder->filePath("out");
    QVERIFY(QDir().mkpath(target));
    QCOMPARE(run(ExportFormat::Copies, target).written, std::size_t{2});
    QCOMPARE(read(target + "/a, \"b\".jpg"), "a, \"b\".jpg");
    QCOMPARE(read(target + "/a, \"b\" (2).jpg"), "other/a, \"b\".jpg");
    QVERIFY(QFile::remove(m_folder->filePath("photos/other/a, \"b\".jpg")));
    const auto summary = run(ExportFormat::Copies, target);
    QCOMPARE(summary.written, std::size_t{1});
    QCOMPARE(summary.left, std::size_t{1});
}

void TestExporter::linksPointAtTheOriginal() {
    const QString target = m_folder->filePath("out");
    QVERIFY(QDir().mkpath(target));
    QCOMPARE(run(ExportFormat::Links, target).written, std::size_t{2});
    QCOMPARE(QFile::symLinkTarget(target + "/a, \"b\".jpg"), m_folder->filePath("photos/a, \"b\".jpg"));
}

void TestExporter::anImageIsNeverOverwritten() {
    const QString image = m_folder->filePath("photos/a, \"b\".jpg");
    QVERIFY_EXCEPTION_THROWN(run(ExportFormat::Paths, image), Error);
    QCOMPARE(read(image), "a, \"b\".jpg");
}

QTEST_APPLESS_MAIN(TestExporter)
#include "tst_exporter.moc"
