#include "core/library/library_impl.h"

#include <cmath>
#include <limits>
#include <random>

namespace grappa {

namespace {

constexpr const char* adaptationColumns = "SELECT id, name, collection, model_hash, file, checksum, created_at, state, "
                                          "run, parameters, report FROM adaptations ";

const char* stored(AdaptationState state) {
    return state == AdaptationState::Ready ? "ready" : "trained";
}

AdaptationRow adaptationFromRow(const SqlQuery& row) {
    AdaptationRow adaptation;
    adaptation.id = row.integer(0);
    adaptation.name = row.text(1);
    if (!row.isNull(2)) adaptation.collection = row.integer(2);
    adaptation.modelHash = row.text(3);
    adaptation.file = row.text(4);
    adaptation.checksum = row.text(5);
    adaptation.createdAt = row.integer(6);
    adaptation.state =
        row.text(7) == stored(AdaptationState::Ready) ? AdaptationState::Ready : AdaptationState::Trained;
    if (!row.isNull(8)) adaptation.run = row.integer(8);
    adaptation.parameters = row.text(9);
    adaptation.report = row.text(10);
    return adaptation;
}

template <class... Values>
std::optional<AdaptationRow> oneAdaptation(Database& db, const std::string& condition, const Values&... values) {
    SqlQuery row(db, adaptationColumns + condition, values...);
    if (!row.next()) return std::nullopt;
    return adaptationFromRow(row);
}

void requireAdaptationName(Database& db, const std::string& name) {
    if (name.empty()) throw Error(ErrorCode::Usage, "An adaptation needs a name.");
    if (db.integer("SELECT id FROM adaptations WHERE name = ?1", name))
        throw Error(ErrorCode::Usage, "There is an adaptation \"" + name + "\" already.");
}

/// A name that no file had before.
std::string newFileName() {
    std::random_device random;
    char name[64];
    std::snprintf(name, sizeof name, "adaptation-%08x%08x.safetensors", random(), random());
    return name;
}

/// Removes the file again unless the commit that names it came through.
class NewFile {
public:
    explicit NewFile(std::filesystem::path path) : path(std::move(path)) {}
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;
    ~NewFile() {
        std::error_code error;
        if (!committed) std::filesystem::remove(path, error);
    }

    const std::filesystem::path path;
    bool committed = false;
};

} // namespace

std::vector<AdaptationRow> Library::adaptations() {
    std::vector<AdaptationRow> adaptations;
    for (SqlQuery row(*m_impl->db, std::string(adaptationColumns) + "ORDER BY id DESC"); row.next();)
        adaptations.push_back(adaptationFromRow(row));
    return adaptations;
}

std::optional<AdaptationRow> Library::findAdaptation(std::string_view name) {
    return oneAdaptation(*m_impl->db, "WHERE name = ?1", std::string(name));
}

AdaptationRow Library::addAdaptation(AdaptationRow adaptation,
                                     const std::function<void(const std::filesystem::path&)>& save) {
    // The file is saved under the write lock, so that no process that starts takes it for one left behind.
    Transaction transaction = m_impl->begin(Durability::Full);
    Database& db = *m_impl->db;
    requireAdaptationName(db, adaptation.name);
    adaptation.file = newFileName();
    NewFile file(m_impl->paths.adaptations() / adaptation.file);
    save(file.path);
    adaptation.checksum = hashBytes(MappedFile(file.path).bytes()).hex();
    if (const auto same = oneAdaptation(db, "WHERE checksum = ?1", adaptation.checksum))
        throw Error(ErrorCode::Usage, "This adaptation is in the library already, as \"" + same->name + "\".");
    if (adaptation.createdAt == 0) adaptation.createdAt = secondsNow();
    db.run("INSERT INTO adaptations (name, collection, model_hash, file, checksum, created_at, state, run, parameters, "
           "report) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
           adaptation.name, adaptation.collection, adaptation.modelHash, adaptation.file, adaptation.checksum,
           adaptation.createdAt, std::string(stored(adaptation.state)), adaptation.run, adaptation.parameters,
           adaptation.report);
    adaptation.id = db.lastInsertId();
    transaction.commit();
    file.committed = true;
    return adaptation;
}

void Library::updateAdaptation(const AdaptationRow& adaptation) {
    Transaction transaction = m_impl->begin(Durability::Full);
    requireChanged(m_impl->db->run("UPDATE adaptations SET state = ?2, run = ?3, parameters = ?4, report = ?5 "
                                   "WHERE id = ?1",
                                   adaptation.id, std::string(stored(adaptation.state)), adaptation.run,
                                   adaptation.parameters, adaptation.report),
                   "adaptation", adaptation.id);
    transaction.commit();
}

void Library::renameAdaptation(std::int64_t id, const std::string& name) {
    Transaction transaction = m_impl->begin(Durability::Full);
    Database& db = *m_impl->db;
    if (db.integer("SELECT id FROM adaptations WHERE name = ?1", name) == id) return;
    requireAdaptationName(db, name);
    requireChanged(db.run("UPDATE adaptations SET name = ?2 WHERE id = ?1", id, name), "adaptation", id);
    transaction.commit();
}

std::vector<CollectionId> Library::describedCollections(std::int64_t adaptation) {
    std::vector<CollectionId> collections;
    for (SqlQuery row(*m_impl->db,
                      "SELECT collection FROM described_collections WHERE adaptation = ?1 ORDER BY collection",
                      adaptation);
         row.next();)
        collections.push_back(row.integer(0));
    return collections;
}

void Library::addDescribedCollection(std::int64_t adaptation, CollectionId collection) {
    Transaction transaction = m_impl->begin();
    m_impl->db->run("INSERT OR IGNORE INTO described_collections (adaptation, collection) VALUES (?1, ?2)", adaptation,
                    collection);
    transaction.commit();
}

void Library::removeAdaptation(std::int64_t id) {
    std::vector<std::string> segmentFiles;
    Transaction transaction = m_impl->begin(Durability::Full);
    Database& db = *m_impl->db;
    const auto adaptation = oneAdaptation(db, "WHERE id = ?1", id);
    if (!adaptation) throw Error(ErrorCode::NotFound, "There is no adaptation " + std::to_string(id));
    for (const EmbeddingSet& set : embeddingSets()) {
        if (set.key.adaptation != adaptation->checksum) continue;
        for (std::string& name : m_impl->dropSet(set.id))
            segmentFiles.push_back(std::move(name));
    }
    db.run("DELETE FROM adaptations WHERE id = ?1", id);
    transaction.commit();
    m_impl->removeSegmentFiles(segmentFiles);
    std::error_code error; // what stays is removed when the library is opened next
    std::filesystem::remove(m_impl->paths.adaptations() / adaptation->file, error);
}

void Library::addCurvePoints(RunId run, std::span<const CurvePoint> points) {
    Transaction transaction = m_impl->begin();
    for (const CurvePoint& point : points) {
        std::optional<double> loss;
        if (!std::isnan(point.loss)) loss = point.loss;
        m_impl->db->run(
            "INSERT INTO curve_points (run, stage, step, loss, rate, extra) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
            "ON CONFLICT (run, stage, step) DO UPDATE SET loss = ?4, rate = ?5, extra = ?6",
            run, point.stage, point.step, loss, point.rate, point.extra);
    }
    transaction.commit();
}

std::vector<CurvePoint> Library::curvePoints(RunId run) {
    std::vector<CurvePoint> points;
    for (SqlQuery row(*m_impl->db, "SELECT stage, step, loss, rate, extra FROM curve_points WHERE run = ?1 ORDER BY id",
                      run);
         row.next();)
        points.push_back({row.text(0), row.integer(1),
                          row.isNull(2) ? std::numeric_limits<double>::quiet_NaN() : row.real(2), row.real(3),
                          row.text(4)});
    return points;
}

} // namespace grappa
