#include "core/model/embedder.h"

#include "random_model.h"
#include "small_backbone.h"

#include <QTest>

#include <QTemporaryDir>

#include <cmath>

using namespace grappa;

class TestEmbedder : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        const std::filesystem::path path = m_folder.path().toStdString();
        test::save(path / "small.safetensors", test::smallBackbone());
        m_card = BackboneRegistry({path}).find("small");
        m_adaptation = path / "adaptation.safetensors";
        torch::manual_seed(4);
        Adaptation adaptation = test::randomAdaptation(adaptorOptions(), {8, 32});
        adaptation.metadata[adaptation_key::backboneHash] = m_card.hash.hex();
        saveAdaptation(m_adaptation, adaptation);
    }

    void vectorsAreUnitAndDoNotDependOnTheBatch() {
        Embedder embedder(m_card, {.device = "cpu", .inputSize = 20});
        QCOMPARE(embedder.device(), std::string("cpu"));
        QCOMPARE(embedder.dim(), 64);
        const int count = embedder.preferredBatch() + 3;
        const auto pixels = imagesOf(count, 20);
        const auto together = embedder.embed(pixels, count);
        QCOMPARE(together.size(), static_cast<std::size_t>(count) * 64);
        for (int i = 0; i < count; ++i) {
            const auto alone = embedder.embed(std::span(pixels).subspan(std::size_t{1200} * i, 1200), 1);
            double squares = 0;
            for (std::size_t j = 0; j < 64; ++j) {
                squares += double{alone[j]} * alone[j];
                QVERIFY(std::abs(alone[j] - together[std::size_t{64} * i + j]) < 1e-5);
            }
            QVERIFY(std::abs(squares - 1) < 1e-5);
        }
        QVERIFY(embedder.embed({}, 0).empty());
    }

    void theInputSizeIsRoundedToThePatch_data() {
        QTest::addColumn<int>("requested");
        QTest::addColumn<int>("used");
        QTest::newRow("exact") << 20 << 20;
        QTest::newRow("down") << 21 << 20;
        QTest::newRow("up") << 23 << 24;
        QTest::newRow("at least one patch") << 1 << 4;
        QTest::newRow("default of a CPU") << 0 << 168;
    }

    void theInputSizeIsRoundedToThePatch() {
        QFETCH(const int, requested);
        QFETCH(const int, used);
        QCOMPARE(Embedder(m_card, {.device = "cpu", .inputSize = requested}).inputSize(), used);
    }

    void mapsAreOfTheGrid() {
        Embedder embedder(m_card, {.device = "cpu", .inputSize = 16});
        const auto maps = embedder.maps(imagesOf(1, 16));
        QCOMPARE(maps.rows, 4);
        QCOMPARE(maps.cols, 4);
        QCOMPARE(maps.patchTokens.size(), std::size_t{16 * 64});
        QCOMPARE(maps.classAttention.size(), std::size_t{16});
    }

    void aDeviceThatIsNotThereIsRefused() {
        QCOMPARE(codeOf({.device = "cuda:99"}), ErrorCode::DeviceUnavailable);
        QCOMPARE(codeOf({.device = "tpu"}), ErrorCode::Usage);
        QCOMPARE(codeOf({.device = "cuda:x"}), ErrorCode::Usage);
        QCOMPARE(codeOf({.inputSize = 100'000}), ErrorCode::Usage);
    }

    void aBackboneWhoseFileIsGoneIsMissing() {
        BackboneCard card = m_card;
        card.file += ".gone";
        QVERIFY_THROWS_EXCEPTION(Error, Embedder(card, {}));
    }

    void anAdaptationSaysWhatItIs() {
        const Embedder embedder(m_card, {.device = "cpu"}, m_adaptation);
        const AdaptationCard& card = embedder.adaptation().value();
        QCOMPARE(card.name, std::string("random"));
        QCOMPARE(card.hash, SafetensorsFile(m_adaptation).hash());
        QCOMPARE(card.granularities, (std::vector<std::int64_t>{8, 32}));
        QCOMPARE(card.blocks, (std::vector<std::int64_t>{0, 1}));
        QCOMPARE(card.variants, (std::vector<std::string>{"base", "granularity:8", "granularity:32", "average",
                                                          "augmentation", "neighbours"}));
        QCOMPARE(card.mainVariant, std::string("neighbours"));
        QCOMPARE(card.metadata.at(adaptation_key::backboneHash), m_card.hash.hex());
        QCOMPARE(embedder.inputSize(), 20); // what it was trained at
        QCOMPARE(Embedder(m_card, {.device = "cpu", .inputSize = 16}, m_adaptation).inputSize(), 16);
        QVERIFY(!Embedder(m_card, {.device = "cpu"}).adaptation());
    }

    void severalVariantsOfOneBatchEqualEachAlone() {
        Embedder embedder(m_card, {.device = "cpu"}, m_adaptation);
        const int count = embedder.preferredBatch() + 3;
        const auto pixels = imagesOf(count, 20);
        std::vector<Description> descriptions{{.whitened = false}, {.variant = "neighbours"}};
        for (const std::string& variant : embedder.adaptation()->variants)
            descriptions.push_back({.variant = variant});
        const auto together = embedder.describe(pixels, count, descriptions);
        QCOMPARE(together.size(), descriptions.size());
        for (std::size_t i = 0; i < descriptions.size(); ++i) {
            const Described alone = embedder.describe(pixels, count, descriptions[i]);
            QVERIFY(alone.vectors == together[i].vectors);
            QVERIFY(alone.attention == together[i].attention);
            const std::string& variant = descriptions[i].variant;
            const bool fused = variant != "base" && !variant.starts_with("granularity:");
            QCOMPARE(alone.attention.size(), fused ? std::size_t{4} * static_cast<std::size_t>(count) : 0);
            QCOMPARE(alone.vectors.size(), std::size_t{64} * static_cast<std::size_t>(count));
            double squares = 0;
            for (std::size_t j = 0; j < 64; ++j)
                squares += double{alone.vectors[j]} * alone.vectors[j];
            QVERIFY(std::abs(squares - 1) < 1e-5);
        }
        QVERIFY(together[0].vectors != together[1].vectors); // not whitened, whitened
        QVERIFY(together[0].attention == together[1].attention);
        QVERIFY(embedder.embed(pixels, count) == together[1].vectors);
        QVERIFY(Embedder(m_card, {.device = "cpu", .inputSize = 20}).embed(pixels, count) == together[2].vectors);
    }

    void anAdaptationOfAnotherBackboneIsRefused() {
        const std::filesystem::path path = m_folder.path().toStdString();
        auto tensors = test::smallBackbone();
        tensors["norm.bias"] = test::floats({64}, 0.5F);
        std::filesystem::create_directories(path / "other");
        test::save(path / "other" / "small.safetensors", tensors);
        const BackboneCard other = BackboneRegistry({path / "other"}).find("small");
        QCOMPARE(codeOf({}, m_adaptation, other), ErrorCode::WeightsInvalid);
        QCOMPARE(codeOf({}, m_card.file, m_card), ErrorCode::WeightsInvalid);
        QCOMPARE(codeOf({}, path / "gone.safetensors", m_card), ErrorCode::ModelMissing);
    }

    void aVariantThatIsNotThereIsMissing() {
        const auto pixels = imagesOf(1, 20);
        for (const auto& adaptation : {std::optional<std::filesystem::path>(), std::optional(m_adaptation)}) {
            Embedder embedder(m_card, {.device = "cpu", .inputSize = 20}, adaptation);
            QVERIFY_THROWS_EXCEPTION(Error, embedder.describe(pixels, 1, {.variant = "granularity:9"}));
        }
    }

    void mapsRunTheMainVariant() {
        const auto pixels = imagesOf(1, 20);
        const auto base = Embedder(m_card, {.device = "cpu", .inputSize = 20}).maps(pixels);
        const auto adapted = Embedder(m_card, {.device = "cpu"}, m_adaptation).maps(pixels);
        QCOMPARE(adapted.rows, 5);
        QCOMPARE(adapted.patchTokens.size(), base.patchTokens.size());
        QVERIFY(adapted.patchTokens != base.patchTokens);
    }

    // The backbone that a build makes: the numbers of the evaluation stand on it.
    void theDefaultBackboneIsWhatItShouldBe() {
        const BackboneRegistry registry({std::filesystem::path(GRAPPA_BIN).parent_path().parent_path() / "models"});
        if (registry.list().empty()) QSKIP("The default backbone was not made; run packaging/setup.sh.");
        const BackboneCard card = registry.find({});
        QCOMPARE(card.patch, 14);
        QCOMPARE(card.width, 384);
        QCOMPARE(card.depth, 11);
        QCOMPARE(card.heads, 6);
        Embedder embedder(card, {.device = "cpu", .inputSize = 112});
        QCOMPARE(embedder.embed(imagesOf(1, 112), 1).size(), std::size_t{384});
    }

private:
    static std::vector<std::uint8_t> imagesOf(int count, int size) {
        std::vector<std::uint8_t> pixels(std::size_t{3} * count * size * size);
        for (std::size_t i = 0; i < pixels.size(); ++i)
            pixels[i] = static_cast<std::uint8_t>(i * i / 7);
        return pixels;
    }

    static AdaptorOptions adaptorOptions() { return {.width = 64, .bottleneck = 8, .firstBlock = 0, .depth = 2}; }

    ErrorCode codeOf(const EmbedderOptions& options) const { return codeOf(options, {}, m_card); }

    static ErrorCode codeOf(const EmbedderOptions& options, const std::optional<std::filesystem::path>& adaptation,
                            const BackboneCard& card) {
        try {
            const Embedder embedder(card, options, adaptation);
        } catch (const Error& error) {
            return error.code();
        }
        return ErrorCode::Internal;
    }

    QTemporaryDir m_folder;
    BackboneCard m_card;
    std::filesystem::path m_adaptation;
};

QTEST_APPLESS_MAIN(TestEmbedder)
#include "tst_embedder.moc"
