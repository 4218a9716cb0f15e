#include "core/base/half.h"
#include "core/library/library_impl.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

namespace grappa {

namespace {

constexpr const char* levelColumns = "SELECT k, beta, images, overlap_raw, overlap_finer, copy_first, shown";

LevelRow levelFromRow(const SqlQuery& row) {
    LevelRow level;
    level.k = row.integer(0);
    level.beta = row.real(1);
    level.images = static_cast<std::uint64_t>(row.integer(2));
    level.overlapRaw = row.real(3);
    level.overlapFiner = row.real(4);
    if (!row.isNull(5)) level.copyFirst = row.real(5);
    level.shown = row.integer(6) != 0;
    return level;
}

/// length, degree, radius
using NeighbourhoodHead = std::array<float, 3>;
/// An image id in a neighbourhood: half of its bytes, enough for 4 billion images.
using StoredImage = std::uint32_t;

std::int64_t dimOf(Database& db, EmbeddingSetId set) {
    const auto dim = db.integer("SELECT dim FROM embedding_sets WHERE id = ?1", set);
    if (!dim) throw Error(ErrorCode::NotFound, "There is no embedding set " + std::to_string(set));
    return *dim;
}

void requireFitting(bool fits) {
    if (!fits) throw Error(ErrorCode::Internal, "The levels to be stored do not fit the embedding set");
}

/// Images without a vector in the set (deleted meanwhile) are passed over.
void writeClusters(Database& db, EmbeddingSetId set, std::span<const ImageId> images,
                   std::span<const std::uint32_t> clusters, std::size_t levels) {
    requireFitting(clusters.size() == images.size() * levels);
    for (std::size_t i = 0; i < images.size(); ++i)
        db.run("UPDATE embeddings SET clusters = ?3 WHERE image = ?1 AND set_id = ?2", images[i], set,
               Blob(clusters.subspan(i * levels, levels)));
    db.run("UPDATE embedding_sets SET levels_version = levels_version + 1 WHERE id = ?1", set);
}

} // namespace

std::vector<float> Library::attention(EmbeddingSetId set, ImageId image) {
    SqlQuery row(*m_impl->db,
                 "SELECT attention FROM embeddings WHERE image = ?1 AND set_id = ?2 AND attention IS NOT NULL", image,
                 set);
    if (!row.next()) return {};
    return floatsOf(numbers<std::uint16_t>(row.blob(0)));
}

AttentionScan Library::attention(EmbeddingSetId set) {
    AttentionScan scan;
    for (SqlQuery row(*m_impl->db,
                      "SELECT image, attention FROM embeddings WHERE set_id = ?1 AND attention IS NOT NULL "
                      "ORDER BY image",
                      set);
         row.next();) {
        const auto halves = numbers<std::uint16_t>(row.blob(1));
        if (scan.images.empty()) scan.width = halves.size();
        if (halves.size() != scan.width)
            throw Error(ErrorCode::Corrupt, "The granularity attention of image " + row.text(0) +
                                                " has a wrong length; verify the library.");
        scan.images.push_back(row.integer(0));
        scan.values.resize(scan.values.size() + scan.width);
        toFloat(halves, std::span(scan.values).last(scan.width));
    }
    return scan;
}

std::optional<WhiteningRow> Library::whitening(EmbeddingSetId set) {
    SqlQuery row(*m_impl->db, "SELECT mean, basis, variances, power, images FROM whitenings WHERE set_id = ?1", set);
    if (!row.next()) return std::nullopt;
    WhiteningRow whitening{numbers<float>(row.blob(0)), floatsOf(numbers<std::uint16_t>(row.blob(1))), numbers<float>(row.blob(2)),
                           row.real(3), static_cast<std::uint64_t>(row.integer(4))};
    const auto dim = whitening.mean.size(), width = whitening.halfWidth();
    if (width == 0 || dim % width != 0 || whitening.basis.size() != dim * width || whitening.variances.size() != dim)
        throw Error(ErrorCode::Corrupt, "A whitening of the library has a wrong size; verify the library.");
    return whitening;
}

std::vector<float> Library::axes(EmbeddingSetId set) {
    SqlQuery row(*m_impl->db, "SELECT axes FROM embedding_sets WHERE id = ?1 AND axes IS NOT NULL", set);
    if (!row.next()) return {};
    return floatsOf(numbers<std::uint16_t>(row.blob(0)));
}

std::optional<Neighbourhood> Library::neighbourhood(EmbeddingSetId set, ImageId image) {
    SqlQuery row(*m_impl->db,
                 "SELECT neighbourhood FROM embeddings WHERE image = ?1 AND set_id = ?2 AND neighbourhood IS NOT NULL",
                 image, set);
    if (!row.next()) return std::nullopt;
    const auto bytes = row.blob(0);
    if (bytes.size() < sizeof(NeighbourhoodHead) || (bytes.size() - sizeof(NeighbourhoodHead)) % sizeof(StoredImage) != 0)
        throw Error(ErrorCode::Corrupt, "The neighbourhood of image " + std::to_string(image) +
                                            " has a wrong size; verify the library.");
    NeighbourhoodHead head;
    std::memcpy(&head, bytes.data(), sizeof head);
    const auto images = numbers<StoredImage>(bytes.subspan(sizeof head));
    return Neighbourhood{head[0], head[1], head[2], {images.begin(), images.end()}};
}

void Library::storeNeighbourhoods(EmbeddingSetId set, std::span<const ImageId> images,
                                  std::span<const Neighbourhood> neighbourhoods) {
    Transaction transaction = m_impl->begin();
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i < images.size(); ++i) {
        const Neighbourhood& one = neighbourhoods[i];
        const NeighbourhoodHead head{one.length, one.degree, one.radius};
        std::vector<StoredImage> neighbours;
        for (const ImageId image : one.images) {
            if (image > std::numeric_limits<StoredImage>::max())
                throw Error(ErrorCode::Internal, "The id " + std::to_string(image) + " is too large for a neighbourhood");
            neighbours.push_back(static_cast<StoredImage>(image));
        }
        const auto ids = std::as_bytes(std::span(neighbours));
        bytes.resize(sizeof head);
        std::memcpy(bytes.data(), &head, sizeof head);
        bytes.insert(bytes.end(), ids.begin(), ids.end());
        m_impl->db->run("UPDATE embeddings SET neighbourhood = ?3 WHERE image = ?1 AND set_id = ?2", images[i], set,
                        Blob(std::span<const std::byte>(bytes)));
    }
    transaction.commit();
}

std::vector<LevelRow> Library::levels(EmbeddingSetId set) {
    std::vector<LevelRow> levels;
    for (SqlQuery row(*m_impl->db, std::string(levelColumns) + " FROM levels WHERE set_id = ?1 ORDER BY k", set);
         row.next();)
        levels.push_back(levelFromRow(row));
    return levels;
}

std::optional<LevelRow> Library::level(EmbeddingSetId set, std::int64_t k) {
    SqlQuery row(*m_impl->db, std::string(levelColumns) + ", centroids FROM levels WHERE set_id = ?1 AND k = ?2", set,
                 k);
    if (!row.next()) return std::nullopt;
    LevelRow level = levelFromRow(row);
    level.centroids = numbers<std::uint16_t>(row.blob(7));
    if (static_cast<std::int64_t>(level.centroids.size()) != k * dimOf(*m_impl->db, set))
        throw Error(ErrorCode::Corrupt, "The centroids of a level have a wrong size; verify the library.");
    return level;
}

void Library::storeLevels(EmbeddingSetId set, std::span<const LevelRow> levels, std::span<const ImageId> images,
                          std::span<const std::uint32_t> clusters) {
    Transaction transaction = m_impl->begin();
    Database& db = *m_impl->db;
    const std::int64_t dim = dimOf(db, set);
    db.run("DELETE FROM levels WHERE set_id = ?1", set);
    db.run("UPDATE embeddings SET clusters = NULL WHERE set_id = ?1 AND clusters IS NOT NULL", set);
    for (std::size_t i = 0; i < levels.size(); ++i) {
        const LevelRow& level = levels[i];
        requireFitting(static_cast<std::int64_t>(level.centroids.size()) == level.k * dim);
        requireFitting(i == 0 || levels[i - 1].k < level.k);
        db.run("INSERT INTO levels (set_id, k, beta, images, overlap_raw, overlap_finer, copy_first, shown, centroids) "
               "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
               set, level.k, level.beta, static_cast<std::int64_t>(level.images), level.overlapRaw, level.overlapFiner,
               level.copyFirst, std::int64_t{level.shown}, Blob(std::span(level.centroids)));
    }
    writeClusters(db, set, levels.empty() ? std::span<const ImageId>() : images, clusters, levels.size());
    transaction.commit();
}

void Library::addClusterNumbers(EmbeddingSetId set, std::span<const ImageId> images,
                                std::span<const std::uint32_t> clusters) {
    Transaction transaction = m_impl->begin();
    const auto levels = m_impl->db->integer("SELECT count(*) FROM levels WHERE set_id = ?1", set).value_or(0);
    writeClusters(*m_impl->db, set, images, clusters, static_cast<std::size_t>(levels));
    transaction.commit();
}

std::vector<ImageId> Library::imagesWithoutClusters(EmbeddingSetId set) {
    std::vector<ImageId> images;
    for (SqlQuery row(*m_impl->db, "SELECT image FROM embeddings WHERE set_id = ?1 AND clusters IS NULL ORDER BY image",
                      set);
         row.next();)
        images.push_back(row.integer(0));
    return images;
}

ClusterScan Library::clusterNumbers(EmbeddingSetId set, std::int64_t k) {
    const ReadTransaction snapshot(*m_impl->db);
    ClusterScan scan;
    const std::vector<LevelRow> stored = levels(set);
    const auto at = std::find_if(stored.begin(), stored.end(), [k](const LevelRow& level) { return level.k == k; });
    if (at == stored.end()) return scan;
    const auto position = static_cast<std::size_t>(at - stored.begin());
    for (SqlQuery row(*m_impl->db,
                      "SELECT image, clusters FROM embeddings WHERE set_id = ?1 AND clusters IS NOT NULL "
                      "ORDER BY image",
                      set);
         row.next();) {
        const auto clusters = row.blob(1);
        std::uint32_t cluster = UINT32_MAX;
        if (clusters.size() == stored.size() * sizeof cluster)
            std::memcpy(&cluster, clusters.data() + position * sizeof cluster, sizeof cluster);
        if (cluster >= k)
            throw Error(ErrorCode::Corrupt, "The cluster numbers of image " + row.text(0) +
                                                " are not those of the levels; verify the library.");
        scan.images.push_back(row.integer(0));
        scan.clusters.push_back(cluster);
    }
    return scan;
}

std::vector<std::uint64_t> Library::clusterSizes(EmbeddingSetId set, std::int64_t k) {
    std::vector<std::uint64_t> sizes(static_cast<std::size_t>(k));
    for (const std::uint32_t cluster : clusterNumbers(set, k).clusters)
        ++sizes[cluster];
    return sizes;
}

} // namespace grappa
