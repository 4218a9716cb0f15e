#pragma once

#include "core/base/error.h"
#include "core/base/file_io.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace grappa {

/// Bytes to be bound as a BLOB.
struct Blob {
    const void* data = nullptr;
    std::size_t size = 0;

    explicit Blob(std::string_view bytes) : data(bytes.data()), size(bytes.size()) {}
    template <class T, std::size_t N>
    explicit Blob(std::span<T, N> values) : data(values.data()), size(values.size_bytes()) {}
};

/// Turns an exception of SQLite into an Error that names `file`.
[[noreturn]] void throwDatabaseError(const SQLite::Exception& exception, const std::filesystem::path& file);

class Database;

/// A prepared statement with its values bound; goes back to its database's pool when it is destroyed.
class SqlQuery {
public:
    /// The values are bound (copied) to ?1, ?2, ...
    template <class... Values>
    SqlQuery(Database& database, std::string sql, const Values&... values);
    SqlQuery(const SqlQuery&) = delete;
    SqlQuery& operator=(const SqlQuery&) = delete;
    ~SqlQuery();

    /// Moves to the next row; false after the last one.
    bool next();
    /// Runs a statement without rows; returns how many rows it changed.
    std::int64_t run();

    bool isNull(int column) const { return m_statement->getColumn(column).isNull(); }
    std::int64_t integer(int column) const { return m_statement->getColumn(column).getInt64(); }
    double real(int column) const { return m_statement->getColumn(column).getDouble(); } ///< NULL = 0
    std::string text(int column) const {
        return m_statement->getColumn(column).getString();
    }                                                  ///< TEXT, or a BLOB's bytes
    std::span<const std::byte> blob(int column) const; ///< until the next row

private:
    void bind(int index, std::int64_t value) { m_statement->bind(index, value); }
    void bind(int index, double value) { m_statement->bind(index, value); }
    void bind(int index, const std::string& value) { m_statement->bind(index, value); }
    void bind(int index, const Blob& value);
    template <class T>
    void bind(int index, const std::optional<T>& value) {
        if (value)
            bind(index, *value);
        else
            m_statement->bind(index);
    }
    [[noreturn]] void fail(const SQLite::Exception& exception) const;

    Database& m_database;
    std::string m_sql;
    std::unique_ptr<SQLite::Statement> m_statement;
};

/// One SQLite connection with the settings every connection of the program needs: nothing in the file is trusted,
/// checkpoints run only where checkpoint() is called, statements are prepared once.
class Database {
public:
    enum class Mode { ReadOnly, ReadWrite, Create };

    Database(const std::filesystem::path& file, Mode mode);
    ~Database();

    template <class... Values>
    std::int64_t run(std::string sql, const Values&... values) {
        return SqlQuery(*this, std::move(sql), values...).run();
    }
    /// The first column of the first row; nothing when there is no row or it is NULL.
    template <class... Values>
    std::optional<std::int64_t> integer(std::string sql, const Values&... values);
    /// Several statements without values.
    void script(const char* sql);

    bool inTransaction() const;
    std::int64_t lastInsertId() const { return m_connection->getLastInsertRowid(); }
    /// Copies what the WAL holds into the file. Only under the write lock.
    void checkpoint();
    int walPages() const { return m_walPages; }
    /// Grows with every commit of this connection.
    std::int64_t commits() const { return m_commits; }
    bool writable() const { return m_mode != Mode::ReadOnly; }
    const std::filesystem::path& file() const { return m_file; }

private:
    friend class SqlQuery;
    friend class Transaction;
    std::unique_ptr<SQLite::Statement> take(const std::string& sql);

    std::filesystem::path m_file;
    Mode m_mode;
    std::unique_ptr<SQLite::Database> m_connection;
    std::unordered_map<std::string, std::vector<std::unique_ptr<SQLite::Statement>>> m_pool;
    int m_walPages = 0;
    std::int64_t m_commits = 0;
};

/// What a commit survives: the death of the process (Normal), or the loss of power too (Full).
enum class Durability { Normal, Full };

/// A write transaction under the write lock; rolls back unless commit() was called.
class Transaction {
public:
    Transaction(Database& database, const std::filesystem::path& writeLock, Durability durability = Durability::Normal);
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();
    void commit();

private:
    Database& m_database;
    FileLock m_lock;
    Durability m_durability;
    bool m_open = false;
};

/// A read transaction: all that is read sees one state of the database. Inside another one it adds nothing.
class ReadTransaction {
public:
    explicit ReadTransaction(Database& database);
    ReadTransaction(const ReadTransaction&) = delete;
    ReadTransaction& operator=(const ReadTransaction&) = delete;
    ~ReadTransaction();

private:
    Database& m_database;
    bool m_outermost;
};

template <class... Values>
SqlQuery::SqlQuery(Database& database, std::string sql, const Values&... values)
    : m_database(database), m_sql(std::move(sql)), m_statement(database.take(m_sql)) {
    [[maybe_unused]] int index = 0;
    try {
        (bind(++index, values), ...);
    } catch (const SQLite::Exception& exception) {
        fail(exception);
    }
}

template <class... Values>
std::optional<std::int64_t> Database::integer(std::string sql, const Values&... values) {
    SqlQuery rows(*this, std::move(sql), values...);
    if (!rows.next() || rows.isNull(0)) return std::nullopt;
    return rows.integer(0);
}

} // namespace grappa
