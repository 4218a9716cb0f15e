#include "ui/models/image_list_model.h"
#include "ui/models/thumbnail_loader.h"
#include "ui/views/gallery_view.h"
#include "ui/views/tile_painter.h"

#include <QAbstractListModel>
#include <QMouseEvent>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QWheelEvent>

#include <memory>
#include <utility>

using namespace grappa;

namespace {

/// Any number of rows without a record; counts how often a view asks.
class CountingModel : public QAbstractListModel {
public:
    explicit CountingModel(int rows) : m_rows(rows) {}
    int rowCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : m_rows; }
    QVariant data(const QModelIndex&, int) const override {
        ++m_asked;
        return {};
    }
    int takeAsked() { return std::exchange(m_asked, 0); }

private:
    int m_rows;
    mutable int m_asked = 0;
};

constexpr int million = 1'000'000;
/// Some 40 visible tiles, as many above and below, a few roles each, painted and looked ahead a few times.
constexpr int fewQuestions = 5000;

} // namespace

class TestGalleryView : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        m_loader = std::make_unique<ThumbnailLoader>((m_folder.path() + "/thumbnails.sqlite").toStdString());
        m_view = std::make_unique<GalleryView>(m_loader.get());
        m_view->resize(1000, 700);
    }
    void cleanup() {
        m_view.reset();
        m_loader.reset();
    }
    void aMillionRowsCostWhatIsVisible();
    void theKeyboardReachesEveryTile();
    void enterAndClickSearchButSelectingDoesNot();
    void positionOutlivesAnotherSize();
    void ctrlAndWheelChangeTheSize();
    void indexAtFindsWhatVisualRectSays();
    void theCheckMarkSelectsAndTheOtherViews();
    void aDoubleClickBelongsToItsFirstClick_data();
    void aDoubleClickBelongsToItsFirstClick();
    void theSecondClickOfAnotherViewIsSwallowed();

private:
    void show(QAbstractItemModel& model) {
        m_view->setModel(&model);
        m_view->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_view.get()));
        QCoreApplication::sendPostedEvents();
    }

    QTemporaryDir m_folder;
    std::unique_ptr<ThumbnailLoader> m_loader;
    std::unique_ptr<GalleryView> m_view;
};

void TestGalleryView::aMillionRowsCostWhatIsVisible() {
    CountingModel model(million);
    show(model);
    m_view->grab();
    QVERIFY(model.takeAsked() < fewQuestions);
    m_view->setCurrentIndex(model.index(million - 1));
    m_view->grab();
    QCOMPARE(m_view->visibleRows().second, million - 1);
    QVERIFY(model.takeAsked() < fewQuestions);
    m_view->verticalScrollBar()->setValue(m_view->verticalScrollBar()->maximum() / 2);
    m_view->grab();
    QVERIFY(m_view->visibleRows().first > million / 3);
    QVERIFY(model.takeAsked() < fewQuestions);
    m_view->selectAll();
    m_view->grab();
    QVERIFY(m_view->selectionModel()->isSelected(model.index(million / 2)));
    QVERIFY(model.takeAsked() < fewQuestions);
}

void TestGalleryView::theKeyboardReachesEveryTile() {
    CountingModel model(100);
    show(model);
    int perLine = 1;
    while (m_view->visualRect(model.index(perLine)).top() == m_view->visualRect(model.index(0)).top())
        ++perLine;
    QVERIFY(perLine > 1);
    m_view->setCurrentIndex(model.index(0));
    const auto press = [this](Qt::Key key) {
        QTest::keyClick(m_view.get(), key);
        return m_view->currentIndex().row();
    };
    QCOMPARE(press(Qt::Key_Left), 0);
    QCOMPARE(press(Qt::Key_Up), 0);
    QCOMPARE(press(Qt::Key_Right), 1);
    QCOMPARE(press(Qt::Key_Down), 1 + perLine);
    QCOMPARE(press(Qt::Key_Up), 1);
    QVERIFY(press(Qt::Key_PageDown) > 1 + perLine);
    QCOMPARE(press(Qt::Key_End), 99);
    QVERIFY(m_view->viewport()->rect().contains(m_view->visualRect(model.index(99)).center()));
    QCOMPARE(press(Qt::Key_Down), 99);
    QCOMPARE(press(Qt::Key_Home), 0);
    QVERIFY(m_view->viewport()->rect().contains(m_view->visualRect(model.index(0))));
}

void TestGalleryView::enterAndClickSearchButSelectingDoesNot() {
    CountingModel model(20);
    show(model);
    QSignalSpy searches(m_view.get(), &GalleryView::searchRequested);
    QSignalSpy backs(m_view.get(), &GalleryView::backRequested);
    const QPoint third = m_view->visualRect(model.index(2)).center();
    QTest::mouseClick(m_view->viewport(), Qt::LeftButton, Qt::NoModifier, third);
    QCOMPARE(searches.count(), 1);
    QCOMPARE(searches.takeFirst().first().toModelIndex().row(), 2);
    QTest::mouseClick(m_view->viewport(), Qt::LeftButton, Qt::ControlModifier,
                      m_view->visualRect(model.index(3)).center());
    QCOMPARE(searches.count(), 0);
    QCOMPARE(m_view->selectionModel()->selectedIndexes().size(), 2);
    QTest::keyClick(m_view.get(), Qt::Key_Return);
    QCOMPARE(searches.takeFirst().first().toModelIndex().row(), m_view->currentIndex().row());
    QTest::keyClick(m_view.get(), Qt::Key_Escape);
    QCOMPARE(backs.count(), 1);
}

void TestGalleryView::positionOutlivesAnotherSize() {
    CountingModel model(million);
    show(model);
    m_view->restorePosition({.row = 500'000, .hidden = 0});
    const int first = m_view->visibleRows().first;
    QVERIFY(std::abs(first - 500'000) < 20);
    m_view->resize(600, 900);
    QCoreApplication::sendPostedEvents();
    QVERIFY2(std::abs(m_view->visibleRows().first - first) < 20,
             qPrintable(QString::number(m_view->visibleRows().first)));
}

void TestGalleryView::ctrlAndWheelChangeTheSize() {
    CountingModel model(100);
    show(model);
    QSignalSpy sizes(m_view.get(), &GalleryView::tileSizeChanged);
    const QPointF at(100, 100);
    QWheelEvent larger(at, m_view->viewport()->mapToGlobal(at), {}, {0, 120}, Qt::NoButton, Qt::ControlModifier,
                       Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(m_view->viewport(), &larger);
    QCOMPARE(sizes.count(), 1);
    QVERIFY(m_view->tileSize() > GalleryView::defaultTile);
    m_view->setTileSize(100'000);
    QCOMPARE(m_view->tileSize(), GalleryView::largestTile);
}

void TestGalleryView::indexAtFindsWhatVisualRectSays() {
    CountingModel model(50);
    show(model);
    for (int row = 0; row <= m_view->visibleRows().second; ++row) {
        const QPoint centre = m_view->visualRect(model.index(row)).center();
        if (m_view->viewport()->rect().contains(centre)) QCOMPARE(m_view->indexAt(centre).row(), row);
    }
    QVERIFY(!m_view->indexAt({2, 2}).isValid());
}

void TestGalleryView::theCheckMarkSelectsAndTheOtherViews() {
    CountingModel model(20);
    show(model);
    QSignalSpy searches(m_view.get(), &GalleryView::searchRequested);
    QSignalSpy views(m_view.get(), &GalleryView::viewRequested);
    for (const int row : {1, 3})
        QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {},
                          TilePainter::checkRect(m_view->visualRect(model.index(row))).center());
    QCOMPARE(m_view->selectionModel()->selectedIndexes().size(), 2);
    QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {},
                      TilePainter::viewRect(m_view->visualRect(model.index(4))).center());
    QCOMPARE(views.count(), 1);
    QTest::keyClick(m_view.get(), Qt::Key_Space);
    QCOMPARE(views.count(), 2);
    QCOMPARE(views.last().first().toModelIndex().row(), 4);
    QCOMPARE(searches.count(), 0);
}

void TestGalleryView::aDoubleClickBelongsToItsFirstClick_data() {
    QTest::addColumn<bool>("onSymbol"); // that views, not on the picture
    QTest::addColumn<bool>("answered"); // between the clicks
    QTest::addColumn<QStringList>("asked");
    QTest::newRow("before the answer") << false << false << QStringList{"search 2", "view searched"};
    QTest::newRow("after the answer") << false << true << QStringList{"search 2", "view searched"};
    QTest::newRow("symbol") << true << false << QStringList{"view 2"};
    QTest::newRow("symbol, other rows by then") << true << true << QStringList{"view 2"};
}

void TestGalleryView::aDoubleClickBelongsToItsFirstClick() {
    QFETCH(bool, onSymbol);
    QFETCH(bool, answered);
    QFETCH(QStringList, asked);
    CountingModel model(20), answer(15);
    show(model);
    QStringList log;
    const auto row = [](const QModelIndex& index) { return QString::number(index.row()); };
    const GalleryView* view = m_view.get();
    connect(view, &GalleryView::searchRequested, this, [&](const auto& index) { log << "search " + row(index); });
    connect(view, &GalleryView::viewRequested, this, [&](const auto& index) { log << "view " + row(index); });
    connect(view, &GalleryView::searchedViewRequested, this, [&] { log << "view searched"; });
    const QRect tile = m_view->visualRect(model.index(2));
    const QPoint at = onSymbol ? TilePainter::viewRect(tile).center() : tile.center();
    QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {}, at);
    if (answered) m_view->setModel(&answer);
    // As a window system sends it: the second press is a double click, and there is a second release.
    QTest::mouseDClick(m_view->viewport(), Qt::LeftButton, {}, at);
    QTest::mouseRelease(m_view->viewport(), Qt::LeftButton, {}, at);
    QCOMPARE(log, asked);
    // The next click is one of its own again.
    QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {}, tile.center());
    QCOMPARE(log.last(), "search 2");
    QCOMPARE(log.size(), asked.size() + 1);
    m_view->setModel(nullptr);
}

void TestGalleryView::theSecondClickOfAnotherViewIsSwallowed() {
    CountingModel model(20);
    show(model);
    QSignalSpy searches(m_view.get(), &GalleryView::searchRequested);
    QSignalSpy views(m_view.get(), &GalleryView::searchedViewRequested);
    const QPoint at = m_view->visualRect(model.index(2)).center();
    const auto secondClick = [&] {
        const QPointF place(at);
        QMouseEvent press(QEvent::MouseButtonDblClick, place, m_view->viewport()->mapToGlobal(place), Qt::LeftButton,
                          Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(m_view->viewport(), &press);
        QTest::mouseRelease(m_view->viewport(), Qt::LeftButton, {}, at);
    };
    secondClick();
    QCOMPARE(searches.count(), 0);
    QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {}, at);
    QCOMPARE(searches.count(), 1);
    // What was clicked before the view gave way to another one is long past.
    m_view->hide();
    m_view->show();
    secondClick();
    QCOMPARE(searches.count(), 1);
    QCOMPARE(views.count(), 0);
}

QTEST_MAIN(TestGalleryView)
#include "tst_gallery_view.moc"
