#include "core/model/embedder.h"

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

    ErrorCode codeOf(const EmbedderOptions& options) const {
        try {
            const Embedder embedder(m_card, options);
        } catch (const Error& error) {
            return error.code();
        }
        return ErrorCode::Internal;
    }

    QTemporaryDir m_folder;
    BackboneCard m_card;
};

QTEST_APPLESS_MAIN(TestEmbedder)
#include "tst_embedder.moc"
