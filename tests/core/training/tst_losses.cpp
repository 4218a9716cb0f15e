// What the losses mean; their numbers are checked against the reference in tests/parity.

#include "core/training/losses.h"

#include <QTest>

#include <cmath>

using namespace grappa;

class TestLosses : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { torch::manual_seed(4); }

    void softmaxKnowsDirectionsAlone() {
        const auto z = torch::randn({8, 12});
        const auto prototypes = torch::randn({5, 12});
        const auto labels = torch::randint(5, {8}, torch::kLong);
        const double loss = normalisedSoftmax(z, prototypes, labels).item<double>();
        QVERIFY(std::abs(normalisedSoftmax(7 * z, prototypes / 3, labels).item<double>() - loss) < 1e-5);
    }

    void softmaxIsSmallAtTheRightPrototype() {
        const auto prototypes = torch::eye(5);
        const auto labels = torch::arange(5);
        QVERIFY(normalisedSoftmax(prototypes, prototypes, labels).item<double>() < 1e-6);
        QVERIFY(normalisedSoftmax(prototypes, prototypes, (labels + 1) % 5).item<double>() > 15); // 1 / tau = 20
        const double soft = normalisedSoftmax(prototypes, prototypes, labels, 1).item<double>();
        QVERIFY(std::abs(soft - std::log(1 + 4 * std::exp(-1.0))) < 1e-5);
    }

    void barlowTwinsAsksForEqualAndUncorrelatedDimensions() {
        const auto z = torch::randn({64, 8});
        const auto uncorrelated = std::get<0>(torch::linalg_qr(z - z.mean(0)));
        const double best = barlowTwins(uncorrelated, uncorrelated).item<double>();
        QVERIFY(best < 0.01);
        QVERIFY(barlowTwins(uncorrelated, -uncorrelated).item<double>() > 3);
        const auto repeated = uncorrelated.slice(1, 0, 1).expand({64, 8});
        QVERIFY(barlowTwins(repeated, repeated).item<double>() > best + 0.02);
        QVERIFY(barlowTwins(repeated, repeated, 1).item<double>() > 5);
        QVERIFY(std::abs(barlowTwins(3 * uncorrelated + 2, uncorrelated).item<double>() - best) < 0.01);
    }

    void constantDimensionsGiveFiniteGradients() {
        auto z = torch::ones({6, 4}).requires_grad_();
        barlowTwins(z, torch::randn({6, 4})).backward();
        QVERIFY(z.grad().isfinite().all().item<bool>());
    }
};

QTEST_APPLESS_MAIN(TestLosses)
#include "tst_losses.moc"
