// The factored fusion against the formula as the paper writes it.

#include "core/model/fusion.h"

#include "random_model.h"

#include <QTest>

#include <cmath>

using namespace grappa;

namespace {

constexpr double tolerance = 1e-5; // of the values' scale
constexpr std::int64_t keyWidth = 4;

FusionOptions optionsOf(int sets) {
    return {.adaptor = test::smallAdaptor(), .sets = sets, .keyWidth = keyWidth};
}

std::vector<Adaptor> randomAdaptors(int sets) {
    std::vector<Adaptor> adaptors;
    for (int i = 0; i < sets; ++i)
        test::randomise(*adaptors.emplace_back(test::smallAdaptor()));
    return adaptors;
}

/// Every a_i, every key and every sum in full: tensors of [B, T, N, D].
FusionLayerImpl::Output naive(FusionLayer& layer, std::vector<Adaptor>& adaptors, const torch::Tensor& tokens) {
    std::vector<torch::Tensor> adapted;
    for (Adaptor& adaptor : adaptors)
        adapted.push_back(adaptor(tokens));
    const auto a = torch::stack(adapted, 2);
    auto alpha = torch::full(a.sizes().slice(0, 3), 1.0 / static_cast<double>(adaptors.size()));
    if (layer->query) {
        const auto q = tokens.matmul(layer->query->weight.t()) + layer->query->bias;
        const auto k = a.matmul(layer->key->weight.t());
        alpha = ((k * q.unsqueeze(2)).sum(-1) / std::sqrt(static_cast<double>(keyWidth))).softmax(-1);
    }
    auto mixed = (alpha.unsqueeze(-1) * a).sum(2);
    if (layer->value) {
        const auto w = torch::eye(tokens.size(-1)) + layer->value->weight;
        mixed = mixed.matmul(w.t()) + layer->value->bias;
    }
    return {.tokens = mixed, .alpha = alpha};
}

} // namespace

class TestFusion : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { torch::manual_seed(4); }

    void equalsTheNaiveForm_data() { shapes(); }
    void equalsTheNaiveForm() {
        const auto [layer, adaptors, tokens] = fetched();
        const auto expected = naive(*layer, *adaptors, tokens);
        const auto check = [&](const FusionLayerImpl::Output& actual) {
            QVERIFY(test::difference(actual.tokens, expected.tokens) <= tolerance);
            QVERIFY(test::difference(actual.alpha, expected.alpha) <= tolerance);
        };
        check((*layer)->forward(tokens));
        const torch::NoGradGuard noGrad;
        check((*layer)->forward(tokens));
        check((*layer)->forward(tokens)); // from what was kept
        QVERIFY(test::difference((*layer)->scores(tokens).softmax(-1), expected.alpha) <= tolerance);
    }

    void gradientsEqualTheNaiveForms_data() { shapes(); }
    void gradientsEqualTheNaiveForms() {
        const auto [layer, adaptors, tokens] = fetched();
        std::vector<torch::Tensor> inputs = (*layer)->parameters();
        inputs.push_back(tokens.detach().clone().requires_grad_());
        const auto ofTokens = torch::randn_like(tokens);
        const auto ofAlpha =
            torch::randn({tokens.size(0), tokens.size(1), static_cast<std::int64_t>(adaptors->size())});
        const auto gradients = [&](const FusionLayerImpl::Output& output) {
            return torch::autograd::grad({(output.tokens * ofTokens).sum() + (output.alpha * ofAlpha).sum()}, inputs);
        };
        const auto actual = gradients((*layer)->forward(inputs.back()));
        const auto expected = gradients(naive(*layer, *adaptors, inputs.back()));
        const double scale = expected.back().abs().max().item<double>();
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            // One set: alpha is 1 and the gradients of query and key are rounding errors about 0.
            const double error = (actual[i] - expected[i]).abs().max().item<double>();
            const double size = std::max(scale, expected[i].abs().max().item<double>());
            QVERIFY2(error <= tolerance * size, qPrintable(QString("input %1: %2 of %3").arg(i).arg(error).arg(size)));
        }
    }

    void changedWeightsAreSeen_data() {
        QTest::addColumn<int>("change");
        QTest::newRow("key, in place") << 0;
        QTest::newRow("key, replaced") << 1;
        QTest::newRow("adaptors") << 2;
        QTest::newRow("initialised") << 3;
        QTest::newRow("query") << 4;
    }
    void changedWeightsAreSeen() {
        QFETCH(const int, change);
        auto adaptors = randomAdaptors(3);
        FusionLayer layer = randomLayer(adaptors, false);
        const auto tokens = torch::randn({2, 3, 32});
        const c10::InferenceMode inference;
        const auto before = layer->forward(tokens).alpha;
        switch (change) {
        case 0:
            layer->key->weight.mul_(-2);
            break;
        case 1:
            layer->key->weight.set_data(torch::randn({keyWidth, 32}));
            break;
        case 2:
            adaptors = randomAdaptors(3);
            layer->setAdaptors(adaptors);
            break;
        case 3:
            layer->initialise(3);
            break;
        default:
            layer->query->weight.mul_(-2);
        }
        const auto after = layer->forward(tokens).alpha;
        QVERIFY(test::difference(after, before) > 0.01);
        QVERIFY(test::difference(after, naive(layer, adaptors, tokens).alpha) <= tolerance);
    }

    void theAdaptorsAreFrozen() {
        auto adaptors = randomAdaptors(2);
        FusionLayer layer = randomLayer(adaptors, true);
        QStringList trainable;
        for (const auto& parameter : layer->named_parameters())
            trainable << QString::fromStdString(parameter.key());
        trainable.sort();
        QCOMPARE(trainable, (QStringList{"key.weight", "query.bias", "query.weight", "value.bias", "value.weight"}));
        const auto tokens = torch::randn({1, 2, 32});
        const auto before = layer->forward(tokens).tokens;
        test::randomise(*adaptors[0]);
        QVERIFY(torch::equal(layer->forward(tokens).tokens, before));
        QVERIFY_THROWS_EXCEPTION(Error, layer->setAdaptors(randomAdaptors(3)));
    }

    void itStartsCloseToTheAverage() {
        auto adaptors = randomAdaptors(4);
        FusionLayer learned(optionsOf(4), FusionLayerImpl::Attention::Learned, true);
        FusionLayer average(optionsOf(4), FusionLayerImpl::Attention::Uniform, false);
        learned->setAdaptors(adaptors);
        average->setAdaptors(adaptors);
        learned->initialise(9);
        const auto tokens = torch::randn({2, 3, 32});
        QVERIFY((learned->forward(tokens).alpha - 0.25).abs().max().item<double>() < 0.02);
        QVERIFY(test::difference(learned->forward(tokens).tokens, average->forward(tokens).tokens) < 0.02);
        QVERIFY(average->parameters().empty());
        FusionLayer again(optionsOf(4), FusionLayerImpl::Attention::Learned, true);
        again->initialise(9);
        QVERIFY(torch::equal(again->query->weight, learned->query->weight));
        QVERIFY(torch::equal(again->key->weight, learned->key->weight));
        QVERIFY(!torch::equal(again->key->weight, learned->query->weight));
    }

    void attentionIsOfTheClassTokenAndOfEachBlock() {
        auto sets = test::randomSets(test::smallAdaptor(1), 3);
        Fusion fusion(optionsOf(3), FusionLayerImpl::Attention::Learned, false);
        fusion->setAdaptors(sets);
        fusion->initialise(1);
        QVERIFY(!torch::equal(fusion->at(1)->key->weight, fusion->at(2)->key->weight));
        std::vector<torch::Tensor> attention;
        const auto act = fusion->afterBlock(&attention);
        const auto tokens = torch::randn({2, 5, 32});
        QVERIFY(torch::equal(act(0, tokens), tokens));
        QVERIFY(attention.empty());
        const auto fused = act(1, tokens);
        act(2, tokens.slice(1, 0, 1));
        QCOMPARE(attention.size(), std::size_t{2});
        const auto expected = fusion->at(1)->forward(tokens);
        QVERIFY(torch::equal(fused, expected.tokens));
        QVERIFY(torch::equal(attention[0], expected.alpha.select(1, 0)));
        QCOMPARE(attention[1].sizes().vec(), (std::vector<std::int64_t>{2, 3}));
    }

private:
    struct Fetched {
        std::shared_ptr<FusionLayer> layer;
        std::shared_ptr<std::vector<Adaptor>> adaptors;
        torch::Tensor tokens;
    };

    static FusionLayer randomLayer(std::vector<Adaptor>& adaptors, bool value, bool learned = true) {
        FusionLayer layer(optionsOf(static_cast<int>(adaptors.size())),
                          learned ? FusionLayerImpl::Attention::Learned : FusionLayerImpl::Attention::Uniform, value);
        layer->setAdaptors(adaptors);
        test::randomise(*layer);
        return layer;
    }

    static Fetched fetched() {
        Fetched all;
        [&] {
            QFETCH(const int, sets);
            QFETCH(const int, tokens);
            QFETCH(const bool, value);
            QFETCH(const bool, learned);
            all.adaptors = std::make_shared<std::vector<Adaptor>>(randomAdaptors(sets));
            all.layer = std::make_shared<FusionLayer>(randomLayer(*all.adaptors, value, learned));
            all.tokens = torch::randn({2, tokens, 32});
        }();
        return all;
    }

    static void shapes() {
        QTest::addColumn<int>("sets");
        QTest::addColumn<int>("tokens");
        QTest::addColumn<bool>("value");
        QTest::addColumn<bool>("learned");
        for (const int sets : {1, 3, 8})
            for (const int tokens : {1, 65})
                for (const bool value : {false, true})
                    for (const bool learned : {true, false})
                        QTest::addRow("N = %d, T = %d%s%s", sets, tokens, value ? ", value" : "",
                                      learned ? "" : ", uniform")
                            << sets << tokens << value << learned;
    }
};

QTEST_APPLESS_MAIN(TestFusion)
#include "tst_fusion.moc"
