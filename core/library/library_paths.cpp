#include "core/library/library_paths.h"

#include "core/base/error.h"
#include "core/base/file_io.h"

#include <cstdlib>
#include <string>

namespace grappa {

namespace {

std::optional<std::filesystem::path> fromEnvironment(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
}

/// The XDG folder; the specification says that a relative path is to be ignored.
std::filesystem::path xdgFolder(const char* variable, const char* belowHome) {
    if (const auto folder = fromEnvironment(variable); folder && folder->is_absolute()) return *folder / "grappa";
    const auto home = fromEnvironment("HOME");
    if (!home)
        throw Error(ErrorCode::IoFailed,
                    std::string("Neither ") + variable + " nor HOME is set: name the library's folder with --library.");
    return *home / belowHome / "grappa";
}

} // namespace

std::filesystem::path LibraryPaths::jobLock(std::string_view kind) const {
    return data / (std::string(kind) + ".lock");
}

LibraryPaths LibraryPaths::resolve(const std::optional<std::filesystem::path>& library) {
    LibraryPaths paths;
    if (const auto folder = library ? library : fromEnvironment("GRAPPA_LIBRARY")) {
        const auto absolute = std::filesystem::absolute(*folder);
        paths = {absolute / "data", absolute / "cache"};
    } else {
        paths = {xdgFolder("XDG_DATA_HOME", ".local/share"), xdgFolder("XDG_CACHE_HOME", ".cache")};
    }
    for (const auto& folder : {paths.segments(), paths.adaptations(), paths.cache}) {
        std::error_code error;
        std::filesystem::create_directories(folder, error);
        if (error)
            throw systemError(ErrorCode::IoFailed, "Cannot create the folder " + displayPath(folder), error.value());
    }
    return paths;
}

} // namespace grappa
