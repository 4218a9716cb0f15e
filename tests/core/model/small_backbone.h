#pragma once

#include "core/base/safetensors.h"

#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace grappa::test {

/// A tensor whose bytes it owns.
struct StoredTensor {
    std::string dtype = "F32";
    std::vector<std::int64_t> shape;
    std::vector<std::byte> bytes;
};
using StoredTensors = std::map<std::string, StoredTensor>;

inline StoredTensor floats(std::vector<std::int64_t> shape, float scale = 0.2F) {
    std::size_t count = 1;
    for (const std::int64_t size : shape)
        count *= static_cast<std::size_t>(size);
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i)
        values[i] = scale * std::sin(static_cast<float>(i * i % 1009));
    StoredTensor tensor{.shape = std::move(shape), .bytes = std::vector<std::byte>(count * sizeof(float))};
    std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
    return tensor;
}

/// A DINO-named Vision Transformer: width 64, one head, two blocks, patch 4, grid 5.
inline StoredTensors smallBackbone() {
    constexpr std::int64_t d = 64;
    StoredTensors tensors{{"cls_token", floats({1, 1, d})},
                          {"pos_embed", floats({1, 26, d})},
                          {"patch_embed.proj.weight", floats({d, 3, 4, 4})},
                          {"patch_embed.proj.bias", floats({d})},
                          {"norm.weight", floats({d}, 1)},
                          {"norm.bias", floats({d})}};
    for (const std::string block : {"blocks.0.", "blocks.1."}) {
        for (const char* norm : {"norm1", "norm2"})
            for (const char* part : {".weight", ".bias"})
                tensors[block + norm + part] = floats({d}, 1);
        const auto linear = [&](const char* name, std::int64_t out, std::int64_t in) {
            tensors[block + name + ".weight"] = floats({out, in});
            tensors[block + name + ".bias"] = floats({out});
        };
        linear("attn.qkv", 3 * d, d);
        linear("attn.proj", d, d);
        linear("mlp.fc1", 2 * d, d);
        linear("mlp.fc2", d, 2 * d);
    }
    return tensors;
}

inline void save(const std::filesystem::path& path, const StoredTensors& tensors,
                 const std::map<std::string, std::string>& metadata = {}) {
    std::vector<SafetensorsTensor> views;
    for (const auto& [name, tensor] : tensors)
        views.push_back({name, tensor.dtype, tensor.shape, tensor.bytes});
    saveSafetensors(path, views, metadata);
}

} // namespace grappa::test
