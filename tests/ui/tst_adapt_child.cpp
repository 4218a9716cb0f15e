#include "ui/jobs/adapt_child.h"
#include "ui/jobs/adapt_estimate.h"

#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace grappa;

namespace {

constexpr int patienceMs = 20'000;

/// Stands in for grappa-cli: it says a plan and one step, then waits to be stopped, or for a file "go on" to end well.
const char* const script = R"(#!/bin/sh
trap 'exit 130' TERM
echo "$*" >> "$0.log"
case "$*" in
*--estimate*)
    while [ ! -e "$0.go" ]; do sleep 0.01; done
    echo '{"schema":1,"images":80,"device":"cpu","threads":2,"estimates":[{"depth":"quick","seconds":12}]}'
    exit 0 ;;
*--discard*)
    if [ -e "$0.locked" ]; then
        echo '{"error":{"code":"locked","detail":"busy"}}'
        exit 1
    fi
    echo '{"schema":1,"discarded":true}'
    exit 0 ;;
*--finish*)
    if [ -e "$0.nothing" ]; then
        echo '{"error":{"code":"not_found","detail":"nothing"}}'
        exit 1
    fi
    echo '{"adaptation":"Garden 1","verdict":"better"}'
    exit 0 ;;
esac
echo '{"event":"plan","stages":["read","learn k=16","check"],"granularities":[16],"images":80,"device":"cpu"}' >&2
echo '{"event":"point","stage":"learn k=16","step":1,"loss":2.5,"rate":0.001}' >&2
while [ ! -e "$0.go" ]; do sleep 0.01; done
echo '{"event":"committed","set":2,"last_id":9}' >&2
echo '{"adaptation":"Garden 2","verdict":"better"}'
)";

} // namespace

/// The states of a run and what leads from one to another, over a stand-in for grappa-cli.
class TestAdaptChild : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void itRunsToItsEnd();
    void pauseAndResume();
    void whatDiesIsSaidAndGoesOn();
    void stopAndKeep_data();
    void stopAndKeep();
    void discard_data();
    void discard();
    void discardingThatFailsIsNotTriedAgainUnasked();
    void whatLearnedNothingGoesOn();
    void theEndOfTheWindowPauses();
    void anEstimateIsMeasured();
    void aNewerQuestionReplacesTheOne();
    void aStoppedEstimateSaysNothing();

private:
    void write(const QString& suffix) const {
        QFile file(m_program + suffix);
        QVERIFY(file.open(QIODevice::WriteOnly));
    }
    QStringList log() const {
        QFile file(m_program + ".log");
        return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()).trimmed().split('\n') : QStringList();
    }
    /// Runs until its first step.
    void start(AdaptChild& child) const {
        child.start({.collection = "Garden"});
        QTRY_COMPARE_WITH_TIMEOUT(child.status().run.curve().lossCount(), std::size_t{1}, patienceMs);
        QCOMPARE(child.status().state, AdaptState::Running);
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_program;
};

void TestAdaptChild::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_program = m_folder->filePath("grappa-cli");
    QFile file(m_program);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(script);
    QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
}

void TestAdaptChild::itRunsToItsEnd() {
    AdaptChild child(m_program, {"--library", "here"});
    QSignalSpy finished(&child, &AdaptChild::finished), committed(&child, &AdaptChild::committed);
    start(child);
    QCOMPARE(child.status().run.now()->name, "learn k=16");
    write(".go");
    QTRY_COMPARE_WITH_TIMEOUT(child.status().state, AdaptState::Done, patienceMs);
    QCOMPARE(finished.count(), 1);
    QCOMPARE(finished.first().first().toString(), "Garden 2");
    QCOMPARE(committed.count(), 1);
    QVERIFY(!child.status().run.now());
    QCOMPARE(log().first(),
             "--library here --json --watch-stdin --device auto adapt --collection Garden --depth normal "
             "--seed 0");
}

void TestAdaptChild::pauseAndResume() {
    AdaptChild child(m_program, {});
    start(child);
    child.pause();
    QCOMPARE(child.status().state, AdaptState::Pausing);
    QTRY_COMPARE_WITH_TIMEOUT(child.status().state, AdaptState::Paused, patienceMs);
    QVERIFY(!child.running());
    write(".go");
    child.resume();
    QTRY_COMPARE_WITH_TIMEOUT(child.status().state, AdaptState::Done, patienceMs);
    QCOMPARE(log().size(), 2);
    QCOMPARE(log()[1], log()[0]);
}

void TestAdaptChild::whatDiesIsSaidAndGoesOn() {
    AdaptChild child(m_program, {});
    start(child);
    QCOMPARE(::kill(static_cast<pid_t>(child.processId()), SIGKILL), 0);
    QTRY_COMPARE_WITH_TIMEOUT(child.status().state, AdaptState::Failed, patienceMs);
    QVERIFY(child.status().problem.sentence.contains("resume"));
    QCOMPARE(child.status().run.curve().lossCount(), std::size_t{1});
    write(".go");
    child.resume();
    QTRY_COMPARE_WITH_TIMEOUT(child.status().state, AdaptState::Done, patienceMs);
}

void TestAdaptChild::stopAndKeep_data() {
    QTest::addColumn<bool>("pausedFirst");
    QTest::newRow("while it runs") << false;
    QTest::newRow("while it is paused") << true;
}

void TestAdaptChild::stopAndKeep() {
    QFETCH(bool, pausedFirst);
    AdaptChild child(m_program, {});
    QSignalSpy finished(&child, &AdaptChild::finished);
    start(child);
    if (pausedFirst) {
        child.pause();
        QTRY_COMPARE_WITH_TIMEOUT(child.status().state, AdaptState::Paused, patienceMs);
    }
    child.keep();
    QCOMPARE(child.status().state, AdaptState::Finishing);
    QTRY_COMPARE_WITH_TIMEOUT(child.status().state, AdaptState::Done, patienceMs);
    QCOMPARE(finished.first().first().toString(), "Garden 1");
    QCOMPARE(log().size(), 2);
    QCOMPARE(log()[1], log()[0] + " --finish");
}

void TestAdaptChild::discard_data() {
    stopAndKeep_data();
}

void TestAdaptChild::discard() {
    QFETCH(bool, pausedFirst);
    AdaptChild child(m_program, {});
    QSignalSpy discarded(&child, &AdaptChild::discarded), finished(&child, &AdaptChild::finished);
    start(child);
    if (pausedFirst) {
        child.pause();
        QTRY_COMPARE_WITH_TIMEOUT(child.status().state, AdaptState::Paused, patienceMs);
    }
    child.discard();
    QCOMPARE(child.status().state, AdaptState::Discarding);
    QTRY_COMPARE_WITH_TIMEOUT(child.status().state, AdaptState::Idle, patienceMs);
    QCOMPARE(discarded.count(), 1);
    QCOMPARE(finished.count(), 0);
    QCOMPARE(log()[1], log()[0] + " --discard");
    QVERIFY(child.status().run.curve().isEmpty());
}

void TestAdaptChild::discardingThatFailsIsNotTriedAgainUnasked() {
    AdaptChild child(m_program, {});
    start(child);
    write(".locked");
    child.discard();
    QTRY_COMPARE_WITH_TIMEOUT(child.status().state, AdaptState::Failed, patienceMs);
    QCOMPARE(child.status().problem.detail, "busy");
    write(".go");
    child.resume();
    QTRY_COMPARE_WITH_TIMEOUT(child.status().state, AdaptState::Done, patienceMs);
    QVERIFY(!log().last().contains("--discard"));
}

void TestAdaptChild::whatLearnedNothingGoesOn() {
    AdaptChild child(m_program, {});
    start(child);
    write(".nothing");
    child.keep();
    QTRY_COMPARE_WITH_TIMEOUT(child.status().state, AdaptState::Failed, patienceMs);
    QVERIFY(child.status().problem.sentence.contains("Nothing was learned yet"));
    write(".go");
    child.resume();
    QTRY_COMPARE_WITH_TIMEOUT(child.status().state, AdaptState::Done, patienceMs);
    QVERIFY(!log().last().contains("--finish"));
}

void TestAdaptChild::theEndOfTheWindowPauses() {
    AdaptChild child(m_program, {});
    start(child);
    child.keep();
    child.stop(); // before the child has ended
    QTRY_VERIFY_WITH_TIMEOUT(!child.running(), patienceMs);
    QTRY_COMPARE_WITH_TIMEOUT(child.status().state, AdaptState::Paused, patienceMs);
    QCOMPARE(log().size(), 1);
}

void TestAdaptChild::anEstimateIsMeasured() {
    AdaptEstimator estimator(m_program, {});
    double seconds = 0;
    connect(&estimator, &AdaptEstimator::measured, this,
            [&seconds](const AdaptEstimate& estimate) { seconds = estimate.quick.value_or(0); });
    write(".go");
    estimator.measure("Garden", "cpu");
    QTRY_COMPARE_WITH_TIMEOUT(seconds, 12.0, patienceMs);
    QCOMPARE(log().first(), "--json --watch-stdin --device cpu adapt --collection Garden --estimate");
}

void TestAdaptChild::aNewerQuestionReplacesTheOne() {
    AdaptEstimator estimator(m_program, {});
    int measured = 0, failures = 0;
    connect(&estimator, &AdaptEstimator::measured, this, [&measured] { ++measured; });
    connect(&estimator, &AdaptEstimator::failed, this, [&failures] { ++failures; });
    estimator.measure("Garden", "auto");
    QTRY_COMPARE_WITH_TIMEOUT(log().size(), 1, patienceMs);
    estimator.measure("Workshop", "auto");
    QTRY_COMPARE_WITH_TIMEOUT(log().size(), 2, patienceMs);
    write(".go");
    QTRY_COMPARE_WITH_TIMEOUT(measured, 1, patienceMs);
    QCOMPARE(failures, 0);
    QVERIFY(log().last().contains("Workshop"));
}

void TestAdaptChild::aStoppedEstimateSaysNothing() {
    AdaptEstimator estimator(m_program, {});
    QSignalSpy ended(&estimator, &AdaptEstimator::ended);
    int answers = 0;
    connect(&estimator, &AdaptEstimator::measured, this, [&answers] { ++answers; });
    connect(&estimator, &AdaptEstimator::failed, this, [&answers] { ++answers; });
    estimator.measure("Garden", "auto");
    QTRY_COMPARE_WITH_TIMEOUT(log().size(), 1, patienceMs);
    estimator.stop();
    QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, patienceMs);
    QVERIFY(!estimator.running());
    QCOMPARE(answers, 0);
}

QTEST_GUILESS_MAIN(TestAdaptChild)
#include "tst_adapt_child.moc"
