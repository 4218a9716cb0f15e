#pragma once

#include <filesystem>
#include <string>

namespace grappa::test {

/// Writes a ViT of 2 blocks and width 64 with random weights under the default backbone's name: the real code paths in
/// milliseconds. Another seed gives another model hash.
void writeTinyBackbone(const std::filesystem::path& modelsFolder, unsigned seed = 1);

} // namespace grappa::test
