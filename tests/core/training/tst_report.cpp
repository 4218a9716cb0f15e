#include "core/base/error.h"
#include "core/training/report.h"

#include <QTest>

using namespace grappa;
using torch::Tensor;

namespace {

constexpr std::int64_t images = 600, width = 32, kinds = 30, heldOutImages = 120, copies = 2;

Tensor normalised(const Tensor& rows) {
    return torch::nn::functional::normalize(rows);
}

Tensor noise(std::int64_t rows, std::uint64_t seed) {
    auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    return torch::randn({rows, width}, generator);
}

/// Images of 30 kinds.
Tensor gallery() {
    const Tensor centres = noise(kinds, 1).repeat({images / kinds, 1});
    return normalised(centres + 0.7 * noise(images, 2));
}

std::vector<std::int64_t> heldOut() {
    std::vector<std::int64_t> rows;
    for (std::int64_t i = 0; i < heldOutImages; ++i)
        rows.push_back(i * images / heldOutImages);
    return rows;
}

/// Copies of the held-out rows of `vectors`, off by `distance` in a direction of their own.
Tensor copiesOf(const Tensor& vectors, double distance, std::uint64_t seed = 3) {
    const Tensor sources = vectors.index_select(0, torch::tensor(heldOut())).repeat({copies, 1});
    return normalised(sources + distance * normalised(noise(sources.size(0), seed)));
}

ReportInput unchanged() {
    const Tensor base = gallery();
    const Tensor altered = copiesOf(base, 1.5);
    return {base, base, altered, altered, heldOut(), {}, 5};
}

} // namespace

class TestReport : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void unchangedIsNoDifference() {
        const AdaptationReport report = adaptationReport(unchanged());
        QCOMPARE(report.heldOut, heldOutImages);
        QCOMPARE(report.gallery, images);
        QCOMPARE(report.agreement, 100.0);
        for (const Comparison* comparison : {&report.copyFirst, &report.copyMrr, &report.neighbourhood}) {
            QCOMPARE(comparison->base, comparison->adapted);
            QCOMPARE(comparison->low, 0.0);
            QCOMPARE(comparison->high, 0.0);
        }
        QVERIFY(report.copyFirst.base > 20 && report.copyFirst.base < 95);
        QCOMPARE(report.verdict, Verdict::NoClearDifference);
    }

    void steadierCopiesAreBetter() {
        ReportInput input = unchanged();
        input.adaptedCopies = copiesOf(input.adaptedGallery, 0.6);
        const AdaptationReport report = adaptationReport(input);
        QCOMPARE(report.verdict, Verdict::Better);
        QVERIFY(report.copyFirst.low > 0 && report.neighbourhood.low > 0);
        QVERIFY(report.sentence.starts_with("Better: an altered copy shares "));
        QVERIFY(report.neighbourhood.low < report.neighbourhood.adapted - report.neighbourhood.base);
        QVERIFY(report.neighbourhood.high > report.neighbourhood.adapted - report.neighbourhood.base);
    }

    void unsteadierCopiesAreWorse() {
        ReportInput input = unchanged();
        input.adaptedCopies = copiesOf(input.adaptedGallery, 4);
        const AdaptationReport report = adaptationReport(input);
        QCOMPARE(report.verdict, Verdict::Worse);
        QVERIFY(report.sentence.starts_with("Worse, keep the base: "));
    }

    void randomVectorsAreWorse() {
        ReportInput input = unchanged();
        input.adaptedGallery = normalised(noise(images, 7));
        input.adaptedCopies = normalised(noise(heldOutImages * copies, 8));
        QCOMPARE(adaptationReport(input).verdict, Verdict::Worse);
    }

    void oneVectorForAllIsWorse() {
        ReportInput input = unchanged();
        input.adaptedGallery = normalised(torch::ones({images, width}));
        input.adaptedCopies = normalised(torch::ones({heldOutImages * copies, width}));
        QCOMPARE(adaptationReport(input).verdict, Verdict::Worse);
    }

    /// Single images are told apart without fail, and kinds are forgotten.
    void aSteadyNewOrderIsNotVouchedFor() {
        ReportInput input = unchanged();
        input.adaptedGallery = normalised(noise(images, 7));
        input.adaptedCopies = copiesOf(input.adaptedGallery, 0.2);
        const AdaptationReport report = adaptationReport(input);
        QVERIFY(report.copyFirst.clearlyUp() && report.neighbourhood.clearlyUp());
        QVERIFY(report.agreement < leastAgreement);
        QCOMPARE(report.verdict, Verdict::NoClearDifference);
    }

    void countsByHand() {
        // Rows on a line; the copy of row 1 lies on row 2, that of row 3 on itself.
        const auto at = [](std::initializer_list<double> angles) {
            const Tensor angle = torch::tensor(std::vector<double>(angles), torch::kFloat);
            return torch::stack({angle.cos(), angle.sin()}, 1);
        };
        const Tensor rows = at({0.0, 0.1, 0.25, 0.5});
        const Tensor asked = at({0.25, 0.5});
        const AdaptationReport report = adaptationReport({rows, rows, asked, asked, {1, 3}, {}, 0});
        QCOMPARE(report.copyFirst.base, 50.0);
        QCOMPARE(report.copyMrr.base, 75.0);        // ranks 2 and 1
        QCOMPARE(report.neighbourhood.base, 100.0); // lists of three: all others
    }

    void verdicts_data() {
        QTest::addColumn<double>("sourceLow"); // the interval is 2 wide
        QTest::addColumn<double>("neighbourhoodLow");
        QTest::addColumn<double>("agreement");
        QTest::addColumn<QString>("verdict");
        QTest::newRow("both up") << 1.0 << 1.0 << 60.0 << "better";
        QTest::newRow("neighbourhood alone up") << -1.0 << 1.0 << 60.0 << "better";
        QTest::newRow("both up, another order") << 1.0 << 1.0 << 20.0 << "no clear difference";
        QTest::newRow("source up alone") << 1.0 << -1.0 << 60.0 << "no clear difference";
        QTest::newRow("neighbourhood up, source a little down") << -3.0 << 1.0 << 60.0 << "better";
        QTest::newRow("neighbourhood up, source much down") << -9.0 << 9.0 << 60.0 << "worse";
        QTest::newRow("source a little down alone") << -3.0 << -1.0 << 60.0 << "no clear difference";
        QTest::newRow("source much down alone") << -5.0 << -1.0 << 60.0 << "worse";
        QTest::newRow("source up, neighbourhood down") << 1.0 << -5.0 << 60.0 << "worse";
        QTest::newRow("nothing") << -1.0 << -1.0 << 60.0 << "no clear difference";
    }
    void verdicts() {
        QFETCH(double, sourceLow);
        QFETCH(double, neighbourhoodLow);
        QFETCH(double, agreement);
        QFETCH(QString, verdict);
        AdaptationReport report;
        report.copyMrr = {0, sourceLow + 1, sourceLow, sourceLow + 2};
        report.neighbourhood = {0, neighbourhoodLow + 1, neighbourhoodLow, neighbourhoodLow + 2};
        report.agreement = agreement;
        QCOMPARE(QString::fromStdString(verdictName(verdictOf(report))), verdict);
    }

    void steadinessOfClusters() {
        ReportInput input = unchanged();
        input.granularities = {kinds, 3 * kinds};
        const AdaptationReport report = adaptationReport(input);
        QCOMPARE(report.stability.size(), std::size_t{2});
        QCOMPARE(report.stability[0].first, kinds);
        const Comparison &right = report.stability[0].second, &tooMany = report.stability[1].second;
        QCOMPARE(right.base, right.adapted);
        QVERIFY(right.base > tooMany.base && tooMany.base > 0 && right.base <= 100);
    }

    void asJsonAndBack() {
        ReportInput input = unchanged();
        input.adaptedCopies = copiesOf(input.adaptedGallery, 0.6);
        input.granularities = {kinds};
        const AdaptationReport report = adaptationReport(input);
        const std::string json = toJson(report);
        const AdaptationReport again = reportFromJson(json);
        QCOMPARE(toJson(again), json);
        QCOMPARE(again.verdict, report.verdict);
        QCOMPARE(again.sentence, report.sentence);
        QCOMPARE(again.neighbourhood.low, report.neighbourhood.low);
        QCOMPARE(toJson(adaptationReport(input)), json); // the same input, the same report
        QVERIFY_THROWS_EXCEPTION(Error, reportFromJson("{}"));
        QVERIFY_THROWS_EXCEPTION(Error, reportFromJson("no"));
    }

    void wrongInputIsRefused() {
        ReportInput input = unchanged();
        input.heldOut = {1};
        QVERIFY_THROWS_EXCEPTION(Error, adaptationReport(input));
        input = unchanged();
        input.heldOut.back() = images;
        QVERIFY_THROWS_EXCEPTION(Error, adaptationReport(input));
        input = unchanged();
        input.adaptedCopies = input.adaptedCopies.narrow(0, 0, 7);
        QVERIFY_THROWS_EXCEPTION(Error, adaptationReport(input));
    }
};

QTEST_APPLESS_MAIN(TestReport)
#include "tst_report.moc"
