#include "ui/session.h"

#include "ui/formatting.h"
#include "ui/jobs/folder_changes.h"

#include <algorithm>
#include <set>
#include <utility>

namespace grappa {

using namespace Qt::StringLiterals;
namespace fs = std::filesystem;

namespace {

constexpr int pollMs = 1000;

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

QStringList libraryArguments(const SessionOptions& options) {
    const auto text = options.library ? argumentText(*options.library) : std::nullopt;
    return text ? QStringList{u"--library"_s, *text} : QStringList();
}

/// Whether the window would show them alike.
bool same(const AdaptationRow& a, const AdaptationRow& b) {
    return a.id == b.id && a.name == b.name && a.checksum == b.checksum && a.report == b.report && a.state == b.state;
}

/// The collection of a stopped import, from the arguments that grappa-cli stored; empty for another kind of job.
std::string collectionOf(const Library::StoppedJob& job) {
    const auto arguments = nlohmann::json::parse(job.arguments, nullptr, false);
    return job.kind == "import" && arguments.is_object() ? textAt(arguments, "collection").toStdString()
                                                         : std::string();
}

} // namespace

Session::Session(SessionOptions options, QObject* parent)
    : QObject(parent)
    , m_options(std::move(options))
    , m_library(LibraryPaths::resolve(m_options.library), Library::Access::ReadWrite)
    , m_thread(m_library.paths())
    , m_searches(m_library.paths())
    , m_scans(m_library.paths())
    , m_imports(m_options.cli, libraryArguments(m_options))
    , m_changes(m_thread, m_imports)
    , m_learning(m_options.cli, libraryArguments(m_options), m_library.paths(), m_thread, *m_changes.undoStack())
    , m_levels(m_options.cli, libraryArguments(m_options))
    , m_renewal(m_options.cli, libraryArguments(m_options))
    , m_embedder(m_options.cli, serveArguments(std::nullopt))
    , m_renderer(m_options.cli, libraryArguments(m_options) + QStringList{u"serve"_s, u"--no-model"_s}) {
    connect(&m_imports, &ImportChild::committed, this, &Session::refresh);
    connect(&m_imports, &ImportChild::finished, this, [this](const ImportRequest& request) {
        if (request.renews()) {
            // A search process that runs describes its queries in the old way.
            m_embedder.retire();
            refresh();
            Q_EMIT describedAnew();
            return;
        }
        closeStoppedImports(request.name);
        refresh();
        m_learning.checkDrift(request.collection);
    });
    connect(&m_imports, &ImportChild::statusChanged, this, [this] {
        const ImportStatus& status = m_imports.status();
        const bool importing = status.state == ImportState::Running || status.state == ImportState::Stopping;
        m_collections.setImporting(importing && !status.request.renews() ? std::optional(status.request.collection)
                                                                         : std::nullopt);
        holdLevels();
        checkShutDown();
    });
    m_changes.setHidden(readHidden(m_library));
    connect(&m_changes, &CollectionChanges::changed, this, &Session::refresh);
    connect(&m_changes, &CollectionChanges::collectionOpened, this, &Session::collectionOpened);
    connect(&m_changes, &CollectionChanges::failed, this, &Session::failed);
    connect(&m_learning, &Learning::changed, this, &Session::refresh);
    connect(&m_learning, &Learning::useRequested, this, &Session::useAdaptation);
    connect(&m_learning, &Learning::failed, this, &Session::failed);
    connect(&m_learning, &Learning::ended, this, &Session::checkShutDown);
    connect(m_learning.run(), &AdaptChild::committed, this, &Session::refresh);
    connect(m_learning.run(), &AdaptChild::finished, this, &Session::refresh);
    connect(m_learning.run(), &AdaptChild::statusChanged, this, &Session::holdLevels);
    connect(&m_levels, &Levels::computed, this, &Session::refresh);
    connect(&m_levels, &Levels::ended, this, &Session::checkShutDown);
    connect(&m_renewal, &Renewal::ended, this, &Session::checkShutDown);
    connect(&m_purge, &ChildProcess::ended, this, &Session::handlePurgeEnd);
    connect(&m_embedder, &ServeClient::ended, this, &Session::checkShutDown);
    connect(&m_renderer, &ServeClient::ended, this, &Session::checkShutDown);
    connect(&m_poll, &QTimer::timeout, this, &Session::poll);
    m_seenVersion = m_library.dataVersion();
    Derived now = readDerived(m_library);
    m_adaptation = std::move(now.used.adaptation);
    m_adaptations = std::move(now.usable);
    setStops(std::move(now.stops));
    m_learning.setAdaptations(m_adaptations, m_adaptation ? std::optional(m_adaptation->id) : std::nullopt);
    // After the window has asked for what it shows: counting can wait, a listing cannot.
    QTimer::singleShot(0, this, &Session::start);
}

void Session::start() {
    m_poll.start(pollMs);
    refresh();
    offerStoppedImports();
    purgeHidden();
    m_learning.begin(m_changes.hidden());
    if (m_options.scanAtStart) scanForChanges();
    m_started = true;
    holdLevels();
}

void Session::holdLevels() {
    const ImportState state = m_imports.status().state;
    const bool importing = state == ImportState::Running || state == ImportState::Stopping;
    m_levels.setHeld(!m_started || m_learning.run()->running() || !m_options.makeLevels || importing);
}

QStringList Session::serveArguments(const std::optional<AdaptationRow>& adaptation) const {
    return libraryArguments(m_options) + QStringList{u"serve"_s, u"--adaptation"_s,
                                                     adaptation ? QString::fromStdString(adaptation->name) : u"base"_s};
}

Session::~Session() {
    m_stopScans.request_stop();
}

std::optional<Image> Session::image(ImageId id, const ImageFilter& filter) {
    try {
        return m_library.image(id, filter);
    } catch (const Error&) {
        // A busy or failing catalogue shows an empty tile; the listing's own read reports the failure.
        return std::nullopt;
    }
}

std::vector<Folder> Session::folders(CollectionId id) {
    try {
        return m_library.folders(id);
    } catch (const Error& error) {
        Q_EMIT failed(problemOf(error));
        return {};
    }
}

Session::Derived Session::readDerived(Library& library) {
    Derived derived{setInUse(library), usableAdaptations(library), {}};
    const std::vector<std::int64_t> hidden = readHiddenAdaptations(library);
    std::erase_if(derived.usable, [&hidden](const AdaptationRow& row) {
        return std::find(hidden.begin(), hidden.end(), row.id) != hidden.end();
    });
    derived.stops = levelStops(library, derived.used.set);
    derived.byEarlierVersion = isDescribedByEarlierVersion(library);
    return derived;
}

void Session::setDerived(Derived now, bool asked) {
    const bool lost = m_adaptation && !now.used.adaptation && !asked;
    const bool tell = lost || (now.used.fellBack && !m_toldFallBack);
    m_toldFallBack = now.used.fellBack;
    const bool sameUsed = m_adaptation.has_value() == now.used.adaptation.has_value() &&
                          (!m_adaptation || same(*m_adaptation, *now.used.adaptation));
    const bool sameList =
        std::equal(m_adaptations.begin(), m_adaptations.end(), now.usable.begin(), now.usable.end(), same);
    if (tell)
        Q_EMIT failed({tr("What was learned cannot be searched by any more: it was removed or holds no images. "
                          "Searches use the base again."),
                       {}});
    m_adaptation = std::move(now.used.adaptation);
    m_adaptations = std::move(now.usable);
    // First: who searches anew now asks which levels there are.
    setStops(std::move(now.stops));
    m_renewal.update(now.byEarlierVersion);
    if (sameUsed && sameList) return;
    m_learning.setAdaptations(m_adaptations, m_adaptation ? std::optional(m_adaptation->id) : std::nullopt);
    Q_EMIT adaptationChanged();
}

void Session::setStops(LevelStops stops) {
    if (stops.set != m_levels.stops().set || stops.version != m_levels.stops().version) m_toWarm = stops.k;
    m_levels.update(std::move(stops), m_adaptation ? QString::fromStdString(m_adaptation->name) : QString());
}

void Session::useAdaptation(std::optional<std::int64_t> id) {
    m_thread.run(
        this,
        [id](LibraryAccess& access) {
            useSetOf(access.library(), id);
            return readDerived(access.library());
        },
        [this](Derived now) { setDerived(std::move(now), true); },
        [this](const Problem& problem) {
            Q_EMIT failed(
                {tr("This cannot be used yet: it has described no image. Searches go on as before."), problem.detail});
        });
}

ImageFilter Session::visible(ImageFilter filter) const {
    filter.without = m_changes.hidden();
    return filter;
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
        Derived derived{};
    };
    const auto finish = [this] {
        m_refreshing = false;
        if (std::exchange(m_refreshAgain, false)) refresh();
    };
    m_thread.run(
        this,
        [all = visible({})](LibraryAccess& access) {
            Listing listing{access.library().collections(), access.library().imageCount(all),
                            readDerived(access.library())};
            std::erase_if(listing.collections, [&all](const Collection& collection) {
                return std::find(all.without.begin(), all.without.end(), collection.id) != all.without.end();
            });
            return listing;
        },
        [this, finish](Listing listing) {
            m_collections.setCollections(std::move(listing.collections), listing.images);
            setDerived(std::move(listing.derived), false);
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
        [hidden = m_changes.hidden()](LibraryAccess& access) {
            std::vector<ImportRequest> requests;
            std::set<std::string> seen;
            const auto isHidden = [&hidden](CollectionId id) {
                return std::find(hidden.begin(), hidden.end(), id) != hidden.end();
            };
            for (const auto& job : access.library().resumableJobs()) {
                const auto collection = access.library().findCollection(collectionOf(job));
                if (!collection || isHidden(collection->id) || !seen.insert(collection->name).second) continue;
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

/// Imports that find something to do start by themselves; those that were stopped wait for the user.
void Session::scanForChanges() {
    m_scans.run(
        this,
        [all = visible({}), stop = m_stopScans.get_token()](LibraryAccess& access) {
            Library& library = access.library();
            std::set<std::string> stopped;
            for (const auto& job : library.resumableJobs())
                stopped.insert(collectionOf(job));
            std::vector<CollectionId> changed;
            for (const Collection& collection : library.collections()) {
                const bool isHidden =
                    std::find(all.without.begin(), all.without.end(), collection.id) != all.without.end();
                if (!isHidden && !stopped.contains(collection.name) && hasFolderChanges(library, collection.id, stop))
                    changed.push_back(collection.id);
            }
            return changed;
        },
        [this](const std::vector<CollectionId>& changed) {
            for (const CollectionId id : changed)
                m_changes.rescan(id);
        },
        reporter());
}

/// In a child, which can be killed at any moment: with a large collection it takes longer than a window may stay open.
void Session::purgeHidden() {
    std::vector<CollectionId> hidden = m_changes.hidden();
    if (hidden.empty()) return;
    m_thread.run(
        this,
        [hidden](LibraryAccess& access) {
            std::vector<Collection> left = access.library().collections();
            std::erase_if(left, [&hidden](const Collection& collection) {
                return std::find(hidden.begin(), hidden.end(), collection.id) == hidden.end();
            });
            return left;
        },
        [this](const std::vector<Collection>& left) {
            for (const Collection& collection : left)
                m_toPurge.push_back(QString::fromStdString(collection.name));
            if (left.empty()) m_changes.forgetHidden();
            purgeNext();
        },
        reporter());
}

void Session::purgeNext() {
    if (m_toPurge.isEmpty() || m_purge.running() || m_shuttingDown) return;
    m_purge.start(m_options.cli,
                  libraryArguments(m_options) + QStringList{u"collections"_s, u"--remove"_s, m_toPurge.front()});
}

void Session::handlePurgeEnd(const ChildEnd& end) {
    if (m_shuttingDown) return checkShutDown();
    // What could not be deleted stays hidden; the next start tries again.
    if (!end.started || end.crashed || end.exitCode != 0) return m_toPurge.clear();
    m_toPurge.removeFirst();
    if (m_toPurge.isEmpty()) m_changes.forgetHidden();
    purgeNext();
}

void Session::open(const std::vector<fs::path>& paths, std::optional<CollectionId> into) {
    m_thread.run(
        this, [paths](LibraryAccess&) { return lookAt(paths); },
        [this, into](const Opened& opened) {
            if (!opened.folders.empty()) return importFolders(opened.folders, {}, into);
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

void Session::importFolders(const std::vector<fs::path>& folders, const QString& name,
                            std::optional<CollectionId> into) {
    const std::vector<fs::path> roots = outermost(folders);
    if (roots.empty()) return;
    for (const fs::path& root : roots) {
        if (argumentText(root)) continue;
        Q_EMIT failed(
            {tr("The folder's name is not valid text. Rename it, or add the folder above it."), pathText(root)});
        return;
    }
    if (into) return m_changes.addFolders(*into, m_collections.nameOf(into), roots);
    QString wanted = name;
    if (wanted.isEmpty()) {
        wanted = fileNameText(roots.front());
        if (roots.size() > 1) wanted = tr("%1 and %n more", nullptr, static_cast<int>(roots.size()) - 1).arg(wanted);
    }
    m_changes.create(roots, wanted);
}

void Session::renew() {
    m_imports.enqueue({});
}

void Session::saveWindowState(const WindowState& state) {
    ++m_saving;
    const auto finish = [this] {
        --m_saving;
        checkShutDown();
    };
    m_thread.run(
        this,
        [state, file = windowStateFile()](LibraryAccess&) {
            grappa::saveWindowState(file, state);
            return true;
        },
        [finish](bool) { finish(); },
        // A place that is not kept is no loss worth a message.
        [finish](const Problem&) { finish(); });
}

void Session::shutDown() {
    m_shuttingDown = true;
    m_poll.stop();
    m_imports.stop();
    m_learning.stop();
    m_embedder.stop();
    m_renderer.stop();
    m_purge.stop();
    m_levels.stop();
    m_renewal.stop();
    m_stopScans.request_stop();
    checkShutDown();
}

void Session::checkShutDown() {
    if (m_shuttingDown && !m_imports.running() && !m_learning.running() && !m_embedder.running() &&
        !m_renderer.running() && !m_purge.running() && !m_levels.running() && !m_renewal.running() && m_saving == 0)
        Q_EMIT shutDownFinished();
}

Session::OnProblem Session::reporter() {
    return [this](const Problem& problem) { Q_EMIT failed(problem); };
}

} // namespace grappa
