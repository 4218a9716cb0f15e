#include "core/model/adaptation_file.h"

#include "core/model/tensor_shapes.h"
#include "core/model/weights.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <string_view>

namespace grappa {

namespace {

std::string granularitiesText(const std::vector<std::int64_t>& granularities) {
    std::string text;
    for (const std::int64_t k : granularities)
        text += (text.empty() ? "" : ",") + std::to_string(k);
    return text;
}

/// What stands between `prefix` and the next dot, of all tensors whose names start with it.
std::set<std::string> partsAfter(const SafetensorsFile& file, std::string_view prefix) {
    std::set<std::string> parts;
    for (const SafetensorsEntry& entry : file.entries())
        if (entry.name.starts_with(prefix))
            parts.insert(entry.name.substr(prefix.size(), entry.name.find('.', prefix.size()) - prefix.size()));
    return parts;
}

/// The sizes, from the first set's adaptors. Those of all others are compared with them.
AdaptorOptions adaptorOptionsIn(const SafetensorsFile& file, const AdaptationHeader& header) {
    AdaptorOptions options;
    options.firstBlock = header.blocks.front();
    options.depth = header.blocks.back() + 1;
    const std::string name = "sets.0." + std::to_string(options.firstBlock) + ".down.weight";
    const SafetensorsEntry* down = file.find(name);
    if (!down) refuseAdaptation(file, "it has no tensor " + name);
    if (down->shape.size() != 2 || down->shape[0] < 1 || down->shape[1] < 1)
        refuseAdaptation(file, name + " has the unusable shape " + shapeText(down->shape));
    options.bottleneck = down->shape[0];
    options.width = down->shape[1];
    return options;
}

struct FusionContents {
    std::int64_t keyWidth = 1;
    bool value = false;
};

/// What the file holds besides the adaptors.
struct Contents {
    std::map<std::string, FusionContents> fusions; ///< those that were trained
    std::set<std::string> whitening;
};

Contents contentsOf(const SafetensorsFile& file, const Adaptation& adaptation) {
    Contents contents;
    const std::vector<std::string> untrained = adaptation.variants();
    for (const std::string& name : partsAfter(file, "fusions.")) {
        if (std::ranges::find(untrained, name) != untrained.end()) continue;
        const std::string first = "fusions." + name + '.' + std::to_string(adaptation.adaptor.firstBlock) + '.';
        const SafetensorsEntry* query = file.find(first + "query.weight");
        const std::int64_t keyWidth = query && !query->shape.empty() && query->shape[0] > 0 ? query->shape[0] : 1;
        contents.fusions[name] = {.keyWidth = keyWidth, .value = file.find(first + "value.weight") != nullptr};
    }
    for (const std::string& name : partsAfter(file, "whitening."))
        if (contents.fusions.contains(name) || std::ranges::find(untrained, name) != untrained.end())
            contents.whitening.insert(name);
    return contents;
}

std::map<std::string, Shape> expectedShapes(const Adaptation& adaptation, const Contents& contents) {
    const std::int64_t d = adaptation.adaptor.width;
    const std::int64_t b = adaptation.adaptor.bottleneck;
    std::map<std::string, Shape> shapes;
    const auto linear = [&](const std::string& name, std::int64_t out, std::int64_t in, bool bias = true) {
        shapes[name + ".weight"] = {out, in};
        if (bias) shapes[name + ".bias"] = {out};
    };
    for (std::int64_t block = adaptation.adaptor.firstBlock; block < adaptation.adaptor.depth; ++block) {
        const std::string inside = '.' + std::to_string(block) + '.';
        for (std::size_t i = 0; i < adaptation.granularities.size(); ++i) {
            linear("sets." + std::to_string(i) + inside + "down", b, d);
            linear("sets." + std::to_string(i) + inside + "up", d, b);
        }
        for (const auto& [name, fusion] : contents.fusions) {
            linear("fusions." + name + inside + "query", fusion.keyWidth, d);
            linear("fusions." + name + inside + "key", fusion.keyWidth, d, false);
            if (fusion.value) linear("fusions." + name + inside + "value", d, d);
        }
    }
    for (const std::string& name : contents.whitening) {
        const std::string inside = "whitening." + name + '.';
        shapes[inside + "mean"] = shapes[inside + "variances"] = {d};
        shapes[inside + "basis"] = {d, d};
        shapes[inside + "power"] = {};
    }
    return shapes;
}

torch::Tensor read(const SafetensorsFile& file, const std::string& name) {
    torch::Tensor values = toTensor(file, *file.find(name));
    if (!values.isfinite().all().item<bool>())
        refuseAdaptation(file, name + " holds values that are not finite numbers");
    return values;
}

void readParameters(const SafetensorsFile& file, const std::string& prefix, torch::nn::Module& module) {
    for (auto& parameter : module.named_parameters()) {
        parameter.value().copy_(read(file, prefix + parameter.key()));
        parameter.value().set_requires_grad(false);
    }
}

Whitening readWhitening(const SafetensorsFile& file, const std::string& variant) {
    const std::string inside = "whitening." + variant + '.';
    const auto floats = [&](const char* part) { return read(file, inside + part).to(torch::kFloat); };
    Whitening whitening{.mean = floats("mean"),
                        .basis = floats("basis"),
                        .variances = floats("variances"),
                        .power = read(file, inside + "power").to(torch::kDouble).item<double>()};
    if ((whitening.variances < 0).any().item<bool>())
        refuseAdaptation(file, inside + "variances holds negative values");
    if (whitening.power < 0 || whitening.power > 2) refuseAdaptation(file, inside + "power is not from 0 to 2");
    return whitening;
}

} // namespace

void saveAdaptation(const std::filesystem::path& path, const Adaptation& adaptation) {
    std::map<std::string, torch::Tensor> tensors;
    const auto add = [&](const std::string& prefix, const torch::nn::Module& module) {
        for (const auto& parameter : module.named_parameters())
            tensors[prefix + parameter.key()] = parameter.value().detach();
    };
    for (std::size_t i = 0; i < adaptation.sets.size(); ++i)
        add("sets." + std::to_string(i) + '.', *adaptation.sets[i]);
    for (const auto& [name, fusion] : adaptation.fusions)
        add("fusions." + name + '.', *fusion);
    for (const auto& [name, whitening] : adaptation.whitening) {
        const std::string inside = "whitening." + name + '.';
        tensors[inside + "mean"] = whitening.mean;
        tensors[inside + "basis"] = whitening.basis;
        tensors[inside + "variances"] = whitening.variances;
        tensors[inside + "power"] = torch::tensor(whitening.power, torch::kDouble);
    }

    auto metadata = adaptation.metadata;
    if (!ContentHash::fromHex(metadata[adaptation_key::backboneHash]))
        throw Error(ErrorCode::Internal, "An adaptation is saved with the hash of its backbone");
    metadata[adaptation_key::format] = adaptation_key::formatVersion;
    metadata[adaptation_key::granularities] = granularitiesText(adaptation.granularities);
    metadata[adaptation_key::firstBlock] = std::to_string(adaptation.adaptor.firstBlock);
    metadata[adaptation_key::inputSize] = std::to_string(adaptation.inputSize);
    metadata[adaptation_key::mainVariant] = adaptation.mainVariant;

    std::vector<SafetensorsTensor> stored;
    for (auto& [name, tensor] : tensors) {
        const bool isDouble = tensor.scalar_type() == torch::kDouble;
        tensor = tensor.to(torch::kCPU, isDouble ? torch::kDouble : torch::kFloat).contiguous();
        stored.push_back({name,
                          isDouble ? "F64" : "F32",
                          tensor.sizes().vec(),
                          {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()}});
    }
    saveSafetensors(path, stored, metadata);
}

Adaptation loadAdaptation(const SafetensorsFile& file) {
    const AdaptationHeader header = readAdaptationHeader(file);
    Adaptation adaptation;
    adaptation.metadata = file.metadata();
    adaptation.granularities = header.granularities;
    adaptation.inputSize = header.inputSize;
    adaptation.mainVariant = header.mainVariant;
    adaptation.adaptor = adaptorOptionsIn(file, header);

    const Contents contents = contentsOf(file, adaptation);
    std::map<std::string, StoredShape> stored;
    for (const SafetensorsEntry& entry : file.entries())
        stored[entry.name] = {entry.shape, entry.dtype};
    // Before anything of these sizes is made.
    const std::string problems = shapeMismatches(expectedShapes(adaptation, contents), stored);
    if (!problems.empty()) refuseAdaptation(file, "its tensors do not fit each other" + problems);

    const torch::NoGradGuard noGrad;
    for (std::size_t i = 0; i < adaptation.granularities.size(); ++i) {
        AdaptorSet& set = adaptation.sets.emplace_back(adaptation.adaptor);
        readParameters(file, "sets." + std::to_string(i) + '.', *set);
    }
    for (const auto& [name, held] : contents.fusions) {
        const FusionOptions options{.adaptor = adaptation.adaptor,
                                    .sets = static_cast<std::int64_t>(adaptation.sets.size()),
                                    .keyWidth = held.keyWidth};
        Fusion fusion(options, FusionLayerImpl::Attention::Learned, held.value);
        readParameters(file, "fusions." + name + '.', *fusion);
        adaptation.fusions.emplace(name, std::move(fusion));
    }
    for (const std::string& name : contents.whitening)
        adaptation.whitening[name] = readWhitening(file, name);
    adaptation.connect();

    const std::vector<std::string> variants = adaptation.variants();
    if (std::ranges::find(variants, adaptation.mainVariant) == variants.end())
        refuseAdaptation(file, "it does not hold its main variant \"" + adaptation.mainVariant + '"');
    return adaptation;
}

} // namespace grappa
