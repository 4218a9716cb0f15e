#include "core/training/checkpoint.h"

#include "core/base/safetensors.h"
#include "core/model/weights.h"

namespace grappa {

void Checkpoint::save(const std::filesystem::path& path) const {
    std::vector<torch::Tensor> kept; // the bytes must live until they are written
    std::vector<SafetensorsTensor> entries;
    kept.reserve(tensors.size());
    for (const auto& [name, tensor] : tensors) {
        const torch::Tensor& held = kept.emplace_back(tensor.detach().to(torch::kCPU).contiguous());
        const bool whole = held.scalar_type() == torch::kLong;
        if (!whole && !held.isfinite().all().item<bool>())
            throw Error(ErrorCode::Internal, "The checkpoint's tensor " + name + " is not finite; it was not saved.");
        entries.push_back({name,
                           whole ? "I64" : "F32",
                           held.sizes().vec(),
                           {static_cast<const std::byte*>(held.const_data_ptr()), held.nbytes()}});
    }
    saveSafetensors(path, entries, values);
}

std::optional<Checkpoint> Checkpoint::load(const std::filesystem::path& path, const std::string& identity) {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) return std::nullopt;
    try {
        const SafetensorsFile file(path);
        Checkpoint checkpoint;
        checkpoint.values = file.metadata();
        const auto found = checkpoint.values.find(identityKey);
        if (found == checkpoint.values.end() || found->second != identity) return std::nullopt;
        for (const SafetensorsEntry& entry : file.entries())
            checkpoint.tensors[entry.name] = toTensor(file, entry);
        return checkpoint;
    } catch (const Error&) {
        return std::nullopt; // what is damaged is computed again
    }
}

} // namespace grappa
