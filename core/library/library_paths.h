#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace grappa {

/// Where a library lies. Everything in `cache` can be deleted at the cost of time.
struct LibraryPaths {
    std::filesystem::path data;  ///< catalogue, segments, indexes, adaptations, locks
    std::filesystem::path cache; ///< thumbnails

    std::filesystem::path catalogue() const { return data / "catalogue.sqlite"; }
    std::filesystem::path segments() const { return data / "segments"; }
    std::filesystem::path adaptations() const { return data / "adaptations"; }
    std::filesystem::path writeLock() const { return data / "write.lock"; }
    std::filesystem::path jobLock(std::string_view kind) const;
    std::filesystem::path thumbnails() const { return cache / "thumbnails.sqlite"; }

    /// `library` (--library), else GRAPPA_LIBRARY: both folders under it; else the XDG data and cache folders.
    /// Creates what is missing. Throws IoFailed.
    static LibraryPaths resolve(const std::optional<std::filesystem::path>& library);
};

} // namespace grappa
