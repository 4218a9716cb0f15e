#pragma once

#include "core/base/hash.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace grappa {

/// JPEG thumbnails by content hash in one SQLite file of the cache: derived, may vanish at any time, is made anew.
/// A store that does not open as a database is set aside and started afresh. One object a thread; reads are safe while
/// another process writes.
class ThumbnailStore {
public:
    explicit ThumbnailStore(const std::filesystem::path& file);
    ~ThumbnailStore();
    ThumbnailStore(ThumbnailStore&&) noexcept;

    std::optional<std::vector<std::byte>> find(const ContentHash& hash);
    bool contains(const ContentHash& hash);
    /// All of them in one transaction.
    void put(std::span<const std::pair<ContentHash, std::vector<std::byte>>> thumbnails);
    /// Removes those whose hash is not accepted; returns how many.
    std::size_t removeIf(const std::function<bool(const ContentHash&)>& unwanted);

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace grappa
