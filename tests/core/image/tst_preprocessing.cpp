#include "core/image/image_encoder.h"
#include "core/image/preprocessing.h"
#include "fixtures.h"

#include <QTest>

using namespace grappa;
using namespace grappa::test;

class TestPreprocessing : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void cropEqualsReference_data();
    void cropEqualsReference();
    void shortSideCoversTheCrop();
    void cropsOfExtremeShapes_data();
    void cropsOfExtremeShapes();
    void squaresShowAllOfALongImage_data();
    void squaresShowAllOfALongImage();
    void scaledDecodeGivesNearlyTheSameCrop();
    void transparentThingIsWhole();
    void thumbnailKeepsAspect_data();
    void thumbnailKeepsAspect();
    void encodersRoundTrip();
};

void TestPreprocessing::cropEqualsReference_data() {
    QTest::addColumn<QString>("image");
    QTest::addColumn<int>("size");
    for (const int size : {16, 28, 56})
        for (const std::string& image : fixtureNames(".crop" + std::to_string(size) + ".rgb"))
            QTest::addRow("%s at %d", image.c_str(), size) << QString::fromStdString(image) << size;
}

void TestPreprocessing::cropEqualsReference() {
    QFETCH(QString, image);
    QFETCH(int, size);
    const std::string name = image.toStdString();
    const Pixels crop = evaluationCrop(decodeImage(fixtureBytes(name)).pixels, size);
    QCOMPARE(largestDifference(crop, expectedPixels(name + ".crop" + std::to_string(size) + ".rgb")), 0);
}

void TestPreprocessing::shortSideCoversTheCrop() {
    QCOMPARE(shortSideFor(112), 129); // 128.016
    QCOMPARE(shortSideFor(168), 193); // 192.024
    QCOMPARE(shortSideFor(224), 257); // 256.032
}

void TestPreprocessing::cropsOfExtremeShapes_data() {
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("height");
    QTest::newRow("one pixel") << 1 << 1;
    QTest::newRow("a line") << 20000 << 1;
    QTest::newRow("a column") << 2 << 30000;
}

void TestPreprocessing::cropsOfExtremeShapes() {
    QFETCH(int, width);
    QFETCH(int, height);
    const std::size_t samples = 3 * static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    const Pixels crop = evaluationCrop({width, height, std::vector<std::uint8_t>(samples, 77)}, 168);
    QCOMPARE(crop.width, 168);
    QCOMPARE(crop.height, 168);
    QVERIFY(std::all_of(crop.rgb.begin(), crop.rgb.end(), [](std::uint8_t sample) { return sample == 77; }));
}

void TestPreprocessing::squaresShowAllOfALongImage_data() {
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("height");
    QTest::addColumn<int>("squares");
    QTest::newRow("4:3") << 640 << 480 << 1;
    QTest::newRow("3:2") << 600 << 400 << 1;
    QTest::newRow("16:9") << 640 << 360 << 2;
    QTest::newRow("9:16") << 360 << 640 << 2;
    QTest::newRow("2:1") << 600 << 300 << 2;
    QTest::newRow("3:1") << 900 << 300 << 3;
    QTest::newRow("a panorama") << 4'000 << 300 << mostSquares;
    QTest::newRow("a line") << 9'000 << 1 << mostSquares;
}

/// The first begins at one end, the last ends at the other; up to 5:1 nothing between is left out.
void TestPreprocessing::squaresShowAllOfALongImage() {
    QFETCH(int, width);
    QFETCH(int, height);
    QFETCH(int, squares);
    QCOMPARE(squaresOf(width, height), squares);
    if (squares == 1) return;
    // The place along the long side is told by the grey value, from 0 to 250.
    const int side = std::max(width, height);
    Pixels image{width, height, {}};
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            image.rgb.insert(image.rgb.end(), 3, static_cast<std::uint8_t>(250.0 * std::max(x, y) / (side - 1)));
    int reached = 0;
    for (int i = 0; i < squares; ++i) {
        const Pixels square = squareAt(image, i, 32);
        QCOMPARE(square.rgb.size(), std::size_t{3 * 32 * 32});
        const auto [least, most] = std::minmax_element(square.rgb.begin(), square.rgb.end());
        if (side <= mostSquares * std::min(width, height)) QVERIFY(*least <= reached + 12);
        if (i == 0) QVERIFY(*least < 12);
        reached = *most;
    }
    QVERIFY(reached > 240);
}

void TestPreprocessing::scaledDecodeGivesNearlyTheSameCrop() {
    constexpr int size = 28;
    const std::vector<std::byte> bytes = fixtureBytes("large.jpg");
    DecodeOptions options;
    options.shortSide = shortSideFor(size);
    const DecodedImage scaled = decodeImage(bytes, options);
    QVERIFY(scaled.pixels.height < scaled.height);
    const Pixels fast = evaluationCrop(scaled.pixels, size);
    const Pixels exact = evaluationCrop(decodeImage(bytes).pixels, size);
    double sum = 0;
    for (std::size_t i = 0; i < fast.rgb.size(); ++i)
        sum += std::abs(fast.rgb[i] - exact.rgb[i]);
    QVERIFY2(sum / static_cast<double>(fast.rgb.size()) < 4, "mean difference of a sample");
}

void TestPreprocessing::transparentThingIsWhole() {
    // A black bar, wider than high: a centre crop of it would be black all over.
    const Pixels bar{40, 10, std::vector<std::uint8_t>(3 * 40 * 10, 0)};
    const Pixels square = wholeOnWhite(bar, 56);
    QCOMPARE(square.width, 56);
    QCOMPARE(square.height, 56);
    const auto at = [&](int x, int y) { return square.rgb[static_cast<std::size_t>(3 * (y * 56 + x))]; };
    QCOMPARE(at(0, 28), std::uint8_t{0});
    QCOMPARE(at(55, 28), std::uint8_t{0});
    QCOMPARE(at(28, 20), std::uint8_t{255});
    QCOMPARE(at(28, 36), std::uint8_t{255});
    QCOMPARE(std::ranges::count(square.rgb, 0), std::ptrdiff_t{3 * 56 * 14});
}

void TestPreprocessing::thumbnailKeepsAspect_data() {
    QTest::addColumn<QSize>("image");
    QTest::addColumn<QSize>("expected");
    QTest::newRow("wide") << QSize(1000, 500) << QSize(256, 128);
    QTest::newRow("tall") << QSize(300, 600) << QSize(128, 256);
    QTest::newRow("a line") << QSize(5000, 2) << QSize(256, 1);
    QTest::newRow("small ones are not enlarged") << QSize(100, 50) << QSize(100, 50);
}

void TestPreprocessing::thumbnailKeepsAspect() {
    QFETCH(QSize, image);
    QFETCH(QSize, expected);
    const auto samples = static_cast<std::size_t>(3 * image.width() * image.height());
    const Pixels thumbnail = thumbnailOf({image.width(), image.height(), std::vector<std::uint8_t>(samples, 9)});
    QCOMPARE(QSize(thumbnail.width, thumbnail.height), expected);
    QCOMPARE(thumbnail.rgb,
             std::vector<std::uint8_t>(static_cast<std::size_t>(3 * expected.width() * expected.height()), 9));
}

void TestPreprocessing::encodersRoundTrip() {
    const Pixels image = expectedPixels("rgb.png.rgb");
    QCOMPARE(largestDifference(decodeImage(encodePng(image)).pixels, image), 0);
    const DecodedImage jpeg = decodeImage(encodeJpeg(image, 100));
    QCOMPARE(jpeg.format, ImageFormat::Jpeg);
    QCOMPARE(jpeg.damage, std::string());
    double sum = 0;
    for (std::size_t i = 0; i < image.rgb.size(); ++i)
        sum += std::abs(jpeg.pixels.rgb[i] - image.rgb[i]);
    QVERIFY(sum / static_cast<double>(image.rgb.size()) < 12); // noise with halved chroma
}

QTEST_APPLESS_MAIN(TestPreprocessing)
#include "tst_preprocessing.moc"
