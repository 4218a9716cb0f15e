#pragma once

#include "core/library/library.h"
#include "ui/history.h"
#include "ui/jobs/import_child.h"
#include "ui/jobs/library_thread.h"
#include "ui/jobs/serve_client.h"
#include "ui/models/collection_list_model.h"

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
    std::size_t neighbours = 200;
};

/// Owns the library, its searcher and all jobs of a window. Everything here is called on the GUI thread and returns at
/// once; answers come as calls and signals on the same thread.
class Session : public QObject {
    Q_OBJECT

public:
    /// Opens or creates the library. Throws what Library throws.
    explicit Session(SessionOptions options, QObject* parent = nullptr);

    const LibraryPaths& paths() const { return m_library.paths(); }
    CollectionListModel* collections() { return &m_collections; }
    ImportChild* imports() { return &m_imports; }

    std::optional<Image> image(ImageId id); ///< one short read

    /// Folders become a collection that is imported at once; one image file becomes a query.
    void open(const std::vector<std::filesystem::path>& paths);
    void importFolders(const std::vector<std::filesystem::path>& folders, const QString& name = {});
    void rescan(CollectionId collection);

    using OnImages = std::function<void(std::vector<ImageId>)>;
    void readImages(QObject* context, std::optional<CollectionId> collection, OnImages done);
    using OnFiles = std::function<void(std::vector<File>)>;
    void readUnreadable(QObject* context, std::optional<CollectionId> collection, OnFiles done);

    /// The query (with its vector, when a child had to make one) and its neighbours.
    using OnFound = std::function<void(Query, std::vector<Neighbour>)>;
    using OnProblem = std::function<void(Problem)>;
    void findNeighbours(QObject* context, Query query, std::optional<CollectionId> collection, OnFound done,
                        OnProblem failed);
    /// A small picture of a file from anywhere, decoded by a child.
    void readPreview(QObject* context, const std::filesystem::path& file, std::function<void(QImage)> done);

    /// Stops all children, which keep what is done; shutDownFinished() comes within 3 s.
    void shutDown();

Q_SIGNALS:
    void libraryChanged(); ///< rows were added, changed or removed, by whomever
    void collectionOpened(grappa::CollectionId id);
    void queryOpened(const std::filesystem::path& file);
    void failed(const grappa::Problem& problem);
    void shutDownFinished();

private:
    void poll();
    void refresh();
    void offerStoppedImports();
    void closeStoppedImports(const QString& collection);
    void startImport(const ImportRequest& request);
    void searchInThread(QObject* context, Query query, std::optional<CollectionId> collection, OnFound done,
                        OnProblem failed);
    void embedAndSearch(QObject* context, Query query, std::optional<CollectionId> collection, OnFound done,
                        OnProblem failed);
    void checkShutDown();
    OnProblem reporter();

    SessionOptions m_options;
    Library m_library; ///< the GUI thread's: records by id and the data version
    LibraryThread m_thread;
    CollectionListModel m_collections;
    ImportChild m_imports;
    ServeClient m_embedder;
    ServeClient m_renderer;
    QTimer m_poll;
    std::int64_t m_seenVersion = 0;
    bool m_refreshing = false;
    bool m_refreshAgain = false;
    bool m_shuttingDown = false;
};

} // namespace grappa
