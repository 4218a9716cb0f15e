#include "ui/models/image_list_model.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

#include <numeric>

using namespace grappa;

namespace {

std::vector<ImageId> idsUpTo(ImageId last) {
    std::vector<ImageId> ids(static_cast<std::size_t>(last));
    std::iota(ids.begin(), ids.end(), 1);
    return ids;
}

} // namespace

class TestImageListModel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_fetched = 0; }
    void dataIsAskedForOnceAndComesLater();
    void onlyTheStretchThatDiffersIsReplaced_data();
    void onlyTheStretchThatDiffersIsReplaced();
    void neighboursHaveScores();
    void oldRecordsStayWhileNewOnesAreRead();
    void aCutKeepsTheRowsAbove();
    void aRowTakesFewBytes();

private:
    ImageListModel::Fetch fetch() {
        return [this](ImageId id) -> std::optional<Image> {
            ++m_fetched;
            Image image;
            image.id = id;
            image.path = "/photos/" + std::to_string(id) + ".jpg";
            return image;
        };
    }

    int m_fetched = 0;
};

void TestImageListModel::dataIsAskedForOnceAndComesLater() {
    ImageListModel model(fetch());
    model.setImages(idsUpTo(1000));
    QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
    for (int again = 0; again < 3; ++again) {
        for (int row = 10; row < 14; ++row)
            QVERIFY(!model.index(row).data().isValid());
    }
    QCOMPARE(m_fetched, 0);
    QTRY_COMPARE(changed.count(), 1);
    QCOMPARE(m_fetched, 4);
    QCOMPARE(model.index(12).data().toString(), "13.jpg");
    QCOMPARE(model.index(12).data(Qt::ToolTipRole).toString(), "/photos/13.jpg");
}

void TestImageListModel::onlyTheStretchThatDiffersIsReplaced_data() {
    using Ids = std::vector<ImageId>;
    QTest::addColumn<Ids>("from");
    QTest::addColumn<Ids>("to");
    QTest::addColumn<int>("removed");
    QTest::addColumn<int>("inserted");
    QTest::newRow("grew") << Ids{1, 2, 3} << Ids{1, 2, 3, 4, 5} << 0 << 2;
    QTest::newRow("in the middle") << Ids{1, 2, 9} << Ids{1, 2, 5, 6, 9} << 0 << 2;
    QTest::newRow("shrank") << Ids{1, 2, 3, 4} << Ids{1, 4} << 2 << 0;
    QTest::newRow("replaced") << Ids{1, 2, 3, 4} << Ids{1, 7, 8, 9, 4} << 2 << 3;
    QTest::newRow("same") << Ids{1, 2} << Ids{1, 2} << 0 << 0;
    QTest::newRow("emptied") << Ids{1, 2} << Ids{} << 2 << 0;
    QTest::newRow("repeated ids") << Ids{1, 1} << Ids{1, 1, 1} << 0 << 1;
}

void TestImageListModel::onlyTheStretchThatDiffersIsReplaced() {
    QFETCH(std::vector<ImageId>, from);
    QFETCH(std::vector<ImageId>, to);
    ImageListModel model(fetch());
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setImages(from);
    int removed = 0, inserted = 0;
    connect(&model, &QAbstractItemModel::rowsRemoved, this,
            [&](const QModelIndex&, int first, int last) { removed += last - first + 1; });
    connect(&model, &QAbstractItemModel::rowsInserted, this,
            [&](const QModelIndex&, int first, int last) { inserted += last - first + 1; });
    model.setImages(to);
    QTEST(removed, "removed");
    QTEST(inserted, "inserted");
    QCOMPARE(model.rowCount(), static_cast<int>(to.size()));
    for (int row = 0; row < model.rowCount(); ++row)
        QCOMPARE(*model.imageAt(row), to[static_cast<std::size_t>(row)]);
}

void TestImageListModel::neighboursHaveScores() {
    ImageListModel model(fetch());
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setImages({1, 2, 3});
    model.setNeighbours(std::vector<Neighbour>{{5, 0.9F}, {4, 0.5F}});
    QVERIFY(model.hasScores());
    QCOMPARE(model.rowOf(4), 1);
    QCOMPARE(model.index(0).data(ImageListModel::CosineRole).toFloat(), 0.9F);
    QCOMPARE(model.index(0).data(ImageListModel::ScoreRole).toFloat(), 90.0F);
    QTRY_VERIFY(model.index(0).data(Qt::AccessibleTextRole).toString().contains("5.jpg"));
    QVERIFY(model.index(0).data(Qt::AccessibleTextRole).toString().endsWith("5.jpg, very close, rank 1"));
    QVERIFY(model.index(0).data(Qt::ToolTipRole).toString().contains("score 90 (very close), cosine 0.9000"));
    // The same rows on another scale.
    QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    const ScoreScale scale = ScoreScale::fromKnots({{0.5F, 0}, {1, 100}});
    model.setNeighbours(std::vector<Neighbour>{{5, 0.9F}, {4, 0.5F}}, scale);
    QCOMPARE(changes.count(), 1);
    QCOMPARE(model.index(0).data(ImageListModel::ScoreRole).toFloat(), scale.score(0.9F));
    QCOMPARE(model.index(1).data(ImageListModel::ScoreRole).toFloat(), 0.0F);
    QVERIFY(model.index(0).data(Qt::AccessibleTextRole).toString().contains("rank 1"));
    QVERIFY(model.dividers().empty());
    const Dividers dividers{{1, Divider::LessAlike}};
    model.setNeighbours(std::vector<Neighbour>{{5, 0.9F}, {4, 0.5F}}, scale, dividers);
    QCOMPARE(model.dividers(), dividers);
    QCOMPARE(model.index(0).data(ImageListModel::DividerRole).toInt(), int(Divider::None));
    QCOMPARE(model.index(1).data(ImageListModel::DividerRole).toInt(), int(Divider::LessAlike));
    QTRY_VERIFY(model.index(1).data(Qt::AccessibleTextRole).toString().endsWith("from here: less alike"));
    model.setNeighbours(std::vector<Neighbour>{{5, 0.9F}}, scale, dividers); // what comes after it is cut off
    QVERIFY(model.dividers().empty());
    model.setImages({1, 2});
    QVERIFY(!model.index(0).data(ImageListModel::ScoreRole).isValid());
}

void TestImageListModel::oldRecordsStayWhileNewOnesAreRead() {
    ImageListModel model(fetch());
    model.setImages({1});
    QTRY_VERIFY(model.index(0).data().isValid());
    model.refreshRecords();
    QVERIFY(model.index(0).data().isValid());
    QTRY_COMPARE(m_fetched, 2);
    QVERIFY(model.index(0).data().isValid());
    QTest::qWait(20);
    QCOMPARE(m_fetched, 2);
}

void TestImageListModel::aCutKeepsTheRowsAbove() {
    ImageListModel model(fetch());
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    const std::vector<Neighbour> all{{5, 0.9F}, {4, 0.5F}, {3, 0.4F}};
    model.setNeighbours(all);
    QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
    model.setNeighbours(std::span(all).first(1));
    QCOMPARE(model.rowCount(), 1);
    model.setNeighbours(all);
    QCOMPARE(model.rowCount(), 3);
    QCOMPARE(model.index(2).data(ImageListModel::CosineRole).toFloat(), 0.4F);
    QCOMPARE(resets.count(), 0);
    model.setNeighbours(std::vector<Neighbour>{{5, 0.8F}, {4, 0.5F}, {3, 0.4F}});
    QCOMPARE(model.index(0).data(ImageListModel::CosineRole).toFloat(), 0.8F);
}

void TestImageListModel::aRowTakesFewBytes() {
    constexpr std::size_t rows = 100'000;
    ImageListModel model(fetch());
    auto ids = idsUpTo(static_cast<ImageId>(rows));
    ids.reserve(2 * rows);
    model.setImages(std::move(ids));
    QVERIFY(model.bytesOfRows() <= 16 * rows);
    const std::vector<int> some{3, 1, 700'000};
    QCOMPARE(model.readRecords(some, 10).size(), std::size_t{2});
    QCOMPARE(model.readRecords(some, 1).size(), std::size_t{1});
}

QTEST_GUILESS_MAIN(TestImageListModel)
#include "tst_image_list_model.moc"
