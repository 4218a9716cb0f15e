#include "ui/views/score_cut.h"

#include <QAccessible>
#include <QSignalSpy>
#include <QTest>

#include <cmath>

using namespace grappa;

class TestScoreCut : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theWidestGap_data();
    void theWidestGap();
    void theKeyboardMovesTheCut();
    void aDoubleClickShowsAll();
    void aCutThatIsSetSaysNothing();
};

void TestScoreCut::theWidestGap_data() {
    QTest::addColumn<QList<float>>("scores");
    QTest::addColumn<float>("gap");
    QTest::newRow("in the middle") << QList<float>{0.9F, 0.8F, 0.4F, 0.3F} << 0.6F;
    QTest::newRow("first") << QList<float>{1.0F, 0.2F, 0.1F} << 0.6F;
    QTest::newRow("too few") << QList<float>{0.9F, 0.1F} << std::nanf("");
}

void TestScoreCut::theWidestGap() {
    QFETCH(QList<float>, scores);
    QFETCH(float, gap);
    const auto found = widestGap(std::span(scores.data(), static_cast<std::size_t>(scores.size())));
    QCOMPARE(found.has_value(), !std::isnan(gap));
    if (found) QCOMPARE(*found, gap);
}

void TestScoreCut::theKeyboardMovesTheCut() {
    ScoreCut cut;
    cut.setScores(std::vector<float>{0.9F, 0.7F, 0.5F});
    QVERIFY(!cut.cut());
    QSignalSpy chosen(&cut, &ScoreCut::cutChosen);
    QTest::keyClick(&cut, Qt::Key_End);
    QCOMPARE(chosen.count(), 1);
    QCOMPARE(*cut.cut(), 0.9F);
    QTest::keyClick(&cut, Qt::Key_Home);
    QVERIFY(!cut.cut());
    const QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(&cut);
    QVERIFY(accessible);
    QCOMPARE(accessible->role(), QAccessible::Slider);
    QVERIFY(!accessible->text(QAccessible::Name).isEmpty());
}

void TestScoreCut::aDoubleClickShowsAll() {
    ScoreCut cut;
    cut.setScores(std::vector<float>{0.9F, 0.7F, 0.5F});
    QTest::mousePress(&cut, Qt::LeftButton, {}, cut.rect().center());
    QVERIFY(cut.cut());
    QTest::mouseDClick(&cut, Qt::LeftButton, {}, cut.rect().center());
    QVERIFY(!cut.cut());
}

void TestScoreCut::aCutThatIsSetSaysNothing() {
    ScoreCut cut;
    cut.setScores(std::vector<float>{0.9F, 0.7F, 0.5F});
    QSignalSpy chosen(&cut, &ScoreCut::cutChosen);
    cut.setCut(0.7F);
    QCOMPARE(chosen.count(), 0);
    QVERIFY(std::abs(*cut.cut() - 0.7F) < 0.001F);
}

QTEST_MAIN(TestScoreCut)
#include "tst_score_cut.moc"
