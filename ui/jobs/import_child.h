#pragma once

#include "core/base/job.h"
#include "core/library/library.h"
#include "ui/jobs/child_process.h"
#include "ui/jobs/json_lines.h"

#include <deque>
#include <filesystem>
#include <memory>
#include <vector>

namespace grappa {

struct ImportRequest {
    CollectionId collection = 0; ///< 0 = all images of the library are described anew
    QString name;                ///< the collection's
    std::vector<std::filesystem::path> folders;
    bool renews() const { return collection == 0; }
};

enum class ImportState {
    Idle, ///< nothing was started yet
    Running,
    Stopping, ///< asked to stop, the child saves
    Stopped,  ///< resume() goes on
    Failed,   ///< `problem` says why; resume() tries again
    Done,
};

struct ImportStatus {
    ImportState state = ImportState::Idle;
    ImportRequest request{};
    Progress progress{};     ///< the last that was reported; kept after the end
    Problem problem{};       ///< when Failed
    std::size_t waiting = 0; ///< imports that come after this one
    int found = 0;           ///< when Done: images in the folders, of which
    int imported = 0;        ///< were new or changed,
    int unreadable = 0;      ///< and could not be read
    int videos = 0;          ///< when Done: left alone in the folders
    int otherFiles = 0;      ///< the same of files that are no pictures, and of what other programs keep beside them
};

/// Runs `grappa-cli import` (of a collection, or with --renew), one at a time; further requests wait in a queue.
/// Starting, resuming and trying again are the same call to the child: it goes on from what is committed.
class ImportChild : public QObject {
    Q_OBJECT

public:
    /// `arguments` come before the verb, for example {"--library", FOLDER}.
    ImportChild(QString program, QStringList arguments, QObject* parent = nullptr);

    /// Starts at once, or waits for the one that runs. What is stopped stays so.
    void enqueue(ImportRequest request);
    /// Stops the running import; it and those that wait are kept until resume().
    void stop();
    void resume();
    /// Shows a request that an earlier run of the window left unfinished as stopped.
    void offer(ImportRequest request);
    /// Gives up the import of a collection, running, waiting or stopped; whether there was one.
    bool cancel(CollectionId collection);
    bool running() const { return m_child && m_child->running(); }
    qint64 processId() const { return m_child ? m_child->processId() : 0; } ///< 0 while none runs
    const ImportStatus& status() const { return m_status; }

Q_SIGNALS:
    void statusChanged();
    void committed(); ///< new rows are in the library
    void finished(const grappa::ImportRequest& request);

private:
    bool busy() const; ///< until the end of the child was handled
    void startNext();
    /// Runs what waits, else shows what is stopped.
    void goOn();
    bool forget(CollectionId collection);
    void setWaiting();
    void readEvents(const QByteArray& bytes);
    void readResult(const QByteArray& bytes);
    void handleEnd(const ChildEnd& end);
    void setState(ImportState state);

    QString m_program;
    QStringList m_arguments;
    std::deque<ImportRequest> m_queue;   ///< the front runs; empty while none does
    std::deque<ImportRequest> m_stopped; ///< until resume()
    bool m_cancelled = false;            ///< the one that runs
    std::unique_ptr<ChildProcess> m_child;
    JsonLines m_events, m_results;
    nlohmann::json m_result;
    ImportStatus m_status;
};

} // namespace grappa
