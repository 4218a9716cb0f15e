#include "core/model/adaptation_file.h"

#include "random_model.h"
#include "small_backbone.h"

#include <QTest>

#include <QTemporaryDir>

#include <limits>

using namespace grappa;

namespace {

using Metadata = std::map<std::string, std::string>;

/// A file's tensors and metadata, to be spoilt.
struct Contents {
    test::StoredTensors tensors;
    Metadata metadata;
};

Contents contentsOf(const std::filesystem::path& path) {
    const SafetensorsFile file(path);
    Contents contents{{}, file.metadata()};
    for (const SafetensorsEntry& entry : file.entries()) {
        const auto bytes = file.bytes(entry);
        contents.tensors[entry.name] = {entry.dtype, entry.shape, {bytes.begin(), bytes.end()}};
    }
    return contents;
}

} // namespace

Q_DECLARE_METATYPE(Contents)

class TestAdaptationFile : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        torch::manual_seed(4);
        m_path = m_folder.path().toStdString();
        m_adaptation = test::randomAdaptation(test::smallAdaptor(1), {8, 32, 128});
        m_adaptation.metadata[adaptation_key::report] = R"({"verdict":"better"})";
        m_adaptation.metadata["further"] = "kept";
        saveAdaptation(m_path / "good.safetensors", m_adaptation);
    }

    void whatIsSavedIsLoaded() {
        const SafetensorsFile file(m_path / "good.safetensors");
        QVERIFY(isAdaptation(file));
        Adaptation loaded = loadAdaptation(file);
        QCOMPARE(loaded.granularities, m_adaptation.granularities);
        QCOMPARE(loaded.adaptor.width, 32);
        QCOMPARE(loaded.adaptor.bottleneck, 8);
        QCOMPARE(loaded.adaptor.firstBlock, 1);
        QCOMPARE(loaded.adaptor.depth, 3);
        QCOMPARE(loaded.inputSize, 20);
        QCOMPARE(loaded.mainVariant, std::string("neighbours"));
        QCOMPARE(loaded.variants(), m_adaptation.variants());
        QCOMPARE(loaded.metadata.at("further"), std::string("kept"));
        QCOMPARE(loaded.metadata.at(adaptation_key::report), m_adaptation.metadata.at(adaptation_key::report));
        QCOMPARE(loaded.whitening.size(), std::size_t{2});
        QCOMPARE(loaded.whitening.at("neighbours").power, 0.75);
        for (const AdaptorSet& set : loaded.sets)
            for (const torch::Tensor& parameter : set->parameters())
                QVERIFY(!parameter.requires_grad());

        const VisionTransformer backbone = test::randomBackbone();
        GrappaModel before(backbone, m_adaptation), after(backbone, loaded);
        const auto images = torch::randn({2, 3, 20, 20});
        for (const std::string& variant : loaded.variants()) {
            const auto z = before.forward(images, variant).z;
            QVERIFY(torch::equal(after.forward(images, variant).z, z));
            QVERIFY(torch::equal(after.describe(z, variant), before.describe(z, variant)));
        }
    }

    void theSameAdaptationGivesTheSameBytes() {
        saveAdaptation(m_path / "again.safetensors", m_adaptation);
        const SafetensorsFile file(m_path / "good.safetensors");
        QCOMPARE(SafetensorsFile(m_path / "again.safetensors").hash(), file.hash());
        saveAdaptation(m_path / "again.safetensors", loadAdaptation(file));
        QCOMPARE(SafetensorsFile(m_path / "again.safetensors").hash(), file.hash());
    }

    void whatDoesNotFitIsRefused_data() {
        QTest::addColumn<Contents>("contents");
        QTest::addColumn<QString>("reason");
        const Contents good = contentsOf(m_path / "good.safetensors");
        const auto row = [&](const char* name, const char* reason, auto change) {
            Contents contents = good;
            change(contents.tensors, contents.metadata);
            QTest::newRow(name) << contents << QString(reason);
        };
        row("missing tensor", "missing: sets.2.1.up.bias", [](auto& t, auto&) { t.erase("sets.2.1.up.bias"); });
        row("missing block", "missing: sets.0.2.down.bias, sets.0.2.down.weight", [](auto& t, auto&) {
            std::erase_if(t, [](const auto& tensor) { return tensor.first.starts_with("sets.0.2.down"); });
        });
        row("missing set", "missing: sets.2.1.down.bias", [](auto& t, auto&) {
            std::erase_if(t, [](const auto& tensor) { return tensor.first.starts_with("sets.2."); });
        });
        row("no first set", "no tensor sets.0.1.down.weight", [](auto& t, auto&) { t.erase("sets.0.1.down.weight"); });
        row("extra tensor", "extra: code", [](auto& t, auto&) { t["code"] = test::floats({1}); });
        row("extra set", "extra: sets.3.1.up.bias", [](auto& t, auto&) { t["sets.3.1.up.bias"] = test::floats({32}); });
        row("value of one block alone", "extra: fusions.neighbours.2.value.weight", [](auto& t, auto&) {
            t["fusions.neighbours.2.value.weight"] = test::floats({32, 32});
        });
        row("an average that learned", "extra: fusions.average.1.query.bias",
            [](auto& t, auto&) { t["fusions.average.1.query.bias"] = test::floats({4}); });
        row("a fusion of one tensor", "missing: fusions.more.1.key.weight", [](auto& t, auto&) {
            t["fusions.more.1.query.weight"] = test::floats({4, 32});
        });
        row("whitening of nothing", "extra: whitening.other.mean",
            [](auto& t, auto&) { t["whitening.other.mean"] = test::floats({32}); });
        row("misshapen adaptor", "sets.1.2.up.weight [8, 32] instead of [32, 8]", [](auto& t, auto&) {
            t["sets.1.2.up.weight"] = test::floats({8, 32});
        });
        row("misshapen basis", "whitening.neighbours.basis [32] instead of [32, 32]",
            [](auto& t, auto&) { t["whitening.neighbours.basis"] = test::floats({32}); });
        row("no width", "unusable shape", [](auto& t, auto&) { t["sets.0.1.down.weight"] = test::floats({8, 0}); });
        row("all of it in one error",
            "missing: sets.0.1.up.bias; extra: surplus; of another shape: sets.0.1.up.weight [9] instead of [32, 8]; "
            "not floating-point: sets.1.1.up.bias I32",
            [](auto& t, auto&) {
                t.erase("sets.0.1.up.bias");
                t["surplus"] = test::floats({1});
                t["sets.0.1.up.weight"] = test::floats({9});
                t["sets.1.1.up.bias"].dtype = "I32";
            });
        row("a billion blocks", "extra: sets.0.999999999.up.bias",
            [](auto& t, auto&) { t["sets.0.999999999.up.bias"] = test::floats({32}); });
        row("blocks that would need terabytes", "missing: fusions.augmentation.10.key.weight",
            [](auto& t, auto&) { t["sets.0.199.up.bias"] = test::floats({32}); });
        row("NaN", "not finite", [](auto& t, auto&) {
            const float nan = std::numeric_limits<float>::quiet_NaN();
            std::memcpy(t["sets.0.1.up.weight"].bytes.data(), &nan, sizeof nan);
        });
        row("negative variances", "negative", [](auto& t, auto&) {
            const float negative = -1;
            std::memcpy(t["whitening.neighbours.variances"].bytes.data(), &negative, sizeof negative);
        });
        row("power of 1000", "power", [](auto& t, auto&) {
            const double power = 1000;
            std::memcpy(t["whitening.neighbours.power"].bytes.data(), &power, sizeof power);
        });
        row("not an adaptation", "does not say", [](auto&, auto& m) { m.erase(adaptation_key::format); });
        row("newer format", "format", [](auto&, auto& m) { m[adaptation_key::format] = "2"; });
        row("no backbone", adaptation_key::backboneHash, [](auto&, auto& m) { m.erase(adaptation_key::backboneHash); });
        row("no hash", "hash", [](auto&, auto& m) { m[adaptation_key::backboneHash] = "dino"; });
        for (const char* list : {"", "8,32", "32,8,128", "8,8,32", "8,32,128,", "8,x,128", "-8,32,128"})
            row(*list ? list : "no k", QByteArray(list) == "8,32" ? "extra: sets.2." : "not an ascending list",
                [&](auto&, auto& m) { m[adaptation_key::granularities] = list; });
        row("a first block of text", adaptation_key::firstBlock,
            [](auto&, auto& m) { m[adaptation_key::firstBlock] = "1; rm"; });
        row("negative first block", adaptation_key::firstBlock,
            [](auto&, auto& m) { m[adaptation_key::firstBlock] = "-1"; });
        row("huge input", adaptation_key::inputSize, [](auto&, auto& m) { m[adaptation_key::inputSize] = "100000"; });
        row("a main variant that is not there", "main variant",
            [](auto&, auto& m) { m[adaptation_key::mainVariant] = "granularity:9"; });
    }

    void whatDoesNotFitIsRefused() {
        QFETCH(const Contents, contents);
        QFETCH(const QString, reason);
        test::save(m_path / "bad.safetensors", contents.tensors, contents.metadata);
        try {
            loadAdaptation(SafetensorsFile(m_path / "bad.safetensors"));
            QFAIL("accepted");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::WeightsInvalid);
            QVERIFY2(QString(error.what()).contains(reason), error.what());
            QVERIFY2(QString(error.what()).contains("bad.safetensors"), error.what());
        }
    }

    void itIsNotSavedWithoutItsBackbone() {
        Adaptation adaptation = m_adaptation;
        adaptation.metadata.erase(adaptation_key::backboneHash);
        QVERIFY_THROWS_EXCEPTION(Error, saveAdaptation(m_path / "unsaved.safetensors", adaptation));
        QVERIFY(!std::filesystem::exists(m_path / "unsaved.safetensors"));
    }

private:
    QTemporaryDir m_folder;
    std::filesystem::path m_path;
    Adaptation m_adaptation;
};

QTEST_APPLESS_MAIN(TestAdaptationFile)
#include "tst_adaptation_file.moc"
