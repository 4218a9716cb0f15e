#pragma once

#include "core/library/database.h"

#include <filesystem>
#include <span>

namespace grappa {

/// The schema's steps: step i brings version i to i + 1. Append only: a released step is never changed.
std::span<const char* const> schemaSteps();

/// The version in the file's header, read without SQLite, which could write to the file's companions; 0 when there is
/// no file or it is empty.
int schemaVersionInHeader(const std::filesystem::path& file);

int schemaVersion(Database& database);

/// Throws SchemaTooNew when `version` is above the last of `steps`.
void requireKnownSchema(int version, std::span<const char* const> steps, const std::filesystem::path& file);

/// Runs the missing steps under the write lock, each in its own transaction. A database that holds something already is
/// copied to `backups`/catalogue-v<version>.sqlite first; older copies go.
void migrate(Database& database, std::span<const char* const> steps, const std::filesystem::path& writeLock,
             const std::filesystem::path& backups);

} // namespace grappa
