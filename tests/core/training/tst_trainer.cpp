#include "core/training/trainer.h"

#include "core/training/losses.h"
#include "small_training.h"

#include <QTest>

#include <algorithm>

using namespace grappa;

class TestTrainer : public QObject {
    Q_OBJECT

private:
    static TrainerResult run(const QTemporaryDir& folder, const TrainerOptions& options,
                             const JobContext& context = {}) {
        test::TrainedImages opened(folder);
        return Trainer(opened.store, options).run(context);
    }

    static bool equal(TrainerResult& one, TrainerResult& two) {
        for (std::size_t i = 0; i < one.adaptation.sets.size(); ++i)
            for (const auto& item : one.adaptation.sets[i]->named_parameters())
                if (!torch::equal(item.value(), two.adaptation.sets[i]->named_parameters()[item.key()])) return false;
        for (auto& [name, fusion] : one.adaptation.fusions)
            for (const auto& item : fusion->named_parameters())
                if (!torch::equal(item.value(), two.adaptation.fusions.at(name)->named_parameters()[item.key()]))
                    return false;
        for (const auto& [name, whitening] : one.adaptation.whitening)
            if (!torch::equal(whitening.basis, two.adaptation.whitening.at(name).basis)) return false;
        return true;
    }

private Q_SLOTS:
    // The models are so small that threads would only wait for each other.
    void initTestCase() { at::set_num_threads(1); }

    void stoppedAnywhereItEndsTheSame() {
        const QTemporaryDir whole, broken;
        TrainerResult unbroken = run(whole, test::shortTraining(whole));
        QCOMPARE(unbroken.adaptation.sets.size(), std::size_t{2});
        QVERIFY(unbroken.adaptation.fusions.contains(variant::neighbours));
        // Every start is stopped a few steps further than the one before, until one runs to its end.
        int stops = 0;
        for (int progresses = 1;; progresses += 3) {
            std::stop_source stop;
            int seen = 0;
            TrainerOptions stopping = test::shortTraining(broken);
            stopping.onPoint = [&](const TrainingPoint&) {
                if (++seen == progresses) stop.request_stop();
            };
            try {
                TrainerResult resumed = run(broken, stopping, {stop.get_token(), {}});
                QVERIFY(equal(resumed, unbroken));
                QCOMPARE(resumed.report.verdict, unbroken.report.verdict);
                break;
            } catch (const Error& error) {
                QCOMPARE(error.code(), ErrorCode::Interrupted);
                ++stops;
            }
        }
        QVERIFY(stops >= 2);
    }

    void aSetDoesNotDependOnTheOthers() {
        const QTemporaryDir together, alone;
        TrainerOptions one = test::shortTraining(alone);
        one.granularities = {12};
        TrainerResult both = run(together, test::shortTraining(together));
        TrainerResult single = run(alone, one);
        for (const auto& item : single.adaptation.sets[0]->named_parameters())
            QVERIFY2(torch::equal(item.value(), both.adaptation.sets[1]->named_parameters()[item.key()]),
                     item.key().c_str());
    }

    void theSeedDecides() {
        const QTemporaryDir first, second;
        TrainerOptions other = test::shortTraining(second);
        other.seed = 1;
        TrainerResult one = run(first, test::shortTraining(first));
        TrainerResult two = run(second, other);
        QVERIFY(!equal(one, two));
    }

    void heldOutImagesAreNotTrainedOn() {
        const QTemporaryDir folder;
        test::TrainedImages opened(folder);
        TrainerOptions all = test::shortTraining(folder);
        const Trainer trainer(opened.store, all);
        QCOMPARE(trainer.heldOut().size(), std::size_t{4}); // 5 % of 96
        all.heldOut = 0;
        QVERIFY(Trainer(opened.store, all).heldOut().empty());
    }

    void whatWasLearnedCanBeKept_data() {
        QTest::addColumn<int>("points");
        QTest::addColumn<QList<int>>("kept");
        // A set takes ten steps.
        QTest::newRow("a part of the first set") << 4 << QList<int>{4};
        QTest::newRow("the first set and a part of the second") << 13 << QList<int>{4, 12};
        QTest::newRow("both sets and a part of the fusion") << 22 << QList<int>{4, 12};
    }
    void whatWasLearnedCanBeKept() {
        QFETCH(int, points);
        QFETCH(QList<int>, kept);
        const QTemporaryDir whole, broken;
        std::stop_source stop;
        int seen = 0;
        TrainerOptions stopping = test::shortTraining(broken);
        stopping.onPoint = [&](const TrainingPoint&) {
            if (++seen == points) stop.request_stop();
        };
        QVERIFY_THROWS_EXCEPTION(Error, run(broken, stopping, {stop.get_token(), {}}));

        TrainerOptions finishing = test::shortTraining(broken);
        finishing.finish = true;
        finishing.onPoint = [](const TrainingPoint&) { QFAIL("a step was trained"); };
        TrainerResult result = run(broken, finishing);
        QCOMPARE(result.adaptation.granularities, std::vector<std::int64_t>(kept.begin(), kept.end()));
        QCOMPARE(result.adaptation.sets.size(), static_cast<std::size_t>(kept.size()));
        const bool fused = points > 20;
        QCOMPARE(result.adaptation.fusions.contains(variant::neighbours), fused);
        QCOMPARE(result.adaptation.mainVariant, std::string(fused ? variant::neighbours : variant::average));
        QVERIFY(result.report.heldOut > 0);
        if (points <= 10) return;
        TrainerResult unbroken = run(whole, test::shortTraining(whole));
        for (const auto& item : unbroken.adaptation.sets[0]->named_parameters())
            QVERIFY(torch::equal(item.value(), result.adaptation.sets[0]->named_parameters()[item.key()]));
    }

    void nothingLearnedIsNothingToKeep() {
        const QTemporaryDir folder;
        TrainerOptions finishing = test::shortTraining(folder);
        finishing.finish = true;
        try {
            run(folder, finishing);
            QFAIL("it kept something");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::NotFound);
        }
    }

    void watchingChangesNothing() {
        const QTemporaryDir alone, watched;
        TrainerResult unwatched = run(alone, test::shortTraining(alone));
        TrainerOptions watching = test::shortTraining(watched);
        QStringList seen;
        std::vector<std::int64_t> queries;
        watching.onProbe = [&](const std::string& stage, int epoch, const ProbeResult& result) {
            seen << QString::fromStdString(stage) + QLatin1Char(' ') + QString::number(epoch);
            QVERIFY(result.copyFirst >= 0 && result.copyFirst <= 100);
            std::vector<std::int64_t> now;
            for (const ProbeResult::Row& row : result.rows) {
                now.push_back(row.query);
                QVERIFY(std::ranges::find(row.results, row.query) == row.results.end());
            }
            if (queries.empty()) queries = now;
            QCOMPARE(now, queries);
        };
        std::vector<std::int64_t> grouped;
        watching.onGroups = [&](std::int64_t k, const std::vector<GroupSample>& samples) {
            grouped.push_back(k);
            std::uint64_t images = 0;
            for (const GroupSample& sample : samples)
                images += sample.size;
            QVERIFY(images > 0 && images <= 92);
            QVERIFY(!samples.front().images.empty());
        };
        int rates = 0;
        watching.onPoint = [&](const TrainingPoint& point) { rates += point.copyFirst.has_value(); };
        TrainerResult result = run(watched, watching);
        QVERIFY(equal(result, unwatched));
        QCOMPARE(seen, QStringList({"describe 0", "learn k=4 1", "learn k=4 2", "learn k=12 1", "learn k=12 2",
                                    "combine neighbours 1"}));
        QCOMPARE(rates, 5);
        QCOMPARE(grouped, std::vector<std::int64_t>({4, 12}));
    }

    void refusals_data() {
        QTest::addColumn<QList<int>>("granularities");
        QTest::newRow("more groups than images") << QList<int>{4, 1000};
        QTest::newRow("one group") << QList<int>{1};
        QTest::newRow("twice the same") << QList<int>{4, 4};
    }
    void refusals() {
        QFETCH(QList<int>, granularities);
        const QTemporaryDir folder;
        test::TrainedImages opened(folder);
        TrainerOptions wrong = test::shortTraining(folder);
        wrong.granularities.assign(granularities.begin(), granularities.end());
        QVERIFY_THROWS_EXCEPTION(Error, Trainer(opened.store, wrong));
    }
};

QTEST_APPLESS_MAIN(TestTrainer)
#include "tst_trainer.moc"
