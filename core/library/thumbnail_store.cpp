#include "core/library/thumbnail_store.h"

#include "core/library/database.h"

#include <algorithm>
#include <cstring>

namespace grappa {

namespace {

constexpr std::int64_t schema = 1;

bool usable(Database& db) {
    SqlQuery(db, "PRAGMA journal_mode = WAL").next();
    // Only the form of the store is checked here, its content when it is read: a whole check takes long.
    if (db.integer("PRAGMA user_version") == schema)
        return db.integer("SELECT count(*) FROM (SELECT 1 FROM thumbnails LIMIT 1)").has_value();
    if (db.integer("SELECT count(*) FROM sqlite_schema").value_or(1) != 0) return false;
    // A table with row ids and a separate index: the images stay out of the way of a search for a hash.
    db.script("BEGIN; CREATE TABLE thumbnails (id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, jpeg BLOB NOT NULL) "
              "STRICT; PRAGMA user_version = 1; COMMIT");
    return true;
}

std::filesystem::path withSuffix(std::filesystem::path path, const char* suffix) {
    path += suffix;
    return path;
}

void setAside(const std::filesystem::path& file) {
    std::error_code error;
    for (const char* companion : {"-wal", "-shm"})
        std::filesystem::remove(withSuffix(file, companion), error);
    std::filesystem::rename(file, withSuffix(file, ".damaged"), error);
    if (error) throw systemError(ErrorCode::IoFailed, "Cannot set aside " + displayPath(file), error.value());
}

std::unique_ptr<Database> openStore(const std::filesystem::path& file, const std::filesystem::path& writeLock) {
    const FileLock lock = FileLock::acquire(writeLock);
    try {
        auto db = std::make_unique<Database>(file, Database::Mode::Create);
        if (usable(*db)) return db;
    } catch (const Error& error) {
        // Anything else (no space, no permission) would befall a new store too.
        if (error.code() != ErrorCode::Corrupt && error.code() != ErrorCode::DatabaseFailed) throw;
    }
    setAside(file);
    auto db = std::make_unique<Database>(file, Database::Mode::Create);
    usable(*db);
    return db;
}

} // namespace

struct ThumbnailStore::Impl {
    explicit Impl(const std::filesystem::path& storeFile)
        : file(storeFile), writeLock(withSuffix(storeFile, ".lock")), db(openStore(file, writeLock)) {}

    /// Runs `work`; a store that proves damaged is set aside, and the work meets an empty one.
    template <class Work>
    auto repairing(Work work) {
        try {
            return work();
        } catch (const Error& error) {
            if (error.code() != ErrorCode::Corrupt) throw;
        }
        db.reset();
        setAside(file);
        db = openStore(file, writeLock);
        return work();
    }

    std::filesystem::path file;
    std::filesystem::path writeLock;
    std::unique_ptr<Database> db;
};

ThumbnailStore::ThumbnailStore(const std::filesystem::path& file) : m_impl(std::make_unique<Impl>(file)) {}
ThumbnailStore::~ThumbnailStore() = default;
ThumbnailStore::ThumbnailStore(ThumbnailStore&&) noexcept = default;

std::optional<std::vector<std::byte>> ThumbnailStore::find(const ContentHash& hash) {
    return m_impl->repairing([&]() -> std::optional<std::vector<std::byte>> {
        SqlQuery row(*m_impl->db, "SELECT jpeg FROM thumbnails WHERE hash = ?1", Blob(std::span(hash.bytes)));
        if (!row.next()) return std::nullopt;
        const auto bytes = row.blob(0);
        return std::vector<std::byte>(bytes.begin(), bytes.end());
    });
}

bool ThumbnailStore::contains(const ContentHash& hash) {
    return m_impl->repairing([&] {
        return m_impl->db->integer("SELECT 1 FROM thumbnails WHERE hash = ?1", Blob(std::span(hash.bytes))).has_value();
    });
}

void ThumbnailStore::put(std::span<const std::pair<ContentHash, std::vector<std::byte>>> thumbnails) {
    m_impl->repairing([&] {
        Transaction transaction(*m_impl->db, m_impl->writeLock);
        for (const auto& [hash, jpeg] : thumbnails)
            m_impl->db->run("INSERT INTO thumbnails (hash, jpeg) VALUES (?1, ?2) "
                            "ON CONFLICT (hash) DO UPDATE SET jpeg = excluded.jpeg",
                            Blob(std::span(hash.bytes)), Blob(std::span(jpeg)));
        transaction.commit();
    });
}

std::size_t ThumbnailStore::removeIf(const std::function<bool(const ContentHash&)>& unwanted) {
    return m_impl->repairing([&] {
        Transaction transaction(*m_impl->db, m_impl->writeLock);
        std::vector<std::int64_t> rows;
        for (SqlQuery row(*m_impl->db, "SELECT id, hash FROM thumbnails"); row.next();) {
            ContentHash hash;
            const auto bytes = row.blob(1);
            std::memcpy(hash.bytes.data(), bytes.data(), std::min(bytes.size(), hash.bytes.size()));
            if (unwanted(hash)) rows.push_back(row.integer(0));
        }
        for (const std::int64_t id : rows)
            m_impl->db->run("DELETE FROM thumbnails WHERE id = ?1", id);
        transaction.commit();
        return rows.size();
    });
}

} // namespace grappa
