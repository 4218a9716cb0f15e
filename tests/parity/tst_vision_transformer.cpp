// The backbone against independent implementations: data/ is written by make_fixtures.py.

#include "core/base/safetensors.h"
#include "core/model/weights.h"

#include <QTest>

#include <QTemporaryDir>

#include <filesystem>

using namespace grappa;

namespace {

constexpr double tolerance = 1e-4; // of the output's scale
constexpr int sizes = 3;

/// A fixture: a checkpoint as its family stores it, and tensors "test.<n>.images" and "test.<n>.output".
class Fixture {
public:
    explicit Fixture(const QString& name)
        : m_file(std::filesystem::path(GRAPPA_TEST_DATA) / (name.toStdString() + ".safetensors")) {
        std::vector<SafetensorsTensor> weights;
        for (const SafetensorsEntry& entry : m_file.entries())
            if (!entry.name.starts_with("test."))
                weights.push_back({entry.name, entry.dtype, entry.shape, m_file.bytes(entry)});
        const auto path = std::filesystem::path(m_folder.path().toStdString()) / "weights.safetensors";
        saveSafetensors(path, weights, m_file.metadata());
        const SafetensorsFile stored(path);
        options = readBackboneOptions(stored);
        backbone = loadBackbone(stored, options);
    }

    torch::Tensor images(int n) const { return tensor(n, "images"); }
    torch::Tensor output(int n) const { return tensor(n, "output"); }

    VisionTransformerOptions options;
    VisionTransformer backbone{nullptr};

private:
    torch::Tensor tensor(int n, const char* what) const {
        return toTensor(m_file, *m_file.find("test." + std::to_string(n) + '.' + what));
    }

    QTemporaryDir m_folder;
    SafetensorsFile m_file;
};

/// The largest difference as a share of the expected values' scale.
double difference(const torch::Tensor& actual, const torch::Tensor& expected) {
    return ((actual - expected).abs().max() / expected.abs().max()).item<double>();
}

} // namespace

class TestVisionTransformer : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void equalsTheReference_data() { families(); }
    void equalsTheReference() {
        QFETCH(const QString, family);
        Fixture fixture(family);
        const torch::NoGradGuard noGrad;
        for (int n = 0; n < sizes; ++n) {
            const double error = difference(fixture.backbone->forward(fixture.images(n)), fixture.output(n));
            QVERIFY2(error <= tolerance, qPrintable(QString("size %1: %2").arg(n).arg(error)));
        }
    }

    // A fixture that another convention also fits would prove nothing.
    void aWrongConventionIsSeen_data() { families(); }
    void aWrongConventionIsSeen() {
        QFETCH(const QString, family);
        const Fixture fixture(family);
        const torch::NoGradGuard noGrad;
        const auto errorWith = [&](auto change) {
            VisionTransformerOptions options = fixture.options;
            change(options);
            VisionTransformer other(options);
            const auto right = fixture.backbone->named_parameters();
            for (auto& parameter : other->named_parameters())
                parameter.value().set_data(right[parameter.key()]);
            return difference(other->forward(fixture.images(2)), fixture.output(2));
        };
        for (const auto wrong : {PositionInterpolation::DinoScaleFactor, PositionInterpolation::Bicubic,
                                 PositionInterpolation::BicubicAntialias})
            if (wrong != fixture.options.interpolation)
                QVERIFY(errorWith([&](auto& o) { o.interpolation = wrong; }) > 10 * tolerance);
        QVERIFY(errorWith([](auto& o) { o.heads = 4; }) > 10 * tolerance);
        QVERIFY(errorWith([](auto& o) { o.layerNormEpsilon = 1e-2; }) > 10 * tolerance);
        if (fixture.options.layerScale) QVERIFY(errorWith([](auto& o) { o.layerScale = false; }) > 10 * tolerance);
        if (fixture.options.registers > 0) QVERIFY(errorWith([](auto& o) { o.registers = 0; }) > 10 * tolerance);
    }

    void theLastBlockOfOneTokenIsExact_data() { families(); }
    void theLastBlockOfOneTokenIsExact() {
        QFETCH(const QString, family);
        Fixture fixture(family);
        const torch::NoGradGuard noGrad;
        const auto images = fixture.images(2);
        const auto full = fixture.backbone->runBlocks(fixture.backbone->embedPatches(images), 0, fixture.options.depth);
        const auto afterAll = fixture.backbone->finish(full, fixture.options.depth);
        QVERIFY(difference(fixture.backbone->forward(images), afterAll) < 1e-5);
    }

    void afterBlockActsOnEveryBlock() {
        Fixture fixture("hf-dinov2");
        const torch::NoGradGuard noGrad;
        std::vector<std::pair<std::int64_t, std::int64_t>> calls;
        const auto shift = [&](std::int64_t block, torch::Tensor tokens) {
            calls.emplace_back(block, tokens.size(1));
            return tokens + 0.5 * tokens.roll(1, -1);
        };
        const auto images = fixture.images(1); // 3 x 3 patches
        const auto changed = fixture.backbone->forward(images, shift);
        const std::vector<std::pair<std::int64_t, std::int64_t>> expected{{0, 10}, {1, 1}};
        QCOMPARE(calls, expected);
        QVERIFY(difference(changed, fixture.output(1)) > 0.01);
    }

    void mapsCoverThePatches() {
        Fixture fixture("hf-dinov2-registers");
        const torch::NoGradGuard noGrad;
        const auto maps = fixture.backbone->maps(fixture.images(2));
        QCOMPARE(maps.rows, 7);
        QCOMPARE(maps.cols, 4);
        QCOMPARE(maps.patchTokens.sizes().vec(), (std::vector<std::int64_t>{2, 28, 32}));
        QCOMPARE(maps.classAttention.sizes().vec(), (std::vector<std::int64_t>{2, 28}));
        QVERIFY((maps.classAttention > 0).all().item<bool>());
        QVERIFY((maps.classAttention.sum(1) < 1).all().item<bool>()); // the rest is on [class] and registers
    }

    void sizesThatThePatchDoesNotDivideAreRefused() {
        Fixture fixture("dino");
        QVERIFY_THROWS_EXCEPTION(Error, fixture.backbone->embedPatches(torch::zeros({1, 3, 20, 22})));
    }

private:
    void families() {
        QTest::addColumn<QString>("family");
        for (const char* family : {"hf-vit", "hf-dinov2", "hf-dinov2-registers", "dino"})
            QTest::newRow(family) << QString(family);
    }
};

QTEST_APPLESS_MAIN(TestVisionTransformer)
#include "tst_vision_transformer.moc"
