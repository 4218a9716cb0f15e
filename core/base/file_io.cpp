#include "core/base/file_io.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <utility>

namespace grappa {

namespace {

std::string named(const char* what, const std::filesystem::path& path) {
    return std::string(what) + " " + displayPath(path);
}

void fsyncFolder(const std::filesystem::path& folder) {
    const FileDescriptor fd(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || ::fsync(fd.get()) != 0) throw systemError(ErrorCode::IoFailed, named("Cannot sync", folder), errno);
}

FileDescriptor openLock(const std::filesystem::path& path) {
    FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!fd) throw systemError(ErrorCode::IoFailed, named("Cannot open the lock", path), errno);
    return fd;
}

} // namespace

FileStamp stampOf(const struct stat& status) {
    const auto nanoseconds = [](const timespec& time) {
        return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
    };
    return {static_cast<std::uint64_t>(status.st_size), nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
}

int FileDescriptor::release() {
    return std::exchange(m_fd, -1);
}

void FileDescriptor::reset(int fd) {
    if (m_fd >= 0) ::close(m_fd);
    m_fd = fd;
}

FileBytes readUserFile(const std::filesystem::path& path, std::uint64_t limit) {
    // O_NONBLOCK: opening a FIFO must not wait for its writer.
    const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!fd) throw Error(ErrorCode::FileUnreadable, named("Cannot open", path) + ": " + std::strerror(errno));
    struct stat before {};
    if (::fstat(fd.get(), &before) != 0)
        throw Error(ErrorCode::FileUnreadable, named("Cannot stat", path) + ": " + std::strerror(errno));
    if (!S_ISREG(before.st_mode)) throw Error(ErrorCode::FileUnreadable, displayPath(path) + " is not a regular file");
    FileBytes file;
    file.stamp = stampOf(before);
    if (file.stamp.size > limit)
        throw Error(ErrorCode::FileTooLarge, displayPath(path) + " has " + std::to_string(file.stamp.size) +
                                                 " bytes; the limit is " + std::to_string(limit));

    file.bytes.resize(file.stamp.size);
    std::size_t done = 0;
    while (done < file.bytes.size()) {
        const ssize_t n = ::read(fd.get(), file.bytes.data() + done, file.bytes.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw Error(ErrorCode::FileUnreadable, named("Cannot read", path) + ": " + std::strerror(errno));
        if (n == 0) break;
        done += static_cast<std::size_t>(n);
    }
    struct stat after {};
    if (::fstat(fd.get(), &after) != 0 || done != file.bytes.size() || stampOf(after) != file.stamp)
        throw Error(ErrorCode::FileChanged, displayPath(path) + " changed while it was read");
    return file;
}

AtomicFile::AtomicFile(std::filesystem::path path) : m_path(std::move(path)), m_part(m_path) {
    m_part += ".part";
    m_file.reset(::open(m_part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!m_file) throw systemError(ErrorCode::IoFailed, named("Cannot write", m_part), errno);
}

AtomicFile::~AtomicFile() {
    if (m_file) ::unlink(m_part.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(m_file.get(), bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw systemError(ErrorCode::IoFailed, named("Cannot write", m_part), errno);
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
}

void AtomicFile::writeAt(std::uint64_t offset, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(m_file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw systemError(ErrorCode::IoFailed, named("Cannot write", m_part), errno);
        bytes = bytes.subspan(static_cast<std::size_t>(n));
        offset += static_cast<std::uint64_t>(n);
    }
}

void AtomicFile::commit() {
    if (::fsync(m_file.get()) != 0) throw systemError(ErrorCode::IoFailed, named("Cannot sync", m_part), errno);
    if (::rename(m_part.c_str(), m_path.c_str()) != 0)
        throw systemError(ErrorCode::IoFailed, named("Cannot rename to", m_path), errno);
    m_file.reset();
    fsyncFolder(m_path.parent_path());
}

void saveFile(const std::filesystem::path& path, std::span<const std::byte> bytes) {
    AtomicFile file(path);
    file.write(bytes);
    file.commit();
}

MappedFile::MappedFile(const std::filesystem::path& path) {
    const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0)
        throw systemError(ErrorCode::IoFailed, named("Cannot open", path), errno);
    if (!S_ISREG(status.st_mode)) throw Error(ErrorCode::IoFailed, displayPath(path) + " is not a regular file");
    m_size = static_cast<std::size_t>(status.st_size);
    if (m_size == 0) return;
    void* data = ::mmap(nullptr, m_size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (data == MAP_FAILED) throw systemError(ErrorCode::IoFailed, named("Cannot map", path), errno);
    m_data = static_cast<const std::byte*>(data);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : m_data(std::exchange(other.m_data, nullptr)), m_size(std::exchange(other.m_size, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
    std::swap(m_data, other.m_data);
    std::swap(m_size, other.m_size);
    return *this;
}

MappedFile::~MappedFile() {
    if (m_data != nullptr) ::munmap(const_cast<std::byte*>(m_data), m_size);
}

std::optional<FileLock> FileLock::tryAcquire(const std::filesystem::path& path) {
    FileDescriptor fd = openLock(path);
    while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return std::nullopt;
        if (errno != EINTR) throw systemError(ErrorCode::IoFailed, named("Cannot lock", path), errno);
    }
    return FileLock(std::move(fd));
}

FileLock FileLock::acquire(const std::filesystem::path& path) {
    FileDescriptor fd = openLock(path);
    while (::flock(fd.get(), LOCK_EX) != 0)
        if (errno != EINTR) throw systemError(ErrorCode::IoFailed, named("Cannot lock", path), errno);
    return FileLock(std::move(fd));
}

std::string displayPath(const std::filesystem::path& path) {
    const std::string& raw = path.native();
    std::string text;
    text.reserve(raw.size());
    for (std::size_t i = 0; i < raw.size();) {
        const auto lead = static_cast<unsigned char>(raw[i]);
        const std::size_t length = lead < 0x80                   ? 1
                                   : lead >= 0xc2 && lead < 0xe0 ? 2
                                   : (lead & 0xf0) == 0xe0       ? 3
                                   : lead >= 0xf0 && lead < 0xf5 ? 4
                                                                 : 0;
        bool valid = length > 0 && i + length <= raw.size();
        for (std::size_t j = 1; valid && j < length; ++j)
            valid = (static_cast<unsigned char>(raw[i + j]) & 0xc0) == 0x80;
        if (valid && length > 2) {
            const auto second = static_cast<unsigned char>(raw[i + 1]);
            // Overlong forms, surrogates and code points past U+10FFFF.
            valid = !(lead == 0xe0 && second < 0xa0) && !(lead == 0xed && second >= 0xa0) &&
                    !(lead == 0xf0 && second < 0x90) && !(lead == 0xf4 && second >= 0x90);
        }
        if (valid) {
            text.append(raw, i, length);
            i += length;
        } else {
            text += "\xef\xbf\xbd";
            ++i;
        }
    }
    return text;
}

std::optional<std::uint64_t> freeBytes(const std::filesystem::path& path) {
    struct statvfs status {};
    if (::statvfs(path.c_str(), &status) != 0) return std::nullopt;
    return std::uint64_t{status.f_bavail} * status.f_frsize;
}

} // namespace grappa
