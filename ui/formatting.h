#pragma once

#include "core/library/library.h"

#include <QString>

#include <cstdint>
#include <filesystem>
#include <optional>

namespace grappa {

QString formatCount(std::uint64_t count); ///< "48,210", by locale
QString formatScore(float score);         ///< of 0 to 100: "87", by locale
QString formatCosine(float cosine);       ///< "0.7312", by locale
QString closenessText(float score);       ///< of 0 to 100: "very close"
QString formatRate(double imagesPerSecond);
/// "20 s left", "2 min left", "1 h 5 min left".
QString formatTimeLeft(double seconds);
/// "20 s", "2 min", "1 h 5 min".
QString formatDuration(double seconds);
QString formatPercent(double percent, int digits = 0); ///< "41 %", by locale

/// A path for the eye: bytes that are not UTF-8 are replaced.
QString pathText(const std::filesystem::path& path);
QString fileNameText(const std::filesystem::path& path);
/// A path as an argument of a child process; nothing when its bytes are not UTF-8 and would not arrive as they are.
std::optional<QString> argumentText(const std::filesystem::path& path);

} // namespace grappa
