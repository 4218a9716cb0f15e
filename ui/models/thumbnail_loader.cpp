#include "ui/models/thumbnail_loader.h"

#include "core/base/error.h"
#include "core/library/thumbnail_store.h"

#include <QPainter>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

namespace grappa {

namespace {

constexpr int cacheKib = 192 * 1024;

QImage readThumbnail(std::optional<ThumbnailStore>& store, const std::filesystem::path& file, const ContentHash& hash) {
    try {
        if (!store) store.emplace(file);
        const auto bytes = store->find(hash);
        if (!bytes) return {};
        return QImage::fromData(reinterpret_cast<const uchar*>(bytes->data()), static_cast<int>(bytes->size()), "JPEG");
    } catch (const Error&) {
        // Thumbnails are derived and may vanish under us: the tile shows that it has none.
        store.reset();
        return {};
    }
}

} // namespace

QImage tileImage(const QImage& image, int side, int cornerRadius) {
    const QSize size = image.size().scaled(side, side, Qt::KeepAspectRatio).boundedTo(image.size() * 2);
    const QImage scaled =
        image.scaled(size, Qt::IgnoreAspectRatio, Qt::SmoothTransformation).convertToFormat(QImage::Format_RGB32);
    QImage rounded(scaled.size(), QImage::Format_ARGB32_Premultiplied);
    rounded.fill(Qt::transparent);
    QPainter painter(&rounded);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(QBrush(scaled));
    painter.setPen(Qt::NoPen);
    painter.drawRoundedRect(rounded.rect(), cornerRadius, cornerRadius);
    return rounded;
}

/// The thread and what it shares with the GUI thread.
struct ThumbnailLoader::Worker {
    struct Result {
        ContentHash hash;
        Thumbnail thumbnail; ///< a null image: missing
    };

    Worker(ThumbnailLoader& owner, std::filesystem::path file)
        : loader(owner), store(std::move(file)), thread([this](const std::stop_token& stop) { loop(stop); }) {}

    void loop(const std::stop_token& stop);

    ThumbnailLoader& loader;
    std::filesystem::path store;
    std::mutex mutex;
    std::condition_variable_any wake;
    std::vector<ContentHash> wanted; ///< nearest last
    int side = 256, corner = 0;      ///< of what is wanted
    std::vector<Result> results;
    std::jthread thread; ///< last: ends before what it uses
};

void ThumbnailLoader::Worker::loop(const std::stop_token& stop) {
    std::optional<ThumbnailStore> open;
    while (true) {
        ContentHash hash;
        int tile = 0, radius = 0;
        {
            std::unique_lock lock(mutex);
            if (!wake.wait(lock, stop, [this] { return !wanted.empty(); }) || stop.stop_requested()) return;
            hash = wanted.back();
            wanted.pop_back();
            tile = side;
            radius = corner;
        }
        Thumbnail thumbnail{readThumbnail(open, store, hash), tile};
        if (!thumbnail.image.isNull()) thumbnail.image = tileImage(thumbnail.image, tile, radius);
        const std::lock_guard lock(mutex);
        results.push_back({hash, std::move(thumbnail)});
        if (results.size() == 1)
            QMetaObject::invokeMethod(&loader, &ThumbnailLoader::takeResults, Qt::QueuedConnection);
    }
}

ThumbnailLoader::ThumbnailLoader(std::filesystem::path store, QObject* parent)
    : QObject(parent), m_cache(cacheKib), m_worker(std::make_unique<Worker>(*this, std::move(store))) {}

ThumbnailLoader::~ThumbnailLoader() = default;

void ThumbnailLoader::setTile(int side, int cornerRadius) {
    m_side = side;
    m_corner = cornerRadius;
}

void ThumbnailLoader::want(const std::vector<ContentHash>& nearestFirst) {
    std::vector<ContentHash> wanted;
    for (auto hash = nearestFirst.rbegin(); hash != nearestFirst.rend(); ++hash) {
        const Thumbnail* known = m_cache.object(*hash);
        if ((!known || known->side != m_side) && !m_missing.contains(*hash)) wanted.push_back(*hash);
    }
    {
        const std::lock_guard lock(m_worker->mutex);
        m_worker->wanted = std::move(wanted);
        m_worker->side = m_side;
        m_worker->corner = m_corner;
    }
    m_worker->wake.notify_one();
}

void ThumbnailLoader::takeResults() {
    std::vector<Worker::Result> results;
    {
        const std::lock_guard lock(m_worker->mutex);
        results = std::exchange(m_worker->results, {});
    }
    for (Worker::Result& result : results) {
        if (result.thumbnail.image.isNull()) {
            m_missing.insert(result.hash);
            continue;
        }
        const auto kib = static_cast<int>(result.thumbnail.image.sizeInBytes() / 1024) + 1;
        m_cache.insert(result.hash, new Thumbnail(std::move(result.thumbnail)), kib);
    }
    Q_EMIT loaded();
}

} // namespace grappa
