#include "ui/error_text.h"
#include "ui/formatting.h"
#include "ui/views/job_bar.h"

#include <QLocale>
#include <QSet>
#include <QTest>

using namespace grappa;

class TestErrorText : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates)); }
    void everyCodeHasItsOwnSentence();
    void timeLeft_data();
    void timeLeft();
    void importIsDescribed_data();
    void importIsDescribed();
    void onlyTextThatArrivesUnchangedIsAnArgument();
};

void TestErrorText::everyCodeHasItsOwnSentence() {
    QSet<QString> sentences;
    const int codes = static_cast<int>(ErrorCode::Internal) + 1;
    for (int code = 0; code < codes; ++code) {
        const QString sentence = errorText(static_cast<ErrorCode>(code));
        QVERIFY2(sentence.endsWith('.'), qPrintable(sentence));
        // What happened, and what to do.
        QVERIFY2(sentence.count(QRegularExpression("[.;:,] ")) >= 1, qPrintable(sentence));
        QVERIFY(!errorReason(static_cast<ErrorCode>(code)).isEmpty());
        sentences.insert(sentence);
    }
    QCOMPARE(sentences.size(), codes);
}

void TestErrorText::timeLeft_data() {
    QTest::addColumn<double>("seconds");
    QTest::addColumn<QString>("text");
    QTest::newRow("none") << 0.0 << "0 s left";
    QTest::newRow("seconds are rounded up") << 19.2 << "20 s left";
    QTest::newRow("minutes are rounded up") << 61.0 << "2 min left";
    QTest::newRow("just under an hour") << 3541.0 << "1 h left";
    QTest::newRow("hours") << 3900.0 << "1 h 5 min left";
    QTest::newRow("negative") << -3.0 << "0 s left";
}

void TestErrorText::timeLeft() {
    QFETCH(double, seconds);
    QTEST(formatTimeLeft(seconds), "text");
}

void TestErrorText::importIsDescribed_data() {
    QTest::addColumn<ImportState>("state");
    QTest::addColumn<std::uint64_t>("done");
    QTest::addColumn<QString>("text");
    QTest::newRow("running") << ImportState::Running << std::uint64_t{612}
                             << "Importing Garden  612 / 1,240 · 31 img/s · 20 s left";
    QTest::newRow("stopped") << ImportState::Stopped << std::uint64_t{612}
                             << "Import of Garden is stopped at 612 of 1,240";
    QTest::newRow("done") << ImportState::Done << std::uint64_t{1240} << "Garden is imported";
    QTest::newRow("idle") << ImportState::Idle << std::uint64_t{0} << "";
}

void TestErrorText::importIsDescribed() {
    QFETCH(ImportState, state);
    QFETCH(std::uint64_t, done);
    ImportStatus status{.state = state};
    status.request.name = "Garden";
    status.progress = {.stage = "import", .done = done, .total = 1240, .rate = 31, .secondsLeft = 20.0, .detail = {}};
    QTEST(importText(status), "text");
}

void TestErrorText::onlyTextThatArrivesUnchangedIsAnArgument() {
    QCOMPARE(argumentText("/photos/Gärten").value_or(""), QString::fromUtf8("/photos/Gärten"));
    QVERIFY(!argumentText(std::string("/photos/\xff")));
    QVERIFY(pathText(std::string("/photos/\xff")).startsWith("/photos/"));
}

QTEST_APPLESS_MAIN(TestErrorText)
#include "tst_error_text.moc"
