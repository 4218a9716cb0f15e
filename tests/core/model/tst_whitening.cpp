#include "core/model/whitening.h"

#include "core/base/error.h"
#include "random_model.h"

#include <QTest>

using namespace grappa;

namespace {

/// Points of unequal spread about a mean, not of unit length.
torch::Tensor points(std::int64_t count = 400, std::int64_t width = 12) {
    const auto spread = torch::linspace(0.1, 2, width);
    const auto turn = std::get<0>(torch::linalg_qr(torch::randn({width, width})));
    return 3 * ((torch::randn({count, width}) * spread).matmul(turn) + 1);
}

torch::Tensor unit(const torch::Tensor& z) {
    return z / z.norm(2, -1, true);
}

} // namespace

class TestWhitening : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { torch::manual_seed(4); }

    void equalsTheFormula_data() { powers(); }
    void equalsTheFormula() {
        QFETCH(const double, power);
        const auto z = points();
        const Whitening whitening = Whitening::fit(z, power);
        const auto x = unit(z).to(torch::kDouble);
        const auto centred = x - x.mean(0);
        const auto covariance = centred.t().matmul(centred) / z.size(0);
        const auto basis = whitening.basis.to(torch::kDouble);
        const auto variances = whitening.variances.to(torch::kDouble);
        QVERIFY(test::difference(basis.t().matmul(basis), torch::eye(12, torch::kDouble)) < 1e-6);
        QVERIFY(test::difference((basis * variances).matmul(basis.t()), covariance) < 1e-6);
        QVERIFY((variances.diff() <= 0).all().item<bool>());
        const auto smoothed = 0.95 * variances + 0.05 * variances.mean();
        const auto expected = centred.matmul(basis).div(smoothed.pow(power / 2));
        QVERIFY(test::difference(whitening.apply(z), expected) < 1e-5);
    }

    // What it is for: at p = 1 all directions count alike, up to the smoothing.
    void fullPowerEvensTheSpread() {
        const auto z = points();
        const auto ratio = [&](double power) {
            const auto spread = Whitening::fit(z, power).apply(z).var(0);
            return (spread.max() / spread.min()).item<double>();
        };
        QVERIFY(ratio(1) < 10);
        QVERIFY(ratio(0) > 10 * ratio(1));
    }

    void theFitIsTheSameWhateverTheOrder() {
        const auto z = points();
        const Whitening one = Whitening::fit(z, 0.5);
        const Whitening two = Whitening::fit(z.index_select(0, torch::randperm(z.size(0))), 0.5);
        QVERIFY(test::difference(two.basis, one.basis) < 1e-5);
        const auto largest = one.basis.gather(0, one.basis.abs().argmax(0, true));
        QVERIFY((largest > 0).all().item<bool>());
        QVERIFY(torch::equal(Whitening::fit(z, 0.5).basis, one.basis));
    }

    void anyPowerFollowsFromOneFit_data() { powers(); }
    void anyPowerFollowsFromOneFit() {
        QFETCH(const double, power);
        const auto z = points();
        QVERIFY(torch::equal(Whitening::fit(z, 0.5).withPower(power).apply(z), Whitening::fit(z, power).apply(z)));
    }

    void lengthDoesNotMatter() {
        const auto z = points();
        const Whitening whitening = Whitening::fit(z, 0.5);
        QVERIFY(test::difference(whitening.apply(7 * z), whitening.apply(z)) < 1e-5);
        QCOMPARE(whitening.apply(z.view({4, 100, 12})).sizes().vec(), (std::vector<std::int64_t>{4, 100, 12}));
    }

    void itPassesGradientsOn() {
        auto z = points().requires_grad_();
        Whitening::fit(z, 0.5).apply(z).pow(2).sum().backward();
        QVERIFY(z.grad().abs().sum().item<double>() > 0);
    }

    void equalPointsGiveFiniteValues() {
        const auto z = torch::ones({5, 12});
        QVERIFY(Whitening::fit(z, 1).apply(z).isfinite().all().item<bool>());
    }

    void onePointIsTooFew() { QVERIFY_THROWS_EXCEPTION(Error, Whitening::fit(torch::ones({1, 12}), 1)); }

private:
    static void powers() {
        QTest::addColumn<double>("power");
        for (const double power : {0.0, 0.25, 0.5, 0.75, 1.0})
            QTest::addRow("p = %g", power) << power;
    }
};

QTEST_APPLESS_MAIN(TestWhitening)
#include "tst_whitening.moc"
