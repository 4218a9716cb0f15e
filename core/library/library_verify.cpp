#include "core/library/library_impl.h"

#include <algorithm>
#include <cstring>

namespace grappa {

namespace {

class Verifier {
public:
    Verifier(Database& db, const LibraryPaths& paths, bool deep) : m_db(db), m_paths(paths), m_deep(deep) {}

    void checkDatabase() {
        for (SqlQuery row(m_db, m_deep ? "PRAGMA integrity_check" : "PRAGMA quick_check"); row.next();)
            if (row.text(0) != "ok") report("The catalogue: " + row.text(0));
        for (SqlQuery row(m_db, "PRAGMA foreign_key_check"); row.next();)
            report("The catalogue: row " + row.text(1) + " of " + row.text(0) + " refers to a missing row of " +
                   row.text(2));
    }

    void checkImages() {
        for (SqlQuery row(m_db,
                          "SELECT id FROM images WHERE NOT EXISTS (SELECT 1 FROM files WHERE files.image = images.id) "
                          "AND id NOT IN (SELECT image FROM orphans)");
             row.next();)
            report("Image " + row.text(0) + " has no file");
    }

    void checkTail() {
        for (SqlQuery row(m_db, "SELECT embeddings.id, dim, vector FROM embeddings JOIN embedding_sets "
                                "ON embedding_sets.id = set_id WHERE segment IS NULL");
             row.next();) {
            const auto bytes = row.blob(2);
            if (bytes.size() != 2 * static_cast<std::size_t>(row.integer(1)))
                report("Vector " + row.text(0) + " has " + std::to_string(bytes.size()) + " bytes");
            else if (!finite(bytes))
                report("Vector " + row.text(0) + " is not finite");
        }
    }

    void checkSegments() {
        for (SqlQuery row(m_db, "SELECT file, count, checksum, index_file, index_checksum, "
                                "(SELECT count(*) FROM embeddings WHERE segment = segments.id) + "
                                "(SELECT count(*) FROM tombstones WHERE segment = segments.id), "
                                "(SELECT count(*) FROM embeddings WHERE segment = segments.id "
                                "AND embeddings.set_id <> segments.set_id) FROM segments");
             row.next();) {
            checkFile(row.text(0), row.text(2));
            if (!row.text(3).empty()) checkFile(row.text(3), row.text(4));
            if (row.integer(1) != row.integer(5))
                report("The segment " + row.text(0) + " has " + row.text(1) + " vectors, the catalogue knows " +
                       row.text(5));
            if (row.integer(6) != 0) report("The segment " + row.text(0) + " holds vectors of another set");
        }
    }

    void report(std::string problem) { problems.push_back(std::move(problem)); }

    std::vector<std::string> problems;

private:
    static bool finite(std::span<const std::byte> halves) {
        for (std::size_t i = 0; i + 1 < halves.size(); i += 2) {
            std::uint16_t bits;
            std::memcpy(&bits, halves.data() + i, sizeof bits);
            if ((bits & 0x7c00) == 0x7c00) return false;
        }
        return true;
    }

    void checkFile(const std::string& name, const std::string& checksum) {
        const auto path = m_paths.segments() / name;
        if (!std::filesystem::is_regular_file(path)) {
            report(displayPath(path) + " is missing");
            return;
        }
        if (!m_deep) return;
        try {
            if (hashBytes(MappedFile(path).bytes()).hex() != checksum)
                report(displayPath(path) + " does not match its checksum");
        } catch (const Error& error) {
            report(error.what());
        }
    }

    Database& m_db;
    const LibraryPaths& m_paths;
    bool m_deep;
};

} // namespace

std::vector<std::string> Library::verify(bool deep) {
    // A running index job has files that no row names yet, and removes those that one did.
    const auto noIndexJob = FileLock::tryAcquire(m_impl->paths.jobLock("index"));
    const ReadTransaction snapshot(*m_impl->db);
    Verifier verifier(*m_impl->db, m_impl->paths, deep);
    try {
        verifier.checkDatabase();
        verifier.checkImages();
        verifier.checkTail();
        verifier.checkSegments();
        if (noIndexJob)
            for (const std::string& name : m_impl->straySegmentFiles())
                verifier.report(displayPath(m_impl->paths.segments() / name) + " belongs to nothing");
    } catch (const Error& error) {
        // A damaged catalogue can end a check at any point; what was found so far still counts.
        verifier.report(error.what());
    }
    return std::move(verifier.problems);
}

} // namespace grappa
