#include "core/library/migrations.h"

#include <array>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

namespace grappa {

namespace {

// Ids of images and vectors are never used again (AUTOINCREMENT): segments, caches and other processes may still know
// those of deleted rows. Paths are the bytes that the file system gave.
constexpr const char* step1 = R"sql(
CREATE TABLE collections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE CHECK (name <> ''),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE folders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    collection INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE,
    path BLOB NOT NULL,
    online INTEGER NOT NULL DEFAULT 1 CHECK (online IN (0, 1)),
    UNIQUE (collection, path)
) STRICT;

CREATE TABLE images (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 16),
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    format TEXT NOT NULL,
    damage TEXT NOT NULL,
    taken_at INTEGER NOT NULL
) STRICT;
CREATE INDEX images_by_taken ON images (taken_at);

-- state: 0 present, 1 offline, 2 unreadable. An unreadable file keeps its last known image where its content may still
-- be the same. name: the last part of the path in ASCII lower case, to order and filter by.
CREATE TABLE files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    folder INTEGER NOT NULL REFERENCES folders ON DELETE CASCADE,
    path BLOB NOT NULL,
    name BLOB NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    state INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
    image INTEGER REFERENCES images,
    error TEXT,
    reason TEXT,
    UNIQUE (folder, path),
    CHECK ((state = 2) = (error IS NOT NULL)),
    CHECK (image IS NOT NULL OR state = 2)
) STRICT;
CREATE INDEX files_by_image ON files (image, state);
CREATE INDEX files_by_name ON files (name, image);
CREATE INDEX files_of_folder ON files (folder, image, state);
CREATE INDEX files_not_present ON files (folder, state) WHERE state <> 0;

-- Exactly the images without a file. They stay until the end of a scan: a file that was overwritten may turn up again
-- under another name.
CREATE TABLE orphans (image INTEGER PRIMARY KEY) STRICT;

CREATE TABLE embedding_sets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model_hash TEXT NOT NULL,
    adaptation TEXT NOT NULL,
    fusion TEXT NOT NULL,
    smoothing TEXT NOT NULL,
    input_size INTEGER NOT NULL,
    precision TEXT NOT NULL,
    whitening TEXT NOT NULL,
    dim INTEGER NOT NULL CHECK (dim > 0),
    last_vector INTEGER NOT NULL DEFAULT 0,
    UNIQUE (model_hash, adaptation, fusion, smoothing, input_size, precision, whitening)
) STRICT;

CREATE TABLE segments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    set_id INTEGER NOT NULL REFERENCES embedding_sets,
    file TEXT NOT NULL UNIQUE,
    count INTEGER NOT NULL CHECK (count > 0),
    checksum TEXT NOT NULL,
    index_file TEXT NOT NULL DEFAULT '',
    index_checksum TEXT NOT NULL DEFAULT ''
) STRICT;

-- One vector of an image in a set: either here (the tail) or in a segment.
CREATE TABLE embeddings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    set_id INTEGER NOT NULL REFERENCES embedding_sets,
    image INTEGER NOT NULL REFERENCES images,
    segment INTEGER REFERENCES segments,
    vector BLOB,
    UNIQUE (image, set_id),
    CHECK ((vector IS NULL) = (segment IS NOT NULL))
) STRICT;
CREATE INDEX embeddings_tail ON embeddings (set_id, id) WHERE segment IS NULL;
CREATE INDEX embeddings_sealed ON embeddings (segment, image) WHERE segment IS NOT NULL;

-- Images that were deleted although their vector is in a segment.
CREATE TABLE tombstones (
    segment INTEGER NOT NULL REFERENCES segments ON DELETE CASCADE,
    image INTEGER NOT NULL,
    PRIMARY KEY (segment, image)
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    arguments TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'stopped', 'done', 'failed'))
) STRICT;
)sql";

constexpr const char* step2 = R"sql(
CREATE TABLE adaptations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE CHECK (name <> ''),
    collection INTEGER REFERENCES collections ON DELETE SET NULL,
    model_hash TEXT NOT NULL,
    file TEXT NOT NULL UNIQUE,
    checksum TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('trained', 'ready')),
    run INTEGER REFERENCES jobs,
    parameters TEXT NOT NULL,
    report TEXT NOT NULL
) STRICT;
CREATE INDEX adaptations_of_collection ON adaptations (collection);

-- loss is NULL where it was not a number.
CREATE TABLE curve_points (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES jobs,
    stage TEXT NOT NULL,
    step INTEGER NOT NULL,
    loss REAL,
    rate REAL NOT NULL,
    extra TEXT NOT NULL,
    UNIQUE (run, stage, step)
) STRICT;

-- attention: fp16 [adapted blocks, granularities]. clusters: a uint32 for each level of the set, by k ascending.
ALTER TABLE embeddings ADD COLUMN attention BLOB;
ALTER TABLE embeddings ADD COLUMN clusters BLOB;
CREATE INDEX embeddings_clustered ON embeddings (set_id, image) WHERE clusters IS NOT NULL;

-- Grows with every change of the set's levels or cluster numbers.
ALTER TABLE embedding_sets ADD COLUMN levels_version INTEGER NOT NULL DEFAULT 0;
-- Of a derived set: how many images it had when all of it was computed; those since were added one by one.
ALTER TABLE embedding_sets ADD COLUMN computed_images INTEGER NOT NULL DEFAULT 0;

-- centroids: fp16 [k, dim].
CREATE TABLE levels (
    set_id INTEGER NOT NULL REFERENCES embedding_sets ON DELETE CASCADE,
    k INTEGER NOT NULL CHECK (k > 0),
    beta REAL NOT NULL,
    images INTEGER NOT NULL,
    overlap_raw REAL NOT NULL,
    overlap_finer REAL NOT NULL,
    copy_first REAL,
    shown INTEGER NOT NULL CHECK (shown IN (0, 1)),
    centroids BLOB NOT NULL,
    PRIMARY KEY (set_id, k)
) STRICT;

-- float32 [dim], [dim, dim], [dim]; the basis becomes fp16 in step 6.
CREATE TABLE whitenings (
    set_id INTEGER PRIMARY KEY REFERENCES embedding_sets ON DELETE CASCADE,
    mean BLOB NOT NULL,
    basis BLOB NOT NULL,
    variances BLOB NOT NULL,
    power REAL NOT NULL,
    images INTEGER NOT NULL
) STRICT;
)sql";

// An adaptation also describes collections that it was not learned from.
constexpr const char* step3 = R"sql(
CREATE TABLE described_collections (
    adaptation INTEGER NOT NULL REFERENCES adaptations ON DELETE CASCADE,
    collection INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE,
    PRIMARY KEY (adaptation, collection)
) STRICT, WITHOUT ROWID;
CREATE INDEX described_by_collection ON described_collections (collection);
INSERT INTO described_collections SELECT id, collection FROM adaptations WHERE collection IS NOT NULL;
)sql";

// neighbourhood: of a diffused set (Neighbourhood in core/library/derived_rows.h): float32 length, degree, radius, then
// int64 images. From this step on embedding_sets.fusion may end in "+patches", and segments may hold rows of int8.
constexpr const char* step4 = R"sql(
ALTER TABLE embeddings ADD COLUMN neighbourhood BLOB;
)sql";

// A rewrite that keeps size and time is noticed by the time of the last change of status; 0 = not known. Names are
// compared folded and normalised, not in ASCII alone (folded_file_name() is foldedName() of a path's last part).
constexpr const char* step5 = R"sql(
ALTER TABLE files ADD COLUMN ctime_ns INTEGER NOT NULL DEFAULT 0;
UPDATE files SET name = folded_file_name(path);
)sql";

// parts: vectors of the squares of a long picture, as rows of the set's format.
// axes: of a diffused set, fp16 [dim of the plain set, dim]; without them, all numbers of the plain set are kept. The
// basis of a whitening becomes fp16, the images of a neighbourhood uint32. Diffused sets are made again by the next
// import.
constexpr const char* step6 = R"sql(
CREATE TABLE parts (
    set_id INTEGER NOT NULL REFERENCES embedding_sets ON DELETE CASCADE,
    image INTEGER NOT NULL REFERENCES images ON DELETE CASCADE,
    part INTEGER NOT NULL,
    vector BLOB NOT NULL,
    PRIMARY KEY (set_id, image, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX parts_of_image ON parts (image);
ALTER TABLE embedding_sets ADD COLUMN axes BLOB;
UPDATE whitenings SET basis = halves_of_floats(basis);
DELETE FROM embeddings WHERE set_id IN (SELECT id FROM embedding_sets WHERE smoothing = 'diffused');
DELETE FROM segments WHERE set_id IN (SELECT id FROM embedding_sets WHERE smoothing = 'diffused');
DELETE FROM embedding_sets WHERE smoothing = 'diffused';
)sql";

constexpr std::array steps{step1, step2, step3, step4, step5, step6};

constexpr std::string_view sqliteMagic("SQLite format 3\0", 16);

void syncPath(const std::filesystem::path& path) {
    const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd || ::fsync(fd.get()) != 0)
        throw systemError(ErrorCode::IoFailed, "Cannot sync " + displayPath(path), errno);
}

void backUp(Database& database, int version, const std::filesystem::path& folder) {
    const auto copy = folder / ("catalogue-v" + std::to_string(version) + ".sqlite");
    auto part = copy;
    part += ".part";
    std::filesystem::remove(part);
    database.run("VACUUM INTO ?1", part.native());
    syncPath(part);
    std::filesystem::rename(part, copy);
    syncPath(folder);
    for (int older = 1; older < version; ++older)
        std::filesystem::remove(folder / ("catalogue-v" + std::to_string(older) + ".sqlite"));
}

} // namespace

std::span<const char* const> schemaSteps() {
    return steps;
}

int schemaVersionInHeader(const std::filesystem::path& file) {
    std::ifstream input(file, std::ios::binary);
    std::array<unsigned char, 100> header{};
    if (!input.read(reinterpret_cast<char*>(header.data()), header.size())) return 0;
    if (!std::equal(sqliteMagic.begin(), sqliteMagic.end(), header.begin(),
                    [](char a, unsigned char b) { return static_cast<unsigned char>(a) == b; }))
        throw Error(ErrorCode::Corrupt, displayPath(file) + " is not a library of this program.");
    return static_cast<int>(std::uint32_t{header[60]} << 24 | header[61] << 16 | header[62] << 8 | header[63]);
}

int schemaVersion(Database& database) {
    return static_cast<int>(database.integer("PRAGMA user_version").value_or(0));
}

void requireKnownSchema(int version, std::span<const char* const> known, const std::filesystem::path& file) {
    if (version >= 0 && static_cast<std::size_t>(version) <= known.size()) return;
    throw Error(ErrorCode::SchemaTooNew, displayPath(file) +
                                             " was written by a newer version of this program (schema " +
                                             std::to_string(version) + ", known here: " + std::to_string(known.size()) +
                                             "). Nothing was changed; use that version.");
}

void migrate(Database& database, std::span<const char* const> known, const std::filesystem::path& writeLock,
             const std::filesystem::path& backups) {
    const FileLock lock = FileLock::acquire(writeLock);
    // Another process may have migrated while this one waited for the lock.
    auto version = static_cast<std::size_t>(schemaVersion(database));
    requireKnownSchema(static_cast<int>(version), known, database.file());
    if (version == known.size()) return;
    if (version > 0) backUp(database, static_cast<int>(version), backups);
    for (; version < known.size(); ++version) {
        const std::string setVersion = "PRAGMA user_version = " + std::to_string(version + 1);
        try {
            database.run("BEGIN IMMEDIATE");
            database.script(known[version]);
            database.script(setVersion.c_str());
            database.run("COMMIT");
        } catch (const Error&) {
            try {
                database.run("ROLLBACK");
            } catch (const Error&) {
                // SQLite has rolled back by itself.
            }
            throw;
        }
    }
    // An older program reads the version in the header, before it looks into the WAL.
    database.checkpoint();
}

} // namespace grappa
