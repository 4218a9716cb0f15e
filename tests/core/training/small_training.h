#pragma once

#include "core/training/trainer.h"
#include "synthetic_images.h"

#include <QTemporaryDir>

namespace grappa::test {

/// Two sets of ten steps each and a fusion of five. What it saves is in `folder`.
inline TrainerOptions shortTraining(const QTemporaryDir& folder) {
    TrainerOptions options;
    options.granularities = {4, 12};
    options.bottleneck = 8;
    options.adaptors = {.epochs = 2, .batch = 16};
    options.fusion.batch = 16;
    options.folder = folder.filePath("run").toStdString();
    return options;
}

/// Synthetic images under the small backbone.
struct TrainedImages {
    static constexpr int inputSize = 16;

    explicit TrainedImages(const QTemporaryDir& folder, const torch::Device& device = torch::kCPU)
        : store(backboneOn(device), "hash", 1, images,
                {.file = folder.filePath("prefix").toStdString(),
                 .views = 2,
                 .inputSize = inputSize,
                 .augmentation = {}}) {}

    SyntheticImages images{96, inputSize};
    PrefixStore store;

private:
    static VisionTransformer backboneOn(const torch::Device& device) {
        VisionTransformer backbone = smallTransformer();
        backbone->to(device);
        return backbone;
    }
};

} // namespace grappa::test
