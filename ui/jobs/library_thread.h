#pragma once

#include "core/library/library.h"
#include "core/search/score_scale.h"
#include "core/search/search_target.h"
#include "core/search/searcher.h"
#include "ui/error_text.h"

#include <QObject>
#include <QPointer>

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace grappa {

/// The library as the background thread sees it: its own connection and its own searchers.
class LibraryAccess {
public:
    explicit LibraryAccess(LibraryPaths paths) : m_library(std::move(paths), Library::Access::ReadWrite) {}

    Library& library() { return m_library; }
    /// The embedding set that searches use (setInUse()). Nothing while there is none.
    std::optional<EmbeddingSet> shownSet();
    /// Where a search at the level looks (searchTarget()). Nothing while there is nothing to search; throws NotFound.
    std::optional<SearchTarget> target(const std::string& level);
    /// A searcher over a set, refreshed. Valid until the next call for another one.
    Searcher& searcher(const EmbeddingSet& set);
    /// What an image of the library is searched by in the set (libraryQuery()).
    std::optional<std::vector<float>> libraryQuery(const EmbeddingSet& set, ImageId image);
    /// What scores of a target mean; measured anew when the number of its vectors, or its levels, have changed.
    const ScoreScale& scale(const SearchTarget& target);
    /// The vector of an image from outside as a query for the set (outsideQuery()).
    std::vector<float> outsideQuery(const EmbeddingSet& set, std::span<const float> vector);

private:
    /// Raw, plain and diffused: switching the level must load none of them anew.
    static constexpr std::size_t keptSearchers = 4;

    Library m_library;
    std::list<Searcher> m_searchers; ///< the last used first
    struct MeasuredScale {
        std::size_t vectors = 0;        ///< that it was measured on,
        std::int64_t levelsVersion = 0; ///< and of which clusterings
        ScoreScale scale;
    };
    std::map<std::pair<EmbeddingSetId, std::int64_t>, MeasuredScale> m_scales; ///< by set and level, 0 = none
    std::map<std::string, SearchTarget> m_targets;                             ///< by level, as of m_targetsVersion
    std::int64_t m_targetsVersion = -1;
};

/// Runs what may take longer than a frame (listings, searches, changes) on one thread of its own, in order. Results
/// come back on the GUI thread.
class LibraryThread {
public:
    explicit LibraryThread(LibraryPaths paths);
    ~LibraryThread(); ///< ends after the task under way; those that wait are dropped

    /// Runs `work(LibraryAccess&)`, then `done(result)` on the GUI thread, or `failed(problem)` when it threw. Neither
    /// is called once `context` is gone.
    template <class Work, class Done, class Failed>
    void run(QObject* context, Work work, Done done, Failed failed) {
        post([this, context = QPointer<QObject>(context), work = std::move(work), done = std::move(done),
              failed = std::move(failed)](const Open& open) mutable {
            try {
                deliver([context, done = std::move(done), result = work(open())]() mutable {
                    if (context) done(std::move(result));
                });
            } catch (const Error& error) {
                deliver([context, failed = std::move(failed), problem = problemOf(error)] {
                    if (context) failed(problem);
                });
            }
        });
    }

private:
    using Open = std::function<LibraryAccess&()>; ///< opens the library at the first use; throws Error
    using Task = std::function<void(const Open&)>;

    void post(Task task);
    /// Calls `call` on the GUI thread.
    template <class Call>
    void deliver(Call call) {
        auto shared = std::make_shared<Call>(std::move(call));
        QMetaObject::invokeMethod(
            m_receiver.get(), [shared] { (*shared)(); }, Qt::QueuedConnection);
    }

    struct Worker;

    std::unique_ptr<QObject> m_receiver = std::make_unique<QObject>(); ///< on the GUI thread, outlives the other one
    std::unique_ptr<Worker> m_worker;
};

} // namespace grappa
