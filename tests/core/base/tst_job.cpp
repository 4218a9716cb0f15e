#include "core/base/job.h"

#include <QTest>

using namespace grappa;

class TestJob : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aStopIsAnError() {
        std::stop_source source;
        const JobContext context{source.get_token(), {}};
        context.throwIfStopped();
        source.request_stop();
        QVERIFY(context.stopRequested());
        QVERIFY_THROWS_EXCEPTION(Error, context.throwIfStopped());
    }

    void reportsAreFewButTheLastComes() {
        std::vector<Progress> reports;
        const JobContext context{{}, [&](const Progress& progress) { reports.push_back(progress); }};
        ProgressMeter meter(context, "import", 10'000, 1);
        for (std::uint64_t done = 1; done <= 10'000; ++done)
            meter.advanceTo(done, "a.jpg");
        QVERIFY(reports.size() >= 2 && reports.size() <= 20);
        QCOMPARE(reports.back().done, std::uint64_t{10'000});
        QCOMPARE(reports.back().total, std::uint64_t{10'000});
        QCOMPARE(reports.back().stage, std::string("import"));
        QCOMPARE(reports.back().detail, std::string("a.jpg"));
        QVERIFY(reports.back().rate > 0);
        QCOMPARE(reports.back().secondsLeft, std::optional(0.0));
    }

    void withoutATotalThereIsNoTimeLeft() {
        std::vector<Progress> reports;
        const JobContext context{{}, [&](const Progress& progress) { reports.push_back(progress); }};
        ProgressMeter meter(context, "scan", 0);
        QTest::qSleep(2);
        meter.advanceTo(5);
        meter.finish();
        QCOMPARE(reports.back().done, std::uint64_t{5});
        QVERIFY(!reports.back().secondsLeft);
    }

    void noReceiverIsFine() {
        const JobContext context;
        ProgressMeter meter(context, "scan", 1);
        meter.advanceTo(1);
        QVERIFY(!context.stopRequested());
    }
};

QTEST_APPLESS_MAIN(TestJob)
#include "tst_job.moc"
