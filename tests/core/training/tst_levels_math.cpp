#include "core/training/kmeans.h"
#include "core/training/levels.h"

#include <QTest>

using namespace grappa;

class TestLevelsMath : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void blendByHand() {
        const auto z = torch::tensor({{1.0f, 0.0f}, {0.0f, 1.0f}});
        const auto centroids = torch::tensor({{0.0f, 1.0f}, {1.0f, 0.0f}});
        const auto assignment = torch::tensor({0, 0}, torch::kLong);
        const float diagonal = std::sqrt(0.5f);
        QVERIFY(
            torch::allclose(levelBlend(z, centroids, assignment), torch::tensor({{diagonal, diagonal}, {0.0f, 1.0f}})));
        QVERIFY(torch::allclose(levelBlend(z, centroids, assignment, 0), z));
        QVERIFY(torch::allclose(levelBlend(z, centroids, assignment, 1), centroids.index_select(0, assignment)));
    }

    void overlapByHand() {
        const auto a = torch::tensor({{1, 2, 3, 4}, {5, 6, 7, 8}}, torch::kLong);
        const auto b = torch::tensor({{4, 3, 9, 10}, {5, 6, 7, 8}}, torch::kLong);
        QCOMPARE(neighbourOverlap(a, a), 1.0);
        QCOMPARE(neighbourOverlap(a, b), 0.75);
        QCOMPARE(neighbourOverlap(a.narrow(0, 0, 0), b.narrow(0, 0, 0)), 1.0);
    }

    void neighboursOfSomeRows() {
        torch::manual_seed(1);
        const auto points = torch::nn::functional::normalize(torch::randn({200, 8}));
        const auto rows = torch::tensor({199, 0, 57}, torch::kLong);
        QVERIFY(torch::equal(nearestNeighbours(points, 5, rows), nearestNeighbours(points, 5).index_select(0, rows)));
    }
};

QTEST_APPLESS_MAIN(TestLevelsMath)
#include "tst_levels_math.moc"
