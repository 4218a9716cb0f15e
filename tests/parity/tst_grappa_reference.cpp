// Adaptor, fusion and losses against the Python reference: data/grappa-* is written by make_grappa_fixtures.py.

#include "core/model/fusion.h"
#include "core/model/weights.h"
#include "core/training/losses.h"

#include <QTest>

#include <algorithm>
#include <filesystem>
#include <map>

using namespace grappa;

namespace {

constexpr double tolerance = 1e-5; // of the values' scale

/// Inputs and outputs of one case, "weight.<output>" and "grad.<input>": gradients of the weighted sum of the outputs.
class Fixture {
public:
    explicit Fixture(const std::string& name) {
        const SafetensorsFile file(std::filesystem::path(GRAPPA_TEST_DATA) / ("grappa-" + name + ".safetensors"));
        for (const SafetensorsEntry& entry : file.entries())
            m_tensors[entry.name] = toTensor(file, entry);
    }

    const torch::Tensor& operator[](const std::string& name) const { return m_tensors.at(name); }

    /// Compares the outputs, and the gradients in what of the inputs is given.
    void check(const std::map<std::string, torch::Tensor>& outputs,
               const std::map<std::string, torch::Tensor>& inputs) const {
        torch::Tensor total = torch::zeros({});
        for (const auto& [name, output] : outputs) {
            compare(name, output, m_tensors.at(name), 0);
            total = total + (output * m_tensors.at("weight." + name)).sum();
        }
        std::vector<torch::Tensor> leaves;
        double scale = 0;
        for (const auto& [name, input] : inputs) {
            leaves.push_back(input);
            scale = std::max(scale, m_tensors.at("grad." + name).abs().max().item<double>());
        }
        const auto gradients = torch::autograd::grad({total}, leaves);
        std::size_t i = 0;
        for (const auto& [name, input] : inputs)
            compare("grad." + name, gradients[i++], m_tensors.at("grad." + name), scale);
    }

private:
    static void compare(const std::string& name, const torch::Tensor& actual, const torch::Tensor& expected,
                        double scale) {
        scale = std::max(scale, expected.abs().max().item<double>());
        const double error = (actual - expected).abs().max().item<double>();
        QVERIFY2(error <= tolerance * scale,
                 qPrintable(QString("%1: %2 of %3").arg(QString::fromStdString(name)).arg(error).arg(scale)));
    }

    std::map<std::string, torch::Tensor> m_tensors;
};

torch::Tensor leaf(const torch::Tensor& values) {
    return values.clone().requires_grad_();
}

AdaptorOptions optionsOf(const Fixture& fixture) {
    return {.width = fixture["0.down.weight"].size(1), .bottleneck = fixture["0.down.weight"].size(0)};
}

Adaptor adaptorOf(const Fixture& fixture, int i) {
    Adaptor adaptor(optionsOf(fixture));
    for (auto& parameter : adaptor->named_parameters())
        parameter.value().set_data(fixture[std::to_string(i) + '.' + parameter.key()]);
    return adaptor;
}

} // namespace

class TestGrappaReference : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void adaptor() {
        const Fixture fixture("adaptor");
        Adaptor adaptor = adaptorOf(fixture, 0);
        const auto h = leaf(fixture["h"]);
        std::map<std::string, torch::Tensor> inputs{{"h", h}};
        for (auto& parameter : adaptor->named_parameters())
            inputs["0." + parameter.key()] = parameter.value();
        fixture.check({{"output", adaptor(h)}}, inputs);
    }

    void fusion_data() {
        QTest::addColumn<int>("sets");
        for (const int sets : {1, 3, 8})
            QTest::addRow("N = %d", sets) << sets;
    }
    void fusion() {
        QFETCH(const int, sets);
        const Fixture fixture("fuse-" + std::to_string(sets));
        std::vector<Adaptor> adaptors;
        for (int i = 0; i < sets; ++i)
            adaptors.push_back(adaptorOf(fixture, i));
        FusionLayer layer(
            FusionOptions{.adaptor = optionsOf(fixture), .sets = sets, .keyWidth = fixture["w_q"].size(0)},
            FusionLayerImpl::Attention::Learned, true);
        layer->setAdaptors(adaptors);
        layer->query->weight.set_data(fixture["w_q"]);
        layer->query->bias.set_data(fixture["b_q"]);
        layer->key->weight.set_data(fixture["w_k"]);
        layer->value->weight.set_data(fixture["w_v"] - torch::eye(fixture["w_v"].size(0)));
        layer->value->bias.set_data(fixture["b_v"]);
        const auto h = leaf(fixture["h"]);
        const auto output = layer->forward(h);
        fixture.check({{"tokens", output.tokens}, {"alpha", output.alpha}}, {{"h", h},
                                                                             {"w_q", layer->query->weight},
                                                                             {"b_q", layer->query->bias},
                                                                             {"w_k", layer->key->weight},
                                                                             {"w_v", layer->value->weight},
                                                                             {"b_v", layer->value->bias}});
        const c10::InferenceMode inference;
        QVERIFY(torch::allclose(layer->forward(fixture["h"]).tokens, output.tokens, 1e-5, 1e-5));
    }

    void normalisedSoftmaxLoss() {
        const Fixture fixture("normalised-softmax");
        const auto z = leaf(fixture["z"]);
        const auto prototypes = leaf(fixture["prototypes"]);
        fixture.check({{"loss", normalisedSoftmax(z, prototypes, fixture["labels"])}},
                      {{"z", z}, {"prototypes", prototypes}});
    }

    void barlowTwinsLoss() {
        const Fixture fixture("barlow-twins");
        const auto z1 = leaf(fixture["z1"]);
        const auto z2 = leaf(fixture["z2"]);
        fixture.check({{"loss", barlowTwins(z1, z2)}}, {{"z1", z1}, {"z2", z2}});
    }
};

QTEST_APPLESS_MAIN(TestGrappaReference)
#include "tst_grappa_reference.moc"
