#pragma once

#include "core/library/library.h"
#include "core/search/score_scale.h"
#include "ui/adaptation_sets.h"
#include "ui/attention.h"
#include "ui/collection_changes.h"
#include "ui/groups.h"
#include "ui/history.h"
#include "ui/jobs/import_child.h"
#include "ui/jobs/library_thread.h"
#include "ui/jobs/serve_client.h"
#include "ui/learning.h"
#include "ui/levels.h"
#include "ui/models/collection_list_model.h"
#include "ui/renewal.h"
#include "ui/window_state.h"

#include <QObject>
#include <QTimer>

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

namespace grappa {

struct SessionOptions {
    std::optional<std::filesystem::path> library{}; ///< its folder; nothing = LibraryPaths::resolve() chooses
    QString cli = defaultCliProgram();
    std::size_t neighbours = 500;
    bool scanAtStart = true; ///< look for new and changed files in all collections
    bool makeLevels = true;  ///< have missing levels computed by a child
};

/// Owns the library, its searcher and all jobs of a window. Everything here is called on the GUI thread and returns at
/// once; answers come as calls and signals on the same thread.
class Session : public QObject {
    Q_OBJECT

public:
    /// Opens or creates the library. Throws what Library throws.
    explicit Session(SessionOptions options, QObject* parent = nullptr);
    ~Session() override;

    const LibraryPaths& paths() const { return m_library.paths(); }
    CollectionListModel* collections() { return &m_collections; }
    CollectionChanges* changes() { return &m_changes; }
    ImportChild* imports() { return &m_imports; }
    Learning* learning() { return &m_learning; }
    Levels* levels() { return &m_levels; }
    Renewal* renewal() { return &m_renewal; }
    const ServeClient& embedder() const { return m_embedder; }
    const ServeClient& renderer() const { return m_renderer; }

    /// That searches use now; nothing = the base.
    const std::optional<AdaptationRow>& adaptation() const { return m_adaptation; }
    /// Those that searches can use, newest first.
    const std::vector<AdaptationRow>& adaptations() const { return m_adaptations; }
    /// Nothing = the base. adaptationChanged() comes when searches use it, failed() when its set holds no vectors.
    void useAdaptation(std::optional<std::int64_t> id);

    /// One short read; with the file that answers the filter best.
    std::optional<Image> image(ImageId id, const ImageFilter& filter = {});
    std::vector<Folder> folders(CollectionId id); ///< one short read

    /// Folders become a collection that is imported at once, or go `into` one; one image file becomes a query.
    void open(const std::vector<std::filesystem::path>& paths, std::optional<CollectionId> into = std::nullopt);
    void importFolders(const std::vector<std::filesystem::path>& folders, const QString& name = {},
                       std::optional<CollectionId> into = std::nullopt);

    /// Describes all images as this version does, in the background; searches go by the old vectors until it is done.
    void renew();

    using OnProblem = std::function<void(Problem)>;
    using OnImages = std::function<void(std::vector<ImageId>)>;
    void readImages(QObject* context, const ImageFilter& filter, ImageOrder order, OnImages done);
    using OnFiles = std::function<void(std::vector<File>)>;
    void readUnreadable(QObject* context, std::optional<CollectionId> collection, OnFiles done);
    using OnFolders = std::function<void(std::vector<std::filesystem::path>)>;
    /// The folders that hold the collection's files.
    void readFolders(QObject* context, std::optional<CollectionId> collection, OnFolders done);

    /// The query (with its vector, when a child had to make one), its neighbours, best first, and what their scores
    /// mean.
    using OnFound = std::function<void(ImageQuery, std::vector<Neighbour>, ScoreScale)>;
    void findNeighbours(QObject* context, ImageQuery query, const ImageFilter& filter, OnFound done, OnProblem failed,
                        const std::string& level = rawLevel);
    using OnNeighbours = std::function<void(std::vector<Neighbour>)>;
    void sortNeighbours(QObject* context, std::vector<Neighbour> neighbours, ImageOrder order, OnNeighbours done);

    /// The clusters of a level with the images that pass the filter, largest first; the first images of each.
    void readGroups(QObject* context, std::int64_t k, const ImageFilter& filter,
                    std::function<void(std::vector<LevelGroup>)> done);
    /// All images of one of them; without an order the nearest to its centroid first.
    void readGroup(QObject* context, std::int64_t k, std::uint32_t cluster, const ImageFilter& filter,
                   std::optional<ImageOrder> order, OnImages done);
    /// Three typical clusters of a level. Nothing comes where there is no such level any more.
    void readSampleGroups(QObject* context, std::int64_t k, std::function<void(std::vector<SampleGroup>)> done);

    void readAttention(QObject* context, std::vector<ImageId> images, std::function<void(AttentionBatch)> done,
                       OnProblem failed);

    /// Pixels of a file from anywhere, decoded by a child; the long side at most `side`.
    void render(QObject* context, const std::filesystem::path& file, int side, std::function<void(Rendering)> done,
                OnProblem failed);

    /// What the model that searches use sees in each patch of a file, or of pixels where `file` is empty.
    void readMaps(QObject* context, const std::filesystem::path& file, const QImage& pixels,
                  const std::optional<QRect>& region, std::function<void(PatchMaps)> done, OnProblem failed);

    std::filesystem::path windowStateFile() const { return paths().data / "window.json"; }
    /// In the background; shutDownFinished() waits for it.
    void saveWindowState(const WindowState& state);

    /// Stops all children, which keep what is done; shutDownFinished() comes within 3 s.
    void shutDown();

Q_SIGNALS:
    void libraryChanged();    ///< rows were added, changed or removed, by whomever
    void adaptationChanged(); ///< adaptation() or adaptations()
    void describedAnew();     ///< searches go by other vectors of the same images
    void collectionOpened(grappa::CollectionId id);
    void queryOpened(const std::filesystem::path& file);
    void failed(const grappa::Problem& problem);
    void shutDownFinished();

private:
    void start();
    void poll();
    void refresh();
    struct Derived {
        SetInUse used;
        std::vector<AdaptationRow> usable;
        LevelStops stops;
        bool byEarlierVersion = false;
    };
    static Derived readDerived(Library& library);
    /// `asked`: that it falls back to the base is no surprise.
    void setDerived(Derived now, bool asked);
    void setStops(LevelStops stops);
    /// The command line of a search process under that adaptation.
    QStringList serveArguments(const std::optional<AdaptationRow>& adaptation) const;
    ImageFilter visible(ImageFilter filter) const; ///< without the hidden collections
    void offerStoppedImports();
    void closeStoppedImports(const QString& collection);
    void scanForChanges();
    void purgeHidden();
    void purgeNext();
    void handlePurgeEnd(const ChildEnd& end);
    struct Lookup {
        QObject* context;
        ImageQuery query;
        ImageFilter filter;
        std::string level;
        OnFound done;
        OnProblem failed;
    };
    void searchInThread(Lookup lookup);
    void embedAndSearch(Lookup lookup);
    void warmNext();
    void holdLevels(); ///< while an import or a learning runs
    void checkShutDown();
    OnProblem reporter();

    SessionOptions m_options;
    Library m_library; ///< the GUI thread's: records by id and the data version
    std::optional<AdaptationRow> m_adaptation;
    std::vector<AdaptationRow> m_adaptations;
    bool m_toldFallBack = false;
    LibraryThread m_thread;   ///< listings and changes
    LibraryThread m_searches; ///< apart, so that a search waits for no listing
    LibraryThread m_scans;    ///< of folders, at the start
    std::stop_source m_stopScans;
    CollectionListModel m_collections;
    ImportChild m_imports;
    CollectionChanges m_changes;
    Learning m_learning;
    Levels m_levels;
    Renewal m_renewal;
    std::vector<std::int64_t> m_toWarm; ///< levels that no search has read yet, the coarsest last
    ServeClient m_embedder;
    ServeClient m_renderer;
    ChildProcess m_purge; ///< deletes collections that an earlier window had hidden
    QStringList m_toPurge;
    QTimer m_poll;
    std::int64_t m_seenVersion = 0;
    bool m_refreshing = false;
    bool m_refreshAgain = false;
    bool m_started = false;
    bool m_shuttingDown = false;
    int m_saving = 0; ///< states of the window that are not written yet
};

} // namespace grappa
