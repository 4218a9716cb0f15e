// What a fusion costs: one forward of the backbone alone, under the factored fusion and under its naive form.
//
//     bench_fusion [BACKBONE] [--sets N] [--size PIXELS] [--batch B] [--rounds R] [--threads T]
//
// BACKBONE is a name as in `grappa-cli models list`; where it is not there, one of the default one's size with random
// weights takes its place. The arms take turns in each round; printed are the medians, wall and CPU time, and the
// medians of each round's ratios to the base. Decides nothing.

#include "core/model/backbone_registry.h"
#include "core/model/grappa_model.h"
#include "core/model/weights.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

using namespace grappa;

namespace {

struct Settings {
    std::string backbone{BackboneRegistry::defaultName};
    std::int64_t sets = 8, size = 112, batch = 16, rounds = 15, threads = 0;
};

Settings settingsFrom(int count, char** arguments) {
    Settings settings;
    const std::vector<std::pair<std::string, std::int64_t*>> options{{"--sets", &settings.sets},
                                                                     {"--size", &settings.size},
                                                                     {"--batch", &settings.batch},
                                                                     {"--rounds", &settings.rounds},
                                                                     {"--threads", &settings.threads}};
    for (int i = 1; i < count; ++i) {
        const auto option = std::ranges::find(options, arguments[i], &std::pair<std::string, std::int64_t*>::first);
        if (option != options.end() && i + 1 < count)
            *option->second = std::stoll(arguments[++i]);
        else
            settings.backbone = arguments[i];
    }
    return settings;
}

VisionTransformer openBackbone(const std::string& name) {
    try {
        const SafetensorsFile file(BackboneRegistry(BackboneRegistry::defaultFolders()).find(name).file);
        return loadBackbone(file, readBackboneOptions(file));
    } catch (const Error& error) {
        std::printf("%s\nRandom weights instead.\n", error.what());
        return VisionTransformer(VisionTransformerOptions{.layerScale = true});
    }
}

/// Sets of the size of trained ones.
std::vector<AdaptorSet> randomSets(const AdaptorOptions& options, std::int64_t count) {
    std::vector<AdaptorSet> sets;
    for (std::int64_t i = 0; i < count; ++i)
        for (torch::Tensor& parameter : sets.emplace_back(options)->parameters())
            parameter.normal_(0, 0.02);
    return sets;
}

/// The formula as it reads: N adapted tensors, a key for each.
VisionTransformerImpl::AfterBlock naive(Fusion& fusion, std::vector<AdaptorSet>& sets) {
    return [&fusion, &sets](std::int64_t block, torch::Tensor tokens) {
        if (block < fusion->options().adaptor.firstBlock) return tokens;
        std::vector<torch::Tensor> adapted;
        for (AdaptorSet& set : sets)
            adapted.push_back(set->at(block)->forward(tokens));
        const auto a = torch::stack(adapted, 2);
        FusionLayer& layer = fusion->at(block);
        const auto products = layer->key(a) * layer->query(tokens).unsqueeze(2);
        const double scale = std::sqrt(static_cast<double>(fusion->options().keyWidth));
        const auto alpha = (products.sum(-1) / scale).softmax(-1);
        return (alpha.unsqueeze(-1) * a).sum(2);
    };
}

/// The model of one choice of adapted blocks.
struct Adapted {
    Adapted(const AdaptorOptions& options, std::int64_t count)
        : sets(randomSets(options, count))
        , fusion(FusionOptions{.adaptor = options, .sets = count}, FusionLayerImpl::Attention::Learned, false) {
        fusion->setAdaptors(sets);
    }
    std::vector<AdaptorSet> sets;
    Fusion fusion;
};

struct Time {
    double wall = 0, cpu = 0;
};

Time timeOf(const std::function<void()>& work) {
    const auto cpuSeconds = [] {
        timespec now{};
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
    };
    const auto wall = std::chrono::steady_clock::now();
    const double cpu = cpuSeconds();
    work();
    return {.wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - wall).count(),
            .cpu = cpuSeconds() - cpu};
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

struct Arm {
    std::string name;
    VisionTransformerImpl::AfterBlock afterBlock;
    std::vector<double> wall{}, cpu{}, wallRatio{}, cpuRatio{};
};

} // namespace

int main(int count, char** arguments) {
    const Settings settings = settingsFrom(count, arguments);
    if (settings.threads > 0) at::set_num_threads(static_cast<int>(settings.threads));
    const c10::InferenceMode inference;
    torch::manual_seed(1);
    VisionTransformer backbone = openBackbone(settings.backbone);
    const auto images = torch::randn({settings.batch, 3, settings.size, settings.size});

    AdaptorOptions options{.width = backbone->options().width, .depth = backbone->options().depth};
    options.firstBlock = std::max<std::int64_t>(0, options.depth - 5);
    Adapted last(options, settings.sets);
    options.firstBlock = 0;
    Adapted all(options, settings.sets);

    std::vector<Arm> arms(5);
    arms[0].name = "base";
    arms[1] = {.name = "fused, last 5 blocks", .afterBlock = last.fusion->afterBlock()};
    arms[2] = {.name = "fused, all blocks", .afterBlock = all.fusion->afterBlock()};
    arms[3] = {.name = "naive, last 5 blocks", .afterBlock = naive(last.fusion, last.sets)};
    arms[4] = {.name = "naive, all blocks", .afterBlock = naive(all.fusion, all.sets)};
    for (std::int64_t round = -1; round < settings.rounds; ++round) { // the first one warms up
        Time base;
        for (Arm& arm : arms) {
            const Time time = timeOf([&] { backbone->forward(images, arm.afterBlock); });
            if (&arm == &arms.front()) base = time;
            if (round < 0) continue;
            arm.wall.push_back(time.wall);
            arm.cpu.push_back(time.cpu);
            arm.wallRatio.push_back(time.wall / base.wall);
            arm.cpuRatio.push_back(time.cpu / base.cpu);
        }
    }

    const auto difference = [&](const Arm& one, const Arm& other) {
        return (backbone->forward(images, one.afterBlock) - backbone->forward(images, other.afterBlock))
            .abs()
            .max()
            .item<double>();
    };
    std::printf("%s, %lld sets, batch %lld of %lld px, %d threads, %lld rounds\n", settings.backbone.c_str(),
                static_cast<long long>(settings.sets), static_cast<long long>(settings.batch),
                static_cast<long long>(settings.size), at::get_num_threads(), static_cast<long long>(settings.rounds));
    std::printf("%-22s %12s %12s %12s %12s\n", "", "wall, ms", "to base", "CPU, ms", "to base");
    for (const Arm& arm : arms)
        std::printf("%-22s %12.1f %12.3f %12.1f %12.3f\n", arm.name.c_str(), 1000 * median(arm.wall),
                    median(arm.wallRatio), 1000 * median(arm.cpu), median(arm.cpuRatio));
    std::printf("largest difference of factored and naive: %.1e (last 5), %.1e (all)\n", difference(arms[1], arms[3]),
                difference(arms[2], arms[4]));
}
