#include "fixtures.h"

#include <QBuffer>
#include <QColorSpace>
#include <QImage>
#include <QTest>
#include <QtEndian>

#include <cmath>
#include <functional>
#include <zlib.h>

#include <webp/encode.h>
#include <webp/mux.h>

using namespace grappa;
using namespace grappa::test;

namespace {

using Bytes = QByteArray;

/// Colourful, no two rows or columns alike.
QImage picture(int width = 37, int height = 29) {
    QImage image(width, height, QImage::Format_RGB888);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            image.setPixelColor(x, y, QColor(255 * x / width, 255 * y / height, (13 * x + 29 * y) % 256));
    return image;
}

QImage palettePicture(int width, int height, int colours) {
    QImage image(width, height, QImage::Format_Indexed8);
    for (int i = 0; i < colours; ++i)
        image.setColor(i, qRgb(255 * i / colours, 255 - 200 * i / colours, (i * 71) % 256));
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            image.scanLine(y)[x] = static_cast<uchar>((x / 3 + 2 * y) % colours);
    return image;
}

DecodedImage decode(const Bytes& bytes) {
    return decodeImage(std::as_bytes(std::span(bytes.constData(), static_cast<std::size_t>(bytes.size()))));
}

Pixels pixelsOf(const QImage& image) {
    const QImage rgb = image.convertToFormat(QImage::Format_RGB888);
    Pixels pixels{rgb.width(), rgb.height(), {}};
    for (int y = 0; y < rgb.height(); ++y)
        pixels.rgb.insert(pixels.rgb.end(), rgb.constScanLine(y), rgb.constScanLine(y) + 3 * rgb.width());
    return pixels;
}

Bytes saved(const QImage& image, const char* format, int quality = -1) {
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, format, quality);
    return buffer.data();
}

template <class Number>
Bytes little(std::initializer_list<Number> numbers) {
    Bytes bytes;
    for (const Number number : numbers) {
        const Number stored = qToLittleEndian(number);
        bytes.append(reinterpret_cast<const char*>(&stored), sizeof stored);
    }
    return bytes;
}

// ----------------------------------------------------------------------------------------------------------- bitmaps

struct Bitmap {
    Bytes header;  ///< the information header
    Bytes between; ///< masks, palette
    Bytes data;
};

Bytes file(const Bitmap& bitmap) {
    const auto offset = static_cast<quint32>(14 + bitmap.header.size() + bitmap.between.size());
    return "BM" + little<quint32>({offset + static_cast<quint32>(bitmap.data.size()), 0, offset}) + bitmap.header +
           bitmap.between + bitmap.data;
}

Bytes windowsHeader(const QImage& image, quint16 bits, quint32 compression, bool topDown = false, quint32 size = 40) {
    Bytes header = little<quint32>({size, static_cast<quint32>(image.width()),
                                    static_cast<quint32>(topDown ? -image.height() : image.height())}) +
                   little<quint16>({1, bits}) + little<quint32>({compression, 0, 0, 0, 0, 0});
    return header + Bytes(static_cast<qsizetype>(size) - header.size(), '\0');
}

Bytes os2Header(const QImage& image, quint16 bits) {
    return little<quint32>({12}) +
           little<quint16>({static_cast<quint16>(image.width()), static_cast<quint16>(image.height()), 1, bits});
}

/// Rows of the picture, the lowest first unless `topDown`, each filled up to four bytes.
Bytes rows(const QImage& image, const std::function<Bytes(int)>& row, bool topDown = false) {
    Bytes data;
    for (int y = 0; y < image.height(); ++y) {
        Bytes line = row(topDown ? y : image.height() - 1 - y);
        line.append((4 - line.size() % 4) % 4, '\0');
        data += line;
    }
    return data;
}

Bytes bgra(const QImage& image, bool topDown, const std::function<int(int)>& alpha) {
    return rows(
        image,
        [&](int y) {
            Bytes line;
            for (int x = 0; x < image.width(); ++x) {
                const QColor c = image.pixelColor(x, y);
                for (const int value : {c.blue(), c.green(), c.red(), alpha(x)})
                    line.append(static_cast<char>(value));
            }
            return line;
        },
        topDown);
}

Bytes palette(const QImage& image, int colours, int entrySize) {
    Bytes bytes;
    for (int i = 0; i < colours; ++i) {
        const QRgb c = i < image.colorCount() ? image.color(i) : qRgb(0, 0, 0);
        bytes += little<quint32>({c & 0xffffff}).left(entrySize);
    }
    return bytes;
}

/// Indices of `bits` bits, packed from the high end.
Bytes packed(const QImage& image, int bits) {
    return rows(image, [&](int y) {
        Bytes line;
        int value = 0, filled = 0;
        for (int x = 0; x < image.width(); ++x) {
            value = value << bits | image.pixelIndex(x, y);
            filled += bits;
            if (filled == 8) {
                line.append(static_cast<char>(value));
                value = filled = 0;
            }
        }
        if (filled > 0) line.append(static_cast<char>(value << (8 - filled)));
        return line;
    });
}

/// Runs of 8 bits, each row `excess` pixels longer (or shorter) than the picture.
Bytes runs8(const QImage& image, int excess) {
    Bytes data;
    for (int y = image.height() - 1; y >= 0; --y) {
        for (int x = 0; x < image.width() + excess; ++x)
            data += Bytes().append('\1').append(static_cast<char>(image.pixelIndex(std::min(x, image.width() - 1), y)));
        data += Bytes("\0\0", 2);
    }
    return data + Bytes("\0\1", 2);
}

Bytes runs4(const QImage& image, int excess) {
    Bytes data;
    for (int y = image.height() - 1; y >= 0; --y) {
        const int length = image.width() + excess;
        for (int x = 0; x < length; x += 2) {
            const auto at = [&](int i) { return image.pixelIndex(std::min(i, image.width() - 1), y); };
            data += Bytes()
                        .append(static_cast<char>(std::min(2, length - x)))
                        .append(static_cast<char>(at(x) << 4 | at(x + 1)));
        }
        data += Bytes("\0\0", 2);
    }
    return data + Bytes("\0\1", 2);
}

// ---------------------------------------------------------------------------------------------------------------- PNG

Bytes pngChunk(const Bytes& name, const Bytes& data) {
    const Bytes body = name + data;
    const auto crc = static_cast<quint32>(
        crc32(0, reinterpret_cast<const Bytef*>(body.constData()), static_cast<uInt>(body.size())));
    QByteArray chunk(4, '\0');
    qToBigEndian(static_cast<quint32>(data.size()), chunk.data());
    QByteArray sum(4, '\0');
    qToBigEndian(crc, sum.data());
    return chunk + body + sum;
}

/// A PNG with one chunk more, right behind its header.
Bytes withChunk(const QImage& image, const Bytes& name, const Bytes& data) {
    constexpr int headerEnd = 33;
    QImage plain = image;
    plain.setColorSpace({});
    const Bytes png = saved(plain, "PNG");
    return png.left(headerEnd) + pngChunk(name, data) + png.mid(headerEnd);
}

Bytes orientationExif(char orientation) {
    return Bytes("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", 18) + orientation + Bytes("\0\0\0\0\0\0\0", 7);
}

Bytes compressed(const Bytes& bytes) {
    return qCompress(bytes).mid(4); // without Qt's own length
}

Bytes rawProfile(const Bytes& block) {
    return "\nexif\n" + QByteArray::number(block.size()).rightJustified(8) + '\n' + block.toHex() + '\n';
}

// --------------------------------------------------------------------------------------------------------------- WebP

QImage sticker() {
    QImage image = picture().convertToFormat(QImage::Format_RGBA8888);
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < 9; ++x)
            image.setPixelColor(x, y, Qt::transparent);
    return image;
}

QImage onWhite(const QImage& image) {
    QImage white = image.convertToFormat(QImage::Format_RGB888);
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            if (image.pixelColor(x, y).alpha() == 0) white.setPixelColor(x, y, Qt::white);
    return white;
}

Bytes animatedWebP(const std::vector<QImage>& frames, bool lossless) {
    WebPAnimEncoderOptions options;
    WebPAnimEncoderOptionsInit(&options);
    WebPAnimEncoder* encoder = WebPAnimEncoderNew(frames[0].width(), frames[0].height(), &options);
    int time = 0;
    for (const QImage& frame : frames) {
        WebPConfig config;
        WebPConfigInit(&config);
        config.lossless = lossless ? 1 : 0;
        config.quality = 95;
        const QImage rgba = frame.convertToFormat(QImage::Format_RGBA8888);
        WebPPicture stored;
        WebPPictureInit(&stored);
        stored.use_argb = 1;
        stored.width = rgba.width();
        stored.height = rgba.height();
        WebPPictureImportRGBA(&stored, rgba.constBits(), static_cast<int>(rgba.bytesPerLine()));
        WebPAnimEncoderAdd(encoder, &stored, time, &config);
        WebPPictureFree(&stored);
        time += 100;
    }
    WebPAnimEncoderAdd(encoder, nullptr, time, nullptr);
    WebPData data;
    WebPDataInit(&data);
    WebPAnimEncoderAssemble(encoder, &data);
    const Bytes bytes(reinterpret_cast<const char*>(data.bytes), static_cast<qsizetype>(data.size));
    WebPDataClear(&data);
    WebPAnimEncoderDelete(encoder);
    return bytes;
}

double meanDifference(const Pixels& a, const Pixels& b) {
    if (a.rgb.size() != b.rgb.size() || a.width != b.width) return 256;
    double sum = 0;
    for (std::size_t i = 0; i < a.rgb.size(); ++i)
        sum += std::abs(a.rgb[i] - b.rgb[i]);
    return sum / static_cast<double>(a.rgb.size());
}

} // namespace

class TestUnusualImages : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void bitmapsAreRight_data();
    void bitmapsAreRight();
    void runLengthsMayMissTheRowsEnd_data();
    void runLengthsMayMissTheRowsEnd();
    void truncatedBitmapKeepsItsRows();
    void alphaOfBitmapsCounts();
    void pngOrientation_data();
    void pngOrientation();
    void truncatedPngKeepsItsRows_data();
    void truncatedPngKeepsItsRows();
    void samplesAreScaledByTheirBits_data();
    void samplesAreScaledByTheirBits();
    void colourProfiles_data();
    void colourProfiles();
    void brokenProfileIsSrgb();
    void animatedWebPIsItsFirstFrame();
};

void TestUnusualImages::bitmapsAreRight_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QImage>("right");
    const QImage image = picture();
    const QImage indexed = palettePicture(35, 21, 200), few = palettePicture(35, 21, 14),
                 two = palettePicture(35, 21, 2);
    const Bytes masks = little<quint32>({0xff0000, 0xff00, 0xff, 0xff000000});
    const auto none = [](int) { return 0; };
    for (const bool topDown : {false, true})
        for (const quint32 size : {56u, 108u, 124u})
            for (const quint32 compression : {0u, 3u}) {
                Bytes header = windowsHeader(image, 32, compression, topDown, size);
                header.replace(40, 16, masks);
                QTest::addRow("alpha 0 everywhere, header %u, compression %u%s", size, compression,
                              topDown ? ", top down" : "")
                    << file({header, {}, bgra(image, topDown, none)}) << image;
            }
    QTest::newRow("masks behind a short header")
        << file({windowsHeader(image, 32, 3), masks.left(12), bgra(image, false, none)}) << image;
    QTest::newRow("OS/2, 1 bit") << file({os2Header(two, 1), palette(two, 2, 3), packed(two, 1)}) << QImage(two);
    QTest::newRow("OS/2, 4 bits") << file({os2Header(few, 4), palette(few, 16, 3), packed(few, 4)}) << QImage(few);
    QTest::newRow("OS/2, 8 bits") << file({os2Header(indexed, 8), palette(indexed, 256, 3), packed(indexed, 8)})
                                  << QImage(indexed);
    QTest::newRow("OS/2, 8 bits, short palette")
        << file({os2Header(indexed, 8), palette(indexed, 200, 3), packed(indexed, 8)}) << QImage(indexed);
    const auto bgr = [&](int y) {
        Bytes line;
        for (int x = 0; x < image.width(); ++x)
            for (const int value :
                 {image.pixelColor(x, y).blue(), image.pixelColor(x, y).green(), image.pixelColor(x, y).red()})
                line.append(static_cast<char>(value));
        return line;
    };
    QTest::newRow("OS/2, 24 bits") << file({os2Header(image, 24), {}, rows(image, bgr)}) << image;
    QTest::newRow("OS/2 2.x, 24 bits") << file({windowsHeader(image, 24, 0, false, 64), {}, rows(image, bgr)}) << image;
    Bytes runs24;
    for (int y = image.height() - 1; y >= 0; --y) {
        for (int x = 0; x < image.width(); ++x)
            runs24 += '\1' + bgr(y).mid(3 * x, 3);
        runs24 += Bytes("\0\0", 2);
    }
    QTest::newRow("OS/2 2.x, runs of 24 bits")
        << file({windowsHeader(image, 24, 4, false, 64), {}, runs24 + Bytes("\0\1", 2)}) << image;
    QTest::newRow("2 bits") << file({windowsHeader(two, 2, 0), palette(two, 4, 4), packed(two, 2)}) << QImage(two);
    QTest::newRow("a PNG within") << file({windowsHeader(image, 0, 5), {}, saved(image, "PNG")}) << image;
}

void TestUnusualImages::bitmapsAreRight() {
    QFETCH(QByteArray, bytes);
    QFETCH(QImage, right);
    const DecodedImage image = decode(bytes);
    QCOMPARE(image.damage, std::string());
    QVERIFY(!image.transparent);
    QCOMPARE(largestDifference(image.pixels, pixelsOf(right)), 0);
}

void TestUnusualImages::runLengthsMayMissTheRowsEnd_data() {
    QTest::addColumn<int>("bits");
    QTest::addColumn<int>("excess");
    for (const int bits : {4, 8})
        for (const int excess : {0, 1, 3, 40, -3})
            QTest::addRow("%d bits, %d too many", bits, excess) << bits << excess;
}

void TestUnusualImages::runLengthsMayMissTheRowsEnd() {
    QFETCH(int, bits);
    QFETCH(int, excess);
    const QImage image = palettePicture(33, 17, 15);
    QImage right = image.convertToFormat(QImage::Format_RGB888);
    for (int x = image.width() + excess; x < image.width(); ++x) // what is missing is white
        for (int y = 0; y < image.height(); ++y)
            right.setPixelColor(x, y, Qt::white);
    const Bytes header = windowsHeader(image, static_cast<quint16>(bits), bits == 8 ? 1 : 2);
    const DecodedImage decoded =
        decode(file({header, palette(image, 1 << bits, 4), bits == 8 ? runs8(image, excess) : runs4(image, excess)}));
    QCOMPARE(largestDifference(decoded.pixels, pixelsOf(right)), 0);
    QCOMPARE(decoded.damage, std::string());
}

void TestUnusualImages::truncatedBitmapKeepsItsRows() {
    const QImage image = picture(40, 30);
    const Bytes whole = file({windowsHeader(image, 32, 0), {}, bgra(image, false, [](int) { return 255; })});
    const DecodedImage half = decode(whole.left(54 + 15 * 160 + 20));
    QVERIFY(!half.damage.empty());
    QImage right = image;
    for (int y = 0; y < 15; ++y)
        for (int x = 0; x < 40; ++x)
            right.setPixelColor(x, y, Qt::white);
    QCOMPARE(largestDifference(half.pixels, pixelsOf(right)), 0);
}

void TestUnusualImages::alphaOfBitmapsCounts() {
    const QImage image = picture();
    Bytes header = windowsHeader(image, 32, 3, false, 124);
    header.replace(40, 16, little<quint32>({0xff0000, 0xff00, 0xff, 0xff000000}));
    const DecodedImage decoded = decode(file({header, {}, bgra(image, false, [](int x) { return x < 10 ? 0 : 255; })}));
    QVERIFY(decoded.transparent);
    QImage right = image;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < 10; ++x)
            right.setPixelColor(x, y, Qt::white);
    QCOMPARE(largestDifference(decoded.pixels, pixelsOf(right)), 0);
}

void TestUnusualImages::pngOrientation_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("turns"); ///< quarter turns to the right
    const QImage image = picture();
    const Bytes six = orientationExif('\6');
    const Bytes xmp = "<x:xmpmeta><rdf:Description tiff:Orientation=\"6\"/></x:xmpmeta>";
    const Bytes xmpElement = "<rdf:Description><tiff:Orientation>8</tiff:Orientation></rdf:Description>";
    const Bytes profile = "Raw profile type exif";
    QTest::newRow("eXIf") << withChunk(image, "eXIf", six) << 1;
    QTest::newRow("tEXt") << withChunk(image, "tEXt", profile + '\0' + rawProfile(six)) << 1;
    QTest::newRow("tEXt with JPEG's mark")
        << withChunk(image, "tEXt", profile + '\0' + rawProfile(Bytes("Exif\0\0", 6) + six)) << 1;
    QTest::newRow("zTXt") << withChunk(image, "zTXt", profile + Bytes("\0\0", 2) + compressed(rawProfile(six))) << 1;
    QTest::newRow("APP1") << withChunk(image, "zTXt",
                                       "Raw profile type APP1" + Bytes("\0\0", 2) +
                                           compressed(rawProfile(Bytes("Exif\0\0", 6) + six)))
                          << 1;
    QTest::newRow("iTXt, XMP") << withChunk(image, "iTXt", "XML:com.adobe.xmp" + Bytes("\0\0\0\0\0", 5) + xmp) << 1;
    QTest::newRow("iTXt, compressed XMP")
        << withChunk(image, "iTXt", "XML:com.adobe.xmp" + Bytes("\0\1\0\0\0", 5) + compressed(xmpElement)) << 3;
    Bytes both = withChunk(image, "zTXt", profile + Bytes("\0\0", 2) + compressed(rawProfile(orientationExif('\3'))));
    both.insert(33, pngChunk("eXIf", six));
    QTest::newRow("eXIf comes before text") << both << 1;
    QTest::newRow("broken text") << withChunk(image, "tEXt", profile + '\0' + "\nexif\n") << 0;
}

void TestUnusualImages::pngOrientation() {
    QFETCH(QByteArray, bytes);
    QFETCH(int, turns);
    const DecodedImage image = decode(bytes);
    const QImage right = picture().transformed(QTransform().rotate(90 * turns));
    QCOMPARE(largestDifference(image.pixels, pixelsOf(right)), 0);
    QCOMPARE(image.damage, std::string());
}

void TestUnusualImages::truncatedPngKeepsItsRows_data() {
    QTest::addColumn<int>("missing");
    QTest::newRow("the end chunk") << 12;
    QTest::newRow("half of the end chunk") << 6;
    QTest::newRow("data") << 300;
}

void TestUnusualImages::truncatedPngKeepsItsRows() {
    QFETCH(int, missing);
    const QImage image = picture(200, 150);
    const Bytes png = saved(image, "PNG");
    const DecodedImage decoded = decode(png.left(png.size() - missing));
    QVERIFY(!decoded.damage.empty());
    const Pixels right = pixelsOf(image);
    const std::size_t kept = missing <= 12 ? right.rgb.size() : 3 * 200 * 50;
    QVERIFY(std::equal(right.rgb.begin(), right.rgb.begin() + static_cast<std::ptrdiff_t>(kept),
                       decoded.pixels.rgb.begin()));
    if (missing > 12) QCOMPARE(int(decoded.pixels.rgb.back()), 255); // nothing wrote it
}

void TestUnusualImages::samplesAreScaledByTheirBits_data() {
    QTest::addColumn<int>("bits");
    QTest::addColumn<bool>("colour");
    for (int bits = 9; bits <= 16; ++bits)
        for (const bool colour : {false, true})
            QTest::addRow("%d bits, %s", bits, colour ? "colour" : "grey") << bits << colour;
}

void TestUnusualImages::samplesAreScaledByTheirBits() {
    QFETCH(int, bits);
    QFETCH(bool, colour);
    QImage image(64, 48, colour ? QImage::Format_RGBX64 : QImage::Format_Grayscale16);
    QImage right(64, 48, QImage::Format_RGB888);
    for (int y = 0; y < 48; ++y)
        for (int x = 0; x < 64; ++x) {
            const std::array<int, 3> c = colour ? std::array{x * 255 / 63, y * 255 / 47, (x + y) * 255 / 110}
                                                : std::array{x * 255 / 63, x * 255 / 63, x * 255 / 63};
            const auto deep = [&](int i) {
                return static_cast<quint16>(((c[size_t(i)] << 8) + c[size_t(i)]) >> (16 - bits));
            };
            right.setPixelColor(x, y, QColor(c[0], c[1], c[2]));
            if (colour)
                reinterpret_cast<QRgba64*>(image.scanLine(y))[x] = qRgba64(deep(0), deep(1), deep(2), 65535);
            else
                reinterpret_cast<quint16*>(image.scanLine(y))[x] = deep(0);
        }
    QVERIFY(largestDifference(decode(saved(image, "PNG")).pixels, pixelsOf(right)) <= 1);

    QImage black(8, 8, QImage::Format_Grayscale16);
    for (int y = 0; y < 8; ++y)
        std::fill_n(reinterpret_cast<quint16*>(black.scanLine(y)), 8, quint16(bits)); // noise of a closed lens
    const Pixels dark = decode(saved(black, "PNG")).pixels;
    QVERIFY(*std::max_element(dark.rgb.begin(), dark.rgb.end()) <= 2);
}

void TestUnusualImages::colourProfiles_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<double>("allowed");
    QImage image = picture(60, 40);
    image.setColorSpace(QColorSpace::SRgb);
    const std::array<std::pair<const char*, QColorSpace::NamedColorSpace>, 4> spaces{
        {{"Display P3", QColorSpace::DisplayP3},
         {"Adobe RGB", QColorSpace::AdobeRgb},
         {"ProPhoto", QColorSpace::ProPhotoRgb},
         {"sRGB", QColorSpace::SRgb}}};
    for (const auto& [name, space] : spaces) {
        const QImage converted = image.convertedToColorSpace(space);
        QTest::addRow("%s, PNG", name) << saved(converted, "PNG") << 1.5;
        QTest::addRow("%s, JPEG", name) << saved(converted, "JPEG", 98) << 6.0;
    }
    QImage linear = image.convertedToColorSpace(QColorSpace::SRgbLinear);
    QByteArray gamma(4, '\0');
    qToBigEndian(quint32{100000}, gamma.data());
    QTest::newRow("gAMA") << withChunk(linear, "gAMA", gamma) << 4.0; // of 8 linear bits
    qToBigEndian(quint32{45455}, gamma.data());
    QTest::newRow("gAMA of sRGB") << withChunk(image, "gAMA", gamma) << 0.0;
    QTest::newRow("cICP") << withChunk(image.convertedToColorSpace(QColorSpace::DisplayP3), "cICP",
                                       Bytes("\x0c\x0d\x00\x01", 4))
                          << 1.5;
}

void TestUnusualImages::colourProfiles() {
    QFETCH(QByteArray, bytes);
    QFETCH(double, allowed);
#if !GRAPPA_LCMS
    QSKIP("This build has no Little CMS.");
#endif
    QImage image = picture(60, 40);
    image.setColorSpace(QColorSpace::SRgb);
    const bool jpeg = bytes.startsWith("\xff\xd8"); // its subsampling is not what is tried
    const double off =
        meanDifference(decode(bytes).pixels, jpeg ? decode(saved(image, "JPEG", 98)).pixels : pixelsOf(image));
    QVERIFY2(off <= allowed, qPrintable(QString::number(off)));
}

void TestUnusualImages::brokenProfileIsSrgb() {
    const QImage image = picture();
    const Bytes broken = withChunk(image, "iCCP", "x" + Bytes("\0\0", 2) + compressed(Bytes(500, 'x')));
    const DecodedImage decoded = decode(broken);
    QCOMPARE(largestDifference(decoded.pixels, pixelsOf(image)), 0);
    QCOMPARE(decoded.damage, std::string());
}

void TestUnusualImages::animatedWebPIsItsFirstFrame() {
    const QImage image = picture();
    QImage other = image.mirrored();
    const DecodedImage lossless = decode(animatedWebP({image, other}, true));
    QCOMPARE(largestDifference(lossless.pixels, pixelsOf(image)), 0);
    QCOMPARE(lossless.damage, std::string());
    QVERIFY(!lossless.transparent);

    const DecodedImage cut = decode(animatedWebP({sticker(), other}, true));
    QCOMPARE(largestDifference(cut.pixels, pixelsOf(onWhite(sticker()))), 0);
    QVERIFY(cut.transparent);

    const DecodedImage lossy = decode(animatedWebP({image, other, image}, false));
    QVERIFY(meanDifference(lossy.pixels, pixelsOf(image)) < 12);

    QImage nothing(image.size(), QImage::Format_RGBA8888);
    nothing.fill(Qt::transparent);
    const DecodedImage late = decode(animatedWebP({nothing, image}, true));
    QCOMPARE(largestDifference(late.pixels, pixelsOf(image)), 0);

    const Bytes whole = animatedWebP({picture(200, 150), picture(200, 150).mirrored()}, true);
    const DecodedImage truncated = decode(whole.left(whole.size() - 100));
    QVERIFY(!truncated.damage.empty());
    QCOMPARE(largestDifference(truncated.pixels, pixelsOf(picture(200, 150))), 0);
}

QTEST_APPLESS_MAIN(TestUnusualImages)
#include "tst_unusual_images.moc"
