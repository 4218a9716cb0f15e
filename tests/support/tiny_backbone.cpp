#include "tests/support/tiny_backbone.h"

#include "core/base/safetensors.h"

#include <list>
#include <numeric>
#include <random>
#include <vector>

namespace grappa::test {

namespace {

class Checkpoint {
public:
    explicit Checkpoint(unsigned seed) : m_random(seed) {}

    void add(const std::string& name, std::vector<std::int64_t> shape, float mean = 0, float deviation = 0.1F) {
        const auto count = std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
        std::normal_distribution<float> normal(mean, deviation);
        std::vector<float>& values = m_values.emplace_back(static_cast<std::size_t>(count));
        for (float& value : values)
            value = normal(m_random);
        m_tensors.push_back({name, "F32", std::move(shape), std::as_bytes(std::span(values))});
    }

    void addLinear(const std::string& name, std::int64_t out, std::int64_t in) {
        add(name + ".weight", {out, in});
        add(name + ".bias", {out});
    }

    void addNorm(const std::string& name, std::int64_t width) {
        add(name + ".weight", {width}, 1);
        add(name + ".bias", {width});
    }

    void save(const std::filesystem::path& path) const {
        saveSafetensors(path, m_tensors, {{"grappa.title", "Random weights, for tests"}, {"grappa.heads", "1"}});
    }

private:
    std::mt19937 m_random;
    std::list<std::vector<float>> m_values; ///< a list: the tensors point into it
    std::vector<SafetensorsTensor> m_tensors;
};

} // namespace

void writeTinyBackbone(const std::filesystem::path& modelsFolder, unsigned seed) {
    constexpr std::int64_t width = 64;
    constexpr std::int64_t grid = 4;
    constexpr std::int64_t patch = 14;
    Checkpoint checkpoint(seed);
    checkpoint.add("cls_token", {1, 1, width});
    checkpoint.add("pos_embed", {1, 1 + grid * grid, width});
    checkpoint.add("patch_embed.proj.weight", {width, 3, patch, patch});
    checkpoint.add("patch_embed.proj.bias", {width});
    for (const std::string block : {"blocks.0", "blocks.1"}) {
        checkpoint.addNorm(block + ".norm1", width);
        checkpoint.addLinear(block + ".attn.qkv", 3 * width, width);
        checkpoint.addLinear(block + ".attn.proj", width, width);
        checkpoint.addNorm(block + ".norm2", width);
        checkpoint.addLinear(block + ".mlp.fc1", 2 * width, width);
        checkpoint.addLinear(block + ".mlp.fc2", width, 2 * width);
    }
    checkpoint.addNorm("norm", width);
    std::filesystem::create_directories(modelsFolder);
    checkpoint.save(modelsFolder / "dinov2-vits14-focus.safetensors");
}

} // namespace grappa::test
