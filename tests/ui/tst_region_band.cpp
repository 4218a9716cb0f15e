#include "ui/region_band.h"

#include <QTest>

using namespace grappa;

Q_DECLARE_METATYPE(grappa::BandPart)

class TestRegionBand : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyHandleIsFound();
    void movingKeepsTheBounds_data();
    void movingKeepsTheBounds();
};

void TestRegionBand::everyHandleIsFound() {
    const QRectF band(100, 50, 200, 80);
    const auto handles = bandHandles(band);
    for (std::size_t i = 0; i < handles.size(); ++i) {
        const int expected = static_cast<int>(BandPart::TopLeft) + static_cast<int>(i);
        QCOMPARE(static_cast<int>(bandPartAt(band, handles[i] + QPointF(5, -5), 8)), expected);
    }
    QCOMPARE(bandPartAt(band, band.center(), 8), BandPart::Inside);
    QCOMPARE(bandPartAt(band, QPointF(10, 10), 8), BandPart::None);
}

void TestRegionBand::movingKeepsTheBounds_data() {
    QTest::addColumn<BandPart>("part");
    QTest::addColumn<QPointF>("by");
    QTest::addColumn<QRectF>("result");
    QTest::newRow("inside") << BandPart::Inside << QPointF(10, -10) << QRectF(50, 30, 100, 60);
    QTest::newRow("inside, over the edge") << BandPart::Inside << QPointF(1000, 1000) << QRectF(300, 240, 100, 60);
    QTest::newRow("top left") << BandPart::TopLeft << QPointF(-10, 5) << QRectF(30, 45, 110, 55);
    QTest::newRow("right") << BandPart::Right << QPointF(20, 99) << QRectF(40, 40, 120, 60);
    QTest::newRow("bottom, over the edge") << BandPart::Bottom << QPointF(0, 999) << QRectF(40, 40, 100, 260);
    QTest::newRow("left, over the right side") << BandPart::Left << QPointF(500, 0) << QRectF(124, 40, 16, 60);
    QTest::newRow("none") << BandPart::None << QPointF(5, 5) << QRectF(40, 40, 100, 60);
}

void TestRegionBand::movingKeepsTheBounds() {
    QFETCH(BandPart, part);
    QFETCH(QPointF, by);
    QTEST(movedBand(QRectF(40, 40, 100, 60), part, by, QRectF(0, 0, 400, 300), 16), "result");
}

QTEST_APPLESS_MAIN(TestRegionBand)
#include "tst_region_band.moc"
