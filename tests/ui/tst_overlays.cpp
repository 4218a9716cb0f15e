#include "ui/views/image_canvas.h"
#include "ui/views/overlays.h"
#include "ui/views/viewer.h"

#include <QLabel>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

#include <memory>

using namespace grappa;

namespace {

constexpr QSize imageSize{160, 160};

/// 2 x 2 patches; the patches of "b" are those of "a" in reverse order.
PatchMaps mapsOf(const ViewedImage& image) {
    PatchMaps maps{.rows = 2, .cols = 2, .dim = 4, .tokens = std::vector<std::uint16_t>(16), .attention = {0, 1, 2, 4}};
    for (std::size_t i = 0; i < 4; ++i)
        maps.tokens[i * 4 + (image.title == "a" ? i : 3 - i)] = 0x3c00; // 1
    return maps;
}

} // namespace

/// Overlays of a comparison, without any model.
class TestOverlays : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup() { m_viewer.reset(); }
    void thereAreNoneWithoutAComparison();
    void attentionIsLaidOverBothImages();
    void pointingAtAPatchLightsUpItsMatch();
    void aFailureIsTold();
    void anotherModelIsAskedAnew();

private:
    QToolButton* chip(const char* text) const;
    ImageCanvas* canvas(bool reference) const;
    QString note() const { return m_viewer->findChild<Overlays*>()->note(); }
    void compare();

    std::unique_ptr<Viewer> m_viewer;
    int m_asked = 0;
    bool m_fails = false;
};

void TestOverlays::init() {
    m_asked = 0;
    m_fails = false;
    const auto render = [](QObject*, const std::filesystem::path&, int, const std::function<void(Rendering)>&,
                           const std::function<void(Problem)>&) {};
    m_viewer =
        std::make_unique<Viewer>(render, nullptr,
                                 [this](QObject*, const ViewedImage& image, const std::function<void(PatchMaps)>& done,
                                        const std::function<void(Problem)>& failed) {
                                     ++m_asked;
                                     if (m_fails) return failed({"It is not there.", {}});
                                     done(mapsOf(image));
                                 });
    m_viewer->resize(800, 400);
    QImage pixels(imageSize, QImage::Format_RGB32);
    pixels.fill(Qt::gray);
    m_viewer->setReference(ViewedImage{.title = "a", .pixels = pixels.copy()});
    m_viewer->show(ViewedImage{.title = "b", .pixels = pixels.copy()}, {});
    static_cast<QWidget*>(m_viewer.get())->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_viewer.get()));
}

QToolButton* TestOverlays::chip(const char* text) const {
    for (auto* button : m_viewer->findChildren<QToolButton*>("chip"))
        if (button->text() == text) return button;
    return nullptr;
}

ImageCanvas* TestOverlays::canvas(bool reference) const {
    auto* pane = m_viewer->findChild<ImagePane*>("reference");
    for (auto* each : m_viewer->findChildren<ImagePane*>())
        if ((each == pane) == reference) return each->canvas();
    return nullptr;
}

void TestOverlays::compare() {
    m_viewer->setComparing(true);
    QVERIFY(chip("Attention")->isVisible());
    QVERIFY(chip("Match")->isVisible());
}

void TestOverlays::thereAreNoneWithoutAComparison() {
    QVERIFY(!chip("Attention")->isVisible());
    QVERIFY(!chip("Match")->isVisible());
    compare();
    QVERIFY(canvas(false)->overlay().square.isEmpty());
    QCOMPARE(m_asked, 0);
    for (const char* text : {"Attention", "Match"})
        QVERIFY(chip(text)->toolTip().contains("the model's own"));
}

void TestOverlays::attentionIsLaidOverBothImages() {
    compare();
    QTest::keyClick(m_viewer.get(), Qt::Key_A);
    QVERIFY(chip("Attention")->isChecked());
    QCOMPARE(m_asked, 2);
    for (const bool reference : {true, false}) {
        const CanvasOverlay& overlay = canvas(reference)->overlay();
        QCOMPARE(overlay.square, QRectF(10, 10, 140, 140));
        QCOMPARE(overlay.bright, (std::vector<float>{0, 0.25F, 0.5F, 1}));
        QVERIFY(overlay.marked.empty());
    }
    QVERIFY(note().contains("the base model's own"));
    QTest::mouseClick(chip("Attention"), Qt::LeftButton);
    QVERIFY(canvas(true)->overlay().square.isEmpty());
    QVERIFY(note().isEmpty());
    // What is known is not asked for again, and the end of the comparison ends the overlay.
    QTest::mouseClick(chip("Attention"), Qt::LeftButton);
    QCOMPARE(m_asked, 2);
    m_viewer->setComparing(false);
    QVERIFY(canvas(false)->overlay().square.isEmpty());
}

void TestOverlays::pointingAtAPatchLightsUpItsMatch() {
    compare();
    QTest::mouseClick(chip("Attention"), Qt::LeftButton);
    QTest::mouseClick(chip("Match"), Qt::LeftButton);
    QVERIFY(!chip("Attention")->isChecked());
    // Each patch has its like.
    QCOMPARE(canvas(true)->overlay().bright, (std::vector<float>{1, 1, 1, 1}));
    const ImageCanvas* from = canvas(true);
    const QRectF image = from->imageRect();
    const double scale = image.width() / imageSize.width();
    QTest::mouseMove(canvas(true), (image.topLeft() + QPointF(110, 50) * scale).toPoint()); // upper right
    QCOMPARE(canvas(true)->overlay().marked, (std::vector<std::size_t>{1}));
    QCOMPARE(canvas(false)->overlay().marked.front(), std::size_t{2});
    QCOMPARE(canvas(false)->overlay().bright, (std::vector<float>{0, 0, 1, 0}));
    QTest::mouseMove(canvas(true), (image.topLeft() + QPointF(3, 50) * scale).toPoint()); // beside what was seen
    QVERIFY(canvas(true)->overlay().marked.empty());
}

void TestOverlays::aFailureIsTold() {
    m_fails = true;
    compare();
    QTest::mouseClick(chip("Match"), Qt::LeftButton);
    QCOMPARE(note(), "It is not there.");
    QVERIFY(canvas(true)->overlay().square.isEmpty());
    m_fails = false;
    QTest::mouseClick(chip("Attention"), Qt::LeftButton);
    QVERIFY(!canvas(true)->overlay().square.isEmpty());
}

void TestOverlays::anotherModelIsAskedAnew() {
    compare();
    QTest::mouseClick(chip("Match"), Qt::LeftButton);
    QCOMPARE(m_asked, 2);
    m_viewer->forgetMaps();
    QCOMPARE(m_asked, 4);
    QVERIFY(!canvas(true)->overlay().square.isEmpty());
}

QTEST_MAIN(TestOverlays)
#include "tst_overlays.moc"
