#include "core/library/library.h"

#include "core/library/library_impl.h"
#include "core/library/migrations.h"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <unordered_set>

namespace grappa {

namespace {

void useWal(Database& database, const std::filesystem::path& writeLock) {
    const FileLock lock = FileLock::acquire(writeLock);
    SqlQuery mode(database, "PRAGMA journal_mode = WAL");
    if (!mode.next() || mode.text(0) != "wal")
        throw Error(ErrorCode::DatabaseFailed,
                    "The file system of " + displayPath(database.file()) +
                        " cannot hold a library (no write-ahead log): put it on a local disk.");
}

void createFolder(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) throw systemError(ErrorCode::IoFailed, "Cannot create the folder " + displayPath(folder), error.value());
}

std::unique_ptr<Database> openCatalogue(const LibraryPaths& paths, Library::Access access) {
    const auto file = paths.catalogue();
    const auto known = schemaSteps();
    const bool writes = access == Library::Access::ReadWrite;
    const Error notFound(ErrorCode::NotFound, "There is no library at " + displayPath(paths.data));
    if (!writes && !std::filesystem::exists(file)) throw notFound;
    if (writes) {
        createFolder(paths.segments());
        createFolder(paths.adaptations());
    }
    requireKnownSchema(schemaVersionInHeader(file), known, file);

    auto database = std::make_unique<Database>(file, writes ? Database::Mode::Create : Database::Mode::ReadOnly);
    const int version = schemaVersion(*database);
    requireKnownSchema(version, known, file);
    if (static_cast<std::size_t>(version) == known.size()) return database;
    if (writes) {
        if (version == 0) useWal(*database, paths.writeLock());
        migrate(*database, known, paths.writeLock(), paths.data);
    } else {
        if (version == 0) throw notFound;
        Database writer(file, Database::Mode::ReadWrite);
        migrate(writer, known, paths.writeLock(), paths.data);
    }
    return database;
}

void requireCollectionName(Database& db, const std::string& name) {
    if (name.empty()) throw Error(ErrorCode::Usage, "A collection needs a name.");
    if (db.integer("SELECT id FROM collections WHERE name = ?1", name))
        throw Error(ErrorCode::Usage, "There is a collection \"" + name + "\" already.");
}

/// Names in the folder that are not among `known`, in order.
std::vector<std::string> strayFiles(const std::filesystem::path& folder, const std::unordered_set<std::string>& known) {
    std::vector<std::string> stray;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
        if (auto name = entry.path().filename().native(); !known.contains(name)) stray.push_back(std::move(name));
    std::sort(stray.begin(), stray.end());
    return stray;
}

} // namespace

std::int64_t secondsNow() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

void requireChanged(std::int64_t rows, const char* what, std::int64_t id) {
    if (rows == 0) throw Error(ErrorCode::NotFound, std::string("There is no ") + what + " " + std::to_string(id));
}

bool IdSet::insert(std::int64_t id) {
    const auto index = static_cast<std::size_t>(id);
    if (index >= m_bits.size()) m_bits.resize(std::max(index + 1, 2 * m_bits.size()));
    if (m_bits[index]) return false;
    m_bits[index] = true;
    ++m_size;
    return true;
}

std::vector<std::int64_t> IdSet::ids() const {
    std::vector<std::int64_t> ids;
    ids.reserve(m_size);
    for (std::size_t i = 0; i < m_bits.size(); ++i)
        if (m_bits[i]) ids.push_back(static_cast<std::int64_t>(i));
    return ids;
}

Blob pathBlob(const std::filesystem::path& path) {
    return Blob(std::string_view(path.native()));
}

std::filesystem::path absolutePath(const std::filesystem::path& path) {
    auto absolute = std::filesystem::absolute(path).lexically_normal();
    if (!absolute.has_filename() && absolute.has_relative_path()) absolute = absolute.parent_path();
    return absolute;
}

std::optional<std::string> relativeTo(const std::filesystem::path& folder, const std::filesystem::path& path) {
    const std::string& bytes = path.native();
    std::string prefix = folder.native();
    if (bytes == prefix) return std::string();
    if (!prefix.ends_with('/')) prefix += '/';
    if (!bytes.starts_with(prefix)) return std::nullopt;
    return bytes.substr(prefix.size());
}

Folder folderFromRow(const SqlQuery& row) {
    return {row.integer(0), row.integer(1), row.text(2), row.integer(3) != 0};
}

Library::Impl::Impl(LibraryPaths libraryPaths, Access access)
    : paths(std::move(libraryPaths)), db(openCatalogue(paths, access)) {
    if (access != Access::ReadWrite) return;
    removeStraySegmentFiles();
    removeStrayAdaptationFiles();
}

Library::Impl::~Impl() {
    if (!db || db->walPages() == 0) return;
    try {
        // Nobody waits for a program that ends: when another process writes, that one will copy the WAL.
        if (const auto lock = FileLock::tryAcquire(paths.writeLock()))
            db->script("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (const Error&) {
        // What was committed is in the WAL and is copied another time.
    }
}

std::vector<std::string> Library::Impl::straySegmentFiles() {
    std::unordered_set<std::string> known;
    for (SqlQuery row(*db, "SELECT file, index_file FROM segments"); row.next();) {
        known.insert(row.text(0));
        known.insert(row.text(1));
    }
    return strayFiles(paths.segments(), known);
}

void Library::Impl::removeStraySegmentFiles() {
    if (straySegmentFiles().empty()) return;
    // They are those of a running index job, unless its lock is free.
    const auto noIndexJob = FileLock::tryAcquire(paths.jobLock("index"));
    if (!noIndexJob) return;
    const FileLock lock = FileLock::acquire(paths.writeLock());
    for (const std::string& name : straySegmentFiles()) {
        std::error_code error;
        std::filesystem::remove(paths.segments() / name, error);
    }
}

std::vector<std::string> Library::Impl::strayAdaptationFiles() {
    std::unordered_set<std::string> known;
    for (SqlQuery row(*db, "SELECT file FROM adaptations"); row.next();)
        known.insert(row.text(0));
    return strayFiles(paths.adaptations(), known);
}

void Library::Impl::removeStrayAdaptationFiles() {
    if (strayAdaptationFiles().empty()) return;
    const FileLock lock = FileLock::acquire(paths.writeLock());
    for (const std::string& name : strayAdaptationFiles()) {
        std::error_code error;
        std::filesystem::remove(paths.adaptations() / name, error);
    }
}

Library::Library(LibraryPaths paths, Access access) : m_impl(std::make_unique<Impl>(std::move(paths), access)) {}
Library::~Library() = default;
Library::Library(Library&&) noexcept = default;

const LibraryPaths& Library::paths() const {
    return m_impl->paths;
}

std::int64_t Library::dataVersion() {
    // SQLite's number does not move with the commits of its own connection.
    return (m_impl->db->integer("PRAGMA data_version").value_or(0) << 32) + m_impl->db->commits();
}

struct Library::Snapshot::Impl {
    explicit Impl(Database& database) : transaction(database) {}
    ReadTransaction transaction;
};

Library::Snapshot::Snapshot(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
Library::Snapshot::~Snapshot() = default;
Library::Snapshot::Snapshot(Snapshot&&) noexcept = default;

Library::Snapshot Library::snapshot() {
    return Snapshot(std::make_unique<Snapshot::Impl>(*m_impl->db));
}

std::vector<Collection> Library::collections() {
    Database& db = *m_impl->db;
    const std::int64_t version = dataVersion();
    if (version == m_impl->collectionsVersion) return m_impl->collections;

    const ReadTransaction snapshot(db);
    std::vector<Collection> collections;
    for (SqlQuery row(db, "SELECT id, name, created_at FROM collections ORDER BY name COLLATE NOCASE, id"); row.next();)
        collections.push_back({row.integer(0), row.text(1), row.integer(2)});
    for (Collection& collection : collections) {
        IdSet images;
        for (const Folder& folder : folders(collection.id)) {
            for (SqlQuery row(db, "SELECT image FROM files WHERE folder = ?1 AND image IS NOT NULL", folder.id);
                 row.next();)
                images.insert(row.integer(0));
            // "state <> 0" lets SQLite use the index of the few files that are not present.
            for (SqlQuery row(db, "SELECT state, count(*) FROM files WHERE folder = ?1 AND state <> 0 GROUP BY state",
                              folder.id);
                 row.next();)
                (row.integer(0) == stored(FileState::Offline) ? collection.offline : collection.unreadable) +=
                    static_cast<std::uint64_t>(row.integer(1));
        }
        collection.images = images.size();
    }
    m_impl->collections = collections;
    m_impl->collectionsVersion = version;
    return collections;
}

std::optional<Collection> Library::findCollection(std::string_view name) {
    for (Collection& collection : collections())
        if (collection.name == name) return std::move(collection);
    return std::nullopt;
}

Collection Library::createCollection(const std::string& name) {
    Transaction transaction = m_impl->begin(Durability::Full);
    requireCollectionName(*m_impl->db, name);
    Collection collection{0, name, secondsNow()};
    m_impl->db->run("INSERT INTO collections (name, created_at) VALUES (?1, ?2)", name, collection.createdAt);
    collection.id = m_impl->db->lastInsertId();
    transaction.commit();
    return collection;
}

void Library::renameCollection(CollectionId id, const std::string& name) {
    Transaction transaction = m_impl->begin(Durability::Full);
    if (m_impl->db->integer("SELECT id FROM collections WHERE name = ?1", name) == id) return;
    requireCollectionName(*m_impl->db, name);
    requireChanged(m_impl->db->run("UPDATE collections SET name = ?2 WHERE id = ?1", id, name), "collection", id);
    transaction.commit();
}

void Library::removeCollection(CollectionId id) {
    Transaction transaction = m_impl->begin(Durability::Full);
    Database& db = *m_impl->db;
    db.run("INSERT OR IGNORE INTO orphans SELECT DISTINCT image FROM files JOIN folders ON folders.id = files.folder "
           "WHERE folders.collection = ?1 AND image IS NOT NULL",
           id);
    requireChanged(db.run("DELETE FROM collections WHERE id = ?1", id), "collection", id);
    m_impl->dropOrphans();
    transaction.commit();
}

void Library::removeFolder(FolderId id) {
    Transaction transaction = m_impl->begin(Durability::Full);
    Database& db = *m_impl->db;
    db.run("INSERT OR IGNORE INTO orphans SELECT DISTINCT image FROM files WHERE folder = ?1 AND image IS NOT NULL",
           id);
    requireChanged(db.run("DELETE FROM folders WHERE id = ?1", id), "folder", id);
    m_impl->dropOrphans();
    transaction.commit();
}

std::vector<Folder> Library::folders(CollectionId id) {
    std::vector<Folder> folders;
    for (SqlQuery row(*m_impl->db,
                      "SELECT id, collection, path, online FROM folders WHERE collection = ?1 ORDER BY path", id);
         row.next();)
        folders.push_back(folderFromRow(row));
    return folders;
}

Folder Library::addFolder(CollectionId id, const std::filesystem::path& path) {
    Transaction transaction = m_impl->begin(Durability::Full);
    Database& db = *m_impl->db;
    Folder added{0, id, absolutePath(path)};
    std::vector<Folder> below;
    for (Folder& folder : folders(id)) {
        if (relativeTo(folder.path, added.path)) return std::move(folder);
        if (relativeTo(added.path, folder.path)) below.push_back(std::move(folder));
    }
    requireChanged(db.integer("SELECT count(*) FROM collections WHERE id = ?1", id).value_or(0), "collection", id);
    db.run("INSERT INTO folders (collection, path) VALUES (?1, ?2)", id, pathBlob(added.path));
    added.id = db.lastInsertId();
    // Their files are files of the new folder now.
    for (const Folder& folder : below) {
        const std::string prefix = *relativeTo(added.path, folder.path) + '/';
        db.run("UPDATE files SET folder = ?1, path = CAST(?2 || path AS BLOB) WHERE folder = ?3", added.id,
               Blob(std::string_view(prefix)), folder.id);
        db.run("DELETE FROM folders WHERE id = ?1", folder.id);
    }
    transaction.commit();
    return added;
}

bool Library::readsCompanions(const std::filesystem::path& folder) {
    return setting("companions:" + absolutePath(folder).native()) == "1";
}

void Library::setReadsCompanions(const std::filesystem::path& folder, bool reads) {
    if (readsCompanions(folder) != reads) setSetting("companions:" + absolutePath(folder).native(), reads ? "1" : "0");
}

void Library::setFolderPath(FolderId id, const std::filesystem::path& path) {
    Transaction transaction = m_impl->begin(Durability::Full);
    const auto absolute = absolutePath(path);
    if (m_impl->db->integer("SELECT other.id FROM folders AS other JOIN folders AS this USING (collection) "
                            "WHERE this.id = ?1 AND other.id <> ?1 AND other.path = ?2",
                            id, pathBlob(absolute)))
        throw Error(ErrorCode::Usage, "The collection has the folder " + displayPath(absolute) + " already.");
    requireChanged(m_impl->db->run("UPDATE folders SET path = ?2 WHERE id = ?1", id, pathBlob(absolute)), "folder", id);
    transaction.commit();
}

void Library::setFolderOnline(FolderId id, bool online) {
    Transaction transaction = m_impl->begin();
    requireChanged(m_impl->db->run("UPDATE folders SET online = ?2 WHERE id = ?1", id, std::int64_t{online}), "folder",
                   id);
    m_impl->db->run("UPDATE files SET state = ?3 WHERE folder = ?1 AND state = ?2", id,
                    stored(online ? FileState::Offline : FileState::Present),
                    stored(online ? FileState::Present : FileState::Offline));
    transaction.commit();
}

std::optional<std::string> Library::setting(std::string_view name) {
    SqlQuery row(*m_impl->db, "SELECT value FROM settings WHERE name = ?1", std::string(name));
    if (!row.next()) return std::nullopt;
    return row.text(0);
}

void Library::setSetting(std::string_view name, const std::string& value) {
    Transaction transaction = m_impl->begin(Durability::Full);
    m_impl->db->run("INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)", std::string(name), value);
    transaction.commit();
}

std::int64_t Library::beginJob(const std::string& kind, const std::string& argumentsJson) {
    Transaction transaction = m_impl->begin();
    m_impl->db->run("INSERT INTO jobs (kind, arguments, state) VALUES (?1, ?2, 'running')", kind, argumentsJson);
    const std::int64_t id = m_impl->db->lastInsertId();
    transaction.commit();
    return id;
}

void Library::resumeJob(std::int64_t id) {
    endJob(id, "running");
}

void Library::endJob(std::int64_t id, const std::string& state) {
    Transaction transaction = m_impl->begin();
    requireChanged(m_impl->db->run("UPDATE jobs SET state = ?2 WHERE id = ?1", id, state), "job", id);
    transaction.commit();
}

std::vector<Library::StoppedJob> Library::resumableJobs() {
    std::vector<StoppedJob> jobs;
    for (SqlQuery row(*m_impl->db,
                      "SELECT id, kind, arguments, state FROM jobs WHERE state IN ('running', 'stopped') ORDER BY id");
         row.next();)
        jobs.push_back({row.integer(0), row.text(1), row.text(2), row.text(3)});
    std::erase_if(jobs, [&](const StoppedJob& job) {
        return job.state == "running" && !FileLock::tryAcquire(m_impl->paths.jobLock(job.kind));
    });
    return jobs;
}

std::string databaseVersion() {
    return std::string("SQLite ") + sqlite3_libversion();
}

} // namespace grappa
