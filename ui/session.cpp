#include "ui/session.h"

#include "ui/formatting.h"

#include <QBuffer>

#include <algorithm>
#include <set>
#include <utility>

namespace grappa {

using namespace Qt::StringLiterals;
namespace fs = std::filesystem;

namespace {

constexpr int pollMs = 1000;
constexpr int previewSide = 256;

struct Opened {
    std::vector<fs::path> folders, files;
};

/// Looks at each path once; may be slow on a network drive.
Opened lookAt(const std::vector<fs::path>& paths) {
    Opened opened;
    for (const fs::path& path : paths) {
        std::error_code error;
        const auto status = fs::status(path, error);
        if (fs::is_directory(status)) {
            opened.folders.push_back(path);
        } else if (fs::exists(status)) {
            opened.files.push_back(path);
        }
    }
    return opened;
}

bool isBelow(const fs::path& path, const fs::path& folder) {
    const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
    return end == folder.end() && rest != path.end();
}

/// Absolute, sorted, without those that lie in another one.
std::vector<fs::path> outermost(const std::vector<fs::path>& folders) {
    std::vector<fs::path> result;
    for (const fs::path& folder : folders) {
        fs::path clean = fs::absolute(folder).lexically_normal();
        if (!clean.has_filename()) clean = clean.parent_path();
        result.push_back(std::move(clean));
    }
    std::sort(result.begin(), result.end());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    const std::vector<fs::path> all = result;
    std::erase_if(result, [&all](const fs::path& path) {
        return std::any_of(all.begin(), all.end(), [&path](const fs::path& other) { return isBelow(path, other); });
    });
    return result;
}

std::vector<fs::path> foldersOf(Library& library, CollectionId collection) {
    std::vector<fs::path> paths;
    for (const Folder& folder : library.folders(collection))
        paths.push_back(folder.path);
    std::sort(paths.begin(), paths.end());
    return paths;
}

std::string uniqueName(Library& library, const std::string& wanted) {
    std::string name = wanted;
    for (int number = 2; library.findCollection(name); ++number)
        name = wanted + ' ' + std::to_string(number);
    return name;
}

/// The collection of exactly these folders: the one that is there, or a new one.
ImportRequest collectionOf(Library& library, const std::vector<fs::path>& folders, const std::string& name) {
    for (const Collection& collection : library.collections()) {
        if (foldersOf(library, collection.id) == folders)
            return {collection.id, QString::fromStdString(collection.name), folders};
    }
    const Collection created = library.createCollection(uniqueName(library, name));
    for (const fs::path& folder : folders)
        library.addFolder(created.id, folder);
    return {created.id, QString::fromStdString(created.name), folders};
}

ImageFilter filterOf(std::optional<CollectionId> collection) {
    ImageFilter filter;
    filter.collection = collection;
    return filter;
}

QStringList libraryArguments(const SessionOptions& options) {
    const auto text = options.library ? argumentText(*options.library) : std::nullopt;
    return text ? QStringList{u"--library"_s, *text} : QStringList();
}

/// The collection of a stopped import, from the arguments that grappa-cli stored; empty for another kind of job.
std::string collectionOf(const Library::StoppedJob& job) {
    const auto arguments = nlohmann::json::parse(job.arguments, nullptr, false);
    return job.kind == "import" && arguments.is_object() ? textAt(arguments, "collection").toStdString()
                                                         : std::string();
}

QByteArray pngOf(const QImage& image) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return bytes;
}

} // namespace

Session::Session(SessionOptions options, QObject* parent)
    : QObject(parent)
    , m_options(std::move(options))
    , m_library(LibraryPaths::resolve(m_options.library), Library::Access::ReadWrite)
    , m_thread(m_library.paths())
    , m_imports(m_options.cli, libraryArguments(m_options))
    , m_embedder(m_options.cli, libraryArguments(m_options) + QStringList{u"serve"_s})
    , m_renderer(m_options.cli, libraryArguments(m_options) + QStringList{u"serve"_s, u"--no-model"_s}) {
    connect(&m_imports, &ImportChild::committed, this, &Session::refresh);
    connect(&m_imports, &ImportChild::finished, this, [this](const ImportRequest& request) {
        closeStoppedImports(request.name);
        refresh();
    });
    connect(&m_imports, &ImportChild::statusChanged, this, [this] {
        const ImportStatus& status = m_imports.status();
        const bool importing = status.state == ImportState::Running || status.state == ImportState::Stopping;
        m_collections.setImporting(importing ? std::optional(status.request.collection) : std::nullopt);
        checkShutDown();
    });
    connect(&m_embedder, &ServeClient::ended, this, &Session::checkShutDown);
    connect(&m_renderer, &ServeClient::ended, this, &Session::checkShutDown);
    connect(&m_poll, &QTimer::timeout, this, &Session::poll);
    m_poll.start(pollMs);
    refresh();
    offerStoppedImports();
}

std::optional<Image> Session::image(ImageId id) {
    try {
        return m_library.image(id);
    } catch (const Error&) {
        // A busy or failing catalogue shows an empty tile; the listing's own read reports the failure.
        return std::nullopt;
    }
}

void Session::poll() {
    try {
        const auto version = m_library.dataVersion();
        if (version != std::exchange(m_seenVersion, version)) refresh();
    } catch (const Error& error) {
        m_poll.stop();
        Q_EMIT failed(problemOf(error));
    }
}

void Session::refresh() {
    if (std::exchange(m_refreshing, true)) {
        m_refreshAgain = true;
        return;
    }
    struct Listing {
        std::vector<Collection> collections;
        std::uint64_t images = 0;
    };
    const auto finish = [this] {
        m_refreshing = false;
        if (std::exchange(m_refreshAgain, false)) refresh();
    };
    m_thread.run(
        this,
        [](LibraryAccess& access) {
            return Listing{access.library().collections(), access.library().imageIds().size()};
        },
        [this, finish](Listing listing) {
            m_collections.setCollections(std::move(listing.collections), listing.images);
            Q_EMIT libraryChanged();
            finish();
        },
        [this, finish](const Problem& problem) {
            Q_EMIT failed(problem);
            finish();
        });
}

void Session::offerStoppedImports() {
    m_thread.run(
        this,
        [](LibraryAccess& access) {
            std::vector<ImportRequest> requests;
            std::set<std::string> seen;
            for (const auto& job : access.library().resumableJobs()) {
                const auto collection = access.library().findCollection(collectionOf(job));
                if (!collection || !seen.insert(collection->name).second) continue;
                requests.push_back({collection->id, QString::fromStdString(collection->name),
                                    foldersOf(access.library(), collection->id)});
            }
            return requests;
        },
        [this](const std::vector<ImportRequest>& requests) {
            for (const ImportRequest& request : requests)
                m_imports.offer(request);
        },
        reporter());
}

void Session::closeStoppedImports(const QString& collection) {
    m_thread.run(
        this,
        [name = collection.toStdString()](LibraryAccess& access) {
            for (const auto& job : access.library().resumableJobs()) {
                if (collectionOf(job) == name) access.library().endJob(job.id, "done");
            }
            return true;
        },
        [](bool) {}, reporter());
}

void Session::open(const std::vector<fs::path>& paths) {
    m_thread.run(
        this, [paths](LibraryAccess&) { return lookAt(paths); },
        [this](const Opened& opened) {
            if (!opened.folders.empty()) return importFolders(opened.folders);
            if (opened.files.empty()) {
                Q_EMIT failed(
                    {tr("There is nothing at that place. Check the name, or that its disk is plugged in."), {}});
                return;
            }
            if (opened.files.size() > 1)
                Q_EMIT failed({tr("Grappa searches by one image at a time: the first one was taken. "
                                  "Drop a folder to add its images."),
                               {}});
            Q_EMIT queryOpened(opened.files.front());
        },
        reporter());
}

void Session::importFolders(const std::vector<fs::path>& folders, const QString& name) {
    const std::vector<fs::path> roots = outermost(folders);
    if (roots.empty()) return;
    for (const fs::path& root : roots) {
        if (argumentText(root)) continue;
        Q_EMIT failed(
            {tr("The folder's name is not valid text. Rename it, or add the folder above it."), pathText(root)});
        return;
    }
    QString wanted = name;
    if (wanted.isEmpty()) {
        wanted = fileNameText(roots.front());
        if (roots.size() > 1) wanted = tr("%1 and %n more", nullptr, static_cast<int>(roots.size()) - 1).arg(wanted);
    }
    m_thread.run(
        this,
        [roots, wanted = wanted.toStdString()](LibraryAccess& access) {
            return collectionOf(access.library(), roots, wanted);
        },
        [this](const ImportRequest& request) { startImport(request); }, reporter());
}

void Session::rescan(CollectionId collection) {
    m_thread.run(
        this,
        [collection, name = m_collections.nameOf(collection)](LibraryAccess& access) {
            return ImportRequest{collection, name, foldersOf(access.library(), collection)};
        },
        [this](const ImportRequest& request) { startImport(request); }, reporter());
}

void Session::startImport(const ImportRequest& request) {
    refresh();
    m_imports.enqueue(request);
    Q_EMIT collectionOpened(request.collection);
}

void Session::readImages(QObject* context, std::optional<CollectionId> collection, OnImages done) {
    m_thread.run(
        context, [collection](LibraryAccess& access) { return access.library().imageIds(filterOf(collection)); },
        std::move(done), reporter());
}

void Session::readUnreadable(QObject* context, std::optional<CollectionId> collection, OnFiles done) {
    m_thread.run(
        context, [collection](LibraryAccess& access) { return access.library().unreadableFiles(collection); },
        std::move(done), reporter());
}

void Session::findNeighbours(QObject* context, Query query, std::optional<CollectionId> collection, OnFound done,
                             OnProblem failed) {
    if (query.image || !query.vector.empty()) {
        searchInThread(context, std::move(query), collection, std::move(done), std::move(failed));
    } else {
        embedAndSearch(context, std::move(query), collection, std::move(done), std::move(failed));
    }
}

void Session::searchInThread(QObject* context, Query query, std::optional<CollectionId> collection, OnFound done,
                             OnProblem failed) {
    using Found = std::optional<std::vector<Neighbour>>; // nothing: the image has no vector yet
    SearchOptions options;
    options.limit = m_options.neighbours;
    options.filter = filterOf(collection);
    options.exclude = query.image;
    const auto search = [query, options](LibraryAccess& access) -> Found {
        Searcher* searcher = access.searcher();
        if (!searcher) return query.image ? Found() : Found(std::vector<Neighbour>());
        if (!query.vector.empty()) return searcher->search(query.vector, options);
        const auto vector = searcher->vectorOf(*query.image);
        if (!vector) return std::nullopt;
        return searcher->search(*vector, options);
    };
    m_thread.run(
        context, search,
        [this, context = QPointer(context), query, collection, done, failed](Found found) {
            if (found) return done(query, std::move(*found));
            embedAndSearch(context, query, collection, done, failed);
        },
        failed);
}

void Session::embedAndSearch(QObject* context, Query query, std::optional<CollectionId> collection, OnFound done,
                             OnProblem failed) {
    const auto embed = [this, context = QPointer(context), query, collection, done,
                        failed](const std::optional<EmbeddingSet>& set) {
        if (!set) return failed({tr("There is nothing to search yet. Add a folder of images first."), {}});
        const auto search = [this, context, query, collection, done, failed,
                             set](std::variant<QueryEmbedding, Problem> answer) mutable {
            if (!context) return;
            if (auto* problem = std::get_if<Problem>(&answer)) return failed(std::move(*problem));
            auto& embedding = std::get<QueryEmbedding>(answer);
            if (embedding.model.modelHash != set->key.modelHash || embedding.model.inputSize != set->key.inputSize) {
                // The library got another embedding set since the child started: the next one starts with that.
                m_embedder.stop();
                return failed({tr("The library was embedded anew in the meantime. Search again."), {}});
            }
            query.vector = std::move(embedding.base);
            searchInThread(context, query, collection, done, failed);
        };
        if (query.file.empty()) {
            m_embedder.embed(pngOf(query.pixels), search);
        } else {
            m_embedder.embed(query.file, search);
        }
    };
    m_thread.run(
        context, [](LibraryAccess& access) { return access.shownSet(); }, embed, failed);
}

void Session::readPreview(QObject* context, const fs::path& file, std::function<void(QImage)> done) {
    m_renderer.render(file, previewSide,
                      [context = QPointer(context), done = std::move(done)](std::variant<QImage, Problem> answer) {
                          // Without a preview the query is shown by its name: the search itself reports a bad file.
                          if (context && std::holds_alternative<QImage>(answer)) done(std::get<QImage>(answer));
                      });
}

void Session::shutDown() {
    m_shuttingDown = true;
    m_poll.stop();
    m_imports.stop();
    m_embedder.stop();
    m_renderer.stop();
    checkShutDown();
}

void Session::checkShutDown() {
    if (m_shuttingDown && !m_imports.running() && !m_embedder.running() && !m_renderer.running())
        Q_EMIT shutDownFinished();
}

Session::OnProblem Session::reporter() {
    return [this](const Problem& problem) { Q_EMIT failed(problem); };
}

} // namespace grappa
