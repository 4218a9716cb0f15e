#pragma once

#include <QCache>
#include <QImage>
#include <QObject>
#include <QSet>

// After Qt: moc fails on a header that reaches <concepts> before anything else of the standard library.
#include "core/base/hash.h"

#include <filesystem>
#include <memory>
#include <vector>

namespace grappa {

inline std::size_t qHash(const ContentHash& hash, std::size_t seed = 0) {
    return qHashBits(hash.bytes.data(), hash.bytes.size(), seed);
}

/// An image with rounded corners that fits a tile of `side` device pixels.
struct Thumbnail {
    QImage image;
    int side = 0;
};

/// Thumbnails for the gallery: read and scaled on a thread with its own store, kept in a bounded cache. The view says
/// what it wants, nearest first; a newer wish replaces the waiting one, so what was scrolled past is never decoded.
class ThumbnailLoader : public QObject {
    Q_OBJECT

public:
    explicit ThumbnailLoader(std::filesystem::path store, QObject* parent = nullptr);
    ~ThumbnailLoader() override;

    /// The side of a tile and the radius of its corners, in device pixels. Images of another size stay until they are
    /// loaded anew.
    void setTile(int side, int cornerRadius);
    /// Null while it is not there.
    const Thumbnail* find(const ContentHash& hash) const { return m_cache.object(hash); }
    /// The store has none, or it cannot be read.
    bool isMissing(const ContentHash& hash) const { return m_missing.contains(hash); }
    /// Replaces what waits. Those in the cache at the right size are skipped.
    void want(const std::vector<ContentHash>& nearestFirst);
    /// What was missing may be there now.
    void forgetMissing() { m_missing.clear(); }

Q_SIGNALS:
    void loaded();

private:
    struct Worker;

    void takeResults();

    int m_side = 256;
    int m_corner = 0;
    QCache<ContentHash, Thumbnail> m_cache; ///< cost in KiB
    QSet<ContentHash> m_missing;
    std::unique_ptr<Worker> m_worker;
};

/// `image` scaled to fit `side` (enlarged at most twice), its corners rounded, ready to be drawn.
QImage tileImage(const QImage& image, int side, int cornerRadius);

} // namespace grappa
