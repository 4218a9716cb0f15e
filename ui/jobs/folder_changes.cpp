#include "ui/jobs/folder_changes.h"

#include "core/library/folder_scanner.h"

#include <utility>

namespace grappa {

bool hasFolderChanges(Library& library, CollectionId collection, std::stop_token stop) {
    const JobContext context{std::move(stop), {}};
    for (const Folder& folder : library.folders(collection)) {
        std::uint64_t seen = 0;
        bool changed = false;
        try {
            const ScanOptions options{.companions = library.readsCompanions(folder.path)};
            const auto look = [&](const ScannedFile& file) {
                const auto known = changed ? std::nullopt : library.findFile(folder.id, file.relativePath);
                changed = changed || !known || known->state == FileState::Offline || known->stamp != file.stamp;
                ++seen;
            };
            const ScanSummary scanned = scanFolder(folder.path, context, look, options);
            seen += scanned.failures.size(); // an import keeps a row for each
        } catch (const Error& error) {
            if (error.code() != ErrorCode::NotFound) throw;
            if (folder.online) return true;
            continue;
        }
        if (changed || !folder.online || seen != library.filesSeen(folder.id)) return true;
    }
    return false;
}

} // namespace grappa
