#include "core/base/half.h"
#include "core/library/folded_name.h"
#include "core/library/library_impl.h"

#include <algorithm>
#include <cmath>

namespace grappa {

namespace {

constexpr const char* patchesSuffix = "+patches";

constexpr const char* setColumns =
    "SELECT id, model_hash, adaptation, fusion, smoothing, input_size, precision, whitening, dim, "
    "(SELECT count(*) FROM embeddings WHERE set_id = embedding_sets.id AND segment IS NULL), "
    "(SELECT coalesce(sum(count), 0) FROM segments WHERE set_id = embedding_sets.id), "
    "(SELECT count(*) FROM tombstones JOIN segments ON segments.id = segment WHERE set_id = embedding_sets.id), "
    "levels_version, computed_images FROM embedding_sets ";

EmbeddingSet setFromRow(const SqlQuery& row) {
    EmbeddingSet set;
    set.id = row.integer(0);
    set.key.modelHash = row.text(1);
    set.key.adaptation = row.text(2);
    setFromFusionColumn(set.key, row.text(3));
    set.key.smoothing = row.text(4);
    set.key.inputSize = static_cast<int>(row.integer(5));
    set.key.precision = row.text(6);
    set.key.whitening = row.text(7);
    set.dim = static_cast<int>(row.integer(8));
    set.tail = static_cast<std::uint64_t>(row.integer(9));
    set.vectors = set.tail + static_cast<std::uint64_t>(row.integer(10) - row.integer(11));
    set.levelsVersion = row.integer(12);
    set.computedImages = static_cast<std::uint64_t>(row.integer(13));
    return set;
}

SegmentRow segmentFromRow(const SqlQuery& row) {
    return {row.integer(0), row.integer(1), row.text(2), static_cast<std::uint64_t>(row.integer(3)),
            row.text(4),    row.text(5),    row.text(6)};
}

void writePart(Database& db, EmbeddingSetId set, ImageId image, std::int64_t part, std::span<const std::byte> row) {
    db.run("INSERT OR REPLACE INTO parts (set_id, image, part, vector) "
           "SELECT ?1, id, ?3, ?4 FROM images WHERE id = ?2",
           set, image, part, Blob(row));
}

/// The rows of one commit into one set.
class Batch {
public:
    Batch(Database& db, EmbeddingSetId set) : m_db(db), m_set(set) {
        SqlQuery row(db, "SELECT dim, last_vector, fusion FROM embedding_sets WHERE id = ?1", set);
        if (!row.next()) throw Error(ErrorCode::NotFound, "There is no embedding set " + std::to_string(set));
        m_dim = static_cast<std::size_t>(row.integer(0));
        m_format = rowFormatOf(row.text(2));
        m_row.resize(rowBytes(m_format, m_dim));
        committed.lastVector = row.integer(1);
    }

    void addFile(const ImportedFile& file) {
        ++committed.files;
        SqlQuery known(m_db, "SELECT id, image FROM files WHERE folder = ?1 AND path = ?2", file.folder,
                       pathBlob(file.relativePath));
        std::optional<FileId> id;
        std::optional<ImageId> before;
        if (known.next()) {
            id = known.integer(0);
            if (!known.isNull(1)) before = known.integer(1);
        }

        std::optional<ImageId> image;
        if (!file.error)
            image = imageOf(file);
        else if (*file.error == ErrorCode::FileUnreadable || *file.error == ErrorCode::FileChanged)
            image = before; // nothing says that its content is another one
        const std::int64_t state = stored(file.error ? FileState::Unreadable : FileState::Present);
        std::optional<std::string> error, reason;
        if (file.error) {
            error = errorName(*file.error);
            reason = file.reason;
        }
        const auto size = static_cast<std::int64_t>(file.stamp.size);
        if (id) {
            m_db.run("UPDATE files SET size = ?2, mtime_ns = ?3, ctime_ns = ?4, state = ?5, image = ?6, error = ?7, "
                     "reason = ?8 WHERE id = ?1",
                     *id, size, file.stamp.mtimeNs, file.stamp.ctimeNs, state, image, error, reason);
        } else {
            const std::string name = foldedName(file.relativePath.filename().native());
            m_db.run("INSERT INTO files (folder, path, name, size, mtime_ns, ctime_ns, state, image, error, reason) "
                     "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                     file.folder, pathBlob(file.relativePath), Blob(std::string_view(name)), size, file.stamp.mtimeNs,
                     file.stamp.ctimeNs, state, image, error, reason);
            id = m_db.lastInsertId();
        }
        committed.fileIds.push_back(*id);
        if (before && before != image) m_db.run("INSERT OR IGNORE INTO orphans (image) VALUES (?1)", *before);
    }

    void addVector(ImageId image, std::span<const float> vector, std::span<const float> attention = {}) {
        encode(image, vector);
        requireFinite(image, attention);
        m_attention.resize(attention.size());
        toHalf(attention, m_attention);
        std::optional<Blob> attentionBlob;
        if (!attention.empty()) attentionBlob.emplace(std::span<const std::uint16_t>(m_attention));
        const auto added = m_db.run("INSERT INTO embeddings (set_id, image, vector, attention) VALUES (?1, ?2, ?3, ?4) "
                                    "ON CONFLICT (image, set_id) DO NOTHING",
                                    m_set, image, Blob(std::span<const std::byte>(m_row)), attentionBlob);
        if (added == 0) return;
        committed.lastVector = m_db.lastInsertId();
        ++committed.newVectors;
    }

    void finish() {
        m_db.run("DELETE FROM orphans WHERE EXISTS (SELECT 1 FROM files WHERE files.image = orphans.image)");
        m_db.run("UPDATE embedding_sets SET last_vector = ?2 WHERE id = ?1 AND last_vector <> ?2", m_set,
                 committed.lastVector);
    }

    Library::Committed committed;

private:
    void addParts(ImageId image, std::span<const float> vectors) {
        for (std::size_t part = 0; part * m_dim < vectors.size(); ++part) {
            encode(image, vectors.subspan(part * m_dim, std::min(m_dim, vectors.size() - part * m_dim)));
            writePart(m_db, m_set, image, static_cast<std::int64_t>(part), m_row);
        }
    }

    static void requireFinite(ImageId image, std::span<const float> values) {
        if (!std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); }))
            throw Error(ErrorCode::Internal, "The vector of image " + std::to_string(image) + " is not finite");
    }

    /// Into m_row.
    void encode(ImageId image, std::span<const float> vector) {
        if (vector.size() != m_dim)
            throw Error(ErrorCode::Internal, "A vector of " + std::to_string(vector.size()) + " values for a set of " +
                                                 std::to_string(m_dim));
        requireFinite(image, vector);
        encodeRow(vector, m_format, m_row.data());
    }

    ImageId imageOf(const ImportedFile& file) {
        const Blob hash(std::span(file.hash.bytes));
        auto image = m_db.integer("SELECT id FROM images WHERE hash = ?1", hash);
        if (!image) {
            m_db.run(
                "INSERT INTO images (hash, width, height, format, damage, taken_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                hash, std::int64_t{file.width}, std::int64_t{file.height}, file.format, file.damage, file.takenAt);
            image = m_db.lastInsertId();
            ++committed.newImages;
        } else if (file.decoded) {
            m_db.run("UPDATE images SET width = ?2, height = ?3, format = ?4, damage = ?5, taken_at = ?6 WHERE id = ?1",
                     *image, std::int64_t{file.width}, std::int64_t{file.height}, file.format, file.damage,
                     file.takenAt);
        }
        if (!file.vector.empty()) addVector(*image, file.vector);
        addParts(*image, file.parts);
        return *image;
    }

    Database& m_db;
    EmbeddingSetId m_set;
    std::size_t m_dim = 0;
    RowFormat m_format = RowFormat::Half;
    std::vector<std::byte> m_row;
    std::vector<std::uint16_t> m_attention;
};

std::int64_t insertSegment(Database& db, const SegmentRow& segment) {
    db.run("INSERT INTO segments (set_id, file, count, checksum, index_file, index_checksum) "
           "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
           segment.set, segment.file, static_cast<std::int64_t>(segment.count), segment.checksum, segment.indexFile,
           segment.indexChecksum);
    return db.lastInsertId();
}

/// The catalogue must account for every row of the file before it names it.
void requireAccounted(Database& db, const SegmentRow& segment) {
    const auto live = db.integer("SELECT count(*) FROM embeddings WHERE segment = ?1", segment.id).value_or(0);
    const auto dead = db.integer("SELECT count(*) FROM tombstones WHERE segment = ?1", segment.id).value_or(0);
    if (static_cast<std::uint64_t>(live + dead) != segment.count)
        throw Error(ErrorCode::Internal, "The segment " + segment.file + " has " + std::to_string(segment.count) +
                                             " vectors, the catalogue knows " + std::to_string(live + dead));
}

} // namespace

RowFormat rowFormat(const EmbeddingSetKey& key) {
    return key.descriptor == withPatches ? RowFormat::Int8 : RowFormat::Half;
}

std::string fusionColumn(const EmbeddingSetKey& key) {
    if (key.descriptor == classAlone) return key.fusion;
    if (key.descriptor == withPatches) return key.fusion + patchesSuffix;
    throw Error(ErrorCode::Internal, "There is no descriptor \"" + key.descriptor + "\"");
}

void setFromFusionColumn(EmbeddingSetKey& key, std::string column) {
    key.descriptor = classAlone;
    if (column.ends_with(patchesSuffix)) {
        key.descriptor = withPatches;
        column.resize(column.size() - std::string_view(patchesSuffix).size());
    }
    key.fusion = std::move(column);
}

RowFormat rowFormatOf(const std::string& fusionColumn) {
    EmbeddingSetKey key;
    setFromFusionColumn(key, fusionColumn);
    return rowFormat(key);
}

std::vector<std::string> Library::Impl::filesOfSegment(std::int64_t segment) {
    std::vector<std::string> files;
    SqlQuery row(*db, "SELECT file, index_file FROM segments WHERE id = ?1", segment);
    if (!row.next()) return files;
    files.push_back(row.text(0));
    if (std::string index = row.text(1); !index.empty()) files.push_back(std::move(index));
    return files;
}

void Library::Impl::removeSegmentFiles(std::span<const std::string> names) {
    for (const std::string& name : names) {
        std::error_code error; // what stays is removed when the library is opened next
        std::filesystem::remove(paths.segments() / name, error);
    }
}

EmbeddingSet Library::embeddingSet(const EmbeddingSetKey& key, int dim) {
    auto set = findEmbeddingSet(key);
    if (!set) {
        Transaction transaction = m_impl->begin();
        // Another process may have been faster; then its row is taken.
        m_impl->db->run("INSERT OR IGNORE INTO embedding_sets "
                        "(model_hash, adaptation, fusion, smoothing, input_size, precision, whitening, dim) "
                        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                        key.modelHash, key.adaptation, fusionColumn(key), key.smoothing, std::int64_t{key.inputSize},
                        key.precision, key.whitening, std::int64_t{dim});
        transaction.commit();
        set = findEmbeddingSet(key);
    }
    if (!set || set->dim != dim)
        throw Error(ErrorCode::Internal, "The embedding set of model " + key.modelHash + " does not have vectors of " +
                                             std::to_string(dim) + " values");
    return *set;
}

std::optional<EmbeddingSet> Library::findEmbeddingSet(const EmbeddingSetKey& key) {
    SqlQuery row(*m_impl->db,
                 std::string(setColumns) +
                     "WHERE model_hash = ?1 AND adaptation = ?2 AND fusion = ?3 AND smoothing = ?4 AND input_size = ?5 "
                     "AND precision = ?6 AND whitening = ?7",
                 key.modelHash, key.adaptation, fusionColumn(key), key.smoothing, std::int64_t{key.inputSize},
                 key.precision, key.whitening);
    if (!row.next()) return std::nullopt;
    return setFromRow(row);
}

std::vector<EmbeddingSet> Library::embeddingSets() {
    std::vector<EmbeddingSet> sets;
    for (SqlQuery row(*m_impl->db, std::string(setColumns) + "ORDER BY id"); row.next();)
        sets.push_back(setFromRow(row));
    return sets;
}

std::optional<EmbeddingSet> Library::defaultEmbeddingSet() {
    const std::string preferred = setting("default_set").value_or("");
    std::optional<EmbeddingSet> newest;
    for (EmbeddingSet& set : embeddingSets()) {
        if (std::to_string(set.id) == preferred) return std::move(set);
        if (set.key.isRawBase()) newest = std::move(set);
    }
    return newest;
}

bool Library::hasVector(EmbeddingSetId set, ImageId image) {
    return m_impl->db->integer("SELECT 1 FROM embeddings WHERE image = ?1 AND set_id = ?2", image, set).has_value();
}

std::vector<ImageId> Library::imagesWithoutVector(EmbeddingSetId set, const ImageFilter& filter) {
    const ReadTransaction snapshot(*m_impl->db);
    std::vector<ImageId> ids = imageIds(filter);
    IdSet embedded;
    for (SqlQuery row(*m_impl->db, "SELECT image FROM embeddings WHERE set_id = ?1", set); row.next();)
        embedded.insert(row.integer(0));
    std::erase_if(ids, [&](ImageId id) { return embedded.contains(id); });
    return ids;
}

Library::Committed Library::commitBatch(EmbeddingSetId set, std::span<const ImportedFile> files) {
    Transaction transaction = m_impl->begin();
    Batch batch(*m_impl->db, set);
    for (const ImportedFile& file : files)
        batch.addFile(file);
    batch.finish();
    transaction.commit();
    return batch.committed;
}

Library::Committed Library::commitVectors(EmbeddingSetId set, std::span<const ImageId> images,
                                          std::span<const float> vectors, std::span<const float> attention) {
    if (images.empty()) return {};
    if (vectors.size() % images.size() != 0 || attention.size() % images.size() != 0)
        throw Error(ErrorCode::Internal, "The vectors to be stored do not fit the number of images");
    const std::size_t dim = vectors.size() / images.size(), width = attention.size() / images.size();
    Transaction transaction = m_impl->begin();
    Batch batch(*m_impl->db, set);
    for (std::size_t i = 0; i < images.size(); ++i)
        // An image may have been deleted while its vector was computed.
        if (m_impl->db->integer("SELECT 1 FROM images WHERE id = ?1", images[i]))
            batch.addVector(images[i], vectors.subspan(i * dim, dim), attention.subspan(i * width, width));
    batch.finish();
    transaction.commit();
    return batch.committed;
}

std::vector<PartVector> Library::parts(EmbeddingSetId set) {
    std::vector<PartVector> parts;
    for (SqlQuery row(*m_impl->db, "SELECT image, part, vector FROM parts WHERE set_id = ?1 ORDER BY image, part", set);
         row.next();) {
        const auto bytes = row.blob(2);
        parts.push_back({row.integer(0), row.integer(1), {bytes.begin(), bytes.end()}});
    }
    return parts;
}

void Library::storeParts(EmbeddingSetId set, std::span<const PartVector> parts) {
    Transaction transaction = m_impl->begin();
    for (const PartVector& part : parts)
        writePart(*m_impl->db, set, part.image, part.part, part.row);
    transaction.commit();
}

std::vector<TailVector> Library::tail(EmbeddingSetId set, VectorId above, std::size_t limit) {
    std::vector<TailVector> tail;
    for (SqlQuery row(
             *m_impl->db,
             "SELECT id, image, vector FROM embeddings WHERE set_id = ?1 AND segment IS NULL AND id > ?2 ORDER "
             "BY id LIMIT ?3",
             set, above, static_cast<std::int64_t>(std::min<std::size_t>(limit, INT64_MAX)));
         row.next();) {
        const auto bytes = row.blob(2);
        tail.push_back({row.integer(0), row.integer(1), {bytes.begin(), bytes.end()}});
    }
    return tail;
}

std::vector<SegmentRow> Library::segments(EmbeddingSetId set) {
    std::vector<SegmentRow> segments;
    for (SqlQuery row(*m_impl->db,
                      "SELECT id, set_id, file, count, checksum, index_file, index_checksum FROM segments "
                      "WHERE set_id = ?1 ORDER BY id",
                      set);
         row.next();)
        segments.push_back(segmentFromRow(row));
    return segments;
}

SegmentRow Library::sealSegment(const SegmentRow& segment, std::span<const TailVector> sealed) {
    Transaction transaction = m_impl->begin(Durability::Full);
    Database& db = *m_impl->db;
    SegmentRow row = segment;
    row.id = insertSegment(db, segment);
    for (const TailVector& vector : sealed)
        if (db.run("UPDATE embeddings SET segment = ?2, vector = NULL WHERE id = ?1 AND segment IS NULL", vector.id,
                   row.id) == 0)
            db.run("INSERT INTO tombstones (segment, image) VALUES (?1, ?2)", row.id, vector.image);
    requireAccounted(db, row);
    transaction.commit();
    return row;
}

SegmentRow Library::mergeSegments(std::span<const std::int64_t> old, const SegmentRow& merged,
                                  std::span<const ImageId> images) {
    std::vector<std::string> oldFiles;
    // Full: the old files are removed below, so the commit that stops naming them must not be lost.
    Transaction transaction = m_impl->begin(Durability::Full);
    Database& db = *m_impl->db;
    SegmentRow row = merged;
    if (!images.empty()) row.id = insertSegment(db, merged);
    for (const std::int64_t id : old) {
        for (std::string& name : m_impl->filesOfSegment(id))
            oldFiles.push_back(std::move(name));
        std::vector<ImageId> deleted;
        for (SqlQuery tombstone(db, "SELECT image FROM tombstones WHERE segment = ?1", id); tombstone.next();)
            deleted.push_back(tombstone.integer(0));
        for (const ImageId image : deleted)
            if (std::binary_search(images.begin(), images.end(), image))
                db.run("INSERT INTO tombstones (segment, image) VALUES (?1, ?2)", row.id, image);
        db.run("UPDATE embeddings SET segment = ?2 WHERE segment = ?1", id, row.id);
        db.run("DELETE FROM segments WHERE id = ?1", id);
    }
    if (!images.empty()) requireAccounted(db, row);
    transaction.commit();
    m_impl->removeSegmentFiles(oldFiles);
    return row;
}

std::vector<std::string> Library::Impl::dropVectors(EmbeddingSetId set) {
    std::vector<std::string> files;
    for (SqlQuery row(*db, "SELECT file, index_file FROM segments WHERE set_id = ?1", set); row.next();) {
        files.push_back(row.text(0));
        if (std::string index = row.text(1); !index.empty()) files.push_back(std::move(index));
    }
    db->run("DELETE FROM embeddings WHERE set_id = ?1", set);
    db->run("DELETE FROM segments WHERE set_id = ?1", set);
    db->run("DELETE FROM levels WHERE set_id = ?1", set);
    db->run("DELETE FROM parts WHERE set_id = ?1", set);
    db->run("UPDATE embedding_sets SET levels_version = levels_version + 1 WHERE id = ?1", set);
    return files;
}

std::vector<std::string> Library::Impl::dropSet(EmbeddingSetId set) {
    std::vector<std::string> files = dropVectors(set);
    db->run("DELETE FROM settings WHERE name = 'default_set' AND value = ?1", std::to_string(set));
    db->run("DELETE FROM embedding_sets WHERE id = ?1", set);
    return files;
}

void Library::removeEmbeddingSet(EmbeddingSetId set) {
    Transaction transaction = m_impl->begin(Durability::Full);
    const auto files = m_impl->dropSet(set);
    transaction.commit();
    m_impl->removeSegmentFiles(files);
}

void Library::replaceVectors(EmbeddingSetId set, std::span<const SegmentRow> segments,
                             std::span<const std::vector<ImageId>> images, const SetMapping& mapping) {
    Transaction transaction = m_impl->begin(Durability::Full);
    Database& db = *m_impl->db;
    const auto oldFiles = m_impl->dropVectors(set);
    for (std::size_t i = 0; i < segments.size(); ++i) {
        SegmentRow row = segments[i];
        row.set = set;
        row.id = insertSegment(db, row);
        for (const ImageId image : images[i])
            if (db.run("INSERT INTO embeddings (set_id, image, segment) SELECT ?1, id, ?3 FROM images WHERE id = ?2",
                       set, image, row.id) == 0)
                db.run("INSERT INTO tombstones (segment, image) VALUES (?1, ?2)", row.id, image);
        requireAccounted(db, row);
    }
    db.run("UPDATE embedding_sets SET last_vector = coalesce((SELECT max(id) FROM embeddings WHERE set_id = ?1), "
           "last_vector), computed_images = (SELECT count(*) FROM embeddings WHERE set_id = ?1) WHERE id = ?1",
           set);
    db.run("DELETE FROM whitenings WHERE set_id = ?1", set);
    if (const auto& whitening = mapping.whitening) {
        const std::vector<std::uint16_t> basis = halvesOf(whitening->basis);
        db.run("INSERT INTO whitenings (set_id, mean, basis, variances, power, images) "
               "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
               set, Blob(std::span(whitening->mean)), Blob(std::span(basis)), Blob(std::span(whitening->variances)),
               whitening->power, static_cast<std::int64_t>(whitening->images));
    }
    const std::vector<std::uint16_t> axes = halvesOf(mapping.axes);
    db.run("UPDATE embedding_sets SET axes = ?2 WHERE id = ?1", set,
           axes.empty() ? std::optional<Blob>() : Blob(std::span(axes)));
    transaction.commit();
    m_impl->removeSegmentFiles(oldFiles);
}

void Library::forgetSegment(std::int64_t segment) {
    const auto files = m_impl->filesOfSegment(segment);
    Transaction transaction = m_impl->begin(Durability::Full);
    m_impl->db->run("DELETE FROM embeddings WHERE segment = ?1", segment);
    m_impl->db->run("DELETE FROM segments WHERE id = ?1", segment);
    transaction.commit();
    m_impl->removeSegmentFiles(files);
}

void Library::setSegmentIndex(std::int64_t segment, const std::string& indexFile, const std::string& checksum) {
    const auto before = m_impl->filesOfSegment(segment);
    Transaction transaction = m_impl->begin(Durability::Full);
    m_impl->db->run("UPDATE segments SET index_file = ?2, index_checksum = ?3 WHERE id = ?1", segment, indexFile,
                    checksum);
    transaction.commit();
    if (before.size() > 1 && before[1] != indexFile) m_impl->removeSegmentFiles(std::span(before).subspan(1));
}

std::vector<ImageId> Library::imagesOfSegment(std::int64_t segment) {
    std::vector<ImageId> images;
    for (SqlQuery row(*m_impl->db,
                      "SELECT image FROM embeddings WHERE segment = ?1 UNION ALL "
                      "SELECT image FROM tombstones WHERE segment = ?1 ORDER BY 1",
                      segment);
         row.next();)
        images.push_back(row.integer(0));
    return images;
}

std::vector<ImageId> Library::tombstones(EmbeddingSetId set) {
    std::vector<ImageId> images;
    for (SqlQuery row(
             *m_impl->db,
             "SELECT image FROM tombstones JOIN segments ON segments.id = segment WHERE set_id = ?1 ORDER BY 1", set);
         row.next();)
        images.push_back(row.integer(0));
    return images;
}

} // namespace grappa
