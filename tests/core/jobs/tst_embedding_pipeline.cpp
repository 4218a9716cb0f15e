#include "core/base/file_io.h"
#include "core/jobs/embed_files.h"
#include "core/jobs/embedding_pipeline.h"
#include "tests/support/images.h"
#include "tests/support/tiny_backbone.h"

#include <QTemporaryDir>
#include <QTest>

#include <array>
#include <cmath>
#include <set>

using namespace grappa;

class TestEmbeddingPipeline : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void everyItemArrivesOnce_data();
    void everyItemArrivesOnce();
    void sourceFailureReachesTheCaller();
    void sinkFailureReachesTheCaller();
    void stopDropsWhatIsUnderWay();
    void filesKeepTheirOrder();
    void aLongImageIsTheMeanOfItsSquares();
    void aThumbnailBesideItChangesNothing();

private:
    DecodePoolOptions poolOptions(int queued) const;
    DecodeTask task(int image) const;
    Embedder embedder() const;

    QTemporaryDir m_root;
    std::vector<std::filesystem::path> m_images;
};

void TestEmbeddingPipeline::initTestCase() {
    QVERIFY(m_root.isValid());
    test::writeTinyBackbone(m_root.filePath("models").toStdString());
    QVERIFY(test::writeImages(m_root.filePath("images"), 20));
    for (int i = 0; i < 20; ++i)
        m_images.emplace_back(
            m_root.filePath(QStringLiteral("images/%1.jpg").arg(i, 4, 10, QLatin1Char('0'))).toStdString());
}

DecodePoolOptions TestEmbeddingPipeline::poolOptions(int queued) const {
    DecodePoolOptions options;
    options.program = GRAPPA_BIN "/grappa-decode";
    options.workers = 2;
    options.queued = queued;
    return options;
}

Embedder TestEmbeddingPipeline::embedder() const {
    const BackboneRegistry registry({m_root.filePath("models").toStdString()});
    return {registry.find(""), {"cpu", 56, 1}};
}

DecodeTask TestEmbeddingPipeline::task(int image) const {
    DecodeTask task;
    task.bytes = readUserFile(m_images[static_cast<std::size_t>(image)], 1 << 20).bytes;
    task.cropSize = 56;
    return task;
}

void TestEmbeddingPipeline::everyItemArrivesOnce_data() {
    QTest::addColumn<int>("batch");
    QTest::addColumn<int>("queued");
    QTest::addColumn<int>("everyNthUndecoded"); // 0 = all are decoded
    QTest::newRow("one at a time") << 1 << 1 << 0;
    QTest::newRow("batch over the queue") << 16 << 2 << 0;
    QTest::newRow("batch over the items") << 64 << 8 << 0;
    QTest::newRow("some undecoded") << 4 << 4 << 3;
    QTest::newRow("none decoded") << 4 << 4 << 1;
}

void TestEmbeddingPipeline::everyItemArrivesOnce() {
    QFETCH(int, batch);
    QFETCH(int, queued);
    QFETCH(int, everyNthUndecoded);
    DecodePool pool(poolOptions(queued));
    Embedder model = embedder();
    int next = 0;
    const PipelineSource source = [&]() -> std::optional<PipelineItem> {
        if (next == 20) return std::nullopt;
        PipelineItem item{static_cast<std::uint64_t>(next), std::nullopt};
        if (everyNthUndecoded == 0 || next % everyNthUndecoded != 0) item.task = task(next);
        ++next;
        return item;
    };
    std::set<std::uint64_t> seen;
    const PipelineSink sink = [&](std::span<PipelineResult> results) {
        for (const PipelineResult& result : results) {
            QVERIFY(seen.insert(result.id).second);
            const bool decoded = everyNthUndecoded == 0 || static_cast<int>(result.id) % everyNthUndecoded != 0;
            QCOMPARE(result.decoded.has_value(), decoded);
            QCOMPARE(result.vector.size(), decoded ? std::size_t{64} : std::size_t{0});
        }
    };
    runEmbeddingPipeline(pool, &model, static_cast<std::size_t>(batch), source, sink, {});
    QCOMPARE(seen.size(), std::size_t{20});
}

void TestEmbeddingPipeline::sourceFailureReachesTheCaller() {
    DecodePool pool(poolOptions(4));
    Embedder model = embedder();
    int next = 0;
    const PipelineSource source = [&]() -> std::optional<PipelineItem> {
        if (next == 5) throw Error(ErrorCode::DatabaseFailed, "as the test wants it");
        PipelineItem item{static_cast<std::uint64_t>(next), task(next)};
        ++next;
        return item;
    };
    QVERIFY_THROWS_EXCEPTION(Error, runEmbeddingPipeline(pool, &model, 2, source, [](auto) {}, {}));
}

void TestEmbeddingPipeline::sinkFailureReachesTheCaller() {
    DecodePool pool(poolOptions(4));
    Embedder model = embedder();
    // The source never ends by itself: the failure must end it.
    std::uint64_t next = 0;
    const PipelineSource source = [&]() -> std::optional<PipelineItem> {
        PipelineItem item{next, task(static_cast<int>(next % 20))};
        ++next;
        return item;
    };
    const PipelineSink sink = [](std::span<PipelineResult>) {
        throw Error(ErrorCode::DiskFull, "as the test wants it");
    };
    QVERIFY_THROWS_EXCEPTION(Error, runEmbeddingPipeline(pool, &model, 2, source, sink, {}));
}

void TestEmbeddingPipeline::stopDropsWhatIsUnderWay() {
    DecodePool pool(poolOptions(4));
    Embedder model = embedder();
    std::stop_source stop;
    std::uint64_t next = 0;
    const PipelineSource source = [&]() -> std::optional<PipelineItem> {
        PipelineItem item{next, task(static_cast<int>(next % 20))};
        ++next;
        return item;
    };
    int batches = 0;
    const PipelineSink sink = [&](std::span<PipelineResult>) {
        if (++batches == 3) stop.request_stop();
    };
    JobContext context;
    context.stop = stop.get_token();
    try {
        runEmbeddingPipeline(pool, &model, 2, source, sink, context);
        QFAIL("a stopped pipeline must throw");
    } catch (const Error& error) {
        QCOMPARE(error.code(), ErrorCode::Interrupted);
    }
    QCOMPARE(batches, 3);
}

void TestEmbeddingPipeline::filesKeepTheirOrder() {
    Embedder model = embedder();
    std::vector<std::filesystem::path> paths(m_images.rbegin(), m_images.rend());
    paths.insert(paths.begin() + 3, "/nowhere.jpg");
    const std::vector<EmbeddedFile> files = embedFiles(paths, model, std::nullopt, {}, false, poolOptions(8));
    QCOMPARE(files.size(), paths.size());
    QCOMPARE(*files[3].error, ErrorCode::FileUnreadable);
    for (std::size_t i = 0; i < paths.size(); ++i) {
        if (i == 3) continue;
        const EmbeddedFile alone =
            embedFiles(std::span(&paths[i], 1), model, std::nullopt, {}, false, poolOptions(1)).front();
        double dot = 0;
        for (std::size_t j = 0; j < alone.vector.size(); ++j)
            dot += double{alone.vector[j]} * files[i].vector[j];
        QVERIFY2(dot > 0.9999, paths[i].c_str());
    }
}

void TestEmbeddingPipeline::aLongImageIsTheMeanOfItsSquares() {
    Embedder model = embedder();
    std::vector<std::uint8_t> crops(2 * 3 * 56 * 56);
    for (std::size_t i = 0; i < crops.size(); ++i)
        crops[i] = static_cast<std::uint8_t>((i * i / 7 + i / 100) % 251);
    const auto half = crops.begin() + static_cast<std::ptrdiff_t>(crops.size() / 2);
    const std::vector<std::uint8_t> left(crops.begin(), half), right(half, crops.end());
    const Description own = model.ownDescription();
    const std::array<const std::vector<std::uint8_t>*, 3> images{&left, &crops, &right};
    const std::vector<float> vectors = describeCrops(model, images, {&own, 1}).front().vectors;
    const auto width = static_cast<std::size_t>(model.dim());
    QCOMPARE(vectors.size(), 3 * width);
    std::vector<float> mean(width);
    double squares = 0;
    for (std::size_t i = 0; i < width; ++i) {
        mean[i] = vectors[i] + vectors[2 * width + i];
        squares += double{mean[i]} * mean[i];
    }
    for (std::size_t i = 0; i < width; ++i)
        QVERIFY(std::abs(vectors[width + i] - mean[i] / std::sqrt(squares)) < 1e-4);

    // Of more than two squares each is a part too.
    std::vector<std::uint8_t> three = left;
    three.insert(three.end(), crops.begin(), crops.end());
    std::vector<std::vector<float>> parts;
    const std::array<const std::vector<std::uint8_t>*, 4> more{&left, &three, &crops, &right};
    describeCrops(model, more, {&own, 1}, &parts);
    QCOMPARE(parts.size(), std::size_t{4});
    QVERIFY(parts[0].empty() && parts[2].empty() && parts[3].empty());
    QCOMPARE(parts[1].size(), 3 * width);
    for (std::size_t i = 0; i < width; ++i) {
        QVERIFY(std::abs(parts[1][i] - vectors[i]) < 1e-4);
        QVERIFY(std::abs(parts[1][2 * width + i] - vectors[2 * width + i]) < 1e-4);
    }
}

/// What an import decodes and what a query decodes of the same file gives the same crop.
void TestEmbeddingPipeline::aThumbnailBesideItChangesNothing() {
    const QString file = m_root.filePath("large.jpg");
    QVERIFY(test::makeImage(3, 1'900, 1'300).save(file));
    const std::filesystem::path path = file.toStdString();
    std::vector<std::vector<std::uint8_t>> crops;
    for (const bool thumbnail : {false, true}) {
        DecodePool pool(poolOptions(1));
        DecodeTask wanted;
        wanted.bytes = readUserFile(path, 1 << 24).bytes;
        wanted.cropSize = 56;
        wanted.thumbnail = thumbnail;
        QVERIFY(pool.submit(std::move(wanted), {}));
        crops.push_back(pool.next({})->crop);
    }
    QVERIFY(!crops[0].empty());
    QVERIFY(crops[0] == crops[1]);
}

QTEST_GUILESS_MAIN(TestEmbeddingPipeline)
#include "tst_embedding_pipeline.moc"
