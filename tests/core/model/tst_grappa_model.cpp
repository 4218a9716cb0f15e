#include "core/model/grappa_model.h"

#include "core/base/error.h"
#include "random_model.h"

#include <QTest>

using namespace grappa;

namespace {

constexpr std::array<std::int64_t, 2> granularities{8, 32};

Adaptation adaptationOf(std::int64_t firstBlock) {
    return test::randomAdaptation(test::smallAdaptor(firstBlock), {granularities.begin(), granularities.end()});
}

} // namespace

class TestGrappaModel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        torch::manual_seed(4);
        m_backbone = test::randomBackbone();
        m_images = torch::randn({2, 3, 20, 12});
    }

    void variantsAreListed() {
        const std::vector<std::string> expected{"base",    "granularity:8", "granularity:32",
                                                "average", "augmentation",  "neighbours"};
        QCOMPARE(adaptationOf(1).variants(), expected);
    }

    void stepZeroIsTheBackboneBitForBit_data() { variants(); }
    void stepZeroIsTheBackboneBitForBit() {
        QFETCH(const int, firstBlock);
        QFETCH(const QString, variant);
        Adaptation adaptation = adaptationOf(firstBlock);
        for (AdaptorSet& set : adaptation.sets)
            set->initialise(3);
        for (auto& [name, fusion] : adaptation.fusions)
            fusion->initialise(3);
        GrappaModel model(m_backbone, adaptation);
        QVERIFY(torch::equal(model.forward(m_images, variant.toStdString()).z, m_backbone->forward(m_images)));
    }

    // What each variant computes, by the backbone's own hook.
    void prefixAndFinishAreTheWholeForward_data() { variants(); }
    void prefixAndFinishAreTheWholeForward() {
        QFETCH(const int, firstBlock);
        QFETCH(const QString, variant);
        const c10::InferenceMode inference;
        GrappaModel model(m_backbone, adaptationOf(firstBlock));
        Adaptation& adaptation = model.adaptation();
        const std::map<QString, VisionTransformerImpl::AfterBlock> hooks{
            {"base", {}},
            {"granularity:8", adaptation.sets[0]->afterBlock()},
            {"granularity:32", adaptation.sets[1]->afterBlock()},
            {"average",
             [&](std::int64_t block, const torch::Tensor& tokens) {
                 return block < firstBlock ? tokens
                                           : (adaptation.sets[0]->at(block)->forward(tokens) +
                                              adaptation.sets[1]->at(block)->forward(tokens)) /
                                                 2;
             }},
            {"augmentation", adaptation.fusions.at("augmentation")->afterBlock()},
            {"neighbours", adaptation.fusions.at("neighbours")->afterBlock()}};
        const auto expected = m_backbone->forward(m_images, hooks.at(variant));
        const auto output = model.finish(model.prefix(m_images), variant.toStdString());
        QVERIFY(test::difference(output.z, expected) < 1e-5);
        if (variant != "base") QVERIFY(test::difference(output.z, m_backbone->forward(m_images)) > 0.01);
        if (adaptation.fusions.contains(variant.toStdString())) {
            QCOMPARE(output.attention.sizes().vec(), (std::vector<std::int64_t>{2, 3 - firstBlock, 2}));
            QVERIFY(test::difference(output.attention.sum(-1), torch::ones({2, 3 - firstBlock})) < 1e-6);
        } else {
            QVERIFY(!output.attention.defined());
        }
    }

    void onePrefixServesAllVariants() {
        GrappaModel model(m_backbone, adaptationOf(1));
        const auto prefix = model.prefix(m_images);
        const auto before = prefix.clone();
        for (const std::string& variant : model.adaptation().variants())
            QVERIFY(torch::equal(model.finish(prefix, variant).z, model.forward(m_images, variant).z));
        QVERIFY(torch::equal(prefix, before));
    }

    void mapsRunTheFusion() {
        GrappaModel model(m_backbone, adaptationOf(1));
        const auto base = model.maps(m_images, variant::base);
        const auto fused = model.maps(m_images, variant::neighbours);
        QVERIFY(torch::equal(base.patchTokens, m_backbone->maps(m_images).patchTokens));
        QCOMPARE(fused.rows, 5);
        QCOMPARE(fused.cols, 3);
        QVERIFY(test::difference(fused.patchTokens, base.patchTokens) > 0.01);
    }

    void descriptionsAreWhitenedWhereTheVariantIs() {
        GrappaModel model(m_backbone, adaptationOf(1));
        const auto z = torch::randn({4, 32});
        const auto unit = [](const torch::Tensor& x) { return x / x.norm(2, -1, true); };
        QVERIFY(test::difference(model.describe(z, variant::base), unit(z)) < 1e-6);
        const Whitening& whitening = model.adaptation().whitening.at(variant::neighbours);
        QVERIFY(test::difference(model.describe(z, variant::neighbours), unit(whitening.apply(z))) < 1e-6);
    }

    void whatIsNotHeldIsMissing() {
        GrappaModel model(m_backbone, adaptationOf(1));
        for (const char* name : {"granularity:9", "", "neighbors"})
            try {
                model.forward(m_images, name);
                QFAIL("computed");
            } catch (const Error& error) {
                QCOMPARE(error.code(), ErrorCode::ModelMissing);
                QVERIFY(QString(error.what()).contains("granularity:8, granularity:32, average"));
            }
    }

    void anotherBackbonesSizeIsRefused() {
        AdaptorOptions options = test::smallAdaptor();
        options.depth = 4;
        try {
            GrappaModel(m_backbone, test::randomAdaptation(options, {8, 32}));
            QFAIL("accepted");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::WeightsInvalid);
        }
    }

private:
    static void variants() {
        QTest::addColumn<int>("firstBlock");
        QTest::addColumn<QString>("variant");
        for (const int firstBlock : {0, 1, 2})
            for (const char* name :
                 {"base", "granularity:8", "granularity:32", "average", "augmentation", "neighbours"})
                QTest::addRow("%s from block %d", name, firstBlock) << firstBlock << QString(name);
    }

    VisionTransformer m_backbone{nullptr};
    torch::Tensor m_images;
};

QTEST_APPLESS_MAIN(TestGrappaModel)
#include "tst_grappa_model.moc"
