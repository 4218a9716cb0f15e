#include "core/training/kmeans.h"

#include <QTest>

#include <set>

using namespace grappa;

namespace {

torch::Tensor directions(std::int64_t n, std::int64_t dim, std::uint64_t seed) {
    torch::manual_seed(seed);
    const auto rows = torch::randn({n, dim});
    return rows / rows.norm(2, 1, true);
}

/// `each` points close to every one of `blobs` orthogonal directions, blob by blob.
torch::Tensor blobs(std::int64_t blobs, std::int64_t each) {
    const auto noise = 0.2 * directions(blobs * each, 2 * blobs, 5);
    const auto rows = torch::eye(blobs, 2 * blobs).repeat_interleave(each, 0) + noise;
    return rows / rows.norm(2, 1, true);
}

std::optional<ErrorCode> errorOf(const std::function<void()>& work) {
    try {
        work();
        return std::nullopt;
    } catch (const Error& error) {
        return error.code();
    }
}

bool everyClusterHasAPoint(const KMeansResult& result) {
    return torch::bincount(result.assignment, {}, result.centroids.size(0)).min().item<std::int64_t>() > 0;
}

bool normalised(const torch::Tensor& rows) {
    return torch::allclose(rows.norm(2, 1), torch::ones({rows.size(0)}), 1e-5, 1e-5);
}

} // namespace

class TestKMeans : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void findsSeparatedBlobs_data() {
        QTest::addColumn<int>("count");
        QTest::newRow("3") << 3;
        QTest::newRow("20") << 20;
        QTest::newRow("100, seeded two at a time") << 100;
    }
    void findsSeparatedBlobs() {
        QFETCH(int, count);
        constexpr int each = 12;
        const auto points = blobs(count, each);
        const auto result = kMeans(points, {.clusters = count, .seed = 3});
        QVERIFY(everyClusterHasAPoint(result));
        QVERIFY(normalised(result.centroids));
        std::set<std::int64_t> whole;
        for (int blob = 0; blob < count; ++blob) {
            const auto part = result.assignment.narrow(0, blob * each, each);
            if (part.min().item<std::int64_t>() == part.max().item<std::int64_t>())
                whole.insert(part[0].item<std::int64_t>());
        }
        // Lloyd's steps end in a local optimum; several seeds at a time may halve a blob and join two others.
        QVERIFY(static_cast<int>(whole.size()) >= (count <= 64 ? count : count * 9 / 10));
    }

    void deterministicBySeed() {
        const auto points = directions(500, 16, 1);
        const auto first = kMeans(points, {.clusters = 40, .seed = 7});
        const auto second = kMeans(points, {.clusters = 40, .seed = 7});
        QVERIFY(torch::equal(first.centroids, second.centroids));
        QVERIFY(torch::equal(first.assignment, second.assignment));
        QVERIFY(!torch::equal(first.assignment, kMeans(points, {.clusters = 40, .seed = 8}).assignment));
    }

    void endsWhenNothingChanges() {
        const auto points = directions(300, 8, 2);
        const auto result = kMeans(points, {.clusters = 5, .iterations = 500});
        QVERIFY(result.iterations < 500);
        QVERIFY(torch::equal(result.assignment, nearestCentroid(points, result.centroids)));
    }

    void oddInput_data() {
        QTest::addColumn<QString>("points");
        QTest::addColumn<int>("k");
        QTest::newRow("one cluster") << "random" << 1;
        QTest::newRow("as many clusters as points") << "random" << 60;
        QTest::newRow("all points equal") << "equal" << 7;
        QTest::newRow("as many clusters as equal points") << "equal" << 60;
        QTest::newRow("three points, each twenty times") << "three" << 10;
        QTest::newRow("points that cancel out") << "opposite" << 1;
    }
    void oddInput() {
        QFETCH(QString, points);
        QFETCH(int, k);
        auto rows = directions(60, 8, 4);
        if (points == "equal") rows = rows[0].repeat({60, 1});
        if (points == "three") rows = rows.narrow(0, 0, 3).repeat({20, 1});
        if (points == "opposite") rows = torch::cat({rows, -rows});
        const auto result = kMeans(rows, {.clusters = k});
        QCOMPARE(result.centroids.size(0), std::int64_t{k});
        QCOMPARE(result.assignment.size(0), rows.size(0));
        QVERIFY(everyClusterHasAPoint(result));
        QVERIFY(normalised(result.centroids));
        if (k == 60) QVERIFY(torch::equal(std::get<0>(result.assignment.sort()), torch::arange(60)));
    }

    void wrongNumbersAreRefused_data() {
        QTest::addColumn<int>("k");
        QTest::newRow("more clusters than points") << 11;
        QTest::newRow("no cluster") << 0;
        QTest::newRow("negative") << -1;
    }
    void wrongNumbersAreRefused() {
        QFETCH(int, k);
        const auto points = directions(10, 4, 1);
        QCOMPARE(errorOf([&] { kMeans(points, {.clusters = k}); }), ErrorCode::Usage);
    }

    void stops() {
        std::stop_source source;
        source.request_stop();
        const JobContext context{source.get_token(), {}};
        const auto points = directions(50, 4, 1);
        QCOMPARE(errorOf([&] { kMeans(points, {.clusters = 5}, context); }), ErrorCode::Interrupted);
    }

    void reportsEveryIteration() {
        std::vector<Progress> reports;
        const JobContext context{{}, [&](const Progress& progress) { reports.push_back(progress); }};
        kMeans(directions(200, 4, 1), {.clusters = 20, .iterations = 3}, context);
        QVERIFY(!reports.empty());
        QCOMPARE(reports.back().done, reports.back().total);
        QCOMPARE(reports.back().detail, std::string("k = 20"));
    }

    /// No block is over 64 MiB, so 100,000 x 384 with k = 16,384 needs the points, three tables of centroids, the
    /// sample of the seeding and two blocks: well under 2 GiB.
    void blocksAreBounded_data() {
        QTest::addColumn<qint64>("columns");
        for (const qint64 columns : {1LL, 384LL, 16'384LL, 100'000LL, 100'000'000LL})
            QTest::addRow("%lld", columns) << columns;
    }
    void blocksAreBounded() {
        QFETCH(qint64, columns);
        const auto rows = blockRows(columns);
        QVERIFY(rows >= 1);
        QVERIFY(rows == 1 || rows * columns * 4 <= (std::int64_t{64} << 20));
    }

    void severalBlocksEqualOne() {
        const auto points = directions(5'000, 8, 9); // 3 blocks of 3,355 rows for the neighbours
        QVERIFY(blockRows(points.size(0)) < points.size(0));
        auto scores = torch::mm(points, points.t());
        scores.fill_diagonal_(-2);
        QVERIFY(torch::equal(nearestNeighbours(points, 3), std::get<1>(scores.topk(3, 1))));
    }

    void nearestOfEqualPointsLeaveOutThePointItself() {
        const auto points = directions(1, 4, 1).repeat({6, 1});
        const auto neighbours = nearestNeighbours(points, 5);
        for (std::int64_t i = 0; i < 6; ++i)
            QVERIFY(!(neighbours[i] == i).any().item<bool>());
        QCOMPARE(errorOf([&] { nearestNeighbours(points, 6); }), ErrorCode::Usage);
    }

    void smoothedIsTheMeanOfTheNeighbourhood() {
        const auto points = directions(40, 8, 3);
        const auto result = smoothed(points, 3);
        QVERIFY(normalised(result));
        const auto nearest = nearestNeighbours(points, 3);
        auto mean = points[17] + points.index_select(0, nearest[17]).sum(0);
        QVERIFY(torch::allclose(result[17], mean / mean.norm(), 1e-5, 1e-6));
        // All of a small collection; nobody has no neighbour.
        QVERIFY(torch::allclose(smoothed(points.narrow(0, 0, 3), 10)[0], smoothed(points.narrow(0, 0, 3), 2)[0]));
        QVERIFY(torch::equal(smoothed(points.narrow(0, 0, 1), 10), points.narrow(0, 0, 1)));
    }

    void defaultLists_data() {
        using List = QList<qint64>;
        QTest::addColumn<qint64>("images");
        QTest::addColumn<int>("levels");
        QTest::addColumn<List>("expected");
        QTest::newRow("mrt-mini") << qint64{4'000} << 8 << List{16, 29, 52, 94, 170, 307, 554, 1'000};
        QTest::newRow("four levels") << qint64{4'000} << 4 << List{16, 63, 252, 1'000};
        QTest::newRow("one level") << qint64{4'000} << 1 << List{126};
        QTest::newRow("a large collection") << qint64{1'024'000} << 2 << List{2'000, 256'000};
        QTest::newRow("fewer where they would be alike") << qint64{100} << 8 << List{16, 20, 25};
        QTest::newRow("64 images") << qint64{64} << 8 << List{16};
        QTest::newRow("20 images") << qint64{20} << 8 << List{5};
        QTest::newRow("8 images") << qint64{8} << 8 << List{2};
        QTest::newRow("7 images") << qint64{7} << 8 << List{};
        QTest::newRow("no image") << qint64{0} << 8 << List{};
        QTest::newRow("no level") << qint64{4'000} << 0 << List{};
    }
    void defaultLists() {
        QFETCH(qint64, images);
        QFETCH(int, levels);
        QFETCH(QList<qint64>, expected);
        QList<qint64> list;
        for (const std::int64_t k : defaultGranularities(images, levels))
            list << k;
        QCOMPARE(list, expected);
    }

    /// By hand, under `/usr/bin/time -v`: tst_kmeans large. Skipped by default: it takes a minute or more.
    void large() {
        if (!qEnvironmentVariableIsSet("GRAPPA_BENCH")) QSKIP("Set GRAPPA_BENCH to run it.");
        const auto points = directions(100'000, 384, 1);
        QBENCHMARK_ONCE {
            const auto result = kMeans(points, {.clusters = 16'384, .iterations = 3});
            QVERIFY(everyClusterHasAPoint(result));
        }
    }
};

QTEST_APPLESS_MAIN(TestKMeans)
#include "tst_kmeans.moc"
