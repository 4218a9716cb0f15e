#include "ui/result_dividers.h"

#include <QTest>

#include <vector>

using namespace grappa;

class TestResultDividers : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void dividersAreWhereTheAnswerChanges_data();
    void dividersAreWhereTheAnswerChanges();
};

void TestResultDividers::dividersAreWhereTheAnswerChanges_data() {
    using Scores = std::vector<float>;
    QTest::addColumn<Scores>("scores"); // 0 to 100, best first
    QTest::addColumn<int>("inGroup");   // so many of the first lie in the query's group
    QTest::addColumn<Dividers>("dividers");
    QTest::newRow("no results") << Scores{} << 0 << Dividers{};
    QTest::newRow("all alike") << Scores{80, 79, 78} << 0 << Dividers{};
    QTest::newRow("a gap") << Scores{90, 88, 86, 40, 38} << 0 << Dividers{{3, Divider::LessAlike}};
    QTest::newRow("far ones") << Scores{50, 44, 35, 24, 20} << 0 << Dividers{{3, Divider::NotMuchInCommon}};
    QTest::newRow("nothing but far ones") << Scores{20, 10} << 0 << Dividers{};
    QTest::newRow("a group") << Scores{80, 79, 78, 77} << 2 << Dividers{{2, Divider::OtherGroups}};
    QTest::newRow("all kinds") << Scores{90, 88, 86, 40, 38, 20} << 2
                               << Dividers{{2, Divider::OtherGroups},
                                           {3, Divider::LessAlike},
                                           {5, Divider::NotMuchInCommon}};
    QTest::newRow("the group ends at the gap")
        << Scores{90, 88, 86, 40, 38} << 3 << Dividers{{3, Divider::OtherGroups}};
}

void TestResultDividers::dividersAreWhereTheAnswerChanges() {
    QFETCH(std::vector<float>, scores);
    QFETCH(int, inGroup);
    std::vector<Neighbour> results;
    for (const float score : scores)
        results.push_back({.image = 1, .score = score / 100, .inGroup = static_cast<int>(results.size()) < inGroup});
    QTEST(dividersOf(results, ScoreScale()), "dividers");
}

QTEST_GUILESS_MAIN(TestResultDividers)
#include "tst_result_dividers.moc"
