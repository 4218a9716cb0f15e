#include "library_fixture.h"

#include "core/base/half.h"

#include <QTest>
#include <SQLiteCpp/SQLiteCpp.h>

#include <fstream>
#include <limits>

using namespace grappa;

namespace {

template <class Work>
std::optional<ErrorCode> errorOf(Work work) {
    try {
        work();
        return std::nullopt;
    } catch (const Error& error) {
        return error.code();
    }
}

/// What stands in for an adaptation file: the library looks at its bytes alone.
auto saving(const std::string& content) {
    return [content](const std::filesystem::path& path) { saveFile(path, std::as_bytes(std::span(content))); };
}

std::size_t filesIn(const std::filesystem::path& folder) {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

} // namespace

/// Adaptations, curves, granularity attention, levels and whitenings in the catalogue.
class TestLibraryDerived : public QObject {
    Q_OBJECT

    struct Opened : LibraryFixture {
        Library library{paths, Library::Access::ReadWrite};
        Collection collection = library.createCollection("Holiday");
        Folder folder = library.addFolder(collection.id, "/photos");
        EmbeddingSet set = library.embeddingSet(key(), dim);
        std::vector<ImageId> images;

        Opened() {
            std::vector<ImportedFile> files;
            for (const char* name : {"a", "b", "c"})
                files.push_back(file(folder.id, std::string(name) + ".jpg", name));
            library.commitBatch(set.id, files);
            images = library.imageIds();
        }
        AdaptationRow add(const std::string& name, const std::string& content) {
            AdaptationRow row;
            row.name = name;
            row.collection = collection.id;
            row.modelHash = "model";
            row.parameters = R"({"seed":1})";
            return library.addAdaptation(row, saving(content));
        }
        EmbeddingSet adaptedSet(const AdaptationRow& adaptation) {
            EmbeddingSetKey adapted = key();
            adapted.adaptation = adaptation.checksum;
            adapted.fusion = "neighbours";
            return library.embeddingSet(adapted, dim);
        }
        std::vector<float> vectors(std::size_t count) const {
            std::vector<float> all;
            for (std::size_t i = 0; i < count; ++i)
                for (const float value : vector(static_cast<int>(i) + 1))
                    all.push_back(value);
            return all;
        }
        /// Levels of k = 2 and 3 of `set`; image i is in cluster i % k.
        void storeLevels(double overlap = 0.5) {
            std::vector<LevelRow> levels(2);
            for (std::size_t i = 0; i < 2; ++i) {
                levels[i].k = static_cast<std::int64_t>(i) + 2;
                levels[i].images = images.size();
                levels[i].centroids.assign((i + 2) * dim, 0x3c00);
                levels[i].overlapRaw = overlap;
            }
            levels[1].copyFirst = 0.75;
            levels[1].shown = false;
            std::vector<std::uint32_t> clusters;
            for (std::uint32_t i = 0; i < images.size(); ++i)
                clusters.insert(clusters.end(), {i % 2, i % 3});
            library.storeLevels(set.id, levels, images, clusters);
        }
        SegmentRow segmentFile(const std::string& name, std::uint64_t count) const {
            saveFile(paths.segments() / name, std::as_bytes(std::span(name)));
            SegmentRow row;
            row.file = name;
            row.count = count;
            row.checksum = hash(name).hex();
            return row;
        }
        WhiteningRow whitening() const {
            WhiteningRow row;
            row.mean.assign(dim, 0.25f);
            row.basis.assign(dim * dim, 0.5f);
            row.variances.assign(dim, 2.0f);
            row.power = 0.75;
            row.images = 3;
            return row;
        }
    };

private Q_SLOTS:
    void adaptationsComeAndGo() {
        Opened o;
        const AdaptationRow first = o.add("first", "1");
        const AdaptationRow second = o.add("second", "22");
        QCOMPARE(first.checksum, o.hash("1").hex());
        QVERIFY(first.createdAt > 0);
        QVERIFY(std::filesystem::exists(o.paths.adaptations() / first.file));
        QCOMPARE(o.library.adaptations().size(), std::size_t{2});
        QCOMPARE(o.library.adaptations().front().id, second.id);
        QCOMPARE(o.library.findAdaptation("first")->parameters, std::string(R"({"seed":1})"));
        QVERIFY(!o.library.findAdaptation("third"));
        QVERIFY(o.library.verify(true).empty());

        AdaptationRow ready = first;
        ready.state = AdaptationState::Ready;
        ready.report = "{}";
        o.library.updateAdaptation(ready);
        o.library.renameAdaptation(first.id, "renamed");
        QCOMPARE(o.library.findAdaptation("renamed")->state, AdaptationState::Ready);
        QCOMPARE(o.library.findAdaptation("renamed")->report, std::string("{}"));

        const CollectionId other = o.library.createCollection("Work").id;
        for (const CollectionId collection : {other, o.collection.id, other})
            o.library.addDescribedCollection(first.id, collection);
        QCOMPARE(o.library.describedCollections(first.id), (std::vector<CollectionId>{o.collection.id, other}));
        QVERIFY(o.library.describedCollections(second.id).empty());

        o.library.removeCollection(o.collection.id);
        QVERIFY(!o.library.findAdaptation("renamed")->collection);
        QCOMPARE(o.library.describedCollections(first.id), std::vector<CollectionId>{other});
        o.library.removeAdaptation(first.id);
        QVERIFY(o.library.describedCollections(first.id).empty());
        QCOMPARE(o.library.adaptations().size(), std::size_t{1});
        QVERIFY(!std::filesystem::exists(o.paths.adaptations() / first.file));
        QVERIFY(o.library.verify(true).empty());
    }

    void refusedAdaptations_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("content");
        QTest::newRow("name taken") << "first"
                                    << "other";
        QTest::newRow("no name") << ""
                                 << "other";
        QTest::newRow("the same file") << "other"
                                       << "1";
    }
    void refusedAdaptations() {
        QFETCH(QString, name);
        QFETCH(QString, content);
        Opened o;
        o.add("first", "1");
        QCOMPARE(errorOf([&] { o.add(name.toStdString(), content.toStdString()); }), ErrorCode::Usage);
        QCOMPARE(filesIn(o.paths.adaptations()), std::size_t{1});
        QCOMPARE(o.library.adaptations().size(), std::size_t{1});
    }

    void failedSaveLeavesNothing() {
        Opened o;
        const auto save = [](const std::filesystem::path& path) {
            std::ofstream(path) << "half";
            throw Error(ErrorCode::DiskFull, "full");
        };
        AdaptationRow row;
        row.name = "x";
        QCOMPARE(errorOf([&] { o.library.addAdaptation(row, save); }), ErrorCode::DiskFull);
        QCOMPARE(filesIn(o.paths.adaptations()), std::size_t{0});
        QVERIFY(o.library.adaptations().empty());
        o.add("x", "1");
    }

    void removingAnAdaptationLeavesTheBase() {
        Opened o;
        const AdaptationRow kept = o.add("kept", "1"), gone = o.add("gone", "2");
        for (const AdaptationRow& row : {kept, gone})
            o.library.commitVectors(o.adaptedSet(row).id, o.images, o.vectors(3));
        const EmbeddingSet set = o.adaptedSet(gone);
        SegmentRow segment = o.segmentFile("gone.vectors", 3);
        segment.set = set.id;
        o.library.sealSegment(segment, o.library.tail(set.id));
        EmbeddingSetKey smoothedKey = set.key;
        smoothedKey.smoothing = "smoothed";
        const EmbeddingSet smoothed = o.library.embeddingSet(smoothedKey, o.dim);
        o.library.commitVectors(smoothed.id, o.images, o.vectors(3));
        o.library.setSetting("default_set", std::to_string(smoothed.id));
        QCOMPARE(o.library.defaultEmbeddingSet()->id, smoothed.id);

        o.library.removeAdaptation(gone.id);
        QVERIFY(!o.library.findEmbeddingSet(set.key));
        QVERIFY(!o.library.findEmbeddingSet(smoothedKey));
        QVERIFY(!std::filesystem::exists(o.paths.segments() / "gone.vectors"));
        QCOMPARE(o.library.findEmbeddingSet(o.key())->vectors, 3u);
        QCOMPARE(o.adaptedSet(kept).vectors, 3u);
        QCOMPARE(o.library.defaultEmbeddingSet()->id, o.set.id);
        QVERIFY(o.library.verify(true).empty());
        QCOMPARE(errorOf([&] { o.library.removeAdaptation(gone.id); }), ErrorCode::NotFound);
    }

    void derivedSetsAreNotTheDefault() {
        Opened o;
        EmbeddingSetKey key = o.key();
        key.whitening = "p0.75";
        o.library.embeddingSet(key, o.dim);
        QCOMPARE(o.library.defaultEmbeddingSet()->id, o.set.id);
        const EmbeddingSet newer = o.library.embeddingSet(o.key("newer"), o.dim);
        QCOMPARE(o.library.defaultEmbeddingSet()->id, newer.id);
    }

    void strayAdaptationFilesGoAtTheNextStart() {
        Opened o;
        o.add("kept", "1");
        std::ofstream(o.paths.adaptations() / "lost.safetensors") << "x";
        QCOMPARE(o.library.verify(false).size(), std::size_t{1});
        Library(o.paths, Library::Access::ReadWrite);
        QVERIFY(o.library.verify(false).empty());
        QCOMPARE(filesIn(o.paths.adaptations()), std::size_t{1});
    }

    void curvesAreKeptByRun() {
        Opened o;
        const RunId run = o.library.beginJob("adapt", "{}"), other = o.library.beginJob("adapt", "{}");
        std::vector<CurvePoint> points{{"b stage", 1, 2.5, 1e-3, ""}, {"b stage", 2, 2.25, 2e-3, R"({"x":1})"}};
        o.library.addCurvePoints(run, points);
        o.library.addCurvePoints(other, points);
        // Started again from a checkpoint: step 2 is computed once more.
        const std::vector<CurvePoint> again{{"b stage", 2, 2.0, 2e-3, ""}, {"a stage", 1, 1, 0, ""}};
        o.library.addCurvePoints(run, again);
        points[1] = again[0];
        points.push_back(again[1]);
        QVERIFY(o.library.curvePoints(run) == points);
        o.library.endJob(run, "done");
        QCOMPARE(o.library.curvePoints(run).size(), std::size_t{3});
        QCOMPARE(o.library.curvePoints(other).size(), std::size_t{2});

        const std::vector<CurvePoint> broken{{"s", 1, std::numeric_limits<double>::quiet_NaN(), 0, ""}};
        o.library.addCurvePoints(other, broken);
        QVERIFY(std::isnan(o.library.curvePoints(other).back().loss));
        QCOMPARE(errorOf([&] { o.library.addCurvePoints(999, points); }), ErrorCode::DatabaseFailed);
    }

    void attentionIsStoredWithTheVector() {
        Opened o;
        const EmbeddingSet set = o.adaptedSet(o.add("x", "1"));
        const std::vector<ImageId> two{o.images[0], o.images[2]};
        const std::vector<float> attention{0.25f, 0.75f, 0.5f, 0.5f, 1, 0, 0.125f, 0.875f};
        o.library.commitVectors(set.id, two, o.vectors(2), attention);
        o.library.commitVectors(set.id, std::vector{o.images[1]}, o.vectors(1));
        QCOMPARE(o.library.attention(set.id, two[1]), (std::vector<float>{1, 0, 0.125f, 0.875f}));
        QVERIFY(o.library.attention(set.id, o.images[1]).empty());
        const AttentionScan scan = o.library.attention(set.id);
        QCOMPARE(scan.images, two);
        QCOMPARE(scan.width, std::size_t{4});
        QCOMPARE(scan.values, attention);
        QCOMPARE(errorOf([&] { o.library.commitVectors(set.id, two, o.vectors(2), std::vector<float>(3)); }),
                 ErrorCode::Internal);

        // It stays when the vector moves into a segment.
        SegmentRow segment = o.segmentFile("x.vectors", 3);
        segment.set = set.id;
        o.library.sealSegment(segment, o.library.tail(set.id));
        QCOMPARE(o.library.attention(set.id).values, attention);
        QVERIFY(o.library.verify(true).empty());
    }

    void levelsAndClusters() {
        Opened o;
        QVERIFY(o.library.levels(o.set.id).empty());
        const std::int64_t before = o.library.findEmbeddingSet(o.key())->levelsVersion;
        o.storeLevels();
        QVERIFY(o.library.findEmbeddingSet(o.key())->levelsVersion != before);
        const auto levels = o.library.levels(o.set.id);
        QCOMPARE(levels.size(), std::size_t{2});
        QCOMPARE(levels[0].k, 2);
        QCOMPARE(levels[0].images, 3u);
        QVERIFY(levels[0].shown && !levels[1].shown);
        QVERIFY(!levels[0].copyFirst);
        QCOMPARE(levels[1].copyFirst, std::optional<double>(0.75));
        QVERIFY(levels[0].centroids.empty());
        QCOMPARE(o.library.level(o.set.id, 3)->centroids.size(), std::size_t{3 * o.dim});
        QVERIFY(!o.library.level(o.set.id, 4));

        const ClusterScan scan = o.library.clusterNumbers(o.set.id, 3);
        QCOMPARE(scan.images, o.images);
        QCOMPARE(scan.clusters, (std::vector<std::uint32_t>{0, 1, 2}));
        QCOMPARE(o.library.clusterNumbers(o.set.id, 2).clusters, (std::vector<std::uint32_t>{0, 1, 0}));
        QVERIFY(o.library.clusterNumbers(o.set.id, 4).images.empty());
        QCOMPARE(o.library.clusterSizes(o.set.id, 2), (std::vector<std::uint64_t>{2, 1}));
        QVERIFY(o.library.verify(true).empty());

        o.library.commitBatch(o.set.id, std::vector{o.file(o.folder.id, "d.jpg", "d")});
        const auto late = o.library.imagesWithoutClusters(o.set.id);
        QCOMPARE(late.size(), std::size_t{1});
        QVERIFY(o.library.verify(true).empty());
        o.library.addClusterNumbers(o.set.id, late, std::vector<std::uint32_t>{1, 2});
        QVERIFY(o.library.imagesWithoutClusters(o.set.id).empty());
        QCOMPARE(o.library.clusterSizes(o.set.id, 3), (std::vector<std::uint64_t>{1, 1, 2}));
        QCOMPARE(errorOf([&] { o.library.addClusterNumbers(o.set.id, late, std::vector<std::uint32_t>{1}); }),
                 ErrorCode::Internal);

        // They stay when vectors are sealed, and go with the levels.
        SegmentRow segment = o.segmentFile("x.vectors", 4);
        segment.set = o.set.id;
        o.library.sealSegment(segment, o.library.tail(o.set.id));
        QCOMPARE(o.library.clusterNumbers(o.set.id, 3).images.size(), std::size_t{4});
        o.library.storeLevels(o.set.id, {}, {}, {});
        QVERIFY(o.library.levels(o.set.id).empty());
        QCOMPARE(o.library.imagesWithoutClusters(o.set.id).size(), std::size_t{4});
        QVERIFY(o.library.verify(true).empty());
    }

    void neighbourhoodsAreKeptWithTheVector() {
        Opened o;
        QVERIFY(!o.library.neighbourhood(o.set.id, o.images[0]));
        const std::vector<Neighbourhood> stored{{0.5F, 2.25F, 0.125F, {o.images[1], o.images[2]}}, {}};
        // An image without a vector in the set is passed over.
        o.library.storeNeighbourhoods(o.set.id, std::vector<ImageId>{o.images[0], 999}, stored);
        QVERIFY(o.library.neighbourhood(o.set.id, o.images[0]) == stored[0]);
        QVERIFY(!o.library.neighbourhood(o.set.id, o.images[1]) && !o.library.neighbourhood(o.set.id, 999));
        o.library.storeNeighbourhoods(o.set.id, std::vector{o.images[0]}, std::vector{stored[1]});
        QVERIFY(o.library.neighbourhood(o.set.id, o.images[0]) == stored[1]);
    }

    void levelsThatDoNotFitChangeNothing_data() {
        QTest::addColumn<QString>("fault");
        QTest::newRow("centroids") << "centroids";
        QTest::newRow("order") << "order";
        QTest::newRow("clusters") << "clusters";
    }
    void levelsThatDoNotFitChangeNothing() {
        QFETCH(QString, fault);
        Opened o;
        o.storeLevels();
        std::vector<LevelRow> levels(2);
        levels[0].k = 4;
        levels[1].k = fault == "order" ? 4 : 5;
        levels[0].centroids.resize(4 * o.dim);
        levels[1].centroids.resize(static_cast<std::size_t>(levels[1].k) * o.dim - (fault == "centroids" ? 1 : 0));
        const std::vector<std::uint32_t> clusters(fault == "clusters" ? 5 : 6);
        QCOMPARE(errorOf([&] { o.library.storeLevels(o.set.id, levels, o.images, clusters); }), ErrorCode::Internal);
        QCOMPARE(o.library.levels(o.set.id).front().k, 2);
        QCOMPARE(o.library.clusterSizes(o.set.id, 2), (std::vector<std::uint64_t>{2, 1}));
    }

    void replacedVectors() {
        Opened o;
        EmbeddingSetKey key = o.key();
        key.whitening = "p0.75";
        const EmbeddingSet set = o.library.embeddingSet(key, o.dim);
        QVERIFY(!o.library.whitening(set.id));
        const std::vector<std::vector<ImageId>> first{{o.images[0], o.images[1]}};
        o.library.replaceVectors(set.id, std::vector{o.segmentFile("1.vectors", 2)}, first, {o.whitening(), {}});
        QCOMPARE(o.library.findEmbeddingSet(key)->vectors, 2u);
        QCOMPARE(o.library.whitening(set.id)->basis, o.whitening().basis);
        QCOMPARE(o.library.whitening(set.id)->power, 0.75);
        o.library.commitVectors(set.id, std::vector{o.images[2]}, o.vectors(1));
        QCOMPARE(o.library.findEmbeddingSet(key)->computedImages, 2u);
        QVERIFY(o.library.verify(true).empty());

        // An image that was deleted meanwhile becomes a tombstone.
        const std::vector<std::vector<ImageId>> second{{o.images[0]}, {o.images[2], 999}};
        o.library.replaceVectors(set.id, std::vector{o.segmentFile("2.vectors", 1), o.segmentFile("3.vectors", 2)},
                                 second, {o.whitening(), {}});
        QCOMPARE(o.library.findEmbeddingSet(key)->vectors, 2u);
        QCOMPARE(o.library.findEmbeddingSet(key)->tail, 0u);
        QVERIFY(!o.library.hasVector(set.id, o.images[1]));
        QCOMPARE(o.library.tombstones(set.id), std::vector<ImageId>{999});
        QVERIFY(!std::filesystem::exists(o.paths.segments() / "1.vectors"));
        QVERIFY(o.library.verify(true).empty());
        QCOMPARE(errorOf([&] {
                     o.library.replaceVectors(set.id, std::vector{o.segmentFile("4.vectors", 7)},
                                              std::vector<std::vector<ImageId>>{{o.images[0]}}, {});
                 }),
                 ErrorCode::Internal);
        QCOMPARE(o.library.findEmbeddingSet(key)->vectors, 2u);
        QVERIFY(o.library.whitening(set.id).has_value());

        o.library.removeEmbeddingSet(set.id);
        QVERIFY(!o.library.findEmbeddingSet(key));
        QCOMPARE(o.library.findEmbeddingSet(o.key())->vectors, 3u);
    }

    void verifyFinds_data() {
        QTest::addColumn<QString>("statement");
        QTest::newRow("adaptation file missing") << "UPDATE adaptations SET file = 'other' WHERE name = 'x'";
        QTest::newRow("adaptation file changed") << "UPDATE adaptations SET checksum = '00' WHERE name = 'spare'";
        QTest::newRow("set of no adaptation") << "DELETE FROM adaptations WHERE name = 'x'";
        QTest::newRow("half an attention") << "UPDATE embeddings SET attention = x'00'";
        QTest::newRow("centroids cut") << "UPDATE levels SET centroids = x'0000' WHERE k = 2";
        QTest::newRow("a level lost") << "DELETE FROM levels WHERE k = 2";
        QTest::newRow("all levels lost") << "DELETE FROM levels";
        QTest::newRow("cluster over k")
            << "UPDATE embeddings SET clusters = x'0200000000000000' WHERE clusters IS NOT NULL";
        QTest::newRow("whitening cut") << "UPDATE whitenings SET mean = x'00000000'";
        QTest::newRow("whitening lost") << "DELETE FROM whitenings";
    }
    void verifyFinds() {
        QFETCH(QString, statement);
        Opened o;
        o.add("spare", "2");
        o.library.commitVectors(o.adaptedSet(o.add("x", "1")).id, o.images, o.vectors(3), std::vector<float>(6));
        EmbeddingSetKey key = o.key();
        key.whitening = "p0.75";
        const std::vector<std::vector<ImageId>> images{o.images};
        o.library.replaceVectors(o.library.embeddingSet(key, o.dim).id, std::vector{o.segmentFile("1.vectors", 3)},
                                 images, {o.whitening(), {}});
        o.storeLevels();
        QVERIFY(o.library.verify(true).empty());
        SQLite::Database(o.paths.catalogue().native(), SQLite::OPEN_READWRITE).exec(statement.toStdString());
        QVERIFY(!o.library.verify(true).empty());
    }
};

QTEST_APPLESS_MAIN(TestLibraryDerived)
#include "tst_library_derived.moc"
