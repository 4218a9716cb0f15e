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
    void whatAnImportDidIsCounted_data();
    void whatAnImportDidIsCounted();
    void aRenewalIsDescribed_data();
    void aRenewalIsDescribed();
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
    QTest::newRow("idle") << ImportState::Idle << std::uint64_t{0} << "";
}

void TestErrorText::importIsDescribed() {
    QFETCH(ImportState, state);
    QFETCH(std::uint64_t, done);
    ImportStatus status{.state = state};
    status.request.collection = 1;
    status.request.name = "Garden";
    status.progress = {.stage = "import", .done = done, .total = 1240, .rate = 31, .secondsLeft = 20.0, .detail = {}};
    QTEST(importText(status), "text");
}

void TestErrorText::whatAnImportDidIsCounted_data() {
    QTest::addColumn<int>("found");
    QTest::addColumn<int>("imported");
    QTest::addColumn<int>("unreadable");
    QTest::addColumn<QString>("text");
    QTest::newRow("new ones") << 483 << 481 << 0 << "Garden: 481 image(s) imported";
    QTest::newRow("some unreadable") << 483 << 481 << 2 << "Garden: 481 image(s) imported, 2 could not be read";
    QTest::newRow("nothing new") << 483 << 0 << 0 << "Garden: nothing new";
    QTest::newRow("no images") << 0 << 0 << 0 << "No images were found in Garden";
}

void TestErrorText::whatAnImportDidIsCounted() {
    QFETCH(int, found);
    QFETCH(int, imported);
    QFETCH(int, unreadable);
    ImportStatus status{.state = ImportState::Done, .found = found, .imported = imported, .unreadable = unreadable};
    status.request.collection = 1;
    status.request.name = "Garden";
    QTEST(importText(status), "text");
}

void TestErrorText::aRenewalIsDescribed_data() {
    QTest::addColumn<ImportState>("state");
    QTest::addColumn<QString>("text");
    QTest::newRow("running") << ImportState::Running
                             << "Describing all images anew  612 / 1,240 · 20 s left · searches go on as before";
    QTest::newRow("stopped") << ImportState::Stopped << "Describing the images anew is stopped; what is done is kept";
    QTest::newRow("done") << ImportState::Done << "All images are described anew";
}

void TestErrorText::aRenewalIsDescribed() {
    QFETCH(ImportState, state);
    ImportStatus status{.state = state}; // of no collection
    status.progress = {.stage = "import", .done = 612, .total = 1240, .rate = 31, .secondsLeft = 20.0, .detail = {}};
    QTEST(importText(status), "text");
}

void TestErrorText::onlyTextThatArrivesUnchangedIsAnArgument() {
    QCOMPARE(argumentText("/photos/Gärten").value_or(""), QString::fromUtf8("/photos/Gärten"));
    QVERIFY(!argumentText(std::string("/photos/\xff")));
    QVERIFY(pathText(std::string("/photos/\xff")).startsWith("/photos/"));
}

QTEST_APPLESS_MAIN(TestErrorText)
#include "tst_error_text.moc"
