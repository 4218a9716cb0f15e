#include "ui/browser.h"

#include <utility>

namespace grappa {

namespace {
constexpr int previewSide = 256;
} // namespace

Browser::Browser(Session& session, QObject* parent)
    : QObject(parent), m_session(session), m_images([&session](ImageId id) { return session.image(id); }) {
    connect(&session, &Session::libraryChanged, this, [this] {
        m_images.refreshRecords();
        if (!place().query) readListing();
    });
    connect(&session, &Session::collectionOpened, this, &Browser::showCollection);
    connect(&session, &Session::queryOpened, this, &Browser::searchByFile);
}

void Browser::showCollection(std::optional<CollectionId> collection) {
    cancelSearch();
    if (!place().query && place().collection == collection) return;
    go([&] { m_history.push({.collection = collection}); });
}

void Browser::searchByImage(ImageId image, const QImage& preview) {
    ImageQuery query{.image = image, .preview = preview};
    if (const auto record = m_session.image(image)) query.file = record->path;
    search(std::move(query));
}

void Browser::searchByFile(const std::filesystem::path& file) {
    search({.file = file});
    m_session.readPreview(this, file, [this, file](const QImage& preview) {
        if (m_pending && m_pending->file == file) m_pending->preview = preview;
        auto& query = m_history.current().query;
        if (query && query->file == file) query->preview = preview;
        Q_EMIT placeChanged();
    });
}

void Browser::searchByPixels(const QImage& pixels) {
    search({.pixels = pixels,
            .preview = pixels.scaled(previewSide, previewSide, Qt::KeepAspectRatio, Qt::SmoothTransformation)});
}

void Browser::search(ImageQuery query) {
    const unsigned number = ++m_searches;
    m_pending = query;
    Q_EMIT placeChanged();
    const auto collection = place().collection;
    m_session.findNeighbours(
        this, std::move(query), collection,
        [this, number, collection](ImageQuery found, std::vector<Neighbour> neighbours) {
            if (number != m_searches) return;
            found.preview = m_pending->preview;
            m_pending.reset();
            go([&] {
                m_history.push(
                    {.collection = collection, .query = std::move(found), .neighbours = std::move(neighbours)});
            });
        },
        [this, number](const Problem& problem) {
            if (number != m_searches) return;
            m_pending.reset();
            Q_EMIT placeChanged();
            Q_EMIT failed(problem);
        });
}

void Browser::cancelSearch() {
    ++m_searches;
    if (!std::exchange(m_pending, std::nullopt)) return;
    Q_EMIT placeChanged();
}

void Browser::back() {
    if (m_pending) return cancelSearch();
    if (canGoBack()) go([this] { m_history.back(); });
}

void Browser::forward() {
    cancelSearch();
    if (canGoForward()) go([this] { m_history.forward(); });
}

void Browser::rememberView(const GalleryPosition& position, std::optional<ImageId> current) {
    m_history.current().position = position;
    m_history.current().current = current;
}

void Browser::go(const std::function<void()>& move) {
    Q_EMIT aboutToLeave();
    move();
    show();
}

void Browser::show() {
    Q_EMIT placeChanged();
    if (place().query) {
        m_images.setNeighbours(place().neighbours);
        Q_EMIT contentsShown();
        return;
    }
    m_loaded = m_listed == place().collection && !m_listing.empty();
    m_images.setImages(m_loaded ? m_listing : std::vector<ImageId>());
    if (m_loaded) Q_EMIT contentsShown();
    readListing();
}

void Browser::readListing() {
    m_session.readImages(this, place().collection, [this, collection = place().collection](std::vector<ImageId> ids) {
        m_listed = collection;
        m_listing = std::move(ids);
        if (place().query || place().collection != collection) return;
        m_images.setImages(m_listing);
        if (!std::exchange(m_loaded, true)) Q_EMIT contentsShown();
        Q_EMIT placeChanged();
    });
}

} // namespace grappa
