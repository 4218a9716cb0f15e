#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace grappa {

/// Images of one retrieval task with their labels, for evaluation only.
struct LabelledSet {
    std::string task;
    std::vector<std::filesystem::path> paths;
    std::vector<std::string> labels; ///< of the same length
};

/// Reads a CSV (RFC 4180) whose header names the columns `path` and `label`; relative paths are taken from `root`.
/// Throws NotFound or Usage with the file and the line.
LabelledSet readLabelledCsv(const std::string& task, const std::filesystem::path& csv,
                            const std::filesystem::path& root);

} // namespace grappa
