#include "ui/views/score_cut.h"

#include <QAccessible>
#include <QSignalSpy>
#include <QTest>

using namespace grappa;

class TestScoreCut : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theGapIsMarked();
    void theKeyboardMovesTheCut();
    void aDoubleClickShowsAll();
    void aCutThatIsSetSaysNothing();
};

void TestScoreCut::theGapIsMarked() {
    ScoreCut cut;
    cut.setScores(std::vector<float>{90, 85, 80, 78, 40, 38, 37, 35});
    QVERIFY2(cut.toolTip().contains("stand out, at 59"), qPrintable(cut.toolTip()));
    cut.setScores(std::vector<float>{90, 85, 80, 75, 70});
    QVERIFY(!cut.toolTip().contains("stand out"));
}

void TestScoreCut::theKeyboardMovesTheCut() {
    ScoreCut cut;
    cut.setScores(std::vector<float>{90, 70, 50});
    QVERIFY(!cut.cut());
    QSignalSpy chosen(&cut, &ScoreCut::cutChosen);
    QTest::keyClick(&cut, Qt::Key_End);
    QCOMPARE(chosen.count(), 1);
    QCOMPARE(*cut.cut(), 100.0F);
    QTest::keyClick(&cut, Qt::Key_Home);
    QVERIFY(!cut.cut());
    const QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(&cut);
    QVERIFY(accessible);
    QCOMPARE(accessible->role(), QAccessible::Slider);
    QVERIFY(!accessible->text(QAccessible::Name).isEmpty());
}

void TestScoreCut::aDoubleClickShowsAll() {
    ScoreCut cut;
    cut.setScores(std::vector<float>{90, 70, 50});
    QTest::mousePress(&cut, Qt::LeftButton, {}, cut.rect().center());
    QVERIFY(cut.cut());
    QTest::mouseDClick(&cut, Qt::LeftButton, {}, cut.rect().center());
    QVERIFY(!cut.cut());
}

void TestScoreCut::aCutThatIsSetSaysNothing() {
    ScoreCut cut;
    cut.setScores(std::vector<float>{90, 70, 50});
    QSignalSpy chosen(&cut, &ScoreCut::cutChosen);
    cut.setCut(70.4F);
    QCOMPARE(chosen.count(), 0);
    QCOMPARE(*cut.cut(), 70.0F);
    // The scale is the same for all results: the cut stays.
    cut.setScores(std::vector<float>{40, 30});
    QCOMPARE(*cut.cut(), 70.0F);
}

QTEST_MAIN(TestScoreCut)
#include "tst_score_cut.moc"
