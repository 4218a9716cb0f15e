#pragma once

#include "core/base/error.h"
#include "core/base/hash.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

struct stat;

namespace grappa {

/// Owns a POSIX file descriptor; -1 = none.
class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd) : m_fd(fd) {}
    FileDescriptor(FileDescriptor&& other) noexcept : m_fd(other.release()) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept;
    ~FileDescriptor() { reset(); }

    int get() const { return m_fd; }
    explicit operator bool() const { return m_fd >= 0; }
    int release();
    void reset(int fd = -1);

private:
    int m_fd = -1;
};

/// Size, time of modification and time of the last change of status, which no program can set back: a file whose stamp
/// is unchanged is taken as unchanged.
struct FileStamp {
    std::uint64_t size = 0;
    std::int64_t mtimeNs = 0;
    std::int64_t ctimeNs = 0; ///< 0 = not known, equal to any
    bool operator==(const FileStamp& other) const {
        return size == other.size && mtimeNs == other.mtimeNs &&
               (ctimeNs == other.ctimeNs || ctimeNs == 0 || other.ctimeNs == 0);
    }
};

/// The stamp of an open file or of a result of stat().
FileStamp stampOf(const struct stat& status);

/// A file's bytes with the stamp they were read under.
struct FileBytes {
    std::vector<std::byte> bytes;
    FileStamp stamp;
};

/// Reads a regular file of the user's, once and read-only (never a FIFO, socket or device; follows symbolic links).
/// Throws FileUnreadable, FileTooLarge (more than `limit` bytes), FileChanged (its stamp differs before and after).
FileBytes readUserFile(const std::filesystem::path& path, std::uint64_t limit);

/// The save protocol for every file of our own: `<path>.part` is written, every write checked, fsynced, renamed to
/// `path`, the folder fsynced. A file that is not committed leaves nothing behind. Throws DiskFull or IoFailed.
class AtomicFile {
public:
    explicit AtomicFile(std::filesystem::path path);
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;
    ~AtomicFile();

    void write(std::span<const std::byte> bytes);
    void write(const void* data, std::size_t size) { write({static_cast<const std::byte*>(data), size}); }
    /// Overwrites bytes that were written before (a header whose checksum is known last).
    void writeAt(std::uint64_t offset, std::span<const std::byte> bytes);
    void commit();

private:
    std::filesystem::path m_path;
    std::filesystem::path m_part;
    FileDescriptor m_file;
};

/// Saves `bytes` as `path` by the save protocol.
void saveFile(const std::filesystem::path& path, std::span<const std::byte> bytes);

/// A whole file mapped read-only; for our own immutable files. Throws IoFailed.
class MappedFile {
public:
    explicit MappedFile(const std::filesystem::path& path);
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    ~MappedFile();

    std::span<const std::byte> bytes() const { return {m_data, m_size}; }

private:
    const std::byte* m_data = nullptr;
    std::size_t m_size = 0;
};

/// An advisory lock on a file (flock), held for the object's life and released by the kernel when the process ends.
class FileLock {
public:
    /// The lock, or nothing when another process (or object) holds it. Creates the file. Throws IoFailed.
    static std::optional<FileLock> tryAcquire(const std::filesystem::path& path);
    /// Waits for the lock.
    static FileLock acquire(const std::filesystem::path& path);

private:
    explicit FileLock(FileDescriptor file) : m_file(std::move(file)) {}
    FileDescriptor m_file;
};

/// A path for messages: bytes that are not UTF-8 are shown as U+FFFD; the path itself is never changed by it.
std::string displayPath(const std::filesystem::path& path);

/// Free bytes on the file system that holds `path`; nothing when that cannot be known.
std::optional<std::uint64_t> freeBytes(const std::filesystem::path& path);

} // namespace grappa
