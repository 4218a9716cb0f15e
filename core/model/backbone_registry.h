#pragma once

#include "core/base/hash.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace grappa {

/// A backbone that is on this machine: its model card.
struct BackboneCard {
    std::string name;  ///< the file's stem, for example "dinov2-vits14-focus"
    std::string title; ///< for people
    std::filesystem::path file;
    ContentHash hash;            ///< of the whole file
    std::string source, licence; ///< from the file's metadata; empty = not known
    std::int64_t patch = 0, width = 0, depth = 0, heads = 0, registers = 0;
    std::uint64_t bytes = 0;

    /// Where its prior lies, if it has one (core/model/descriptor.h).
    std::filesystem::path priorFile() const { return std::filesystem::path(file).replace_extension(".prior"); }
};

/// The folders in which backbones (safetensors files) lie. The first one is written to by add().
class BackboneRegistry {
public:
    explicit BackboneRegistry(std::vector<std::filesystem::path> folders);

    /// Where backbones are looked for: GRAPPA_MODELS alone if it is set, else the user's data folder, next to the
    /// program (a build folder or an installation prefix).
    static std::vector<std::filesystem::path> defaultFolders();
    static constexpr std::string_view defaultName = "dinov2-vits14-focus";

    /// All readable backbones, by name. A file that is not a backbone is left out and named in `rejected`; an
    /// adaptation beside them is left out.
    std::vector<BackboneCard> list(std::vector<std::string>* rejected = nullptr) const;
    /// The backbone of that name (empty = the default one). Throws ModelMissing with what to do.
    BackboneCard find(std::string_view name) const;
    /// The backbone whose file has that hash (hex), if it is on this machine.
    std::optional<BackboneCard> findByHash(std::string_view hash) const;
    /// Checks `file`, then copies it into the first folder by the save protocol. Nothing is written when it is refused.
    /// `heads` etc. override what the file does not say. Throws WeightsInvalid, WeightsUnsafe.
    BackboneCard add(const std::filesystem::path& file, const std::string& name = {},
                     std::optional<std::int64_t> heads = {}, const std::string& interpolation = {});

private:
    std::vector<std::filesystem::path> m_folders;
};

} // namespace grappa
