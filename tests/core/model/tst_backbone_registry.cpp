#include "core/model/backbone_registry.h"

#include "small_backbone.h"

#include <QTest>

#include <QDir>
#include <QTemporaryDir>

#include <limits>

using namespace grappa;

Q_DECLARE_METATYPE(test::StoredTensors)

namespace {

using Metadata = QMap<QString, QString>;

} // namespace

class TestBackboneRegistry : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        m_path = m_folder->path().toStdString();
        m_registry = std::make_unique<BackboneRegistry>(std::vector{m_path / "models", m_path / "shipped"});
    }

    void whatDoesNotFitIsRefused_data() {
        QTest::addColumn<test::StoredTensors>("tensors");
        QTest::addColumn<Metadata>("metadata");
        QTest::addColumn<QString>("reason");
        const auto row = [](const char* name, auto change, const char* reason, const Metadata& metadata = {}) {
            auto tensors = test::smallBackbone();
            change(tensors);
            QTest::newRow(name) << tensors << metadata << QString(reason);
        };
        const auto nothing = [](auto&) {};
        const auto reshaped = [](auto& tensor, std::vector<std::int64_t> shape) { tensor = test::floats(shape); };
        row(
            "no [class] token", [](auto& t) { t.erase("cls_token"); }, "no [class] token");
        row(
            "missing tensor", [](auto& t) { t.erase("blocks.1.attn.proj.bias"); }, "missing: blocks.1.attn.proj.bias");
        row(
            "extra tensor", [](auto& t) { t["blocks.1.adapter.weight"] = test::floats({2}); },
            "extra: blocks.1.adapter.weight");
        row(
            "misshapen tensor",
            [&](auto& t) {
                reshaped(t["blocks.1.mlp.fc2.weight"], {128, 64});
            },
            "blocks.1.mlp.fc2.weight [128, 64] instead of [64, 128]");
        row(
            "all three in one error",
            [&](auto& t) {
                t.erase("norm.bias");
                t["surplus"] = test::floats({1});
                reshaped(t["norm.weight"], {63});
            },
            "missing: norm.bias; extra: surplus; of another shape: norm.weight [63] instead of [64]");
        row(
            "block 1 twice as block 3", [](auto& t) { t["blocks.3.norm1.bias"] = test::floats({64}); },
            "missing: blocks.2.");
        row(
            "a billion blocks", [](auto& t) { t["blocks.999999999.norm1.bias"] = test::floats({64}); }, "blocks");
        row(
            "positions not square",
            [&](auto& t) {
                reshaped(t["pos_embed"], {1, 24, 64});
            },
            "not of a square grid");
        row(
            "one-dimensional patches",
            [&](auto& t) {
                reshaped(t["patch_embed.proj.weight"], {64, 48});
            },
            "unusable shape");
        row(
            "no width",
            [&](auto& t) {
                reshaped(t["patch_embed.proj.weight"], {0, 3, 4, 4});
            },
            "unusable shape");
        row(
            "whole numbers", [](auto& t) { t["norm.weight"].dtype = "I32"; }, "not floating-point: norm.weight I32");
        row(
            "NaN",
            [](auto& t) {
                const float nan = std::numeric_limits<float>::quiet_NaN();
                std::memcpy(t["norm.weight"].bytes.data(), &nan, sizeof nan);
            },
            "not finite");
        row("heads that do not divide", nothing, "do not divide", {{"grappa.heads", "3"}});
        row("negative heads", nothing, "do not divide", {{"grappa.heads", "-1"}});
        row("heads of text", nothing, "not a number", {{"grappa.heads", "6; rm"}});
        row("epsilon of 5", nothing, "epsilon", {{"grappa.epsilon", "5"}});
        row("unknown interpolation", nothing, "interpolation", {{"grappa.interpolation", "nearest"}});
    }

    void whatDoesNotFitIsRefused() {
        QFETCH(const test::StoredTensors, tensors);
        QFETCH(const Metadata, metadata);
        QFETCH(const QString, reason);
        std::map<std::string, std::string> stored;
        for (auto entry = metadata.begin(); entry != metadata.end(); ++entry)
            stored[entry.key().toStdString()] = entry.value().toStdString();
        test::save(m_path / "file.safetensors", tensors, stored);
        try {
            m_registry->add(m_path / "file.safetensors");
            QFAIL("accepted");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::WeightsInvalid);
            QVERIFY2(QString(error.what()).contains(reason), error.what());
        }
        QVERIFY(m_registry->list().empty());
        QVERIFY(!std::filesystem::exists(m_path / "models"));
    }

    void aPickleIsNotAdded() {
        QFile file(m_folder->filePath("dino.pth"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("\x80\x02"
                   "cposix\nsystem\nX\x0c\0\0\0touch canary\x85R.",
                   35);
        file.close();
        try {
            m_registry->add(m_path / "dino.pth");
            QFAIL("accepted");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::WeightsUnsafe);
        }
        QVERIFY(!std::filesystem::exists("canary"));
        QVERIFY(!std::filesystem::exists(m_path / "models"));
    }

    void anAddedBackboneIsFound() {
        test::save(m_path / "file.safetensors", test::smallBackbone(), {{"grappa.title", "Small"}});
        const auto added = m_registry->add(m_path / "file.safetensors", "small");
        QCOMPARE(added.name, std::string("small"));
        const auto found = m_registry->find("small");
        QCOMPARE(found.hash, added.hash);
        QCOMPARE(found.title, std::string("Small"));
        QCOMPARE(found.patch, 4);
        QCOMPARE(found.width, 64);
        QCOMPARE(found.depth, 2);
        QCOMPARE(found.heads, 1);
        QCOMPARE(m_registry->list().size(), std::size_t{1});
        QCOMPARE(QDir(m_folder->filePath("models")).entryList(QDir::Files), QStringList{"small.safetensors"});
    }

    void theCopyStatesItsConventions() {
        test::save(m_path / "file.safetensors", test::smallBackbone());
        const auto card = m_registry->add(m_path / "file.safetensors", "small", 4, "bicubic-antialias");
        QCOMPARE(card.heads, 4);
        const SafetensorsFile stored(card.file);
        QCOMPARE(stored.metadata().at("grappa.heads"), std::string("4"));
        QCOMPARE(stored.metadata().at("grappa.interpolation"), std::string("bicubic-antialias"));
        QCOMPARE(stored.metadata().at("grappa.epsilon"), std::string("1e-06"));
        const SafetensorsFile source(m_path / "file.safetensors");
        for (const auto& entry : source.entries())
            QVERIFY(std::ranges::equal(source.bytes(entry), stored.bytes(*stored.find(entry.name))));
    }

    void namesAreUniqueAndPlain() {
        test::save(m_path / "file.safetensors", test::smallBackbone());
        m_registry->add(m_path / "file.safetensors", "small");
        for (const char* name : {"small", "../up", ".hidden", "a/b"})
            try {
                m_registry->add(m_path / "file.safetensors", name);
                QFAIL("accepted");
            } catch (const Error& error) {
                QCOMPARE(error.code(), ErrorCode::Usage);
            }
        QCOMPARE(m_registry->list().size(), std::size_t{1});
    }

    void brokenFilesAreNamedAndLeftOut() {
        std::filesystem::create_directories(m_path / "shipped");
        test::save(m_path / "shipped" / "good.safetensors", test::smallBackbone());
        saveFile(m_path / "shipped" / "bad.safetensors", {});
        std::vector<std::string> rejected;
        const auto cards = m_registry->list(&rejected);
        QCOMPARE(cards.size(), std::size_t{1});
        QCOMPARE(cards[0].name, std::string("good"));
        QCOMPARE(rejected.size(), std::size_t{1});
        QVERIFY(rejected[0].find("bad.safetensors") != std::string::npos);
    }

    void anAdaptationIsNeitherABackboneNorBroken() {
        std::filesystem::create_directories(m_path / "models");
        test::save(m_path / "models" / "mine.safetensors", {{"sets.0.1.up.bias", test::floats({4})}},
                   {{"grappa.adaptation", "1"}});
        std::vector<std::string> rejected;
        QVERIFY(m_registry->list(&rejected).empty());
        QVERIFY(rejected.empty());
    }

    void whatIsNotThereIsMissing() {
        for (const char* name : {"", "absent", "../models/x"})
            try {
                m_registry->find(name);
                QFAIL("found");
            } catch (const Error& error) {
                QCOMPARE(error.code(), ErrorCode::ModelMissing);
            }
    }

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::filesystem::path m_path;
    std::unique_ptr<BackboneRegistry> m_registry;
};

QTEST_APPLESS_MAIN(TestBackboneRegistry)
#include "tst_backbone_registry.moc"
