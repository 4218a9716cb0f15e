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

struct ScanSummary {
    std::uint64_t files = 0;      ///< image files found
    std::uint64_t otherFiles = 0; ///< left out by their suffix
    std::vector<ScanFailure> failures;
};

/// Walks `folder` depth first in a stable order and calls `found` for each regular file with an image suffix. Symbolic
/// links are followed, each folder (st_dev, st_ino) is visited once, so that loops and bind mounts end; hidden folders
/// are left out; FIFOs, sockets and devices are never opened. Throws NotFound when `folder` itself is not a readable
/// folder, and Interrupted.
ScanSummary scanFolder(const std::filesystem::path& folder, const JobContext& context,
                       const std::function<void(ScannedFile)>& found);

/// Whether the name ends like one of the formats that are decoded (jpg jpeg jpe jfif png webp tif tiff bmp gif).
bool hasImageSuffix(const std::filesystem::path& path);

} // namespace grappa
