#include "fixtures.h"

#include <QColorSpace>
#include <QImage>
#include <QTest>

#include <cmath>

#if GRAPPA_HEIF
#include <libheif/heif.h>
#endif
#if GRAPPA_JXL
#include <jxl/encode_cxx.h>
#endif
#if GRAPPA_RAW
#include <QFile>
#include <QTemporaryDir>

#include <tiffio.h>
#endif

using namespace grappa;
using namespace grappa::test;

// Files made by the encoders of the formats' own libraries.
namespace {

using Bytes = std::vector<std::byte>;

/// Smooth, so that a lossy format keeps it.
QImage picture(int width = 96, int height = 64) {
    QImage image(width, height, QImage::Format_RGB888);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            image.setPixelColor(x, y, QColor(255 * x / width, 255 * y / height, 128));
    return image;
}

double meanDifference(const Pixels& pixels, const QImage& right) {
    if (pixels.width != right.width() || pixels.height != right.height()) return 256;
    double sum = 0;
    for (int y = 0; y < right.height(); ++y)
        for (int i = 0; i < 3 * right.width(); ++i)
            sum +=
                std::abs(pixels.rgb[static_cast<std::size_t>(3 * right.width() * y + i)] - right.constScanLine(y)[i]);
    return sum / (3.0 * right.width() * right.height());
}

#if GRAPPA_HEIF

/// Empty where libheif has no encoder for it.
Bytes heif(const QImage& image, heif_compression_format format, const QByteArray& profile = {}) {
    heif_context* context = heif_context_alloc();
    heif_encoder* encoder = nullptr;
    Bytes bytes;
    if (heif_context_get_encoder_for_format(context, format, &encoder).code == heif_error_Ok) {
        heif_encoder_set_lossy_quality(encoder, 95);
        heif_image* stored = nullptr;
        heif_image_create(image.width(), image.height(), heif_colorspace_RGB, heif_chroma_interleaved_RGB, &stored);
        heif_image_add_plane(stored, heif_channel_interleaved, image.width(), image.height(), 24);
        int stride = 0;
        std::uint8_t* plane = heif_image_get_plane(stored, heif_channel_interleaved, &stride);
        for (int y = 0; y < image.height(); ++y)
            std::copy_n(image.constScanLine(y), 3 * image.width(), plane + y * stride);
        if (!profile.isEmpty())
            heif_image_set_raw_color_profile(stored, "prof", profile.constData(),
                                             static_cast<std::size_t>(profile.size()));
        heif_context_encode_image(context, stored, encoder, nullptr, nullptr);
        heif_writer writer{1, [](heif_context*, const void* data, std::size_t size, void* out) {
                               const auto* begin = static_cast<const std::byte*>(data);
                               static_cast<Bytes*>(out)->assign(begin, begin + size);
                               return heif_error{heif_error_Ok, heif_suberror_Unspecified, ""};
                           }};
        heif_context_write(context, &writer, &bytes);
        heif_image_release(stored);
        heif_encoder_release(encoder);
    }
    heif_context_free(context);
    return bytes;
}

#endif

#if GRAPPA_JXL

Bytes jxl(const QImage& image) {
    const JxlEncoderPtr encoder = JxlEncoderMake(nullptr);
    JxlBasicInfo info;
    JxlEncoderInitBasicInfo(&info);
    info.xsize = static_cast<std::uint32_t>(image.width());
    info.ysize = static_cast<std::uint32_t>(image.height());
    info.bits_per_sample = 8;
    info.uses_original_profile = JXL_TRUE;
    JxlEncoderSetBasicInfo(encoder.get(), &info);
    JxlColorEncoding colours;
    JxlColorEncodingSetToSRGB(&colours, JXL_FALSE);
    JxlEncoderSetColorEncoding(encoder.get(), &colours);
    JxlEncoderFrameSettings* settings = JxlEncoderFrameSettingsCreate(encoder.get(), nullptr);
    JxlEncoderSetFrameLossless(settings, JXL_TRUE);
    const JxlPixelFormat format{3, JXL_TYPE_UINT8, JXL_NATIVE_ENDIAN, 0};
    std::vector<std::uint8_t> rows;
    for (int y = 0; y < image.height(); ++y)
        rows.insert(rows.end(), image.constScanLine(y), image.constScanLine(y) + 3 * image.width());
    JxlEncoderAddImageFrame(settings, &format, rows.data(), rows.size());
    JxlEncoderCloseInput(encoder.get());
    std::vector<std::uint8_t> out(1 << 20);
    std::uint8_t* next = out.data();
    std::size_t left = out.size();
    if (JxlEncoderProcessOutput(encoder.get(), &next, &left) != JXL_ENC_SUCCESS) return {};
    Bytes bytes;
    for (const std::uint8_t* byte = out.data(); byte != next; ++byte)
        bytes.push_back(static_cast<std::byte>(*byte));
    return bytes;
}

#endif

#if GRAPPA_RAW

/// A DNG as cameras write it: the mosaic of the sensor (16 bits, RGGB) of one colour, below a page that is the camera's
/// own picture of another colour, or a plain TIFF of it when that is small.
Bytes dng(QSize sensor, const QColor& colour, QSize preview, const QColor& previewColour) {
    const QTemporaryDir folder;
    const QString path = folder.filePath("camera.dng");
    TIFF* tiff = TIFFOpen(path.toUtf8().constData(), "wl");
    const auto page = [&](QSize size, int bits, int samples, int photometric, int compression) {
        TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, size.width());
        TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, size.height());
        TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, bits);
        TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, samples);
        TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, photometric);
        TIFFSetField(tiff, TIFFTAG_COMPRESSION, compression);
        TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, size.height());
    };
    page(preview, 8, 3, PHOTOMETRIC_YCBCR, COMPRESSION_JPEG);
    TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, FILETYPE_REDUCEDIMAGE);
    TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    TIFFSetField(tiff, TIFFTAG_JPEGTABLESMODE, 0); // a whole JPEG, as cameras write it
    TIFFSetField(tiff, TIFFTAG_MAKE, "Grappa");
    TIFFSetField(tiff, TIFFTAG_MODEL, "Test camera");
    TIFFSetField(tiff, TIFFTAG_UNIQUECAMERAMODEL, "Grappa Test camera");
    TIFFSetField(tiff, TIFFTAG_DNGVERSION, "\1\4\0\0");
    const float neutral[3] = {1, 1, 1};
    TIFFSetField(tiff, TIFFTAG_ASSHOTNEUTRAL, 3, neutral);
    // From XYZ to sRGB: the sensor sees the colours of the screen.
    const float matrix[9] = {3.2406f, -1.5372f, -0.4986f, -0.9689f, 1.8758f, 0.0415f, 0.0557f, -0.2040f, 1.0570f};
    TIFFSetField(tiff, TIFFTAG_COLORMATRIX1, 9, matrix);
    TIFFSetField(tiff, TIFFTAG_CALIBRATIONILLUMINANT1, 21); // D65
    const toff_t below[1] = {0};
    TIFFSetField(tiff, TIFFTAG_SUBIFD, 1, below);
    std::vector<std::uint8_t> row;
    for (int x = 0; x < preview.width(); ++x)
        for (const int value : {previewColour.red(), previewColour.green(), previewColour.blue()})
            row.push_back(static_cast<std::uint8_t>(value));
    for (int y = 0; y < preview.height(); ++y)
        TIFFWriteScanline(tiff, row.data(), static_cast<std::uint32_t>(y));
    TIFFWriteDirectory(tiff);

    page(sensor, 16, 1, 32803, COMPRESSION_NONE);
    TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, 0);
    const std::uint16_t repeat[2] = {2, 2};
    TIFFSetField(tiff, TIFFTAG_CFAREPEATPATTERNDIM, repeat);
    TIFFSetField(tiff, TIFFTAG_CFAPATTERN, 4, "\0\1\1\2");
    const std::uint32_t white[1] = {65535};
    TIFFSetField(tiff, TIFFTAG_WHITELEVEL, 1, white);
    const int channels[2][2] = {{colour.red(), colour.green()}, {colour.green(), colour.blue()}};
    std::vector<std::uint16_t> samples(static_cast<std::size_t>(sensor.width()));
    for (int y = 0; y < sensor.height(); ++y) {
        for (int x = 0; x < sensor.width(); ++x)
            samples[static_cast<std::size_t>(x)] = static_cast<std::uint16_t>(257 * channels[y % 2][x % 2]);
        TIFFWriteScanline(tiff, samples.data(), static_cast<std::uint32_t>(y));
    }
    TIFFWriteDirectory(tiff);
    TIFFClose(tiff);
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) return {};
    const QByteArray content = file.readAll();
    const auto bytes = std::as_bytes(std::span(content.constData(), static_cast<std::size_t>(content.size())));
    return {bytes.begin(), bytes.end()};
}

#endif

} // namespace

class TestNewFormats : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void heifIsRight_data() {
        QTest::addColumn<bool>("avif");
        QTest::newRow("HEIC") << false;
        QTest::newRow("AVIF") << true;
    }
    void heifIsRight() {
#if GRAPPA_HEIF
        QFETCH(bool, avif);
        const Bytes bytes = heif(picture(), avif ? heif_compression_AV1 : heif_compression_HEVC);
        if (bytes.empty()) QSKIP("libheif has no encoder for it here.");
        const DecodedImage image = decodeImage(bytes);
        QVERIFY(image.format == (avif ? ImageFormat::Avif : ImageFormat::Heif));
        QCOMPARE(QSize(image.width, image.height), QSize(96, 64));
        QVERIFY(meanDifference(image.pixels, picture()) < 4);
        QCOMPARE(image.damage, std::string());

        DecodeOptions small;
        small.maxPixels = 96 * 64 - 1;
        QVERIFY_EXCEPTION_THROWN(decodeImage(bytes, small), Error);
        for (const std::size_t part : {bytes.size() / 10, bytes.size() / 2, bytes.size() - 20}) {
            try {
                QVERIFY(!decodeImage(std::span(bytes).first(part)).damage.empty());
            } catch (const Error& error) {
                QVERIFY2(error.code() == ErrorCode::ImageUndecodable ||
                             error.code() == ErrorCode::ImageFormatUnsupported,
                         error.what());
            }
        }
#else
        QSKIP("This build has no libheif.");
#endif
    }

    void heifFollowsItsProfile() {
#if GRAPPA_HEIF && GRAPPA_LCMS
        QImage image = picture();
        image.setColorSpace(QColorSpace::SRgb);
        const QColorSpace displayP3(QColorSpace::DisplayP3);
        const Bytes bytes = heif(image.convertedToColorSpace(displayP3).convertToFormat(QImage::Format_RGB888),
                                 heif_compression_HEVC, displayP3.iccProfile());
        if (bytes.empty()) QSKIP("libheif has no encoder for it here.");
        QVERIFY(meanDifference(decodeImage(bytes).pixels, picture()) < 4);
#else
        QSKIP("This build has no libheif or no Little CMS.");
#endif
    }

    void jxlIsRight() {
#if GRAPPA_JXL
        const Bytes bytes = jxl(picture());
        QVERIFY(!bytes.empty());
        const DecodedImage image = decodeImage(bytes);
        QVERIFY(image.format == ImageFormat::Jxl);
        QCOMPARE(meanDifference(image.pixels, picture()), 0.0);
        QCOMPARE(image.damage, std::string());
        try {
            QVERIFY(!decodeImage(std::span(bytes).first(bytes.size() / 2)).damage.empty());
        } catch (const Error& error) {
            QVERIFY(error.code() == ErrorCode::ImageUndecodable);
        }
#else
        QSKIP("This build has no libjxl.");
#endif
    }

    void rawIsItsPreviewOrDeveloped_data() {
        QTest::addColumn<QSize>("preview");
        QTest::addColumn<bool>("shown");
        QTest::newRow("large preview") << QSize(1200, 800) << true;
        QTest::newRow("small preview") << QSize(120, 80) << false;
    }
    void rawIsItsPreviewOrDeveloped() {
#if GRAPPA_RAW
        QFETCH(QSize, preview);
        QFETCH(bool, shown);
        const Bytes bytes = dng({1800, 1200}, QColor(200, 40, 40), preview, QColor(40, 40, 200));
        QVERIFY(!bytes.empty());
        const DecodedImage image = decodeImage(bytes);
        QVERIFY(image.format == ImageFormat::Raw);
        QVERIFY2(std::abs(image.width - 1800) < 20 && std::abs(image.height - 1200) < 20,
                 qPrintable(QString("%1 x %2").arg(image.width).arg(image.height)));
        // The preview is blue, what the sensor saw red.
        const std::size_t middle =
            3 * (static_cast<std::size_t>(image.pixels.height / 2) * static_cast<std::size_t>(image.pixels.width) +
                 static_cast<std::size_t>(image.pixels.width / 2));
        const int red = image.pixels.rgb[middle], blue = image.pixels.rgb[middle + 2];
        QVERIFY2(shown ? blue > red + 100 : red > blue + 100, qPrintable(QString("%1, %2").arg(red).arg(blue)));
        QCOMPARE(image.damage, std::string());

        DecodeOptions small;
        small.maxPixels = 1000;
        QVERIFY_EXCEPTION_THROWN(decodeImage(bytes, small), Error);
        for (const std::size_t part : {bytes.size() / 10, bytes.size() / 2}) {
            try {
                decodeImage(std::span(bytes).first(part));
            } catch (const Error& error) {
                QVERIFY(error.code() == ErrorCode::ImageUndecodable ||
                        error.code() == ErrorCode::ImageFormatUnsupported);
            }
        }
#else
        QSKIP("This build has no LibRaw.");
#endif
    }

    void otherFormatsAreNamed_data() {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QString>("name");
        QTest::newRow("JPEG 2000") << QByteArray("\0\0\0\x0cjP  \r\n\x87\n", 12) << "JPEG 2000";
        QTest::newRow("JPEG 2000 without a box") << QByteArray("\xff\x4f\xff\x51\0\x2f", 6) << "JPEG 2000";
        QTest::newRow("icon") << QByteArray("\0\0\1\0\1\0\x10\x10", 8) << "ICO";
        QTest::newRow("PPM") << QByteArray("P6\n2 2\n255\n") << "PPM";
        QTest::newRow("PGM as text") << QByteArray("P2 2 2 255 1 2 3 4") << "PPM";
        QTest::newRow("Targa") << QByteArray("\0\0\x0a\0\0\0\0\0\0\0\0\0\x10\0\x10\0\x18\0 and more", 27) << "TGA";
        QTest::newRow("Targa, uncompressed")
            << QByteArray("\0\0\2\0\0\0\0\0\0\0\0\0\x10\0\x10\0\x18\0 and more", 27) << "TGA";
        QTest::newRow("Photoshop") << QByteArray("8BPS\0\1", 6) << "PSD";
        QTest::newRow("OpenEXR") << QByteArray("\x76\x2f\x31\x01") << "OpenEXR";
        QTest::newRow("video") << QByteArray("\0\0\0\x18"
                                             "ftypmp42\0\0\0\0",
                                             16)
                               << "video";
#if !GRAPPA_RAW
        QTest::newRow("raw") << QByteArray("FUJIFILMCCD-RAW 0201") << "RAW";
#endif
    }
    void otherFormatsAreNamed() {
        QFETCH(QByteArray, content);
        QFETCH(QString, name);
        try {
            decodeImage(std::as_bytes(std::span(content.constData(), static_cast<std::size_t>(content.size()))));
            QFAIL("decoded");
        } catch (const Error& error) {
            QVERIFY(error.code() == ErrorCode::ImageFormatUnsupported);
            QVERIFY2(QString::fromUtf8(error.what()).contains(name), error.what());
        }
    }
};

QTEST_APPLESS_MAIN(TestNewFormats)
#include "tst_new_formats.moc"
