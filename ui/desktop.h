#pragma once

#include <filesystem>
#include <vector>

namespace grappa {

// What the desktop does with files. Nothing waits, and the files themselves are not opened by this program.

void openFile(const std::filesystem::path& file);
/// Lets the user choose the program, where the desktop offers that; else as openFile().
void openFileWith(const std::filesystem::path& file);
void showInFileManager(const std::vector<std::filesystem::path>& files);

} // namespace grappa
