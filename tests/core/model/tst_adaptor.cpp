#include "core/model/adaptor.h"

#include "random_model.h"

#include <QTest>

#include <cmath>

using namespace grappa;

class TestAdaptor : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { torch::manual_seed(4); }

    void equalsTheFormula() {
        Adaptor adaptor(test::smallAdaptor());
        test::randomise(*adaptor);
        const auto h = torch::randn({2, 5, 32});
        const auto inner = h.matmul(adaptor->down->weight.t()) + adaptor->down->bias;
        const auto gelu = inner * 0.5 * (1 + (inner / std::sqrt(2.0)).erf());
        const auto expected = h + gelu.matmul(adaptor->up->weight.t()) + adaptor->up->bias;
        QVERIFY(test::difference(adaptor(h), expected) < 1e-6);
    }

    void stepZeroIsTheIdentityExactly() {
        Adaptor adaptor(test::smallAdaptor());
        const auto h = torch::randn({2, 5, 32});
        QVERIFY(torch::equal(adaptor(h), h));
    }

    void namesCarryTheBackbonesBlocks() {
        AdaptorSet set(test::smallAdaptor(1));
        QStringList names;
        for (const auto& parameter : set->named_parameters())
            names << QString::fromStdString(parameter.key());
        names.sort();
        const QStringList expected{"1.down.bias", "1.down.weight", "1.up.bias", "1.up.weight",
                                   "2.down.bias", "2.down.weight", "2.up.bias", "2.up.weight"};
        QCOMPARE(names, expected);
        QCOMPARE(set->options().adaptedBlocks(), 2);
    }

    void aSeedAloneSetsTheWeights() {
        AdaptorSet one(test::smallAdaptor()), two(test::smallAdaptor());
        test::randomise(*two);
        one->initialise(7);
        torch::rand({3}); // the global generator's state has no part in it
        two->initialise(7);
        for (std::size_t i = 0; i < one->parameters().size(); ++i)
            QVERIFY(torch::equal(one->parameters()[i], two->parameters()[i]));
        const double bound = 1 / std::sqrt(32.0);
        const auto& down = one->at(1)->down->weight;
        QVERIFY((down.abs() <= bound).all().item<bool>());
        QVERIFY(down.abs().max().item<double>() > 0.9 * bound);
        QVERIFY(!torch::equal(down, one->at(2)->down->weight));
        two->initialise(8);
        QVERIFY(!torch::equal(down, two->at(1)->down->weight));
        const auto h = torch::randn({1, 2, 32});
        QVERIFY(torch::equal(two->at(1)->forward(h), h));
    }

    void earlierBlocksAreLeftAlone() {
        AdaptorSet set(test::smallAdaptor(1));
        test::randomise(*set);
        const auto act = set->afterBlock();
        const auto h = torch::randn({1, 2, 32});
        QVERIFY(torch::equal(act(0, h), h));
        QVERIFY(torch::equal(act(2, h), set->at(2)->forward(h)));
    }
};

QTEST_APPLESS_MAIN(TestAdaptor)
#include "tst_adaptor.moc"
