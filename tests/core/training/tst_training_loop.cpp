#include "core/training/training_loop.h"

#include <QTemporaryDir>
#include <QTest>

#include <limits>

using namespace grappa;

/// A step draws what it needs from its number, as the contract asks.
class TestTrainingLoop : public QObject {
    Q_OBJECT

private:
    static constexpr std::int64_t steps = 20;

    struct Run {
        torch::Tensor weight = torch::ones({4, 4}).requires_grad_(true);
        std::vector<double> rates;
        int calls = 0;
    };

    TrainingLoopOptions options(const QTemporaryDir& folder, Run* run = nullptr) {
        TrainingLoopOptions result;
        result.stage = "learn";
        result.identity = "a run";
        result.checkpoint = folder.filePath("loop.safetensors").toStdString();
        result.schedule = {.peak = 0.05, .warmUp = 0.1, .steps = steps};
        if (run != nullptr)
            result.onPoint = [run](const TrainingPoint& point) { run->rates.push_back(point.learningRate); };
        return result;
    }

    static TrainingLoop::Step stepOf(Run& run, std::function<double(std::int64_t)> factor = {}) {
        return [&run, factor](std::int64_t step, int) {
            ++run.calls;
            const auto input = torch::full({4}, 0.5 + 0.02 * static_cast<double>(step % 7));
            const auto loss = (run.weight.matmul(input) - 1).square().sum() * (factor ? factor(step) : 1.0);
            loss.backward();
            return loss.item<double>();
        };
    }

private Q_SLOTS:
    // The models are so small that threads would only wait for each other.
    void initTestCase() { at::set_num_threads(1); }

    void resumedEqualsUnbroken() {
        const QTemporaryDir whole, halves;
        Run unbroken;
        TrainingLoop({{"w", unbroken.weight}}, options(whole)).run(stepOf(unbroken), {});

        Run first;
        std::stop_source stop;
        const auto stopping = [&](std::int64_t step, int parts) {
            if (step == steps / 2) stop.request_stop();
            return stepOf(first)(step, parts);
        };
        QVERIFY_THROWS_EXCEPTION(
            Error, TrainingLoop({{"w", first.weight}}, options(halves)).run(stopping, {stop.get_token(), {}}));
        Run second;
        TrainingLoop({{"w", second.weight}}, options(halves)).run(stepOf(second), {});
        QCOMPARE(second.calls, static_cast<int>(steps / 2 - 1));
        QVERIFY(torch::equal(second.weight, unbroken.weight));
    }

    void finishedIsNotRunAgain() {
        const QTemporaryDir folder;
        Run run, again;
        TrainingLoop({{"w", run.weight}}, options(folder)).run(stepOf(run), {});
        TrainingLoop({{"w", again.weight}}, options(folder)).run(stepOf(again), {});
        QCOMPARE(again.calls, 0);
        QVERIFY(torch::equal(again.weight, run.weight));
    }

    void anotherRunsCheckpointIsNotTaken() {
        const QTemporaryDir folder;
        Run run, other;
        TrainingLoop({{"w", run.weight}}, options(folder)).run(stepOf(run), {});
        auto changed = options(folder);
        changed.identity = "another run";
        TrainingLoop({{"w", other.weight}}, changed).run(stepOf(other), {});
        QCOMPARE(other.calls, static_cast<int>(steps));
    }

    void aBadStepTakesTheRunBackAtHalfTheRate_data() {
        QTest::addColumn<double>("bad");
        QTest::newRow("not a number") << std::numeric_limits<double>::quiet_NaN();
        QTest::newRow("infinite") << std::numeric_limits<double>::infinity();
        QTest::newRow("diverging") << 1e6;
    }
    void aBadStepTakesTheRunBackAtHalfTheRate() {
        QFETCH(double, bad);
        const QTemporaryDir folder;
        Run run;
        bool hit = false;
        const auto once = [&](std::int64_t step) { return step == 8 && !std::exchange(hit, true) ? bad : 1.0; };
        TrainingLoop({{"w", run.weight}}, options(folder, &run)).run(stepOf(run, once), {});
        QVERIFY(hit);
        QVERIFY(run.weight.isfinite().all().item<bool>());
        const LearningRateSchedule schedule = options(folder).schedule;
        QCOMPARE(run.rates.back(), schedule.at(steps - 1) / 2);
    }

    void givesUpWithASentence() {
        const QTemporaryDir folder;
        Run run;
        const auto always = [](std::int64_t step) { return step == 8 ? std::nan("") : 1.0; };
        try {
            TrainingLoop({{"w", run.weight}}, options(folder)).run(stepOf(run, always), {});
            QFAIL("it must not converge");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::Internal);
            QVERIFY(std::string(error.what()).find("learn") != std::string::npos);
        }
    }

    void lessMemoryMeansSmallerParts() {
        const QTemporaryDir folder;
        Run run;
        int most = 0;
        const auto step = [&](std::int64_t number, int parts) {
            if (parts < 4) throw c10::OutOfMemoryError({__func__, __FILE__, 0}, "no room");
            most = std::max(most, parts);
            return stepOf(run)(number, parts);
        };
        TrainingLoop({{"w", run.weight}}, options(folder)).run(step, {});
        QCOMPARE(most, 4);
        QCOMPARE(run.calls, static_cast<int>(steps));
    }

    void scheduleWarmsUpAndEndsAtZero() {
        const LearningRateSchedule schedule{.peak = 1, .warmUp = 0.1, .steps = 100};
        QCOMPARE(schedule.at(0), 0.1);
        QCOMPARE(schedule.at(9), 1.0);
        QCOMPARE(schedule.at(10), 1.0);
        QVERIFY(std::abs(schedule.at(55) - 0.5) < 1e-9);
        QVERIFY(schedule.at(99) < 0.001);
    }
};

QTEST_APPLESS_MAIN(TestTrainingLoop)
#include "tst_training_loop.moc"
