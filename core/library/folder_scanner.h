#pragma once

#include "core/base/file_io.h"
#include "core/base/job.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace grappa {

struct ScannedFile {
    std::filesystem::path relativePath; ///< below the scanned folder, bytes as the file system gave them
    FileStamp stamp;
};

/// A folder or file that could not be looked at; reported, never fatal.
struct ScanFailure {
    std::filesystem::path relativePath;
    std::string reason;
};

/// What a scan passes over on purpose, so that it can be said.
struct LeftAlone {
    std::uint64_t videos = 0;
    std::uint64_t sidecars = 0;   ///< notes and thumbnails beside pictures (.xmp, .aae, .thm...)
    std::uint64_t companions = 0; ///< files and folders that isCompanionName() knows, AppleDouble files, `.nomedia`
    std::uint64_t others = 0;     ///< no pictures, by name and by content
    std::uint64_t total() const { return videos + sidecars + companions + others; }
};

struct ScanSummary {
    std::uint64_t files = 0; ///< image files found
    LeftAlone leftAlone;
    std::vector<ScanFailure> failures;
};

struct ScanOptions {
    /// Also read what isCompanionName() leaves alone: recycle bins, previews of other programs, folders with a
    /// `.nomedia`.
    bool companions = false;
};

/// Walks `folder` depth first in a stable order and calls `found` for each regular file that is a picture by its name
/// or by its first bytes (also of a format that is not decoded, so that it is listed with the reason). Symbolic links
/// are followed, each folder (st_dev, st_ino) is visited once, so that loops and bind mounts end; hidden folders and
/// companions are left out, but never `folder` itself; FIFOs, sockets and devices are never opened. Throws NotFound
/// when `folder` itself is not a readable folder, and Interrupted.
ScanSummary scanFolder(const std::filesystem::path& folder, const JobContext& context,
                       const std::function<void(ScannedFile)>& found, const ScanOptions& options = {});

/// Whether the name ends like a picture's, decoded or not.
bool hasImageSuffix(const std::filesystem::path& path);

} // namespace grappa
