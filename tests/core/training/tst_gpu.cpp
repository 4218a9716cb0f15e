// On a GPU: the vectors and clusters of the CPU, a device without memory, learning. Skipped where there is no GPU.
#include "core/model/embedder.h"
#include "core/training/kmeans.h"
#include "small_training.h"
#include "tests/core/model/random_model.h"
#include "tests/core/model/small_backbone.h"

#include <QTest>

#include <algorithm>
#include <cmath>

using namespace grappa;

class TestGpu : public QObject {
    Q_OBJECT

private:
    static std::vector<std::uint8_t> noise(int count, int size) {
        const auto pixels = torch::randint(0, 256, {count, size, size, 3}, torch::kByte);
        return {pixels.const_data_ptr<std::uint8_t>(), pixels.const_data_ptr<std::uint8_t>() + pixels.numel()};
    }

    static double largestDifference(const std::vector<float>& one, const std::vector<float>& two) {
        if (one.size() != two.size() || one.empty()) return INFINITY;
        return (torch::tensor(one) - torch::tensor(two)).abs().max().item<double>();
    }

    /// Takes the device's memory, but for about so many bytes, for as long as the result lives.
    static std::vector<torch::Tensor> takeMemory(std::int64_t left) {
        const auto bytes = torch::TensorOptions().dtype(torch::kByte).device(torch::kCUDA);
        std::vector<torch::Tensor> taken;
        const torch::Tensor spared = torch::empty({left}, bytes);
        for (std::int64_t size = std::int64_t{1} << 34; size >= left / 8;) {
            try {
                taken.push_back(torch::empty({size}, bytes));
                continue;
            } catch (const c10::OutOfMemoryError&) {
                // a smaller piece may fit
            }
            size /= 2;
        }
        return taken;
    }

    /// The short training on the GPU. After `stopAfter` steps it is stopped, then started again.
    static TrainerResult learn(int stopAfter, std::vector<double>& losses) {
        const QTemporaryDir folder;
        for (;;) {
            std::stop_source stop;
            TrainerOptions options = test::shortTraining(folder);
            options.onPoint = [&](const TrainingPoint& point) {
                losses.push_back(point.loss);
                if (std::ssize(losses) == stopAfter) stop.request_stop();
            };
            test::TrainedImages trained(folder, torch::kCUDA);
            try {
                return Trainer(trained.store, options).run({stop.get_token(), {}});
            } catch (const Error& error) {
                if (error.code() != ErrorCode::Interrupted) throw;
            }
        }
    }

private Q_SLOTS:
    void initTestCase() {
        if (!torch::cuda::is_available()) QSKIP("There is no CUDA device here.");
        torch::manual_seed(3);
        const std::filesystem::path path = m_folder.path().toStdString();
        test::save(path / "small.safetensors", test::smallBackbone());
        m_card = BackboneRegistry({path}).find("small");
        m_adaptation = path / "adaptation.safetensors";
        Adaptation adaptation =
            test::randomAdaptation({.width = 64, .bottleneck = 8, .firstBlock = 0, .depth = 2}, {8, 32});
        adaptation.metadata[adaptation_key::backboneHash] = m_card.hash.hex();
        saveAdaptation(m_adaptation, adaptation);
    }

    void vectorsEqualTheCpus_data() {
        QTest::addColumn<QString>("variant");
        for (const char* variant : {"", "base", "granularity:8", "average", "neighbours"})
            QTest::newRow(*variant ? variant : "backbone alone") << variant;
    }
    void vectorsEqualTheCpus() {
        QFETCH(const QString, variant);
        const auto adaptation = variant.isEmpty() ? std::nullopt : std::optional(m_adaptation);
        const Description description{.variant = variant.toStdString()};
        Embedder onCpu(m_card, {.device = "cpu", .inputSize = 20}, adaptation);
        Embedder onGpu(m_card, {.device = "cuda:0", .inputSize = 20}, adaptation);
        QCOMPARE(onGpu.device(), std::string("cuda:0"));
        const int count = onGpu.preferredBatch() + 3;
        const auto pixels = noise(count, 20);
        const Described expected = onCpu.describe(pixels, count, description);
        const Described actual = onGpu.describe(pixels, count, description);
        QVERIFY(largestDifference(actual.vectors, expected.vectors) < 1e-4);
        QCOMPARE(actual.attention.size(), expected.attention.size());
        if (!expected.attention.empty()) QVERIFY(largestDifference(actual.attention, expected.attention) < 1e-4);
        const auto one = std::span(pixels).first(std::size_t{3} * 20 * 20);
        QVERIFY(largestDifference(onGpu.maps(one).classAttention, onCpu.maps(one).classAttention) < 1e-4);
    }

    void aFullGpuIsServedInSmallerBatches() {
        constexpr int size = 112;
        Embedder embedder(m_card, {.device = "cuda:0", .inputSize = size});
        const int count = embedder.preferredBatch();
        const auto pixels = noise(count, size);
        const auto expected = embedder.embed(pixels, count);
        const auto taken = takeMemory(std::int64_t{24} << 20);
        const auto actual = embedder.embed(pixels, count);
        QVERIFY(embedder.preferredBatch() < count);
        QVERIFY(largestDifference(actual, expected) < 1e-5);
    }

    void clustersEqualTheCpus() {
        const auto kinds = torch::nn::functional::normalize(torch::randn({20, 48}));
        const auto points = torch::nn::functional::normalize(kinds.repeat({40, 1}) + 0.02 * torch::randn({800, 48}));
        const KMeansOptions options{.clusters = 20, .seed = 9};
        const KMeansResult onCpu = kMeans(points, options, {});
        const KMeansResult onGpu = kMeans(points.to(torch::kCUDA), options, {});
        QVERIFY(torch::equal(onGpu.assignment, onCpu.assignment));
        QVERIFY(torch::equal(onGpu.assignment, kMeans(points.to(torch::kCUDA), options, {}).assignment));
        QVERIFY(test::difference(onGpu.centroids.cpu(), onCpu.centroids) < 1e-4);
        QVERIFY(torch::equal(nearestNeighbours(points.to(torch::kCUDA), 1), nearestNeighbours(points, 1)));
    }

    void gradientsAreThoseOfTheCpuNearly() {
        const auto learned = [](const torch::Device& device) {
            const QTemporaryDir folder;
            test::TrainedImages trained(folder, device);
            torch::manual_seed(7);
            AdaptorSet set(AdaptorOptions{.width = 32, .bottleneck = 8, .firstBlock = 1, .depth = 3});
            test::randomise(*set, 0.1);
            const auto weights = torch::randn({8, 32});
            set->to(device);
            const std::vector<std::int64_t> images{0, 1, 2, 3, 4, 5, 6, 7};
            const auto z = trained.store.finish(trained.store.load(images, ViewId{}), set->afterBlock());
            (z * weights.to(device)).sum().backward();
            std::vector<torch::Tensor> all{z.detach().flatten()};
            for (const torch::Tensor& parameter : set->parameters())
                all.push_back(parameter.grad().flatten());
            return torch::cat(all).cpu();
        };
        // bf16 has 8 bits.
        const auto onCpu = learned(torch::kCPU), onGpu = learned(torch::kCUDA);
        QVERIFY(((onGpu - onCpu).norm() / onCpu.norm()).item<double>() < 0.03);
    }

    void itLearns() {
        std::vector<double> losses;
        const TrainerResult learned = learn(0, losses);
        QCOMPARE(losses.size(), std::size_t{25});
        QVERIFY(std::ranges::all_of(losses, [](double loss) { return std::isfinite(loss) && loss > 0; }));
        QVERIFY(learned.report.heldOut > 0);

        // Saved, it can be used.
        const QTemporaryDir folder;
        TrainerResult saved = learned;
        saved.adaptation.metadata[adaptation_key::backboneHash] = m_card.hash.hex();
        saved.adaptation.inputSize = test::TrainedImages::inputSize;
        const std::filesystem::path file = folder.filePath("learned.safetensors").toStdString();
        saveAdaptation(file, saved.adaptation);
        Adaptation loaded = loadAdaptation(SafetensorsFile(file));
        QCOMPARE(loaded.mainVariant, std::string(variant::neighbours));
        GrappaModel model(test::smallTransformer(), loaded);
        const auto z = model.finish(model.prefix(torch::randn({2, 3, 16, 16})), variant::neighbours).z;
        QVERIFY(z.isfinite().all().item<bool>());
    }

    void stoppedItGoesOn() {
        std::vector<double> whole, broken;
        learn(0, whole);
        learn(14, broken);
        QCOMPARE(broken.size(), whole.size());
        for (std::size_t i = 0; i < whole.size(); ++i)
            QVERIFY2(std::abs(broken[i] - whole[i]) < 0.02 * whole[i],
                     qPrintable(QString("step %1: %2, unbroken %3").arg(i).arg(broken[i]).arg(whole[i])));
    }

private:
    QTemporaryDir m_folder;
    BackboneCard m_card;
    std::filesystem::path m_adaptation;
};

QTEST_GUILESS_MAIN(TestGpu)
#include "tst_gpu.moc"
