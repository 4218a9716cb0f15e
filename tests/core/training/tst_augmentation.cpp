#include "core/base/error.h"
#include "core/training/augmentation.h"

#include <QTest>

#include <thread>

using namespace grappa;

namespace {

/// A picture with something everywhere: slopes, an edge, a fine pattern.
torch::Tensor picture(std::int64_t height, std::int64_t width) {
    const torch::Tensor y = torch::arange(height).unsqueeze(1).expand({height, width});
    const torch::Tensor x = torch::arange(width).unsqueeze(0).expand({height, width});
    return torch::stack({20 + x * 235 / width, 20 + y * 235 / height, 20 + (x / 5 + y / 3) % 2 * 200})
        .to(torch::kUInt8)
        .contiguous();
}

using View = torch::Tensor (*)(const torch::Tensor&, int, std::uint64_t);
torch::Tensor defaultView(const torch::Tensor& image, int size, std::uint64_t seed) {
    return trainingView(image, size, seed);
}

} // namespace

Q_DECLARE_METATYPE(View)

class TestAugmentation : public QObject {
    Q_OBJECT

    void sizes() {
        QTest::addColumn<View>("view");
        QTest::addColumn<int>("height");
        QTest::addColumn<int>("width");
        for (const auto& [name, view] : {std::pair<const char*, View>{"view", defaultView}, {"copy", alteredCopy}})
            for (const auto& [height, width] : {std::pair{150, 200}, {1, 1}, {1, 40}, {20, 320}, {320, 20}, {900, 700}})
                QTest::addRow("%s of %d x %d", name, height, width) << view << height << width;
    }

private Q_SLOTS:
    void dependsOnTheSeedAlone_data() { sizes(); }
    void dependsOnTheSeedAlone() {
        QFETCH(View, view);
        QFETCH(int, height);
        QFETCH(int, width);
        const torch::Tensor image = picture(height, width);
        const torch::Tensor first = view(image, 112, 7);
        QCOMPARE(first.sizes(), (torch::IntArrayRef{3, 112, 112}));
        QCOMPARE(first.scalar_type(), torch::kUInt8);
        QVERIFY(!first.equal(view(image, 112, 8)));
        QVERIFY(first.equal(view(image, 112, 7)));
        torch::Tensor elsewhere;
        std::thread([&] {
            at::set_num_threads(1);
            elsewhere = view(image, 112, 7);
        }).join();
        QVERIFY(first.equal(elsewhere));
        // A strided image is the same image.
        QVERIFY(first.equal(view(image.permute({1, 2, 0}).contiguous().permute({2, 0, 1}), 112, 7)));
    }

    void halfOfTheViewsAreMirrored() {
        const torch::Tensor image = picture(150, 200); // its first channel rises to the right
        int mirrored = 0;
        for (std::uint64_t seed = 0; seed < 400; ++seed) {
            const torch::Tensor red = trainingView(image, 28, seed)[0].to(torch::kFloat);
            if (red.narrow(1, 0, 4).mean().item<float>() > red.narrow(1, 24, 4).mean().item<float>()) ++mirrored;
        }
        QVERIFY2(mirrored > 150 && mirrored < 250, qPrintable(QString::number(mirrored)));
    }

    void rangesAreKept() {
        const AugmentationOptions plain{.smallestArea = 1, .largestRatio = 1, .flipProbability = 0, .colour = 0};
        const torch::Tensor square = picture(64, 64);
        QVERIFY(trainingView(square, 64, 3, plain).equal(square));

        // On a slope, what a view spans tells how much of the image it holds.
        AugmentationOptions cuts = plain;
        cuts.smallestArea = 0.4;
        const torch::Tensor slope = torch::arange(256).to(torch::kUInt8).expand({3, 256, 256}).contiguous();
        double smallest = 1, largest = 0;
        for (std::uint64_t seed = 0; seed < 300; ++seed) {
            const torch::Tensor view = trainingView(slope, 64, seed, cuts).to(torch::kFloat);
            const double span = (view.max() - view.min()).item<double>() / 255;
            smallest = std::min(smallest, span * span);
            largest = std::max(largest, span * span);
        }
        QVERIFY2(smallest > 0.35 && smallest < 0.45, qPrintable(QString::number(smallest)));
        QVERIFY2(largest > 0.95, qPrintable(QString::number(largest)));

        AugmentationOptions colours = plain;
        colours.colour = 0.3;
        const torch::Tensor even = torch::full({3, 8, 8}, 100, torch::kUInt8);
        int darkest = 255, brightest = 0;
        for (std::uint64_t seed = 0; seed < 300; ++seed) {
            const int level = trainingView(even, 8, seed, colours)[0][0][0].item<int>();
            darkest = std::min(darkest, level);
            brightest = std::max(brightest, level);
        }
        QVERIFY(darkest >= 70 && darkest < 75);
        QVERIFY(brightest <= 130 && brightest > 125);
    }

    void aCopyIsLessThanItsSource() {
        const torch::Tensor image = picture(150, 200);
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            const torch::Tensor copy = alteredCopy(image, 112, seed).to(torch::kFloat);
            const double contrast = copy.std().item<double>();
            QVERIFY2(contrast > 15 && contrast < 90, qPrintable(QString::number(contrast)));
        }
    }

    void wrongInputIsRefused() {
        QVERIFY_THROWS_EXCEPTION(Error, trainingView(torch::zeros({3, 4, 4}), 8, 0));
        QVERIFY_THROWS_EXCEPTION(Error, trainingView(torch::zeros({3, 0, 4}, torch::kUInt8), 8, 0));
        QVERIFY_THROWS_EXCEPTION(Error, alteredCopy(torch::zeros({4, 4}, torch::kUInt8), 8, 0));
    }

    void seedsAreSpread() {
        QCOMPARE(mixSeed(1, 2, 3), mixSeed(1, 2, 3));
        QVERIFY(mixSeed(1, 2, 3) != mixSeed(2, 1, 3));
        QVERIFY(mixSeed(0, 0, 0) != mixSeed(0, 0, 1));
        RandomStream random(5);
        double sum = 0;
        for (int i = 0; i < 10000; ++i)
            sum += random.uniform();
        QVERIFY(std::abs(sum / 10000 - 0.5) < 0.02);
    }

    void costOfAView() {
        const torch::Tensor image = picture(200, 200);
        QBENCHMARK {
            trainingView(image, 112, 1);
        }
    }
};

QTEST_APPLESS_MAIN(TestAugmentation)
#include "tst_augmentation.moc"
