// What a session reads and searches, off the GUI thread.
#include "ui/session.h"

#include "core/search/outside_query.h"

#include <QBuffer>

#include <algorithm>
#include <set>
#include <utility>

namespace grappa {

namespace fs = std::filesystem;

namespace {

std::vector<Neighbour> sorted(Library& library, std::vector<Neighbour> neighbours, ImageOrder order) {
    struct Row {
        Neighbour neighbour;
        Image image;
    };
    std::vector<Row> rows;
    for (const Neighbour& neighbour : neighbours)
        rows.push_back({neighbour, library.image(neighbour.image).value_or(Image())});
    const auto before = [order](const Row& a, const Row& b) {
        switch (order) {
        case ImageOrder::Added:
            return a.image.id < b.image.id;
        case ImageOrder::Name:
            return a.image.path.filename() < b.image.path.filename();
        case ImageOrder::Folder:
            return a.image.path < b.image.path;
        case ImageOrder::Taken:
            return a.image.takenAt != 0 && (b.image.takenAt == 0 || a.image.takenAt < b.image.takenAt);
        case ImageOrder::TakenNewestFirst:
            return a.image.takenAt != 0 && (b.image.takenAt == 0 || a.image.takenAt > b.image.takenAt);
        }
        return false;
    };
    std::stable_sort(rows.begin(), rows.end(), before);
    std::transform(rows.begin(), rows.end(), neighbours.begin(), [](const Row& row) { return row.neighbour; });
    return neighbours;
}

QByteArray pngOf(const QImage& image) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return bytes;
}

} // namespace

void Session::readImages(QObject* context, const ImageFilter& filter, ImageOrder order, OnImages done) {
    m_thread.run(
        context,
        [filter = visible(filter), order](LibraryAccess& access) { return access.library().imageIds(filter, order); },
        std::move(done), reporter());
}

void Session::readFolders(QObject* context, std::optional<CollectionId> collection, OnFolders done) {
    m_thread.run(
        context, [collection](LibraryAccess& access) { return access.library().foldersWithFiles(collection); },
        std::move(done), reporter());
}

void Session::sortNeighbours(QObject* context, std::vector<Neighbour> neighbours, ImageOrder order, OnNeighbours done) {
    m_searches.run(
        context,
        [neighbours = std::move(neighbours), order](LibraryAccess& access) mutable {
            return sorted(access.library(), std::move(neighbours), order);
        },
        std::move(done), reporter());
}

void Session::readUnreadable(QObject* context, std::optional<CollectionId> collection, OnFiles done) {
    m_thread.run(
        context, [collection](LibraryAccess& access) { return access.library().unreadableFiles(collection); },
        std::move(done), reporter());
}

void Session::findNeighbours(QObject* context, ImageQuery query, const ImageFilter& filter, OnFound done,
                             OnProblem failed, const std::string& level) {
    const bool known = ((query.image || query.stored) && !query.region) || !query.vector.empty();
    Lookup lookup{context, std::move(query), filter, level, std::move(done), std::move(failed)};
    if (known) {
        searchInThread(std::move(lookup));
    } else {
        embedAndSearch(std::move(lookup));
    }
}

void Session::searchInThread(Lookup lookup) {
    // Nothing: there is no vector yet that fits the set that is searched.
    struct Found {
        std::optional<std::vector<Neighbour>> neighbours;
        std::string adaptation;
        ScoreScale scale{};
    };
    SearchOptions options;
    options.limit = m_options.neighbours;
    options.filter = visible(lookup.filter);
    options.exclude = lookup.query.image;
    const auto search = [query = lookup.query, level = lookup.level, options](LibraryAccess& access) mutable -> Found {
        const std::optional<SearchTarget> target = access.target(level);
        if (!target) return query.image ? Found() : Found{std::vector<Neighbour>(), {}};
        const std::string& adaptation = target->set.key.adaptation;
        std::optional<std::vector<float>> vector;
        const std::optional<ImageId> image = query.image ? query.image : query.stored;
        if (image && !query.region) vector = access.libraryQuery(target->set, *image);
        // Of another length than what searches use: it was made before the images were described anew.
        const std::optional<EmbeddingSet> used = access.shownSet();
        const bool fits =
            used && query.adaptation == adaptation && query.vector.size() == static_cast<std::size_t>(used->dim);
        if (!vector && fits) vector = access.outsideQuery(target->set, query.vector);
        if (!vector) return {{}, adaptation};
        options.level = target->level;
        auto neighbours = access.searcher(target->set).search(*vector, options);
        return {std::move(neighbours), adaptation, access.scale(*target)};
    };
    QObject* context = lookup.context;
    const OnProblem failed = lookup.failed;
    m_searches.run(
        context, search,
        [this, lookup = std::move(lookup)](Found found) mutable {
            if (!found.neighbours) return embedAndSearch(std::move(lookup));
            lookup.query.adaptation = std::move(found.adaptation);
            lookup.done(std::move(lookup.query), std::move(*found.neighbours), std::move(found.scale));
            warmNext();
        },
        failed);
}

void Session::embedAndSearch(Lookup lookup) {
    QObject* context = lookup.context;
    const OnProblem failed = lookup.failed;
    struct Known {
        SetInUse used;
        std::optional<ImageId> stored;
    };
    const auto look = [query = lookup.query](LibraryAccess& access) {
        const bool ask = !query.image && !query.stored && !query.file.empty();
        return Known{setInUse(access.library()), ask ? imageOfFile(access.library(), query.file) : query.stored};
    };
    const auto embed = [this, lookup = std::move(lookup)](const Known& known) mutable {
        const auto& [used, stored] = known;
        const std::optional<EmbeddingSet>& set = used.set;
        // The bytes of a library image: its stored vector answers at once.
        const bool isNew = stored && !lookup.query.stored;
        lookup.query.stored = stored;
        if (isNew && !lookup.query.region) return searchInThread(std::move(lookup));
        if (!set) return lookup.failed({tr("There is nothing to search yet. Add a folder of images first."), {}});
        const ImageQuery query = lookup.query;
        const auto search = [this, context = QPointer(lookup.context), lookup = std::move(lookup),
                             set](std::variant<QueryEmbedding, Problem> answer) mutable {
            if (!context) return;
            if (auto* problem = std::get_if<Problem>(&answer)) return lookup.failed(std::move(*problem));
            auto& embedding = std::get<QueryEmbedding>(answer);
            const ServeHello& model = embedding.model;
            auto& vector = model.adaptation.empty() ? embedding.base : embedding.fused;
            if (vector.size() != static_cast<std::size_t>(set->dim) || model.modelHash != set->key.modelHash ||
                model.inputSize != set->key.inputSize || model.adaptation != set->key.adaptation) {
                // The library got another embedding set since the child started: the next one starts with that.
                m_embedder.retire();
                return lookup.failed({tr("The library was embedded anew in the meantime. Search again."), {}});
            }
            lookup.query.vector = std::move(vector);
            lookup.query.adaptation = model.adaptation;
            lookup.query.attention = std::move(embedding.attention);
            searchInThread(std::move(lookup));
        };
        if (m_shuttingDown) return; // no child is started any more
        m_embedder.setArguments(serveArguments(used.adaptation));
        if (query.file.empty()) {
            m_embedder.embed(pngOf(query.pixels), query.region, search);
        } else {
            m_embedder.embed(query.file, query.region, search);
        }
    };
    m_searches.run(context, look, embed, failed);
}

/// The first search at a level reads its clusters and measures its scale: that is done before somebody drags the
/// slider, one level a time, so that a search waits for one at most.
void Session::warmNext() {
    if (m_toWarm.empty() || m_shuttingDown) return;
    const std::string level = std::to_string(m_toWarm.back());
    m_toWarm.pop_back();
    m_searches.run(
        this,
        [level](LibraryAccess& access) {
            const auto target = access.target(level);
            if (!target) return false;
            access.scale(*target);
            return true;
        },
        [this](bool) { warmNext(); },
        // The search itself tells what is wrong.
        [](const Problem&) {});
}

void Session::readGroups(QObject* context, std::int64_t k, const ImageFilter& filter,
                         std::function<void(std::vector<LevelGroup>)> done) {
    m_thread.run(
        context, [k, all = visible(filter)](LibraryAccess& access) { return groupsOf(access, k, all); },
        std::move(done), reporter());
}

void Session::readGroup(QObject* context, std::int64_t k, std::uint32_t cluster, const ImageFilter& filter,
                        std::optional<ImageOrder> order, OnImages done) {
    m_thread.run(
        context,
        [k, cluster, all = visible(filter), order](LibraryAccess& access) {
            std::vector<ImageId> images = groupOf(access, k, cluster, all).images;
            if (!order) return images;
            const std::set<ImageId> members(images.begin(), images.end());
            images = access.library().imageIds(all, *order);
            std::erase_if(images, [&members](ImageId image) { return !members.contains(image); });
            return images;
        },
        std::move(done), reporter());
}

void Session::readSampleGroups(QObject* context, std::int64_t k, std::function<void(std::vector<SampleGroup>)> done) {
    m_thread.run(
        context, [k, all = visible({})](LibraryAccess& access) { return sampleGroups(access, k, all); },
        std::move(done), [](const Problem&) {});
}

void Session::readAttention(QObject* context, std::vector<ImageId> images, std::function<void(AttentionBatch)> done,
                            OnProblem failed) {
    m_thread.run(
        context, [images = std::move(images)](LibraryAccess& access) { return readAttentionOf(access, images); },
        std::move(done), std::move(failed));
}

void Session::render(QObject* context, const fs::path& file, int side, std::function<void(Rendering)> done,
                     OnProblem failed) {
    if (m_shuttingDown) return;
    m_renderer.render(file, side,
                      [context = QPointer(context), done = std::move(done),
                       failed = std::move(failed)](std::variant<Rendering, Problem> answer) {
                          if (!context) return;
                          if (auto* rendering = std::get_if<Rendering>(&answer)) return done(std::move(*rendering));
                          failed(std::get<Problem>(std::move(answer)));
                      });
}

void Session::readMaps(QObject* context, const fs::path& file, const QImage& pixels, const std::optional<QRect>& region,
                       std::function<void(PatchMaps)> done, OnProblem failed) {
    const auto read = [this, context = QPointer(context), file, pixels, region, done = std::move(done),
                       failed](const SetInUse& used) {
        if (!context) return;
        const auto take = [context, done, failed](std::variant<PatchMaps, Problem> answer) {
            if (!context) return;
            if (auto* problem = std::get_if<Problem>(&answer)) return failed(std::move(*problem));
            done(std::get<PatchMaps>(std::move(answer)));
        };
        if (m_shuttingDown) return; // no child is started any more
        m_embedder.setArguments(serveArguments(used.adaptation));
        if (file.empty()) {
            m_embedder.maps(pngOf(pixels), region, take);
        } else {
            m_embedder.maps(file, region, take);
        }
    };
    m_searches.run(
        context, [](LibraryAccess& access) { return setInUse(access.library()); }, read, failed);
}

} // namespace grappa
