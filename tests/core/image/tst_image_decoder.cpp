#include "core/image/image_decoder.h"
#include "fixtures.h"

#include <QTest>

#include <cstring>

using namespace grappa;
using namespace grappa::test;

namespace {

using Bytes = std::vector<std::byte>;

/// The error's code, or nothing when the bytes decoded.
std::optional<ErrorCode> refusal(const Bytes& bytes, const DecodeOptions& options = {}) {
    try {
        decodeImage(bytes, options);
        return std::nullopt;
    } catch (const Error& error) {
        return error.code();
    }
}

void put(Bytes& bytes, std::size_t offset, std::uint32_t value, int size, bool bigEndian) {
    for (int i = 0; i < size; ++i)
        bytes[offset + static_cast<std::size_t>(i)] =
            static_cast<std::byte>(value >> 8 * (bigEndian ? size - 1 - i : i));
}

std::size_t find(const Bytes& bytes, std::string_view needle) {
    const auto* begin = reinterpret_cast<const char*>(bytes.data());
    return std::string_view(begin, bytes.size()).find(needle);
}

/// The CRC of PNG chunks.
std::uint32_t crc32(std::span<const std::byte> bytes) {
    std::uint32_t crc = ~0u;
    for (const std::byte byte : bytes) {
        crc ^= std::to_integer<std::uint32_t>(byte);
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320u : 0u);
    }
    return ~crc;
}

/// A fixture whose header says width x height.
Bytes lying(ImageFormat format, std::uint32_t width, std::uint32_t height) {
    Bytes bytes;
    switch (format) {
    case ImageFormat::Jpeg: {
        bytes = fixtureBytes("rgb.jpg");
        const std::size_t frame = find(bytes, "\xff\xc0");
        put(bytes, frame + 5, height, 2, true);
        put(bytes, frame + 7, width, 2, true);
        break;
    }
    case ImageFormat::Png:
        bytes = fixtureBytes("rgb.png");
        put(bytes, 16, width, 4, true);
        put(bytes, 20, height, 4, true);
        put(bytes, 29, crc32(std::span(bytes).subspan(12, 17)), 4, true);
        break;
    case ImageFormat::WebP:
        bytes = fixtureBytes("turned1.webp"); // has the extended header, whose sides go to 2^24
        put(bytes, 24, width - 1, 3, false);
        put(bytes, 27, height - 1, 3, false);
        break;
    case ImageFormat::Tiff: {
        bytes = fixtureBytes("rgb.tif");
        const auto entry = [&](std::string_view tagAndType) { return find(bytes, tagAndType) + 8; };
        put(bytes, entry(std::string_view("\0\1\4\0\1\0\0\0", 8)), width, 4, false);
        put(bytes, entry(std::string_view("\1\1\4\0\1\0\0\0", 8)), height, 4, false);
        break;
    }
    case ImageFormat::Bmp:
        bytes = fixtureBytes("rgb.bmp");
        put(bytes, 18, width, 4, false);
        put(bytes, 22, height, 4, false);
        break;
    case ImageFormat::Gif:
        bytes = fixtureBytes("palette.gif");
        put(bytes, 6, width, 2, false);
        put(bytes, 8, height, 2, false);
        break;
    case ImageFormat::Heif:
    case ImageFormat::Avif:
    case ImageFormat::Jxl:
    case ImageFormat::Raw:
        break; // optional at build: tst_new_formats makes its own
    }
    return bytes;
}

constexpr std::array allFormats{ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP,
                                ImageFormat::Tiff, ImageFormat::Bmp, ImageFormat::Gif};

std::string plainFixture(ImageFormat format) {
    constexpr std::array names{"rgb.jpg", "rgb.png", "rgb.webp", "rgb.tif", "rgb.bmp", "palette.gif"};
    return names[static_cast<std::size_t>(format)];
}

} // namespace

class TestImageDecoder : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void equalsPillow_data();
    void equalsPillow();
    void everyFormatIsSniffed_data();
    void everyFormatIsSniffed();
    void otherFilesAreRefused_data();
    void otherFilesAreRefused();
    void headerLiesAreRefused_data();
    void headerLiesAreRefused();
    void pixelLimitHolds_data();
    void pixelLimitHolds();
    void truncatedFilesNeverLookRight_data();
    void truncatedFilesNeverLookRight();
    void corruptJpegIsDamaged();
    void trailingBytesAreNoDamage_data();
    void trailingBytesAreNoDamage();
    void turnedImagesTellSizeAndTime_data();
    void turnedImagesTellSizeAndTime();
    void scaleCoversTheAskedSides_data();
    void scaleCoversTheAskedSides();
    void regionIsCutUpright();
    void regionIsClipped();
};

void TestImageDecoder::equalsPillow_data() {
    QTest::addColumn<QString>("name");
    for (const std::string& name : fixtureNames(".rgb"))
        if (name.find(".crop") == std::string::npos) QTest::addRow("%s", name.c_str()) << QString::fromStdString(name);
}

void TestImageDecoder::equalsPillow() {
    QFETCH(QString, name);
    const std::string file = name.toStdString();
    const DecodedImage image = decodeImage(fixtureBytes(file));
    const Pixels expected = expectedPixels(file + ".rgb");
    QCOMPARE(image.damage, std::string());
    QCOMPARE(QSize(image.pixels.width, image.pixels.height), QSize(expected.width, expected.height));
    const int allowed = image.format == ImageFormat::Jpeg ? 2 : file == "cmyk.tif" ? 1 : 0; // rounding of IDCT and inks
    const int difference = largestDifference(image.pixels, expected);
    QVERIFY2(difference <= allowed, qPrintable(QString::number(difference)));
}

void TestImageDecoder::everyFormatIsSniffed_data() {
    QTest::addColumn<int>("format");
    for (const ImageFormat format : allFormats)
        QTest::newRow(std::string(formatName(format)).c_str()) << static_cast<int>(format);
}

void TestImageDecoder::everyFormatIsSniffed() {
    QFETCH(int, format);
    const auto expected = static_cast<ImageFormat>(format);
    const Bytes bytes = fixtureBytes(plainFixture(expected));
    QVERIFY(sniffFormat(bytes) == expected);
    QCOMPARE(decodeImage(bytes).format, expected);
}

void TestImageDecoder::otherFilesAreRefused_data() {
    QTest::addColumn<QByteArray>("content");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("text") << QByteArray("hello, world, this is text");
    QTest::newRow("OpenEXR") << QByteArray("\x76\x2f\x31\x01 and more");
    QTest::newRow("JPEG 2000") << QByteArray("\0\0\0\x0cjP  \r\n\x87\n", 12);
    QTest::newRow("Radiance") << QByteArray("#?RADIANCE\n");
    QTest::newRow("portable map") << QByteArray("P6 2 2 255\n123123123123");
    QTest::newRow("Sun raster") << QByteArray("\x59\xa6\x6a\x95 and more");
    QTest::newRow("RIFF and no more") << QByteArray("RIFF\x10");
    QTest::newRow("RIFF but no WebP") << QByteArray("RIFF\x10\0\0\0WAVEfmt ", 16);
}

void TestImageDecoder::otherFilesAreRefused() {
    QFETCH(QByteArray, content);
    const auto* begin = reinterpret_cast<const std::byte*>(content.constData());
    QVERIFY(refusal(Bytes(begin, begin + content.size())) == ErrorCode::ImageFormatUnsupported);
}

void TestImageDecoder::headerLiesAreRefused_data() {
    everyFormatIsSniffed_data();
}

void TestImageDecoder::headerLiesAreRefused() {
    QFETCH(int, format);
    const Bytes bytes = lying(static_cast<ImageFormat>(format), 60000, 60000);
    QVERIFY(refusal(bytes) == ErrorCode::ImageTooLarge);
}

void TestImageDecoder::pixelLimitHolds_data() {
    everyFormatIsSniffed_data();
}

void TestImageDecoder::pixelLimitHolds() {
    QFETCH(int, format);
    const Bytes bytes = fixtureBytes(plainFixture(static_cast<ImageFormat>(format)));
    DecodeOptions options;
    options.maxPixels = 23 * 17;
    QVERIFY(!refusal(bytes, options));
    options.maxPixels = 23 * 17 - 1;
    QVERIFY(refusal(bytes, options) == ErrorCode::ImageTooLarge);
}

void TestImageDecoder::truncatedFilesNeverLookRight_data() {
    QTest::addColumn<QString>("name");
    for (const std::string& name : fixtureNames(".rgb"))
        if (name.find(".crop") == std::string::npos && name.find("pixel") == std::string::npos)
            QTest::addRow("%s", name.c_str()) << QString::fromStdString(name);
}

void TestImageDecoder::truncatedFilesNeverLookRight() {
    QFETCH(QString, name);
    const Bytes whole = fixtureBytes(name.toStdString());
    const Pixels expected = expectedPixels(name.toStdString() + ".rgb");
    for (const int percent : {1, 10, 30, 50, 70, 90, 95}) {
        const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(whole.size()) * percent / 100);
        try {
            const DecodedImage image = decodeImage(part);
            // What was cut off may hold no pixel (a TIFF's tags of text, a GIF's further frames).
            const bool right = largestDifference(image.pixels, expected) <= 2;
            QVERIFY2(!image.damage.empty() || right, qPrintable(QString::number(percent) + "% left"));
        } catch (const Error& error) {
            QVERIFY2(error.code() == ErrorCode::ImageUndecodable || error.code() == ErrorCode::ImageFormatUnsupported,
                     error.what());
        }
    }
}

void TestImageDecoder::corruptJpegIsDamaged() {
    Bytes bytes = fixtureBytes("large.jpg");
    const std::size_t middle = bytes.size() / 2;
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(middle), 200, std::byte{0});
    const DecodedImage image = decodeImage(bytes);
    QVERIFY(image.damage.starts_with("The JPEG is damaged"));
    QCOMPARE(image.pixels.width, 120);

    Bytes noEnd = fixtureBytes("large.jpg");
    noEnd.resize(noEnd.size() - 2);
    QVERIFY(!decodeImage(noEnd).damage.empty());
}

void TestImageDecoder::trailingBytesAreNoDamage_data() {
    everyFormatIsSniffed_data();
}

void TestImageDecoder::trailingBytesAreNoDamage() {
    QFETCH(int, format);
    const std::string name = plainFixture(static_cast<ImageFormat>(format));
    Bytes bytes = fixtureBytes(name);
    for (int i = 0; i < 1000; ++i)
        bytes.push_back(static_cast<std::byte>(i * 7));
    const DecodedImage image = decodeImage(bytes);
    QCOMPARE(image.damage, std::string());
    QVERIFY(largestDifference(image.pixels, expectedPixels(name + ".rgb")) <= 2);
}

void TestImageDecoder::turnedImagesTellSizeAndTime_data() {
    QTest::addColumn<QString>("suffix");
    QTest::addColumn<qint64>("taken");
    constexpr qint64 taken = 1614834367; // 2021-03-04 05:06:07
    for (const char* suffix : {"jpg", "png", "webp"})
        QTest::newRow(suffix) << suffix << taken;
    QTest::newRow("tif") << "tif" << qint64{0}; // Pillow writes no time into one
}

void TestImageDecoder::turnedImagesTellSizeAndTime() {
    QFETCH(QString, suffix);
    QFETCH(qint64, taken);
    for (int orientation = 1; orientation <= 8; ++orientation) {
        const QString name = QStringLiteral("turned%1.%2").arg(orientation).arg(suffix);
        const DecodedImage image = decodeImage(fixtureBytes(name.toStdString()));
        QCOMPARE(QSize(image.width, image.height), orientation < 5 ? QSize(11, 6) : QSize(6, 11));
        QCOMPARE(image.takenAt, taken);
    }
    QCOMPARE(decodeImage(fixtureBytes("rgb.jpg")).takenAt, 0);
}

void TestImageDecoder::scaleCoversTheAskedSides_data() {
    QTest::addColumn<int>("shortSide");
    QTest::addColumn<int>("longSide");
    QTest::addColumn<QSize>("decoded"); // of 120 x 88
    QTest::newRow("full by default") << 0 << 0 << QSize(120, 88);
    QTest::newRow("smallest") << 1 << 0 << QSize(15, 11);
    QTest::newRow("exactly an eighth") << 11 << 0 << QSize(15, 11);
    QTest::newRow("just above an eighth") << 12 << 0 << QSize(30, 22);
    QTest::newRow("three eighths") << 33 << 0 << QSize(45, 33);
    QTest::newRow("long side decides") << 12 << 60 << QSize(60, 44);
    QTest::newRow("more than there is") << 500 << 0 << QSize(120, 88);
}

void TestImageDecoder::scaleCoversTheAskedSides() {
    QFETCH(int, shortSide);
    QFETCH(int, longSide);
    QFETCH(QSize, decoded);
    DecodeOptions options;
    options.shortSide = shortSide;
    options.longSide = longSide;
    const DecodedImage image = decodeImage(fixtureBytes("large.jpg"), options);
    QCOMPARE(QSize(image.pixels.width, image.pixels.height), decoded);
    QCOMPARE(QSize(image.width, image.height), QSize(120, 88));
}

void TestImageDecoder::regionIsCutUpright() {
    const Pixels whole = expectedPixels("turned6.png.rgb"); // 6 x 11 upright
    DecodeOptions options;
    options.region = Region{1, 4, 3, 5};
    const DecodedImage image = decodeImage(fixtureBytes("turned6.png"), options);
    QCOMPARE(QSize(image.pixels.width, image.pixels.height), QSize(3, 5));
    QCOMPARE(QSize(image.width, image.height), QSize(6, 11));
    for (int y = 0; y < 5; ++y)
        QVERIFY(std::memcmp(&image.pixels.rgb[static_cast<std::size_t>(9 * y)],
                            &whole.rgb[static_cast<std::size_t>(3 * (6 * (y + 4) + 1))], 9) == 0);
}

void TestImageDecoder::regionIsClipped() {
    const Bytes bytes = fixtureBytes("large.jpg");
    DecodeOptions options;
    options.region = Region{100, 80, 1000, 1000};
    const DecodedImage image = decodeImage(bytes, options);
    QCOMPARE(QSize(image.pixels.width, image.pixels.height), QSize(20, 8));
    options.region = Region{200, 0, 10, 10};
    QVERIFY(refusal(bytes, options) == ErrorCode::Usage);
    options.region = Region{2147483647, 2147483647, 2147483647, 2147483647};
    QVERIFY(refusal(bytes, options) == ErrorCode::Usage);

    options.region = Region{0, 0, 60, 44};
    options.shortSide = 11; // of the region: a quarter, not an eighth
    const DecodedImage scaled = decodeImage(bytes, options);
    QCOMPARE(QSize(scaled.pixels.width, scaled.pixels.height), QSize(15, 11));
}

QTEST_APPLESS_MAIN(TestImageDecoder)
#include "tst_image_decoder.moc"
