#include "core/training/prefix_store.h"

#include "synthetic_images.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <numeric>

using namespace grappa;

class TestPrefixStore : public QObject {
    Q_OBJECT

private:
    static constexpr int inputSize = 16;

    struct Opened {
        test::SyntheticImages images{40, inputSize};
        PrefixStore store;

        explicit Opened(const QTemporaryDir& folder, std::uint64_t cacheSize = 1 << 30)
            : store(test::smallTransformer(), "hash", 1, images,
                    {.file = folder.filePath("prefix").toStdString(),
                     .cacheSize = cacheSize,
                     .views = 2,
                     .inputSize = inputSize,
                     .augmentation = {}}) {}

        torch::Tensor all(ViewId view) {
            std::vector<std::int64_t> indices(images.size());
            std::iota(indices.begin(), indices.end(), 0);
            return store.load(indices, view);
        }
    };

    static constexpr ViewId firstView{ViewId::Kind::Training, 0};
    static constexpr ViewId secondView{ViewId::Kind::Training, 1};

private Q_SLOTS:
    // The models are so small that threads would only wait for each other.
    void initTestCase() { at::set_num_threads(1); }

    void theCacheChangesNoNumber() {
        const QTemporaryDir cached, uncached, half;
        Opened with(cached), without(uncached, 0), some(half, 20'000);
        with.store.fill({});
        some.store.fill({});
        QCOMPARE(with.images.loads, with.images.size()); // one decode feeds the crop and all views
        for (const ViewId view : {ViewId{}, firstView, secondView}) {
            const auto expected = with.all(view);
            QVERIFY(torch::equal(without.all(view), expected));
            QVERIFY(torch::equal(some.all(view), expected));
        }
        QCOMPARE(with.images.loads, with.images.size());
        QVERIFY(!torch::equal(with.all(firstView), with.all(secondView)));
    }

    void neitherDoesTheNumberOfThreads() {
        const QTemporaryDir folder;
        const int before = at::get_num_threads();
        Opened opened(folder, 0);
        at::set_num_threads(1);
        const auto one = opened.all(firstView);
        at::set_num_threads(2);
        QVERIFY(torch::equal(opened.all(firstView), one));
        at::set_num_threads(before);
    }

    void itIsTheFrozenPrefix() {
        const QTemporaryDir folder;
        Opened opened(folder);
        const auto crop = opened.images.load(3).crop.to(torch::kFloat) / 255;
        const auto mean = torch::tensor({0.485F, 0.456F, 0.406F}).view({3, 1, 1});
        const auto deviation = torch::tensor({0.229F, 0.224F, 0.225F}).view({3, 1, 1});
        auto backbone = test::smallTransformer();
        const torch::NoGradGuard noGrad;
        const auto expected =
            backbone->runBlocks(backbone->embedPatches(((crop - mean) / deviation).unsqueeze(0)), 0, 2);
        const std::vector<std::int64_t> image{3};
        const auto difference = (opened.store.load(image, ViewId{}) - expected).abs().max().item<double>();
        QVERIFY(difference < 2e-3 * expected.abs().max().item<double>()); // fp16
    }

    void aDamagedSlotIsComputedAgain() {
        const QTemporaryDir folder;
        torch::Tensor expected;
        {
            Opened opened(folder);
            opened.store.fill({});
            expected = opened.all(ViewId{});
        }
        QFile file(folder.filePath("prefix"));
        QVERIFY(file.open(QIODevice::ReadWrite));
        QVERIFY(file.seek(100));
        QCOMPARE(file.write("damage"), 6);
        file.close();
        Opened again(folder);
        QVERIFY(torch::equal(again.all(ViewId{}), expected));
        QCOMPARE(again.images.loads, std::size_t{1});
    }

    void aStopKeepsWhatIsDone() {
        const QTemporaryDir folder;
        std::stop_source stop;
        {
            Opened opened(folder);
            opened.images.onLoad = [&](std::size_t index) {
                if (index == 20) stop.request_stop();
            };
            QVERIFY_THROWS_EXCEPTION(Error, opened.store.fill({stop.get_token(), {}}));
        }
        Opened again(folder);
        again.store.fill({});
        QVERIFY(again.images.loads < again.images.size());
    }

    void otherImagesEmptyIt() {
        const QTemporaryDir folder;
        {
            Opened opened(folder);
            opened.store.fill({});
        }
        test::SyntheticImages fewer(30, inputSize);
        PrefixStore store(
            test::smallTransformer(), "hash", 1, fewer,
            {.file = folder.filePath("prefix").toStdString(), .views = 2, .inputSize = inputSize, .augmentation = {}});
        store.fill({});
        QCOMPARE(fewer.loads, fewer.size());
    }
};

QTEST_APPLESS_MAIN(TestPrefixStore)
#include "tst_prefix_store.moc"
