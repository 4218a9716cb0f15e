#include "core/library/library_impl.h"

#include <algorithm>
#include <functional>
#include <map>

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
        for (SqlQuery row(m_db, "SELECT embeddings.id, dim, vector, fusion FROM embeddings JOIN embedding_sets "
                                "ON embedding_sets.id = set_id WHERE segment IS NULL");
             row.next();) {
            const auto bytes = row.blob(2);
            const auto dim = static_cast<std::size_t>(row.integer(1));
            const RowFormat format = rowFormatOf(row.text(3));
            if (bytes.size() != rowBytes(format, dim))
                report("Vector " + row.text(0) + " has " + std::to_string(bytes.size()) + " bytes");
            else if (!isFiniteRow(bytes.data(), format, dim))
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
            checkFile(m_paths.segments() / row.text(0), row.text(2));
            if (!row.text(3).empty()) checkFile(m_paths.segments() / row.text(3), row.text(4));
            if (row.integer(1) != row.integer(5))
                report("The segment " + row.text(0) + " has " + row.text(1) + " vectors, the catalogue knows " +
                       row.text(5));
            if (row.integer(6) != 0) report("The segment " + row.text(0) + " holds vectors of another set");
        }
    }

    void checkAdaptations() {
        for (SqlQuery row(m_db, "SELECT file, checksum FROM adaptations"); row.next();)
            checkFile(m_paths.adaptations() / row.text(0), row.text(1));
        for (SqlQuery row(m_db, "SELECT id FROM embedding_sets WHERE adaptation <> '' "
                                "AND adaptation NOT IN (SELECT checksum FROM adaptations)");
             row.next();)
            report("The embedding set " + row.text(0) + " is of an adaptation that is not there");
        for (SqlQuery row(m_db, "SELECT image, set_id FROM embeddings WHERE attention IS NOT NULL "
                                "AND (length(attention) = 0 OR length(attention) % 2 <> 0)");
             row.next();)
            report("The granularity attention of image " + row.text(0) + " in set " + row.text(1) +
                   " has a wrong length");
    }

    void checkLevels() {
        std::map<EmbeddingSetId, std::vector<std::uint32_t>> levels;
        for (SqlQuery row(m_db, "SELECT set_id, k, length(centroids), dim FROM levels JOIN embedding_sets "
                                "ON embedding_sets.id = set_id ORDER BY set_id, k");
             row.next();) {
            levels[row.integer(0)].push_back(static_cast<std::uint32_t>(row.integer(1)));
            if (row.integer(2) != 2 * row.integer(1) * row.integer(3))
                report("The centroids of level " + row.text(1) + " of set " + row.text(0) + " have a wrong size");
        }
        for (SqlQuery row(m_db, "SELECT set_id, image, clusters FROM embeddings WHERE clusters IS NOT NULL");
             row.next();) {
            const auto clusters = numbers<std::uint32_t>(row.blob(2));
            const auto& known = levels[row.integer(0)];
            if (row.blob(2).size() != known.size() * sizeof(std::uint32_t) || known.empty() ||
                !std::equal(clusters.begin(), clusters.end(), known.begin(), std::less<>()))
                report("The cluster numbers of image " + row.text(1) + " are not those of the levels of set " +
                       row.text(0));
        }
    }

    void checkWhitenings() {
        for (SqlQuery row(m_db, "SELECT set_id, length(mean) = 4 * dim AND length(basis) IN (2 * dim * dim, dim * dim) "
                                "AND length(variances) = 4 * dim FROM whitenings JOIN embedding_sets "
                                "ON embedding_sets.id = set_id");
             row.next();)
            if (row.integer(1) == 0) report("The whitening of set " + row.text(0) + " has a wrong size");
        for (SqlQuery row(m_db, "SELECT id FROM embedding_sets WHERE adaptation = '' AND whitening <> 'none' "
                                "AND smoothing = 'raw' AND id NOT IN (SELECT set_id FROM whitenings) "
                                "AND EXISTS (SELECT 1 FROM embeddings WHERE set_id = embedding_sets.id)");
             row.next();)
            report("The embedding set " + row.text(0) + " has lost its whitening");
    }

    void report(std::string problem) { problems.push_back(std::move(problem)); }

    std::vector<std::string> problems;

private:
    void checkFile(const std::filesystem::path& path, const std::string& checksum) {
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
    // An adaptation's file is saved under the write lock: while a process holds it, a file may have no row yet.
    std::vector<std::string> strayAdaptations;
    if (const auto noWriter = FileLock::tryAcquire(m_impl->paths.writeLock()))
        strayAdaptations = m_impl->strayAdaptationFiles();
    const ReadTransaction snapshot(*m_impl->db);
    Verifier verifier(*m_impl->db, m_impl->paths, deep);
    try {
        verifier.checkDatabase();
        verifier.checkImages();
        verifier.checkTail();
        verifier.checkSegments();
        verifier.checkAdaptations();
        verifier.checkLevels();
        verifier.checkWhitenings();
        if (noIndexJob)
            for (const std::string& name : m_impl->straySegmentFiles())
                verifier.report(displayPath(m_impl->paths.segments() / name) + " belongs to nothing");
        for (const std::string& name : strayAdaptations)
            verifier.report(displayPath(m_impl->paths.adaptations() / name) + " belongs to nothing");
    } catch (const Error& error) {
        // A damaged catalogue can end a check at any point; what was found so far still counts.
        verifier.report(error.what());
    }
    return std::move(verifier.problems);
}

} // namespace grappa
