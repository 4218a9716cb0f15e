#pragma once

#include "core/library/database.h"
#include "core/library/library.h"

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace grappa {

/// A set of row ids as a bitmap: a million ids are 125 kB.
class IdSet {
public:
    /// Adds the id; whether it was new.
    bool insert(std::int64_t id);
    bool contains(std::int64_t id) const {
        return id >= 0 && static_cast<std::size_t>(id) < m_bits.size() && m_bits[static_cast<std::size_t>(id)];
    }
    std::size_t size() const { return m_size; }
    std::vector<std::int64_t> ids() const; ///< ascending

private:
    std::vector<bool> m_bits;
    std::size_t m_size = 0;
};

struct Library::Impl {
    Impl(LibraryPaths libraryPaths, Access access);
    ~Impl();

    Transaction begin(Durability durability = Durability::Normal) {
        return Transaction(*db, paths.writeLock(), durability);
    }
    /// Removes files of segments/ that a process left behind when it died between a save and its commit.
    void removeStraySegmentFiles();
    /// Names in segments/ that no row knows.
    std::vector<std::string> straySegmentFiles();
    /// The same for adaptations/, whose files are saved under the write lock.
    void removeStrayAdaptationFiles();
    std::vector<std::string> strayAdaptationFiles();
    /// The segment's file and, if there is one, its index.
    std::vector<std::string> filesOfSegment(std::int64_t segment);
    /// Deletes the set's vectors, segments and levels, inside a transaction; the files are to be removed after it.
    std::vector<std::string> dropVectors(EmbeddingSetId set);
    /// That and the set itself.
    std::vector<std::string> dropSet(EmbeddingSetId set);
    /// After the commit that stopped naming them: other processes may have them open, which does no harm.
    void removeSegmentFiles(std::span<const std::string> names);
    /// Removes the images without a file, with their vectors.
    void dropOrphans();

    LibraryPaths paths;
    std::unique_ptr<Database> db;
    std::vector<Collection> collections; ///< as counted at collectionsVersion
    std::int64_t collectionsVersion = -1;
};

/// The column `fusion` of a set says its descriptor too, after the fusion: "neighbours", "neighbours+patches", "" and
/// "+patches". So a library without the latter is what programs of before know. Throws Internal for a descriptor that
/// there is not.
std::string fusionColumn(const EmbeddingSetKey& key);
/// Sets fusion and descriptor of the key.
void setFromFusionColumn(EmbeddingSetKey& key, std::string column);
/// Of the vectors of a set with this column.
RowFormat rowFormatOf(const std::string& fusionColumn);

/// Numbers that stand in the column files.state.
constexpr std::int64_t stored(FileState state) {
    return static_cast<std::int64_t>(state);
}

/// The numbers of a BLOB; those that are not whole are left out.
template <class T>
std::vector<T> numbers(std::span<const std::byte> blob) {
    std::vector<T> values(blob.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), blob.data(), values.size() * sizeof(T));
    return values;
}

std::int64_t secondsNow(); ///< since 1970
/// Throws NotFound when a statement on the row `id` changed nothing.
void requireChanged(std::int64_t rows, const char* what, std::int64_t id);

Blob pathBlob(const std::filesystem::path& path);
/// Absolute, without "." or ".." and without a separator at the end.
std::filesystem::path absolutePath(const std::filesystem::path& path);
/// `path` below `folder`, empty when they are equal; nothing when it is not in it.
std::optional<std::string> relativeTo(const std::filesystem::path& folder, const std::filesystem::path& path);
Folder folderFromRow(const SqlQuery& row); ///< columns id, collection, path, online

} // namespace grappa
