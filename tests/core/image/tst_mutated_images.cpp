#include "core/image/preprocessing.h"
#include "fixtures.h"

#include <QTest>

#include <random>

using namespace grappa;
using namespace grappa::test;

namespace {

constexpr int mutationsPerFile = 12;
constexpr unsigned seed = 20240607;

using Bytes = std::vector<std::byte>;

std::size_t below(std::mt19937& random, std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
}

std::byte anyByte(std::mt19937& random) {
    return static_cast<std::byte>(below(random, 256));
}

/// One of: single bits, runs of noise, truncation, a splice with another file, a lie in the header.
Bytes mutated(Bytes bytes, const Bytes& other, std::mt19937& random) {
    switch (below(random, 5)) {
    case 0:
        for (int i = 0; i < 8; ++i)
            bytes[below(random, bytes.size())] ^= static_cast<std::byte>(1u << below(random, 8));
        break;
    case 1: {
        const std::size_t begin = below(random, bytes.size());
        const std::size_t end = std::min(bytes.size(), begin + 1 + below(random, 64));
        for (std::size_t i = begin; i < end; ++i)
            bytes[i] = anyByte(random);
        break;
    }
    case 2:
        bytes.resize(1 + below(random, bytes.size()));
        break;
    case 3: {
        const std::size_t cut = below(random, std::min(bytes.size(), other.size()));
        std::copy(other.begin() + static_cast<std::ptrdiff_t>(cut),
                  other.begin() + static_cast<std::ptrdiff_t>(std::min(bytes.size(), other.size())),
                  bytes.begin() + static_cast<std::ptrdiff_t>(cut));
        break;
    }
    default:
        for (int i = 0; i < 3; ++i)
            bytes[below(random, std::min<std::size_t>(bytes.size(), 128))] = anyByte(random);
        break;
    }
    return bytes;
}

} // namespace

class TestMutatedImages : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void decodeOrRefuse();
};

void TestMutatedImages::decodeOrRefuse() {
    std::mt19937 random(seed);
    std::vector<Bytes> files;
    for (const std::string& name : fixtureNames(".rgb"))
        if (name.find(".crop") == std::string::npos) files.push_back(fixtureBytes(name));
    int decoded = 0;
    int damaged = 0;
    int refused = 0;
    for (const Bytes& file : files)
        for (int i = 0; i < mutationsPerFile; ++i) {
            const Bytes bytes = mutated(file, files[below(random, files.size())], random);
            DecodeOptions options;
            options.maxPixels = 1 << 22;
            options.shortSide = static_cast<int>(below(random, 3)) * 8;
            try {
                const DecodedImage image = decodeImage(bytes, options);
                QCOMPARE(image.pixels.rgb.size(),
                         static_cast<std::size_t>(3 * image.pixels.width * image.pixels.height));
                QCOMPARE(evaluationCrop(image.pixels, 16).width, 16);
                ++(image.damage.empty() ? decoded : damaged);
            } catch (const Error& error) {
                QVERIFY2(error.code() == ErrorCode::ImageFormatUnsupported ||
                             error.code() == ErrorCode::ImageTooLarge || error.code() == ErrorCode::ImageUndecodable,
                         error.what());
                ++refused;
            } catch (const std::exception& error) {
                QFAIL(error.what());
            }
        }
    qInfo("seed %u: %d decoded, %d damaged, %d refused", seed, decoded, damaged, refused);
    QVERIFY(decoded > 0 && damaged > 0 && refused > 0);
}

QTEST_APPLESS_MAIN(TestMutatedImages)
#include "tst_mutated_images.moc"
