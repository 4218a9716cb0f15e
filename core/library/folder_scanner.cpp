#include "core/library/folder_scanner.h"

#include "core/base/error.h"
#include "core/base/picture_kind.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <set>
#include <sys/stat.h>

namespace grappa {

namespace {

using Bytes = std::string;

/// Opens a folder below `root`. One call takes a path of less than PATH_MAX bytes, so a longer one is walked in pieces.
FileDescriptor openBelow(int root, const Bytes& relative) {
    constexpr std::size_t longest = 4000;
    FileDescriptor current(::openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    std::size_t from = 0;
    while (current && from < relative.size()) {
        std::size_t to = relative.size();
        if (to - from > longest) to = relative.rfind('/', from + longest);
        const Bytes piece = relative.substr(from, to - from);
        current.reset(::openat(current.get(), piece.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        from = to + 1;
    }
    return current;
}

/// The first bytes of a file; none when it cannot be read.
std::vector<std::byte> firstBytes(int folder, const Bytes& name) {
    // O_NONBLOCK: what was a file a moment ago may be a FIFO now.
    const FileDescriptor fd(::openat(folder, name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    std::vector<std::byte> bytes(kindBytes);
    const ssize_t size = fd ? ::read(fd.get(), bytes.data(), bytes.size()) : 0;
    bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return bytes;
}

class Scan {
public:
    Scan(const std::filesystem::path& folder, const ScanOptions& options, const JobContext& context,
         const std::function<void(ScannedFile)>& found)
        : m_options(options)
        , m_context(context)
        , m_found(found)
        , m_root(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
        if (!m_root)
            throw Error(ErrorCode::NotFound,
                        "Cannot read the folder " + displayPath(folder) + ": " + std::strerror(errno));
    }

    ScanSummary run() {
        m_pending.push_back({});
        // Folders behind links come last, so that a folder is known by its own path if it lies in the tree.
        while (!m_pending.empty() || !m_linked.empty()) {
            if (m_pending.empty()) std::swap(m_pending, m_linked);
            const Bytes folder = std::move(m_pending.back());
            m_pending.pop_back();
            visit(folder);
        }
        return std::move(m_summary);
    }

private:
    struct Entry {
        Bytes name;
        unsigned char type;
        auto operator<=>(const Entry&) const = default;
    };

    void fail(const Bytes& relative, const std::string& reason) { m_summary.failures.push_back({relative, reason}); }

    void visit(const Bytes& folder) {
        m_context.throwIfStopped();
        FileDescriptor fd = openBelow(m_root.get(), folder);
        struct stat status {};
        if (!fd || ::fstat(fd.get(), &status) != 0) return fail(folder, std::strerror(errno));
        if (!m_visited.emplace(status.st_dev, status.st_ino).second) return;
        std::vector<Bytes> folders, linked;
        const std::vector<Entry> entries = this->entries(fd, folder);
        const auto isMark = [](const Entry& entry) { return entry.name == ".nomedia"; };
        if (!folder.empty() && !m_options.companions && std::any_of(entries.begin(), entries.end(), isMark)) {
            ++m_summary.leftAlone.companions;
            return;
        }
        for (const Entry& entry : entries)
            look(fd.get(), folder, entry, folders, linked);
        // The last one in is the first one out.
        m_pending.insert(m_pending.end(), folders.rbegin(), folders.rend());
        m_linked.insert(m_linked.begin(), linked.rbegin(), linked.rend());
    }

    std::vector<Entry> entries(const FileDescriptor& fd, const Bytes& folder) {
        std::vector<Entry> entries;
        const int copy = ::openat(fd.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        const std::unique_ptr<DIR, int (*)(DIR*)> stream(copy < 0 ? nullptr : ::fdopendir(copy), ::closedir);
        if (!stream) {
            fail(folder, std::strerror(errno));
            return entries;
        }
        errno = 0;
        while (const dirent* entry = ::readdir(stream.get())) {
            const std::string_view name = entry->d_name;
            if (name != "." && name != "..") entries.push_back({Bytes(name), entry->d_type});
        }
        if (errno != 0) fail(folder, std::strerror(errno));
        std::sort(entries.begin(), entries.end());
        return entries;
    }

    void look(int folderFd, const Bytes& folder, const Entry& entry, std::vector<Bytes>& folders,
              std::vector<Bytes>& linked) {
        m_context.throwIfStopped();
        Bytes path = folder.empty() ? entry.name : folder + '/' + entry.name;
        const bool named = hasImageSuffix(entry.name);
        struct stat status {};
        const bool mustStat = entry.type == DT_LNK || entry.type == DT_UNKNOWN || (named && entry.type == DT_REG);
        if (mustStat && ::fstatat(folderFd, entry.name.c_str(), &status, 0) != 0) {
            // A link that leads nowhere matters only where an image was expected.
            if (named) fail(path, std::strerror(errno));
            return;
        }
        const mode_t mode = mustStat ? status.st_mode : static_cast<mode_t>(DTTOIF(entry.type));
        if (S_ISDIR(mode)) {
            if (!m_options.companions &&
                isCompanionFolder(std::filesystem::path(folder).filename().native(), entry.name))
                ++m_summary.leftAlone.companions;
            else if (entry.name.front() != '.')
                (entry.type == DT_LNK ? linked : folders).push_back(std::move(path));
        } else if (!m_options.companions && isCompanionName(entry.name)) {
            ++m_summary.leftAlone.companions;
        } else if (!S_ISREG(mode)) {
            if (named)
                fail(path, "not a regular file");
            else
                ++m_summary.leftAlone.others;
        } else if (isPicture(folderFd, entry.name, named)) {
            if (!mustStat && ::fstatat(folderFd, entry.name.c_str(), &status, 0) != 0)
                return fail(path, std::strerror(errno));
            ++m_summary.files;
            m_found({std::move(path), stampOf(status)});
        }
    }

    /// By name or by content; counts what is none.
    bool isPicture(int folderFd, const Bytes& name, bool named) {
        const bool appleDouble = name.starts_with("._"); // a Mac's notes on the file of the name behind it
        if (named && !appleDouble) return true;
        LeftAlone& leftAlone = m_summary.leftAlone;
        if (isSidecar(name)) return ++leftAlone.sidecars, false;
        const std::vector<std::byte> bytes = firstBytes(folderFd, name);
        if (pictureByContent(bytes) != nullptr) return true;
        ++(appleDouble ? leftAlone.companions : isVideo(name, bytes) ? leftAlone.videos : leftAlone.others);
        return false;
    }

    const ScanOptions& m_options;
    const JobContext& m_context;
    const std::function<void(ScannedFile)>& m_found;
    FileDescriptor m_root;
    std::set<std::pair<dev_t, ino_t>> m_visited;
    std::vector<Bytes> m_pending, m_linked; ///< relative to the root, the next one last
    ScanSummary m_summary;
};

} // namespace

ScanSummary scanFolder(const std::filesystem::path& folder, const JobContext& context,
                       const std::function<void(ScannedFile)>& found, const ScanOptions& options) {
    return Scan(folder, options, context, found).run();
}

bool hasImageSuffix(const std::filesystem::path& path) {
    return pictureBySuffix(path) != nullptr;
}

} // namespace grappa
