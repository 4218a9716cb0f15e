#include "core/model/backbone_registry.h"

#include "core/model/adaptation_file.h"
#include "core/model/weights.h"

#include <algorithm>
#include <cstdlib>
#include <system_error>

namespace grappa {

namespace {

namespace fs = std::filesystem;

constexpr const char* extension = ".safetensors";

std::string metadataOr(const SafetensorsFile& file, const char* key, const std::string& otherwise) {
    const auto found = file.metadata().find(key);
    return found == file.metadata().end() ? otherwise : found->second;
}

BackboneCard readCard(const SafetensorsFile& file) {
    const fs::path& path = file.path();
    const VisionTransformerOptions options = readBackboneOptions(file);
    BackboneCard card;
    card.name = path.stem().string();
    card.title = metadataOr(file, metadata_key::title, card.name);
    card.file = path;
    card.hash = file.hash();
    card.source = metadataOr(file, metadata_key::source, {});
    card.licence = metadataOr(file, metadata_key::licence, {});
    card.patch = options.patch;
    card.width = options.width;
    card.depth = options.depth;
    card.heads = options.heads;
    card.registers = options.registers;
    card.bytes = file.size();
    return card;
}

/// The backbone's file in the first folder that has it, or an empty path.
fs::path locate(const std::vector<fs::path>& folders, const std::string& name) {
    std::error_code error;
    for (const fs::path& folder : folders)
        if (const fs::path path = folder / (name + extension); fs::is_regular_file(path, error)) return path;
    return {};
}

bool isUsableName(std::string_view name) {
    return !name.empty() && name.front() != '.' && name.size() <= 200 &&
           name.find_first_of(std::string_view("/\0\n", 3)) == std::string_view::npos;
}

} // namespace

BackboneRegistry::BackboneRegistry(std::vector<fs::path> folders) : m_folders(std::move(folders)) {}

std::vector<fs::path> BackboneRegistry::defaultFolders() {
    std::vector<fs::path> folders;
    const auto fromEnvironment = [](const char* name) {
        const char* value = std::getenv(name);
        return value ? fs::path(value) : fs::path();
    };
    if (const fs::path models = fromEnvironment("GRAPPA_MODELS"); !models.empty()) return {models};
    const fs::path data = fromEnvironment("XDG_DATA_HOME");
    const fs::path home = fromEnvironment("HOME");
    if (data.is_absolute())
        folders.push_back(data / "grappa" / "models");
    else if (home.is_absolute())
        folders.push_back(home / ".local" / "share" / "grappa" / "models");
    std::error_code error;
    if (const fs::path program = fs::read_symlink("/proc/self/exe", error); !error) {
        const fs::path prefix = program.parent_path().parent_path();
        folders.push_back(prefix / "share" / "grappa" / "models");
        folders.push_back(prefix / "models");
        folders.push_back(prefix.parent_path() / "models"); // one folder for all presets of a build
    }
    return folders;
}

std::vector<BackboneCard> BackboneRegistry::list(std::vector<std::string>* rejected) const {
    std::vector<BackboneCard> cards;
    for (const fs::path& folder : m_folders) {
        std::error_code error;
        for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
            const fs::path& path = entry->path();
            if (path.extension() != extension || locate(m_folders, path.stem().string()) != path) continue;
            try {
                const SafetensorsFile file(path);
                if (!isAdaptation(file)) cards.push_back(readCard(file));
            } catch (const Error& refusal) {
                if (rejected) rejected->emplace_back(refusal.what());
            }
        }
    }
    std::ranges::sort(cards, {}, &BackboneCard::name);
    return cards;
}

BackboneCard BackboneRegistry::find(std::string_view name) const {
    const std::string wanted(name.empty() ? defaultName : name);
    if (isUsableName(wanted))
        if (const fs::path path = locate(m_folders, wanted); !path.empty()) return readCard(SafetensorsFile(path));
    throw Error(ErrorCode::ModelMissing,
                "There is no backbone named \"" + wanted + "\". " +
                    (wanted == defaultName ? "Run `bash packaging/setup.sh`, which makes it."
                                           : "`grappa-cli models list` shows those that are here; `grappa-cli models "
                                             "add FILE.safetensors` adds one."));
}

std::optional<BackboneCard> BackboneRegistry::findByHash(std::string_view hash) const {
    for (BackboneCard& card : list())
        if (card.hash.hex() == hash) return std::move(card);
    return std::nullopt;
}

BackboneCard BackboneRegistry::add(const fs::path& file, const std::string& name, std::optional<std::int64_t> heads,
                                   const std::string& interpolation) {
    const std::string stored = name.empty() ? file.stem().string() : name;
    if (!isUsableName(stored)) throw Error(ErrorCode::Usage, "\"" + stored + "\" cannot be the name of a backbone.");
    if (const fs::path existing = locate(m_folders, stored); !existing.empty())
        throw Error(ErrorCode::Usage, "A backbone named \"" + stored + "\" is already there: " + displayPath(existing) +
                                          ". Add this one under another name (--name).");
    if (m_folders.empty()) throw Error(ErrorCode::Usage, "There is no folder for backbones; set GRAPPA_MODELS.");

    const SafetensorsFile source(file);
    auto metadata = source.metadata();
    if (heads) metadata[metadata_key::heads] = std::to_string(*heads);
    if (!interpolation.empty()) metadata[metadata_key::interpolation] = interpolation;
    const VisionTransformerOptions options = readBackboneOptions(source, metadata);
    loadBackbone(source, options);
    // The copy states its conventions, so that it means the same even if the guess from its names should change.
    for (const auto& [key, value] : conventionsAsMetadata(options))
        metadata[key] = value;

    std::vector<SafetensorsTensor> tensors;
    for (const SafetensorsEntry& entry : source.entries())
        tensors.push_back({entry.name, entry.dtype, entry.shape, source.bytes(entry)});
    std::error_code error;
    fs::create_directories(m_folders.front(), error);
    if (error) throw systemError(ErrorCode::IoFailed, "Cannot create " + displayPath(m_folders.front()), error.value());
    const fs::path destination = m_folders.front() / (stored + extension);
    saveSafetensors(destination, tensors, metadata);
    return readCard(SafetensorsFile(destination));
}

} // namespace grappa
