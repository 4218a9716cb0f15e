#include "ui/browser.h"

#include <algorithm>
#include <utility>

namespace grappa {

namespace {
constexpr int previewSide = 256;
} // namespace

Browser::Browser(Session& session, QObject* parent)
    : QObject(parent)
    , m_session(session)
    , m_images([this](ImageId id) { return m_session.image(id, place().filter); })
    , m_groups([&session](ImageId id) { return session.image(id); }) {
    connect(&session, &Session::libraryChanged, this, [this] {
        m_images.refreshRecords();
        // Groups change with their levels only.
        if (!place().query && !place().group) readListing();
    });
    connect(&session, &Session::adaptationChanged, this, [this] {
        ++m_adaptations;
        searchAgainIfStale();
    });
    connect(&session, &Session::describedAnew, this, [this] {
        ++m_adaptations;
        if (!m_pending && place().query) searchAgain();
    });
    // Another filter is answered by other files of the same images.
    connect(this, &Browser::placeChanged, this, [this] {
        if (place().filter == m_recordsFilter) return;
        m_recordsFilter = place().filter;
        m_images.refreshRecords();
    });
    connect(session.levels(), &Levels::changed, this, [this] {
        // Where its level is gone, the nearest takes its place.
        if (m_session.levels()->state() == Levels::State::Ready) setLevel(level());
        // Auto takes effect once the library has what it needs.
        if (!m_pending && place().query && !foundAtItsLevel()) searchAtLevel();
        updateGroups();
    });
    connect(&session, &Session::collectionOpened, this, &Browser::showCollection);
    connect(&session, &Session::queryOpened, this, &Browser::searchByFile);
    connect(session.changes(), &CollectionChanges::collectionHidden, this, [this](CollectionId id) {
        if (place().filter.collection == id) showCollection(std::nullopt);
    });
}

const ImageQuery* Browser::query() const {
    if (m_pending) return &*m_pending;
    return place().query ? &*place().query : nullptr;
}

void Browser::showCollection(std::optional<CollectionId> collection) {
    cancelSearch();
    if (!place().query && !place().group && place().filter.collection == collection) return;
    Place next{.filter = place().filter, .order = place().order, .level = place().level};
    // Another collection has other folders; type, name and date go along.
    if (next.filter.collection != collection) next.filter.folder.clear();
    next.filter.collection = collection;
    go([&] { m_history.push(std::move(next)); });
}

void Browser::showGroups() {
    const auto& k = m_session.levels()->stops().k;
    if (k.empty()) return;
    cancelSearch();
    Place next{.filter = place().filter, .level = place().level, .group = GroupPlace()};
    if (next.level == rawLevel || next.level == autoLevel) next.level = std::to_string(k.front());
    go([&] { m_history.push(std::move(next)); });
}

void Browser::openGroup(int row) {
    if (!place().showsGroups() || row < 0 || row >= m_groups.rowCount()) return;
    const LevelGroup& group = m_groups.groups()[static_cast<std::size_t>(row)];
    Place next{.filter = place().filter, .level = place().level, .group = place().group};
    next.group->cluster = group.cluster;
    next.group->size = group.size;
    go([&] { m_history.push(std::move(next)); });
}

void Browser::updateGroups() {
    auto& group = m_history.current().group;
    if (!group) return;
    const LevelStops& stops = m_session.levels()->stops();
    const bool same = group->set == stops.set && group->version == stops.version;
    if (same && (group->cluster || level() == std::to_string(group->k))) return;
    if (!same) group->cluster.reset();
    m_history.current().position = {};
    show();
}

void Browser::searchByImage(ImageId image, const QImage& preview) {
    ImageQuery query{.image = image, .preview = preview};
    if (const auto record = m_session.image(image)) query.file = record->path;
    search(std::move(query), Target::NewPlace);
}

void Browser::searchByFile(const std::filesystem::path& file) {
    search({.file = file}, Target::NewPlace);
    readPreview(file);
}

void Browser::searchByPixels(const QImage& pixels) {
    search({.pixels = pixels,
            .preview = pixels.scaled(previewSide, previewSide, Qt::KeepAspectRatio, Qt::SmoothTransformation)},
           Target::NewPlace);
}

void Browser::searchByRegion(ImageQuery query, const std::optional<QRect>& region) {
    const bool refines = place().query && place().query->sameImage(query);
    query.region = region;
    query.vector.clear();
    search(std::move(query), refines ? Target::SamePlace : Target::NewPlace);
}

void Browser::readPreview(const std::filesystem::path& file) {
    const auto take = [this, file](const Rendering& rendering) {
        if (m_pending && m_pending->file == file) m_pending->preview = rendering.image;
        auto& query = m_history.current().query;
        if (query && query->file == file) query->preview = rendering.image;
        Q_EMIT placeChanged();
    };
    // Without a preview the query is shown by its name: the search itself reports a bad file.
    m_session.render(this, file, previewSide, take, [](const Problem&) {});
}

void Browser::search(ImageQuery query, Target target) {
    const Place& from = place();
    Place next{.filter = from.filter, .order = from.query ? from.order : std::nullopt, .level = level()};
    // Another region scores on another scale: its cut is chosen anew.
    if (target == Target::SamePlace && from.query && from.query->region == query.region) next.minScore = from.minScore;
    find(std::move(query), target, std::move(next));
}

void Browser::searchAgain() {
    if (!place().query) return;
    Place next = place();
    next.neighbours.clear();
    // Scores mean the same in every set: the cut stays. The view starts at the best.
    next.position = {};
    ImageQuery query = *std::exchange(next.query, std::nullopt);
    find(std::move(query), Target::SamePlace, std::move(next));
}

void Browser::searchAgainIfStale() {
    // A search under way looks at the set by itself.
    if (m_pending || !place().query) return;
    const auto& used = m_session.adaptation();
    if (place().query->adaptation != (used ? used->checksum : std::string())) return searchAgain();
    if (!foundAtItsLevel()) searchAtLevel();
}

bool Browser::foundAtItsLevel() const {
    return m_session.levels()->effective(place().level) == place().foundAt;
}

void Browser::find(ImageQuery query, Target target, Place next) {
    const unsigned number = dropSearches();
    next.level = m_session.levels()->available(next.level);
    m_pending = query;
    m_pendingPlace = next;
    m_pendingTarget = target;
    Q_EMIT placeChanged();
    const ImageFilter filter = next.filter;
    const std::string level = next.level;
    m_session.findNeighbours(
        this, std::move(query), filter,
        [this, number, target, adaptations = m_adaptations, foundAt = m_session.levels()->effective(level),
         next = std::move(next)](ImageQuery found, std::vector<Neighbour> neighbours, ScoreScale scale) mutable {
            if (number != m_searches) return;
            if (adaptations != m_adaptations) return find(std::move(found), target, std::move(next));
            found.preview = m_pending->preview;
            m_pending.reset();
            next.query = std::move(found);
            next.neighbours = std::move(neighbours);
            next.scale = std::move(scale);
            next.foundAt = foundAt;
            if (target == Target::SamePlace) {
                m_history.current() = std::move(next);
                show();
            } else {
                go([&] { m_history.push(std::move(next)); });
            }
            if (!foundAtItsLevel()) searchAtLevel(); // what Auto needs came meanwhile
        },
        [this, number](const Problem& problem) {
            if (number != m_searches) return;
            m_pending.reset();
            Q_EMIT placeChanged();
            Q_EMIT failed(problem);
        },
        level);
}

void Browser::setLevel(const std::string& wanted) {
    const std::string level = m_session.levels()->available(wanted);
    if (level == this->level()) return;
    if (m_pending) {
        m_pendingPlace.level = level;
        return find(ImageQuery(*m_pending), m_pendingTarget, Place(m_pendingPlace));
    }
    m_history.current().level = level;
    Q_EMIT placeChanged();
    if (place().query) return searchAtLevel();
    updateGroups();
}

void Browser::searchAtLevel() {
    m_levelWanted = true;
    if (m_levelSearched) return;
    m_levelSearched = true;
    m_levelWanted = false;
    const unsigned number = m_searches;
    const std::string level = place().level;
    const auto finish = [this, number](const std::function<void()>& take) {
        m_levelSearched = false;
        if (m_levelWanted) return searchAtLevel();
        if (number == m_searches) take();
    };
    m_session.findNeighbours(
        this, *place().query, place().filter,
        [this, finish, foundAt = m_session.levels()->effective(level)](
            ImageQuery found, std::vector<Neighbour> neighbours, ScoreScale scale) {
            finish([&] {
                Place& here = m_history.current();
                found.preview = here.query->preview;
                here.query = std::move(found);
                here.neighbours = std::move(neighbours);
                here.scale = std::move(scale);
                here.foundAt = foundAt;
                // Scores mean the same at every level: the cut stays. The view starts at the best.
                here.position = {};
                show();
            });
        },
        [this, finish](const Problem& problem) { finish([&] { Q_EMIT failed(problem); }); }, level);
}

unsigned Browser::dropSearches() {
    m_levelWanted = false;
    return ++m_searches;
}

void Browser::cancelSearch() {
    dropSearches();
    if (!std::exchange(m_pending, std::nullopt)) return;
    Q_EMIT placeChanged();
}

void Browser::back() {
    if (m_pending) return cancelSearch();
    if (!canGoBack()) return;
    go([this] { m_history.back(); });
    searchAgainIfStale();
}

void Browser::forward() {
    if (m_pending) cancelSearch();
    if (!canGoForward()) return;
    go([this] { m_history.forward(); });
    searchAgainIfStale();
}

void Browser::setFilter(ImageFilter filter) {
    Place& here = m_history.current();
    filter.collection = here.filter.collection;
    if (filter == here.filter) return;
    here.filter = std::move(filter);
    if (here.query) return search(*here.query, Target::SamePlace);
    Q_EMIT placeChanged();
    if (here.group) return readGroups();
    readListing();
}

void Browser::setScope(std::optional<CollectionId> collection) {
    const ImageQuery* query = this->query();
    if (!query || collection == place().filter.collection) return;
    ImageFilter filter = m_pending ? m_pendingPlace.filter : place().filter;
    filter.collection = collection;
    filter.folder.clear(); // another collection has other folders
    const Target target = m_pending ? m_pendingTarget : Target::SamePlace;
    Place next{.filter = std::move(filter), .order = place().query ? place().order : std::nullopt, .level = level()};
    if (place().query) next.minScore = place().minScore;
    find(ImageQuery(*query), target, std::move(next));
}

void Browser::setOrder(std::optional<ImageOrder> order) {
    if (order == place().order) return;
    // Stacks are in an order of their own.
    if (place().showsGroups()) return Q_EMIT placeChanged();
    m_history.current().order = order;
    Q_EMIT placeChanged();
    if (place().query) return showNeighbours();
    if (place().group) return readGroups();
    readListing();
}

void Browser::setMinScore(std::optional<float> score) {
    if (score == place().minScore || !place().query) return;
    m_history.current().minScore = score;
    Q_EMIT placeChanged();
    showNeighbours();
}

void Browser::restore(Place place) {
    std::optional<ImageQuery> query = std::exchange(place.query, std::nullopt);
    Place listing{.filter = place.filter, .level = place.level, .group = place.group};
    if (!query) listing = place;
    m_history.current() = std::move(listing);
    show();
    if (!query || query->file.empty()) return;
    readPreview(query->file);
    find(std::move(*query), Target::NewPlace, std::move(place));
}

void Browser::rememberView(const GalleryPosition& position, std::optional<ImageId> current) {
    m_history.current().position = position;
    m_history.current().current = current;
}

void Browser::go(const std::function<void()>& move) {
    dropSearches(); // what is still being found belongs to the place that is left
    Q_EMIT aboutToLeave();
    move();
    show();
}

void Browser::show() {
    Q_EMIT placeChanged();
    if (place().query) return showNeighbours();
    m_loaded = false;
    if (place().group) return readGroups();
    readListing();
}

void Browser::showNeighbours() {
    const unsigned number = ++m_listings;
    const Place& here = place();
    std::vector<Neighbour> shown = here.neighbours;
    if (here.minScore)
        std::erase_if(
            shown, [&here](const Neighbour& neighbour) { return here.scale.score(neighbour.score) < *here.minScore; });
    // In another order there is no place to mark.
    const Dividers dividers = here.order ? Dividers() : dividersOf(here.neighbours, here.scale);
    const auto take = [this, number, scale = here.scale, dividers](const std::vector<Neighbour>& neighbours) {
        if (number != m_listings) return;
        m_images.setNeighbours(neighbours, scale, dividers);
        m_loaded = true;
        Q_EMIT contentsShown();
        Q_EMIT placeChanged();
    };
    if (!here.order) return take(shown);
    m_session.sortNeighbours(this, std::move(shown), *here.order, take);
}

void Browser::readGroups() {
    const unsigned number = ++m_listings;
    const LevelStops& stops = m_session.levels()->stops();
    GroupPlace& group = *m_history.current().group;
    const std::string level = m_session.levels()->available(place().level);
    const bool clustered = level != rawLevel && level != autoLevel;
    if (stops.k.empty()) {
        // What was grouped is gone: the images are still there.
        m_history.current().group.reset();
        return show();
    }
    if (!group.cluster || group.set != stops.set || group.version != stops.version) {
        group = {.k = clustered ? std::stoll(level) : stops.k.front(), .set = stops.set, .version = stops.version};
        m_history.current().level = std::to_string(group.k);
    }
    const auto take = [this, number](const std::function<void()>& fill) {
        if (number != m_listings) return;
        fill();
        m_loaded = true;
        Q_EMIT contentsShown();
        Q_EMIT placeChanged();
    };
    if (group.cluster) {
        m_session.readGroup(
            this, group.k, *group.cluster, place().filter, place().order,
            [this, take](std::vector<ImageId> images) { take([&] { m_images.setImages(std::move(images)); }); });
    } else {
        m_images.setImages({}); // nothing that is done to images reaches one that is not shown
        m_session.readGroups(this, group.k, place().filter, [this, take](std::vector<LevelGroup> groups) {
            take([&] { m_groups.setGroups(std::move(groups)); });
        });
    }
}

void Browser::readListing() {
    const unsigned number = ++m_listings;
    m_session.readImages(this, place().filter, place().order.value_or(ImageOrder::Added),
                         [this, number](std::vector<ImageId> ids) {
                             if (number != m_listings) return;
                             m_images.setImages(std::move(ids));
                             if (!std::exchange(m_loaded, true)) Q_EMIT contentsShown();
                             Q_EMIT placeChanged();
                         });
}

} // namespace grappa
