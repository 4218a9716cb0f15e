#include "core/library/folded_name.h"
#include "core/library/library_impl.h"

#include <algorithm>
#include <cstring>
#include <set>

namespace grappa {

namespace {

constexpr const char* fileColumns =
    "SELECT files.id, files.folder, folders.path, files.path, size, mtime_ns, state, image, "
    "error, reason, ctime_ns FROM files JOIN folders ON folders.id = files.folder ";

File fileFromRow(const SqlQuery& row) {
    File file;
    file.id = row.integer(0);
    file.folder = row.integer(1);
    file.path = std::filesystem::path(row.text(2)) / row.text(3);
    file.stamp = {static_cast<std::uint64_t>(row.integer(4)), row.integer(5), row.integer(10)};
    file.state = static_cast<FileState>(row.integer(6));
    if (!row.isNull(7)) file.image = row.integer(7);
    if (!row.isNull(8)) file.error = errorFromName(row.text(8));
    file.reason = row.text(9);
    return file;
}

/// Files of one folder whose relative path lies in [from, to); both empty: all of them.
struct FileRange {
    FolderId folder = 0;
    std::string from, to;
};

std::vector<FileRange> fileRanges(Database& db, const ImageFilter& filter) {
    std::vector<FileRange> ranges;
    const auto wanted = filter.folder.empty() ? std::filesystem::path() : absolutePath(filter.folder);
    for (SqlQuery row(db, "SELECT id, collection, path, online FROM folders WHERE ?1 IS NULL OR collection = ?1",
                      filter.collection);
         row.next();) {
        const Folder folder = folderFromRow(row);
        if (std::find(filter.without.begin(), filter.without.end(), folder.collection) != filter.without.end())
            continue;
        if (wanted.empty() || relativeTo(wanted, folder.path))
            ranges.push_back({folder.id, {}, {}});
        else if (const auto below = relativeTo(folder.path, wanted))
            ranges.push_back({folder.id, *below + '/', *below + static_cast<char>('/' + 1)});
    }
    return ranges;
}

IdSet imagesOfFiles(Database& db, const ImageFilter& filter) {
    IdSet images;
    const auto collect = [&images](SqlQuery row) {
        while (row.next())
            images.insert(row.integer(0));
    };
    const std::string name = foldedName(filter.nameContains);
    const auto nameBlob = Blob(std::string_view(name));
    if (!filter.collection && filter.folder.empty() && filter.without.empty()) {
        collect({db, "SELECT image FROM files WHERE instr(name, ?1) > 0 AND image IS NOT NULL", nameBlob});
        return images;
    }
    // Without a name the index of the folder's files answers alone.
    const std::string named = name.empty() ? "" : " AND instr(name, ?2) > 0";
    for (const FileRange& range : fileRanges(db, filter)) {
        if (!range.from.empty())
            collect({db,
                     "SELECT image FROM files WHERE folder = ?1 AND instr(name, ?2) > 0 AND path >= ?3 AND path < ?4 "
                     "AND image IS NOT NULL",
                     range.folder, nameBlob, Blob(std::string_view(range.from)), Blob(std::string_view(range.to))});
        else if (name.empty())
            collect({db, "SELECT image FROM files WHERE folder = ?1 AND image IS NOT NULL", range.folder});
        else
            collect({db, "SELECT image FROM files WHERE folder = ?1 AND instr(name, ?2) > 0 AND image IS NOT NULL",
                     range.folder, nameBlob});
    }
    return images;
}

IdSet imagesWithProperties(Database& db, const ImageFilter& filter) {
    IdSet images;
    for (SqlQuery row(
             db,
             "SELECT id FROM images WHERE (?1 = '' OR format = ?1) AND (?2 = 0 OR (taken_at <> 0 AND taken_at >= ?2)) "
             "AND (?3 = 0 OR (taken_at <> 0 AND taken_at < ?3))",
             filter.format, filter.takenFrom, filter.takenTo);
         row.next();)
        images.insert(row.integer(0));
    return images;
}

/// Calls `visit` with the images in the order; one of several files comes more than once.
void walk(Database& db, ImageOrder order, const std::function<void(ImageId)>& visit) {
    const auto visitAll = [&visit](SqlQuery row) {
        while (row.next())
            visit(row.integer(0));
    };
    switch (order) {
    case ImageOrder::Added:
        visitAll({db, "SELECT id FROM images ORDER BY id"});
        break;
    case ImageOrder::Name:
        visitAll({db, "SELECT image FROM files WHERE image IS NOT NULL ORDER BY name, image"});
        break;
    case ImageOrder::Folder: {
        std::vector<FolderId> folders;
        for (SqlQuery row(db, "SELECT id FROM folders ORDER BY path, id"); row.next();)
            folders.push_back(row.integer(0));
        for (const FolderId folder : folders)
            visitAll({db, "SELECT image FROM files WHERE folder = ?1 AND image IS NOT NULL ORDER BY path", folder});
        break;
    }
    case ImageOrder::Taken: // unknown ones last
        visitAll({db, "SELECT id FROM images WHERE taken_at < 0 ORDER BY taken_at, id"});
        visitAll({db, "SELECT id FROM images WHERE taken_at > 0 ORDER BY taken_at, id"});
        visitAll({db, "SELECT id FROM images WHERE taken_at = 0 ORDER BY id"});
        break;
    case ImageOrder::TakenNewestFirst:
        visitAll({db, "SELECT id FROM images WHERE taken_at > 0 ORDER BY taken_at DESC, id DESC"});
        visitAll({db, "SELECT id FROM images WHERE taken_at < 0 ORDER BY taken_at DESC, id DESC"});
        visitAll({db, "SELECT id FROM images WHERE taken_at = 0 ORDER BY id"});
        break;
    }
}

} // namespace

bool ImageFilter::any() const {
    return collection || !folder.empty() || !nameContains.empty() || !format.empty() || takenFrom != 0 ||
           takenTo != 0 || !without.empty();
}

std::uint64_t Library::filesSeen(FolderId folder) {
    const auto count = m_impl->db->integer("SELECT count(*) FROM files WHERE folder = ?1 AND state <> ?2", folder,
                                           stored(FileState::Offline));
    return static_cast<std::uint64_t>(count.value_or(0));
}

std::optional<File> Library::findFile(FolderId folder, const std::filesystem::path& relativePath) {
    SqlQuery row(*m_impl->db, std::string(fileColumns) + "WHERE files.folder = ?1 AND files.path = ?2", folder,
                 pathBlob(relativePath));
    if (!row.next()) return std::nullopt;
    return fileFromRow(row);
}

std::uint64_t Library::markSeen(FolderId folder, std::span<const FileId> seen) {
    std::vector<FileId> present(seen.begin(), seen.end());
    std::sort(present.begin(), present.end());
    std::vector<FileId> back, gone;
    std::uint64_t wentOffline = 0;

    Transaction transaction = m_impl->begin();
    Database& db = *m_impl->db;
    // Compared here, written only where something changes: after most scans nothing does.
    for (SqlQuery row(db, "SELECT id, state FROM files WHERE folder = ?1", folder); row.next();) {
        const bool isSeen = std::binary_search(present.begin(), present.end(), row.integer(0));
        const auto state = static_cast<FileState>(row.integer(1));
        if (isSeen && state == FileState::Offline) back.push_back(row.integer(0));
        if (!isSeen && state != FileState::Offline) gone.push_back(row.integer(0));
        if (!isSeen && state == FileState::Present) ++wentOffline;
    }
    for (const FileId id : back)
        db.run("UPDATE files SET state = 0 WHERE id = ?1", id);
    for (const FileId id : gone)
        if (db.run("UPDATE files SET state = 1, error = NULL, reason = NULL WHERE id = ?1 AND image IS NOT NULL", id) ==
            0)
            db.run("DELETE FROM files WHERE id = ?1", id);
    m_impl->dropOrphans();
    transaction.commit();
    return wentOffline;
}

void Library::Impl::dropOrphans() {
    db->run("DELETE FROM orphans WHERE EXISTS (SELECT 1 FROM files WHERE files.image = orphans.image)");
    db->run("INSERT INTO tombstones (segment, image) SELECT segment, image FROM embeddings "
            "WHERE image IN (SELECT image FROM orphans) AND segment IS NOT NULL");
    db->run("DELETE FROM embeddings WHERE image IN (SELECT image FROM orphans)");
    db->run("DELETE FROM images WHERE id IN (SELECT image FROM orphans)");
    db->run("DELETE FROM orphans");
}

std::uint64_t Library::forgetMoved() {
    Transaction transaction = m_impl->begin();
    const std::int64_t forgotten = m_impl->db->run(
        "DELETE FROM files WHERE state = ?1 AND folder IN (SELECT id FROM folders WHERE online = 1) AND EXISTS "
        "(SELECT 1 FROM files AS other WHERE other.image = files.image AND other.state = ?2)",
        stored(FileState::Offline), stored(FileState::Present));
    transaction.commit();
    return static_cast<std::uint64_t>(forgotten);
}

std::uint64_t Library::forgetMissing(CollectionId id) {
    Transaction transaction = m_impl->begin(Durability::Full);
    Database& db = *m_impl->db;
    constexpr const char* missing =
        "FROM files WHERE state = ?2 AND folder IN (SELECT id FROM folders WHERE collection = ?1 AND online = 1)";
    db.run(std::string("INSERT OR IGNORE INTO orphans SELECT DISTINCT image ") + missing, id,
           stored(FileState::Offline));
    const std::int64_t forgotten = db.run(std::string("DELETE ") + missing, id, stored(FileState::Offline));
    m_impl->dropOrphans(); // but for those that another file holds
    transaction.commit();
    return static_cast<std::uint64_t>(forgotten);
}

std::vector<File> Library::unreadableFiles(std::optional<CollectionId> id) {
    std::vector<File> files;
    for (SqlQuery row(
             *m_impl->db,
             std::string(fileColumns) +
                 "WHERE state = 2 AND (?1 IS NULL OR folders.collection = ?1) ORDER BY folders.path, files.path",
             id);
         row.next();)
        files.push_back(fileFromRow(row));
    return files;
}

std::vector<File> Library::filesOf(ImageId image) {
    std::vector<File> files;
    for (SqlQuery row(*m_impl->db, std::string(fileColumns) + "WHERE image = ?1 ORDER BY state, files.id", image);
         row.next();)
        files.push_back(fileFromRow(row));
    return files;
}

std::optional<ImageId> Library::findImageByPath(const std::filesystem::path& path) {
    const auto absolute = absolutePath(path);
    for (const FileRange& range : fileRanges(*m_impl->db, {})) {
        SqlQuery folder(*m_impl->db, "SELECT path FROM folders WHERE id = ?1", range.folder);
        if (!folder.next()) continue;
        const auto relative = relativeTo(folder.text(0), absolute);
        if (!relative || relative->empty()) continue;
        const auto file = findFile(range.folder, *relative);
        if (file && file->image) return file->image;
    }
    return std::nullopt;
}

namespace {

/// Whether the file is one that the filter asks for (its image's properties apart).
bool answers(const File& file, const ImageFilter& filter, std::span<const FileRange> ranges, const std::string& name) {
    const auto inRange = [&](const FileRange& range) {
        // A range that covers no whole folder was made of the wanted folder itself.
        return range.folder == file.folder &&
               (range.from.empty() || relativeTo(absolutePath(filter.folder), file.path));
    };
    return std::any_of(ranges.begin(), ranges.end(), inRange) &&
           (name.empty() || foldedName(file.path.filename().native()).find(name) != std::string::npos);
}

} // namespace

std::optional<Image> Library::image(ImageId id, const ImageFilter& filter) {
    Database& db = *m_impl->db;
    const ReadTransaction snapshot(db);
    SqlQuery row(db, "SELECT hash, width, height, format, damage, taken_at FROM images WHERE id = ?1", id);
    if (!row.next()) return std::nullopt;
    Image image;
    image.id = id;
    std::memcpy(image.hash.bytes.data(), row.blob(0).data(), image.hash.bytes.size());
    image.width = static_cast<int>(row.integer(1));
    image.height = static_cast<int>(row.integer(2));
    image.format = row.text(3);
    image.damage = row.text(4);
    image.takenAt = row.integer(5);
    image.files = static_cast<std::uint32_t>(db.integer("SELECT count(*) FROM files WHERE image = ?1", id).value_or(0));
    image.online = false;
    std::vector<File> files = filesOf(id);
    if (files.empty()) return image;
    if (files.size() > 1 && filter.any()) {
        const std::vector<FileRange> ranges = fileRanges(db, filter);
        const std::string name = foldedName(filter.nameContains);
        const auto found = std::find_if(files.begin(), files.end(),
                                        [&](const File& file) { return answers(file, filter, ranges, name); });
        if (found != files.end()) std::iter_swap(files.begin(), found);
    }
    const File& file = files.front();
    image.path = file.path;
    image.stamp = file.stamp;
    image.online = file.state == FileState::Present;
    return image;
}

std::optional<ImageId> Library::findImage(const ContentHash& hash) {
    return m_impl->db->integer("SELECT id FROM images WHERE hash = ?1", Blob(std::span(hash.bytes)));
}

std::uint64_t Library::imageCount(const ImageFilter& filter) {
    if (filter.any()) return imageIds(filter).size();
    const auto count = m_impl->db->integer("SELECT (SELECT count(*) FROM images) - (SELECT count(*) FROM orphans)");
    return static_cast<std::uint64_t>(count.value_or(0));
}

std::vector<std::filesystem::path> Library::foldersWithFiles(std::optional<CollectionId> id) {
    Database& db = *m_impl->db;
    const ReadTransaction snapshot(db);
    std::set<std::filesystem::path> found;
    ImageFilter filter;
    filter.collection = id;
    for (const FileRange& range : fileRanges(db, filter)) {
        SqlQuery root(db, "SELECT path FROM folders WHERE id = ?1", range.folder);
        if (!root.next()) continue;
        const std::filesystem::path folder = root.text(0);
        std::optional<std::string> last;
        for (SqlQuery row(db, "SELECT path FROM files WHERE folder = ?1 ORDER BY path", range.folder); row.next();) {
            const std::string path = row.text(0);
            const std::size_t end = path.rfind('/');
            const std::string_view parent = std::string_view(path).substr(0, end == std::string::npos ? 0 : end);
            if (last && parent == *last) continue;
            last = parent;
            found.insert(parent.empty() ? folder : folder / parent);
        }
    }
    return {found.begin(), found.end()};
}

std::vector<ImageId> Library::imageIds(const ImageFilter& filter, ImageOrder order) {
    Database& db = *m_impl->db;
    const ReadTransaction snapshot(db);
    std::optional<IdSet> ofFiles, ofProperties;
    if (filter.collection || !filter.folder.empty() || !filter.nameContains.empty() || !filter.without.empty())
        ofFiles = imagesOfFiles(db, filter);
    if (!filter.format.empty() || filter.takenFrom != 0 || filter.takenTo != 0)
        ofProperties = imagesWithProperties(db, filter);

    IdSet orphans; // of a scan that is under way: no file, nothing to show
    for (SqlQuery row(db, "SELECT image FROM orphans"); row.next();)
        orphans.insert(row.integer(0));

    IdSet taken;
    std::vector<ImageId> ids;
    const auto take = [&](ImageId id) {
        if ((!ofFiles || ofFiles->contains(id)) && (!ofProperties || ofProperties->contains(id)) &&
            !orphans.contains(id) && taken.insert(id))
            ids.push_back(id);
    };
    // What the filter found is in order already; a search needs no more.
    if (order == ImageOrder::Added && ofFiles)
        for (const ImageId id : ofFiles->ids())
            take(id);
    else
        walk(db, order, take);
    return ids;
}

} // namespace grappa
