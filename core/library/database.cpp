#include "core/library/database.h"

#include "core/base/half.h"
#include "core/library/folded_name.h"

#include <sqlite3.h>

#include <cstring>
#include <vector>

namespace grappa {

namespace {

constexpr int busyTimeoutMs = 10'000;
constexpr int checkpointPages = 4'000; // 16 MB of WAL

int openFlags(Database::Mode mode) {
    // A reader of a WAL database needs its shared memory, which a connection opened read-only cannot create: it is
    // opened writable and forbidden to write (query_only).
    return SQLite::OPEN_READWRITE | (mode == Database::Mode::Create ? SQLite::OPEN_CREATE : 0);
}

ErrorCode codeOf(int sqliteCode) {
    switch (sqliteCode & 0xff) {
    case SQLITE_FULL:
        return ErrorCode::DiskFull;
    case SQLITE_IOERR:
        return ErrorCode::IoFailed;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ErrorCode::Corrupt;
    default:
        return ErrorCode::DatabaseFailed;
    }
}

/// SQL's folded_file_name(path), for the step of the schema that needs it.
void foldedFileName(sqlite3_context* context, int, sqlite3_value** values) {
    const auto* bytes = static_cast<const char*>(sqlite3_value_blob(values[0]));
    const std::string path(bytes, bytes == nullptr ? 0 : static_cast<std::size_t>(sqlite3_value_bytes(values[0])));
    const std::string name = foldedName(std::filesystem::path(path).filename().native());
    sqlite3_result_blob64(context, name.data(), name.size(), SQLITE_TRANSIENT);
}

/// SQL's halves_of_floats(blob of float32) -> blob of fp16, for the step of the schema that needs it.
void halvesOfFloats(sqlite3_context* context, int, sqlite3_value** values) {
    const void* bytes = sqlite3_value_blob(values[0]);
    std::vector<float> floats(static_cast<std::size_t>(sqlite3_value_bytes(values[0])) / sizeof(float));
    if (!floats.empty()) std::memcpy(floats.data(), bytes, floats.size() * sizeof(float));
    const std::vector<std::uint16_t> halves = halvesOf(floats);
    sqlite3_result_blob64(context, halves.data(), halves.size() * sizeof(std::uint16_t), SQLITE_TRANSIENT);
}

} // namespace

void throwDatabaseError(const SQLite::Exception& exception, const std::filesystem::path& file) {
    throw Error(codeOf(exception.getErrorCode()), "The database " + displayPath(file) + ": " + exception.what() + " (" +
                                                      std::to_string(exception.getExtendedErrorCode()) + ")");
}

SqlQuery::~SqlQuery() {
    if (!m_statement) return;
    m_statement->tryReset();
    m_database.m_pool[m_sql].push_back(std::move(m_statement));
}

void SqlQuery::bind(int index, const Blob& value) {
    // SQLite takes a null pointer as NULL, not as an empty BLOB.
    m_statement->bind(index, value.size == 0 ? "" : value.data, static_cast<int>(value.size));
}

bool SqlQuery::next() {
    try {
        return m_statement->executeStep();
    } catch (const SQLite::Exception& exception) {
        fail(exception);
    }
}

std::int64_t SqlQuery::run() {
    try {
        return m_statement->exec();
    } catch (const SQLite::Exception& exception) {
        fail(exception);
    }
}

std::span<const std::byte> SqlQuery::blob(int column) const {
    const SQLite::Column value = m_statement->getColumn(column);
    const auto* data = static_cast<const std::byte*>(value.getBlob());
    return {data, static_cast<std::size_t>(value.getBytes())};
}

void SqlQuery::fail(const SQLite::Exception& exception) const {
    throwDatabaseError(exception, m_database.m_file);
}

Database::Database(const std::filesystem::path& file, Mode mode) : m_file(file), m_mode(mode) {
    try {
        m_connection = std::make_unique<SQLite::Database>(file.native(), openFlags(mode), busyTimeoutMs);
        sqlite3* handle = m_connection->getHandle();
        // SQLite would checkpoint when the last connection closes and whenever the WAL is long, whoever holds the
        // write lock.
        sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        sqlite3_wal_hook(
            handle,
            [](void* pages, sqlite3*, const char*, int count) {
                *static_cast<int*>(pages) = count;
                return SQLITE_OK;
            },
            &m_walPages);
        sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
        m_connection->exec("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
                           "PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32768;");
        if (mode == Mode::ReadOnly) m_connection->exec("PRAGMA query_only = ON");
        const auto addFunction = [handle](const char* name, void (*function)(sqlite3_context*, int, sqlite3_value**)) {
            sqlite3_create_function_v2(handle, name, 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, nullptr,
                                       function, nullptr, nullptr, nullptr);
        };
        addFunction("folded_file_name", foldedFileName);
        addFunction("halves_of_floats", halvesOfFloats);
    } catch (const SQLite::Exception& exception) {
        throwDatabaseError(exception, m_file);
    }
}

Database::~Database() {
    m_pool.clear();
}

void Database::script(const char* sql) {
    try {
        m_connection->exec(sql);
    } catch (const SQLite::Exception& exception) {
        throwDatabaseError(exception, m_file);
    }
}

bool Database::inTransaction() const {
    return sqlite3_get_autocommit(m_connection->getHandle()) == 0;
}

void Database::checkpoint() {
    SqlQuery(*this, "PRAGMA wal_checkpoint(PASSIVE)").next();
    m_walPages = 0;
}

std::unique_ptr<SQLite::Statement> Database::take(const std::string& sql) {
    auto& idle = m_pool[sql];
    if (!idle.empty()) {
        auto statement = std::move(idle.back());
        idle.pop_back();
        return statement;
    }
    try {
        return std::make_unique<SQLite::Statement>(*m_connection, sql);
    } catch (const SQLite::Exception& exception) {
        throwDatabaseError(exception, m_file);
    }
}

Transaction::Transaction(Database& database, const std::filesystem::path& writeLock, Durability durability)
    : m_database(database), m_lock(FileLock::acquire(writeLock)), m_durability(durability) {
    if (m_durability == Durability::Full) m_database.script("PRAGMA synchronous = FULL");
    m_database.run("BEGIN IMMEDIATE");
    m_open = true;
}

Transaction::~Transaction() {
    try {
        if (m_open) m_database.run("ROLLBACK");
        if (m_durability == Durability::Full) m_database.script("PRAGMA synchronous = NORMAL");
    } catch (const Error&) {
        // SQLite has rolled back by itself; what went wrong is on its way to the caller already.
    }
}

void Transaction::commit() {
    m_database.run("COMMIT");
    m_open = false;
    ++m_database.m_commits;
    if (m_database.m_walPages > checkpointPages) m_database.checkpoint();
}

ReadTransaction::ReadTransaction(Database& database) : m_database(database), m_outermost(!database.inTransaction()) {
    if (m_outermost) m_database.run("BEGIN");
}

ReadTransaction::~ReadTransaction() {
    if (!m_outermost) return;
    try {
        m_database.run("ROLLBACK");
    } catch (const Error&) {
        // Nothing was written: there is nothing to lose.
    }
}

} // namespace grappa
