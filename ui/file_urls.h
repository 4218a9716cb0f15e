#pragma once

#include <QUrl>

#include <filesystem>

namespace grappa {

/// The address of a file, and back. QUrl's own conversions would lose bytes that are not UTF-8.
QUrl fileUrl(const std::filesystem::path& path);
std::filesystem::path pathOfUrl(const QUrl& url);

} // namespace grappa
