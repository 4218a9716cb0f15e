#include "fixtures.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <cstring>
#include <functional>

#include <tiffio.h>

using namespace grappa;
using namespace grappa::test;

namespace {

using Bytes = std::vector<std::byte>;

constexpr int width = 70, height = 50;

/// What a page is like; the picture has three colours, or its red alone.
struct Kind {
    int bits = 8;
    int format = SAMPLEFORMAT_UINT;
    int photometric = PHOTOMETRIC_RGB;
    bool separate = false;
    int tile = 0; ///< side; 0 = strips
    int rowsPerStrip = 16;
    int compression = COMPRESSION_NONE;
    const char* mode = "wl"; ///< "wb": big-endian, "w8": BigTIFF
    double scale = 1;        ///< of samples, from 0..1 to the stored number (of all bits when 1)
    int subfile = 0;
    int columns = width, rows = height;
};

/// The picture: 0 to 1, no two columns or rows alike.
double share(int x, int y, int channel) {
    return channel == 0   ? (x + y) / double(width + height - 2)
           : channel == 1 ? x / double(width - 1)
                          : y / double(height - 1);
}

int channelsOf(const Kind& kind) {
    return kind.photometric == PHOTOMETRIC_RGB ? 3 : 1;
}

Pixels rightPixels(const Kind& kind) {
    Pixels pixels{kind.columns, kind.rows, {}};
    for (int y = 0; y < kind.rows; ++y)
        for (int x = 0; x < kind.columns; ++x)
            for (int c = 0; c < 3; ++c)
                pixels.rgb.push_back(
                    static_cast<std::uint8_t>(std::lround(255 * share(x, y, channelsOf(kind) == 1 ? 0 : c))));
    return pixels;
}

/// Appends the sample to a row bit by bit, or as a native number of whole bytes.
void put(std::vector<std::uint8_t>& row, std::size_t& bit, const Kind& kind, double value) {
    if (kind.photometric == PHOTOMETRIC_MINISWHITE) value = 1 - value;
    const auto append = [&](auto number) {
        std::memcpy(&row[bit / 8], &number, sizeof number);
        bit += 8 * sizeof number;
    };
    if (kind.format == SAMPLEFORMAT_IEEEFP) {
        if (kind.bits == 64) return append(value * kind.scale);
        return append(static_cast<float>(value * kind.scale));
    }
    if (kind.format == SAMPLEFORMAT_INT) // below zero as far as above it
        return kind.bits == 16 ? append(static_cast<std::int16_t>(std::lround((value - 0.5) * 60000)))
                               : append(static_cast<std::int8_t>(std::lround((value - 0.5) * 254)));
    const double full = kind.scale == 1 ? std::exp2(kind.bits) - 1 : kind.scale;
    const auto number = static_cast<std::uint64_t>(std::llround(value * full));
    if (kind.bits == 16) return append(static_cast<std::uint16_t>(number));
    if (kind.bits == 32) return append(static_cast<std::uint32_t>(number));
    for (int i = kind.bits - 1; i >= 0; --i, ++bit)
        row[bit / 8] |= static_cast<std::uint8_t>((number >> i & 1) << (7 - bit % 8));
}

void writePage(TIFF* tiff, const Kind& kind) {
    const int channels = channelsOf(kind);
    TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, kind.subfile);
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, kind.columns);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, kind.rows);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, kind.bits);
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, kind.format);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, channels);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, kind.photometric);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, kind.compression);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, kind.separate ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
    if (kind.tile > 0) {
        TIFFSetField(tiff, TIFFTAG_TILEWIDTH, kind.tile);
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, kind.tile);
    } else {
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, kind.rowsPerStrip);
    }
    const int planes = kind.separate ? channels : 1;
    for (int plane = 0; plane < planes; ++plane) {
        const auto row = [&](int y, int from, int count, std::size_t size) {
            std::vector<std::uint8_t> bytes(size);
            std::size_t bit = 0;
            for (int x = from; x < from + count; ++x)
                for (int c = plane; c < (kind.separate ? plane + 1 : channels); ++c)
                    put(bytes, bit, kind, share(std::min(x, kind.columns - 1), std::min(y, kind.rows - 1), c));
            return bytes;
        };
        if (kind.tile == 0) {
            for (int y = 0; y < kind.rows; ++y)
                TIFFWriteScanline(tiff, row(y, 0, kind.columns, TIFFScanlineSize(tiff)).data(), y,
                                  static_cast<std::uint16_t>(plane));
            continue;
        }
        for (int y = 0; y < kind.rows; y += kind.tile)
            for (int x = 0; x < kind.columns; x += kind.tile) {
                std::vector<std::uint8_t> tile;
                for (int k = 0; k < kind.tile; ++k) {
                    const std::vector<std::uint8_t> line = row(y + k, x, kind.tile, TIFFTileRowSize(tiff));
                    tile.insert(tile.end(), line.begin(), line.end());
                }
                TIFFWriteTile(tiff, tile.data(), static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y), 0,
                              static_cast<std::uint16_t>(plane));
            }
    }
    TIFFWriteDirectory(tiff);
}

Bytes written(const std::vector<Kind>& pages) {
    const QTemporaryDir folder;
    const std::string path = folder.filePath("image.tif").toStdString();
    TIFF* tiff = TIFFOpen(path.c_str(), pages.front().mode);
    for (const Kind& page : pages)
        writePage(tiff, page);
    TIFFClose(tiff);
    return readUserFile(path, 1 << 24).bytes;
}

std::size_t find(const Bytes& bytes, std::initializer_list<unsigned char> needle) {
    const auto same = [](std::byte a, unsigned char b) { return std::to_integer<unsigned char>(a) == b; };
    return static_cast<std::size_t>(std::search(bytes.begin(), bytes.end(), needle.begin(), needle.end(), same) -
                                    bytes.begin());
}

/// The file with another number as its (little-endian, short) compression.
Bytes withCompression(Bytes bytes, std::uint16_t compression) {
    const std::size_t entry = find(bytes, {0x03, 0x01, 0x03, 0x00, 0x01, 0x00, 0x00, 0x00});
    bytes[entry + 8] = static_cast<std::byte>(compression & 255);
    bytes[entry + 9] = static_cast<std::byte>(compression >> 8);
    return bytes;
}

std::string refusal(const Bytes& bytes) {
    try {
        decodeImage(bytes);
        return {};
    } catch (const Error& error) {
        return error.what();
    }
}

} // namespace

Q_DECLARE_METATYPE(Kind)

class TestTiffKinds : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void samplesAreRight_data();
    void samplesAreRight();
    void unknownCompressionIsNamed_data();
    void unknownCompressionIsNamed();
    void damageIsSaid_data();
    void damageIsSaid();
    void thePictureIsChosen_data();
    void thePictureIsChosen();
};

void TestTiffKinds::samplesAreRight_data() {
    QTest::addColumn<Kind>("kind");
    for (const bool separate : {false, true})
        for (const int tile : {0, 16, 32})
            for (const int bits : {8, 16, 32})
                for (const char* mode : {"wl", "wb", "w8"}) {
                    Kind kind;
                    kind.separate = separate;
                    kind.tile = tile;
                    kind.bits = bits;
                    kind.mode = mode;
                    QTest::addRow("RGB of %d bits, %s, tiles of %d, mode %s", bits, separate ? "separate" : "together",
                                  tile, mode)
                        << kind;
                }
    for (const int compression : {COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE, COMPRESSION_PACKBITS})
        for (const bool separate : {false, true})
            for (const int rows : {1, 7, 16, height}) {
                Kind kind;
                kind.bits = 16;
                kind.compression = compression;
                kind.separate = separate;
                kind.rowsPerStrip = rows;
                QTest::addRow("RGB of 16 bits, compression %d, %s, strips of %d", compression,
                              separate ? "separate" : "together", rows)
                    << kind;
            }
    for (const int photometric : {PHOTOMETRIC_MINISBLACK, PHOTOMETRIC_MINISWHITE, PHOTOMETRIC_RGB}) {
        for (const int bits : {10, 12, 14, 15}) { // packed
            Kind kind;
            kind.bits = bits;
            kind.photometric = photometric;
            QTest::addRow("photometric %d, %d bits packed", photometric, bits) << kind;
            kind.bits = 16; // in the low end of 16
            kind.scale = std::exp2(bits) - 1;
            QTest::addRow("photometric %d, %d of 16 bits", photometric, bits) << kind;
        }
        if (photometric == PHOTOMETRIC_MINISWHITE) continue;
        for (const int bits : {32, 64})
            for (const double scale : {1.0, 255.0, 4095.0}) {
                Kind kind;
                kind.bits = bits;
                kind.photometric = photometric;
                kind.format = SAMPLEFORMAT_IEEEFP;
                kind.scale = scale;
                QTest::addRow("photometric %d, float of %d bits up to %g", photometric, bits, scale) << kind;
            }
        for (const int bits : {8, 16}) {
            Kind kind;
            kind.bits = bits;
            kind.photometric = photometric;
            kind.format = SAMPLEFORMAT_INT;
            QTest::addRow("photometric %d, signed of %d bits", photometric, bits) << kind;
        }
    }
}

void TestTiffKinds::samplesAreRight() {
    QFETCH(Kind, kind);
    const Bytes bytes = written({kind});
    const DecodedImage image = decodeImage(bytes);
    QCOMPARE(image.damage, std::string());
    const int difference = largestDifference(image.pixels, rightPixels(kind));
    QVERIFY2(difference <= 2, qPrintable(QString::number(difference)));
    QCOMPARE(largestDifference(decodeImage(bytes).pixels, image.pixels), 0);
}

void TestTiffKinds::unknownCompressionIsNamed_data() {
    QTest::addColumn<int>("compression");
    QTest::addColumn<QString>("name");
    QTest::newRow("JPEG 2000") << 34712 << "JPEG 2000";
    QTest::newRow("Aperio's JPEG 2000") << 33005 << "JPEG 2000";
    QTest::newRow("JPEG XR") << 22610 << "JPEG XR";
    QTest::newRow("one that nobody knows") << 12345 << "12345";
}

void TestTiffKinds::unknownCompressionIsNamed() {
    QFETCH(int, compression);
    QFETCH(QString, name);
    const std::string reason = refusal(withCompression(written({Kind{}}), static_cast<std::uint16_t>(compression)));
    QVERIFY2(QString::fromStdString(reason).contains(name), reason.c_str());
    QVERIFY2(QString::fromStdString(reason).contains("compression"), reason.c_str());
}

void TestTiffKinds::damageIsSaid_data() {
    QTest::addColumn<Kind>("kind");
    QTest::addColumn<bool>("truncated");
    for (const int compression : {COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE, COMPRESSION_PACKBITS})
        for (const int tile : {0, 16})
            for (const bool separate : {false, true}) {
                Kind kind;
                kind.compression = compression;
                kind.tile = tile;
                kind.separate = separate;
                QTest::addRow("zeros in compression %d, tiles of %d%s", compression, tile, separate ? ", separate" : "")
                    << kind << false;
            }
    QTest::newRow("truncated") << Kind{} << true;
}

void TestTiffKinds::damageIsSaid() {
    QFETCH(Kind, kind);
    QFETCH(bool, truncated);
    Bytes bytes = written({kind});
    QCOMPARE(decodeImage(bytes).damage, std::string());
    const auto middle = static_cast<std::ptrdiff_t>(bytes.size() / 3);
    if (truncated) {
        // The directory first, as some writers place it, then a part of the pixels.
        const std::uint32_t at = std::to_integer<std::uint32_t>(bytes[4]) | std::to_integer<std::uint32_t>(bytes[5])
                                                                                << 8;
        QVERIFY(at > 8);
        std::fill(bytes.begin() + 8 + 3 * 30 * width, bytes.begin() + at, std::byte{0});
        const std::size_t offsets = find(bytes, {0x11, 0x01, 0x04, 0x00}); // the strips' places
        const auto table =
            std::to_integer<std::size_t>(bytes[offsets + 8]) | std::to_integer<std::size_t>(bytes[offsets + 9]) << 8;
        bytes[table + 4 * 3 + 2] = std::byte{0x7f}; // the last strip lies behind the file's end
    } else {
        std::fill(bytes.begin() + middle, bytes.begin() + middle + 400, std::byte{0});
    }
    const DecodedImage image = decodeImage(bytes);
    QVERIFY(image.damage.starts_with("The TIFF is damaged"));
    QCOMPARE(largestDifference(decodeImage(bytes).pixels, image.pixels), 0);
    if (truncated) QCOMPARE(int(image.pixels.rgb.back()), 255); // nothing wrote it
}

void TestTiffKinds::thePictureIsChosen_data() {
    QTest::addColumn<int>("previewKind");
    QTest::addColumn<bool>("previewFirst");
    for (const bool first : {true, false}) {
        QTest::addRow("a reduced copy, %s", first ? "first" : "last") << FILETYPE_REDUCEDIMAGE << first;
        QTest::addRow("a mask, %s", first ? "first" : "last") << FILETYPE_MASK << first;
        QTest::addRow("a small page that nobody marked, %s", first ? "first" : "last") << 0 << first;
    }
}

void TestTiffKinds::thePictureIsChosen() {
    QFETCH(int, previewKind);
    QFETCH(bool, previewFirst);
    Kind small;
    small.columns = 20;
    small.rows = 15;
    small.subfile = previewKind;
    const Kind large;
    const DecodedImage image =
        decodeImage(written(previewFirst ? std::vector{small, large} : std::vector{large, small}));
    QCOMPARE(largestDifference(image.pixels, rightPixels(large)), 0);

    Kind page = large; // of pages alike the first counts
    page.photometric = PHOTOMETRIC_MINISBLACK;
    QCOMPARE(largestDifference(decodeImage(written({page, large})).pixels, rightPixels(page)), 0);
}

QTEST_APPLESS_MAIN(TestTiffKinds)
#include "tst_tiff_kinds.moc"
