#include "tests/support/cli.h"
#include "tests/support/images.h"
#include "tests/support/tiny_backbone.h"

#include "core/library/library.h"
#include "core/model/adaptation_file.h"
#include "core/model/backbone_registry.h"

#include <QDir>
#include <QFile>
#include <QFloat16>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace grappa;
using nlohmann::json;
using test::CliResult;

/// `eval` and `explain` under an adaptation.
class TestCliEvaluation : public QObject {
    Q_OBJECT

    QTemporaryDir m_root;

    QString folder(const char* name) const { return m_root.filePath(QLatin1String(name)); }
    test::Cli cli() const { return {folder("library"), folder("models")}; }

    /// Random adaptors under the tiny backbone (2 blocks, width 64), both blocks adapted.
    Adaptation randomAdaptation() const {
        torch::manual_seed(1);
        Adaptation adaptation;
        adaptation.adaptor = {.width = 64, .bottleneck = 4, .firstBlock = 0, .depth = 2};
        adaptation.granularities = {2, 8};
        for (int i = 0; i < 2; ++i) {
            AdaptorSet set(adaptation.adaptor);
            const torch::NoGradGuard noGrad;
            for (torch::Tensor& parameter : set->parameters())
                parameter.normal_(0, 0.1);
            adaptation.sets.push_back(set);
        }
        const FusionOptions options{.adaptor = adaptation.adaptor, .sets = 2, .keyWidth = 4};
        Fusion neighbours(options, FusionLayerImpl::Attention::Learned, false);
        neighbours->initialise(1);
        adaptation.fusions.emplace(variant::neighbours, neighbours);
        adaptation.whitening[variant::base] = Whitening::fit(torch::randn({80, 64}), 0.5);
        adaptation.inputSize = 56;
        const BackboneCard card = BackboneRegistry({folder("models").toStdString()}).find({});
        adaptation.metadata = {{adaptation_key::backboneHash, card.hash.hex()}, {adaptation_key::name, "random"}};
        adaptation.connect();
        return adaptation;
    }

private Q_SLOTS:
    void initTestCase() {
        QVERIFY(m_root.isValid());
        test::writeTinyBackbone(folder("models").toStdString());
        QVERIFY(test::writeImages(folder("photos"), 16));
        QFile csv(folder("photos/labels.csv"));
        QVERIFY(csv.open(QIODevice::WriteOnly));
        csv.write("path,label\n");
        for (int i = 0; i < 16; ++i)
            csv.write(QStringLiteral("%1.jpg,%2\n").arg(i, 4, 10, QLatin1Char('0')).arg(i % 4).toUtf8());
        csv.close();
        saveAdaptation(folder("random.safetensors").toStdString(), randomAdaptation());
    }

    void evalOfTheBaseAlone() {
        const json result = cli().run({"eval", "--labels", "shapes=" + folder("photos/labels.csv")}).json();
        const json& rows = result["mean"];
        QVERIFY(rows.contains("base") && rows.contains("base+smoothed"));
        QVERIFY(!rows.contains("whitened") && !rows.contains("average"));
        QCOMPARE(result["whitening"]["fittedOn"].get<std::string>(), std::string("these images"));
        QVERIFY(!result.contains("attention"));
    }

    void evalUnderAnAdaptation() {
        const QStringList arguments{"eval", "--labels", "shapes=" + folder("photos/labels.csv"), "--adaptation",
                                    folder("random.safetensors")};
        const CliResult run = cli().run(arguments);
        QCOMPARE(run.exitCode, 0);
        const json result = run.json();
        for (const char* row : {"base", "whitened", "granularity:2", "granularity:8", "average", "neighbours", "oracle",
                                "level:2", "level:8", "base+smoothed", "neighbours+smoothed"}) {
            QVERIFY2(result["mean"].contains(row), row);
            QCOMPARE(result["tasks"]["shapes"][row]["RP"], result["mean"][row]["RP"]);
        }
        QVERIFY(!result["mean"].contains("augmentation"));
        QCOMPARE(result["inputSize"].get<int>(), 56);
        const json& attention = result["attention"]["neighbours"];
        QCOMPARE(attention["entropy"].size(), std::size_t{2});
        QCOMPARE(attention["mean"][1].size(), std::size_t{2});
        QVERIFY(attention["entropy"][0].get<double>() > 0 && attention["entropy"][0].get<double>() <= 1.000001);
        QCOMPARE(cli().run(arguments).out, run.out);
    }

    void evalOfWhatIsNotThere() {
        const QString labels = "shapes=" + folder("photos/labels.csv");
        QVERIFY(cli().run({"eval", "--labels", labels, "--adaptation", "none"}).exitCode != 0);
        QCOMPARE(cli().run({"eval"}).exitCode, 2);
        QCOMPARE(cli().run({"eval", "--dataset", "birds=" + folder("photos")}).exitCode, 2);
        QCOMPARE(cli().run({"eval", "--labels", labels, "--labels", labels}).exitCode, 2);
    }

    void explainAnImage() {
        const CliResult run =
            cli().run({"explain", folder("photos/0003.jpg"), "--adaptation", folder("random.safetensors")});
        QCOMPARE(run.exitCode, 0);
        const json result = run.json();
        QCOMPARE(result["granularities"], json({2, 8}));
        QCOMPARE(result["blocks"], json({0, 1}));
        for (const json& block : result["attention"])
            QVERIFY(std::abs(block[0].get<double>() + block[1].get<double>() - 1) < 1e-5);
        QVERIFY(!result["reading"].get<std::string>().empty());
        QCOMPARE(cli().run({"explain", folder("photos/0003.jpg")}).exitCode, 1); // no adaptation in the library yet
        QCOMPARE(cli().run({"explain"}).exitCode, 2);
    }

    void theLibrarysNewestIsTheDefault() {
        QCOMPARE(cli().run({"import", folder("photos"), "--input-size", "56"}).exitCode, 0);
        {
            Library library(LibraryPaths::resolve(std::filesystem::path(folder("library").toStdString())),
                            Library::Access::ReadWrite);
            AdaptationRow row;
            row.name = "mine";
            row.modelHash = BackboneRegistry({folder("models").toStdString()}).find({}).hash.hex();
            const AdaptationRow added = library.addAdaptation(
                row, [&](const std::filesystem::path& path) { saveAdaptation(path, randomAdaptation()); });
            const EmbeddingSet set = library.embeddingSet({.modelHash = row.modelHash,
                                                           .adaptation = added.checksum,
                                                           .fusion = variant::neighbours,
                                                           .inputSize = 56},
                                                          64);
            std::vector<float> vector(64);
            vector[0] = 1;
            library.commitVectors(set.id, std::vector<ImageId>{1}, vector,
                                  std::vector<float>{0.25, 0.75, 0.125, 0.875});
        }
        const QStringList eval{"eval", "--labels", "shapes=" + folder("photos/labels.csv")};
        QVERIFY(cli().run(eval).json()["mean"].contains("neighbours"));
        QVERIFY(cli().run(eval + QStringList{"--adaptation", "mine"}).json()["mean"].contains("neighbours"));
        QVERIFY(!cli().run(eval + QStringList{"--adaptation", "base"}).json()["mean"].contains("neighbours"));

        const json stored = cli().run({"explain", "--id", "1"}).json();
        QCOMPARE(stored["attention"], json({{0.25, 0.75}, {0.125, 0.875}}));
        QCOMPARE(stored["reading"].get<std::string>().substr(0, 12), std::string("mostly k = 8"));
        QCOMPARE(cli().run({"explain", "--id", "2"}).json()["attention"].size(), std::size_t{2}); // computed
        QVERIFY(cli().run({"explain", "--id", "999"}).exitCode != 0);
    }
};

QTEST_APPLESS_MAIN(TestCliEvaluation)
#include "tst_cli_evaluation.moc"
