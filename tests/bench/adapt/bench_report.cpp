// Does the label-free report tell a good adaptation from bad ones? Learns the images of some folders four times, once
// as the product does and three times wrongly on purpose, and prints each verdict.
//   bench_report BACKBONE.safetensors WORK_FOLDER IMAGES FOLDER...
#include "core/jobs/file_image_source.h"
#include "core/model/weights.h"
#include "core/training/trainer.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

using namespace grappa;

namespace {

constexpr int inputSize = 112;
constexpr std::int64_t adaptedBlocks = 3;

std::vector<FileImageSource::Item> imagesOf(const std::vector<std::filesystem::path>& folders, std::size_t count) {
    std::vector<FileImageSource::Item> items;
    for (const auto& folder : folders)
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
            if (entry.is_regular_file())
                items.push_back({entry.path(), hashBytes(readUserFile(entry.path(), 1 << 30).bytes)});
    std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.hash < b.hash; });
    items.resize(std::min(items.size(), count));
    return items;
}

void print(const char* name, const AdaptationReport& report) {
    const auto row = [](const char* what, const Comparison& c) {
        std::printf("    %-14s base %6.2f  adapted %6.2f  difference %+6.2f to %+6.2f\n", what, c.base, c.adapted,
                    c.low, c.high);
    };
    std::printf("%s: %s\n", name, verdictName(report.verdict).c_str());
    row("copy first", report.copyFirst);
    row("copy MRR", report.copyMrr);
    row("neighbourhood", report.neighbourhood);
    std::printf("    %-14s %.1f\n", "agreement", report.agreement);
    std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 5) {
        std::fprintf(stderr, "usage: bench_report BACKBONE WORK_FOLDER IMAGES FOLDER...\n");
        return 2;
    }
    const SafetensorsFile file{std::filesystem::path(argv[1])};
    const std::filesystem::path work = argv[2];
    std::filesystem::create_directories(work);
    VisionTransformer backbone = loadBackbone(file, readBackboneOptions(file));
    FileImageSource source(imagesOf({argv + 4, argv + argc}, std::stoul(argv[3])), inputSize);
    PrefixStoreOptions storeOptions;
    storeOptions.file = work / "prefixes";
    storeOptions.inputSize = inputSize;
    PrefixStore store(backbone, file.hash().hex(), backbone->options().depth - adaptedBlocks, source, storeOptions);

    const auto run = [&](const char* name, const std::function<void(TrainerOptions&)>& change) {
        TrainerOptions options;
        options.heldOut = 0.2;
        options.levels = 3;
        options.folder = work / name;
        change(options);
        try {
            print(name, Trainer(store, options).run({}).report);
        } catch (const Error& error) {
            std::printf("%s: %s\n", name, error.what());
        }
    };
    run("default", [](TrainerOptions&) {});
    run("free value on neighbours", [](TrainerOptions& options) {
        options.fusion.loss = FusionLoss::BarlowTwins;
        options.fusion.neighbourShare = 1;
        options.fusion.valueRate = 1e-2;
        options.fusion.epochs = 3;
    });
    run("rate x 30", [](TrainerOptions& options) { options.adaptors.learningRate *= 30; });
    run("shuffled labels", [](TrainerOptions& options) { options.shufflePseudoLabels = true; });
}
