#include "core/model/weights.h"

#include "core/model/tensor_shapes.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

namespace grappa {

namespace {

constexpr std::int64_t maximalDepth = 200;
constexpr std::int64_t maximalWidth = 16384;

constexpr std::array<std::pair<PositionInterpolation, std::string_view>, 3> interpolationNames{{
    {PositionInterpolation::DinoScaleFactor, "dino"},
    {PositionInterpolation::Bicubic, "bicubic"},
    {PositionInterpolation::BicubicAntialias, "bicubic-antialias"},
}};

/// Hugging Face names and the DINO names of the same tensors: outside of the blocks, and inside of one. Query, key and
/// value are one tensor in DINO's order.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> outerNames{{
    {"embeddings.cls_token", "cls_token"},
    {"embeddings.position_embeddings", "pos_embed"},
    {"embeddings.register_tokens", "register_tokens"},
    {"embeddings.patch_embeddings.projection.", "patch_embed.proj."},
    {"layernorm.", "norm."},
}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> blockNames{{
    {"attention.output.dense.", "attn.proj."},
    {"layernorm_before.", "norm1."},
    {"layernorm_after.", "norm2."},
    {"intermediate.dense.", "mlp.fc1."},
    {"output.dense.", "mlp.fc2."},
    {"layer_scale1.lambda1", "ls1.gamma"},
    {"layer_scale2.lambda1", "ls2.gamma"},
}};
constexpr std::array<std::string_view, 3> queryKeyValue{"attention.attention.query.", "attention.attention.key.",
                                                        "attention.attention.value."};
constexpr std::string_view huggingFaceBlocks = "encoder.layer.";

/// Parts of a checkpoint that an embedding does not use: heads, HF's pooler, the token of masked training.
constexpr std::array<std::string_view, 5> unusedNames{"head.", "classifier.", "pooler.", "mask_token",
                                                      "embeddings.mask_token"};

[[noreturn]] void refuse(const SafetensorsFile& file, const std::string& reason) {
    throw Error(ErrorCode::WeightsInvalid, displayPath(file.path()) + " cannot be used as a backbone: " + reason);
}

/// The stored tensors that make up one tensor of the model, joined along the first dimension.
struct Source {
    std::vector<const SafetensorsEntry*> parts;

    Shape shape() const {
        Shape joined = parts.front()->shape;
        for (std::size_t i = 1; i < parts.size(); ++i)
            joined.at(0) += parts[i]->shape.at(0);
        return joined;
    }
};

/// A checkpoint under DINO's names.
struct Checkpoint {
    std::map<std::string, Source> tensors;
    std::vector<std::string> unknown;
    bool huggingFace = false;
    bool layerNormBefore = false; ///< HF ViT, not HF DINOv2
    bool timm = false;
};

/// The new name when `name` starts with (or is) one of the table's.
template <std::size_t N>
std::optional<std::string> renamed(std::string_view name,
                                   const std::array<std::pair<std::string_view, std::string_view>, N>& table) {
    for (const auto& [from, to] : table)
        if (from.back() == '.' ? name.starts_with(from) : name == from)
            return std::string(to) + std::string(name.substr(from.size()));
    return std::nullopt;
}

class CheckpointReader {
public:
    explicit CheckpointReader(const SafetensorsFile& file) : m_file(file) {
        const std::string prefix = findPrefix();
        for (const SafetensorsEntry& entry : file.entries()) {
            std::string_view name = entry.name;
            if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
            take(name, entry);
        }
        for (auto& [name, parts] : m_joined)
            join(name, parts);
    }

    Checkpoint result() { return std::move(m_checkpoint); }

private:
    /// What stands before the names ("vit.", "backbone."), told by the name of the [class] token.
    std::string findPrefix() {
        for (const std::string_view token : {"embeddings.cls_token", "cls_token"})
            for (const SafetensorsEntry& entry : m_file.entries()) {
                const std::string_view name = entry.name;
                if (!name.ends_with(token)) continue;
                m_checkpoint.huggingFace = token.starts_with("embeddings");
                return std::string(name.substr(0, name.size() - token.size()));
            }
        refuse(m_file, "it has no [class] token (cls_token), so it is not a Vision Transformer of the DINO, timm or "
                       "Hugging Face family");
    }

    void take(std::string_view name, const SafetensorsEntry& entry) {
        for (const std::string_view unused : unusedNames)
            if (name.starts_with(unused)) {
                m_checkpoint.timm |= unused == "head.";
                return;
            }
        const auto known = m_checkpoint.huggingFace ? fromHuggingFace(name, entry) : fromDino(name);
        if (!known)
            m_checkpoint.unknown.push_back(entry.name);
        else if (!known->empty())
            add(*known, {&entry});
    }

    std::optional<std::string> fromDino(std::string_view name) {
        if (name != "reg_token") return std::string(name);
        m_checkpoint.timm = true;
        return "register_tokens";
    }

    /// The DINO name; empty when the tensor is a part of one; nothing when it is not known.
    std::optional<std::string> fromHuggingFace(std::string_view name, const SafetensorsEntry& entry) {
        if (!name.starts_with(huggingFaceBlocks)) return renamed(name, outerNames);
        name.remove_prefix(huggingFaceBlocks.size());
        const std::size_t dot = name.find('.');
        if (dot == std::string_view::npos) return std::nullopt;
        const std::string block = "blocks." + std::string(name.substr(0, dot)) + '.';
        const std::string_view inner = name.substr(dot + 1);
        for (std::size_t i = 0; i < queryKeyValue.size(); ++i)
            if (inner.starts_with(queryKeyValue[i])) {
                m_joined[block + "attn.qkv." + std::string(inner.substr(queryKeyValue[i].size()))][i] = &entry;
                return "";
            }
        m_checkpoint.layerNormBefore |= inner.starts_with("layernorm_before.");
        if (const auto known = renamed(inner, blockNames)) return block + *known;
        return block + std::string(inner);
    }

    void join(const std::string& name, const std::array<const SafetensorsEntry*, 3>& parts) {
        if (std::ranges::find(parts, nullptr) != parts.end())
            refuse(m_file, "query, key or value is missing for " + name);
        for (const SafetensorsEntry* part : parts)
            if (part->shape.empty() || part->shape[0] > maximalWidth || part->shape != parts[0]->shape ||
                part->dtype != parts[0]->dtype)
                refuse(m_file, "query, key and value do not fit together for " + name);
        add(name, {parts.begin(), parts.end()});
    }

    void add(const std::string& name, std::vector<const SafetensorsEntry*> parts) {
        if (!m_checkpoint.tensors.emplace(name, Source{std::move(parts)}).second)
            refuse(m_file, "two tensors stand for " + name);
    }

    const SafetensorsFile& m_file;
    Checkpoint m_checkpoint;
    std::map<std::string, std::array<const SafetensorsEntry*, 3>> m_joined;
};

/// The shape of a tensor that tells a size of the model; refuses a file without it, or with sizes outside 1..16384.
Shape requiredShape(const SafetensorsFile& file, const Checkpoint& checkpoint, const std::string& name,
                    std::size_t rank) {
    const auto found = checkpoint.tensors.find(name);
    if (found == checkpoint.tensors.end()) refuse(file, "it has no " + name);
    const Shape shape = found->second.shape();
    const auto inRange = [](std::int64_t size) { return size >= 1 && size <= maximalWidth; };
    if (shape.size() != rank || !std::ranges::all_of(shape, inRange))
        refuse(file, name + " has the unusable shape " + shapeText(shape));
    return shape;
}

std::optional<std::int64_t> blockIndex(std::string_view name) {
    constexpr std::string_view prefix = "blocks.";
    if (!name.starts_with(prefix)) return std::nullopt;
    name.remove_prefix(prefix.size());
    std::int64_t index = -1;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
    if (error != std::errc() || end == name.data() + name.size() || *end != '.' || index < 0) return std::nullopt;
    return index;
}

std::int64_t depthOf(const SafetensorsFile& file, const Checkpoint& checkpoint) {
    std::int64_t depth = 0;
    for (const auto& [name, source] : checkpoint.tensors)
        if (const auto index = blockIndex(name)) depth = std::max(depth, *index + 1);
    if (depth < 1 || depth > maximalDepth) refuse(file, "it has " + std::to_string(depth) + " blocks");
    return depth;
}

/// The metadata's number under `key`, or nothing when it is not there.
template <class Number>
std::optional<Number> numberIn(const SafetensorsFile& file, const std::map<std::string, std::string>& metadata,
                               const char* key) {
    const auto found = metadata.find(key);
    if (found == metadata.end()) return std::nullopt;
    const std::string& text = found->second;
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        refuse(file, std::string("the metadata ") + key + " is not a number: \"" + text + '"');
    return value;
}

std::int64_t headsOf(const SafetensorsFile& file, const std::map<std::string, std::string>& metadata,
                     std::int64_t width) {
    // All published DINO, DINOv2, DeiT and ViT-S/B/L models have heads that are 64 wide.
    constexpr std::int64_t usualHeadWidth = 64;
    const auto stated = numberIn<std::int64_t>(file, metadata, metadata_key::heads);
    if (!stated && width % usualHeadWidth != 0)
        refuse(file, "its number of attention heads is not known; state it when the file is added (--heads)");
    const std::int64_t heads = stated.value_or(width / usualHeadWidth);
    if (heads < 1 || width % heads != 0)
        refuse(file, std::to_string(heads) + " attention heads do not divide its width " + std::to_string(width));
    return heads;
}

double epsilonOf(const SafetensorsFile& file, const std::map<std::string, std::string>& metadata,
                 const Checkpoint& checkpoint) {
    const double familys = checkpoint.huggingFace && checkpoint.layerNormBefore ? 1e-12 : 1e-6;
    const double epsilon = numberIn<double>(file, metadata, metadata_key::epsilon).value_or(familys);
    if (!(epsilon > 0 && epsilon < 1)) refuse(file, "its LayerNorm epsilon is out of range");
    return epsilon;
}

PositionInterpolation interpolationOf(const SafetensorsFile& file, const std::map<std::string, std::string>& metadata,
                                      const Checkpoint& checkpoint) {
    if (const auto found = metadata.find(metadata_key::interpolation); found != metadata.end()) {
        for (const auto& [interpolation, name] : interpolationNames)
            if (name == found->second) return interpolation;
        refuse(file, "the interpolation of its positions is \"" + found->second +
                         "\"; known are dino, bicubic and bicubic-antialias");
    }
    if (checkpoint.timm || checkpoint.tensors.contains("register_tokens"))
        return PositionInterpolation::BicubicAntialias;
    return checkpoint.huggingFace ? PositionInterpolation::Bicubic : PositionInterpolation::DinoScaleFactor;
}

/// n of a position embedding for `tokens` tokens: 1 + n * n, or n * n where [class] has no position (timm with
/// registers).
std::int64_t gridOf(const SafetensorsFile& file, std::int64_t tokens) {
    for (const std::int64_t positions : {tokens - 1, tokens}) {
        const auto n = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(positions))));
        if (n >= 1 && n * n == positions) return n;
    }
    refuse(file, "its position embedding is not of a square grid: " + std::to_string(tokens) + " tokens");
}

/// The shapes that a backbone of these options has, under DINO's names.
std::map<std::string, Shape> expectedShapes(const VisionTransformerOptions& options) {
    const std::int64_t d = options.width;
    std::map<std::string, Shape> shapes{
        {"cls_token", {1, 1, d}},
        {"pos_embed", {1, 1 + options.grid * options.grid, d}},
        {"patch_embed.proj.weight", {d, 3, options.patch, options.patch}},
        {"patch_embed.proj.bias", {d}},
        {"norm.weight", {d}},
        {"norm.bias", {d}},
    };
    if (options.registers > 0) shapes["register_tokens"] = {1, options.registers, d};
    for (std::int64_t l = 0; l < options.depth; ++l) {
        const std::string block = "blocks." + std::to_string(l) + '.';
        const auto linear = [&](const char* name, std::int64_t out, std::int64_t in, bool bias = true) {
            shapes[block + name + ".weight"] = {out, in};
            if (bias) shapes[block + name + ".bias"] = {out};
        };
        linear("attn.qkv", 3 * d, d, options.qkvBias);
        linear("attn.proj", d, d);
        linear("mlp.fc1", options.hidden, d);
        linear("mlp.fc2", d, options.hidden);
        for (const char* norm : {"norm1", "norm2"})
            for (const char* part : {".weight", ".bias"})
                shapes[block + norm + part] = {d};
        if (options.layerScale)
            for (const char* gain : {"ls1.gamma", "ls2.gamma"})
                shapes[block + gain] = {d};
    }
    return shapes;
}

/// A position embedding without a row for [class] is used with a row of zeros.
bool lacksClassPosition(const VisionTransformerOptions& options, const std::string& name, const Shape& shape) {
    return name == "pos_embed" && shape == Shape{1, options.grid * options.grid, options.width};
}

void checkTensors(const SafetensorsFile& file, const Checkpoint& checkpoint, const VisionTransformerOptions& options) {
    const auto expected = expectedShapes(options);
    std::map<std::string, StoredShape> stored;
    for (const auto& [name, source] : checkpoint.tensors) {
        const Shape shape = source.shape();
        stored[name] = {lacksClassPosition(options, name, shape) ? expected.at(name) : shape,
                        source.parts.front()->dtype};
    }
    const std::string problems = shapeMismatches(expected, stored, checkpoint.unknown);
    if (!problems.empty()) refuse(file, "it does not fit a Vision Transformer" + problems);
}

torch::ScalarType scalarType(std::string_view dtype) {
    static constexpr std::array<std::pair<std::string_view, torch::ScalarType>, 10> types{{
        {"F64", torch::kDouble},
        {"F32", torch::kFloat},
        {"F16", torch::kHalf},
        {"BF16", torch::kBFloat16},
        {"I64", torch::kLong},
        {"I32", torch::kInt},
        {"I16", torch::kShort},
        {"I8", torch::kChar},
        {"U8", torch::kByte},
        {"BOOL", torch::kBool},
    }};
    for (const auto& [name, type] : types)
        if (name == dtype) return type;
    throw Error(ErrorCode::Internal, "Unknown dtype " + std::string(dtype));
}

torch::Tensor readFloat(const SafetensorsFile& file, const Source& source) {
    std::vector<torch::Tensor> parts;
    for (const SafetensorsEntry* entry : source.parts)
        parts.push_back(toTensor(file, *entry).to(torch::kFloat));
    return parts.size() == 1 ? parts[0] : torch::cat(parts);
}

} // namespace

torch::Tensor toTensor(const SafetensorsFile& file, const SafetensorsEntry& entry) {
    torch::Tensor tensor = torch::empty(entry.shape, scalarType(entry.dtype));
    const auto bytes = file.bytes(entry);
    if (!bytes.empty()) std::memcpy(tensor.data_ptr(), bytes.data(), bytes.size());
    return tensor;
}

VisionTransformerOptions readBackboneOptions(const SafetensorsFile& file) {
    return readBackboneOptions(file, file.metadata());
}

VisionTransformerOptions readBackboneOptions(const SafetensorsFile& file,
                                             const std::map<std::string, std::string>& metadata) {
    const Checkpoint checkpoint = CheckpointReader(file).result();
    const auto patches = requiredShape(file, checkpoint, "patch_embed.proj.weight", 4);
    const auto positions = requiredShape(file, checkpoint, "pos_embed", 3);
    VisionTransformerOptions options;
    options.width = patches[0];
    options.patch = patches[3];
    options.depth = depthOf(file, checkpoint);
    options.hidden = requiredShape(file, checkpoint, "blocks.0.mlp.fc1.weight", 2)[0];
    options.grid = gridOf(file, positions[1]);
    options.registers =
        checkpoint.tensors.contains("register_tokens") ? requiredShape(file, checkpoint, "register_tokens", 3)[1] : 0;
    options.qkvBias = checkpoint.tensors.contains("blocks.0.attn.qkv.bias");
    options.layerScale = checkpoint.tensors.contains("blocks.0.ls1.gamma");
    options.heads = headsOf(file, metadata, options.width);
    options.layerNormEpsilon = epsilonOf(file, metadata, checkpoint);
    options.interpolation = interpolationOf(file, metadata, checkpoint);
    checkTensors(file, checkpoint, options);
    return options;
}

std::map<std::string, std::string> conventionsAsMetadata(const VisionTransformerOptions& options) {
    std::ostringstream epsilon;
    epsilon << options.layerNormEpsilon;
    std::map<std::string, std::string> metadata{{metadata_key::heads, std::to_string(options.heads)},
                                                {metadata_key::epsilon, epsilon.str()}};
    for (const auto& [interpolation, name] : interpolationNames)
        if (interpolation == options.interpolation) metadata[metadata_key::interpolation] = name;
    return metadata;
}

VisionTransformer loadBackbone(const SafetensorsFile& file, const VisionTransformerOptions& options) {
    const Checkpoint checkpoint = CheckpointReader(file).result();
    checkTensors(file, checkpoint, options);
    const torch::NoGradGuard noGrad;
    VisionTransformer backbone(options);
    for (auto& parameter : backbone->named_parameters()) {
        torch::Tensor stored = readFloat(file, checkpoint.tensors.at(parameter.key()));
        if (!stored.isfinite().all().item<bool>())
            refuse(file, parameter.key() + " holds values that are not finite numbers");
        if (lacksClassPosition(options, parameter.key(), stored.sizes().vec()))
            stored = torch::constant_pad_nd(stored, {0, 0, 1, 0});
        parameter.value().set_data(stored);
        parameter.value().set_requires_grad(false);
    }
    backbone->eval();
    return backbone;
}

} // namespace grappa
