#include "ui/jobs/library_thread.h"

#include "core/search/outside_query.h"
#include "ui/adaptation_sets.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>

namespace grappa {

std::optional<EmbeddingSet> LibraryAccess::shownSet() {
    return setInUse(m_library).set;
}

std::optional<SearchTarget> LibraryAccess::target(const std::string& level) {
    const std::int64_t version = m_library.dataVersion();
    if (version != std::exchange(m_targetsVersion, version)) m_targets.clear();
    auto found = m_targets.find(level);
    if (found == m_targets.end()) {
        const auto set = shownSet();
        if (!set) return std::nullopt;
        found = m_targets.emplace(level, searchTarget(m_library, *set, level)).first;
    }
    return found->second;
}

Searcher& LibraryAccess::searcher(const EmbeddingSet& set) {
    const auto found = std::find_if(m_searchers.begin(), m_searchers.end(),
                                    [&set](const Searcher& searcher) { return searcher.set().id == set.id; });
    if (found == m_searchers.end()) {
        if (m_searchers.size() == keptSearchers) m_searchers.pop_back();
        return m_searchers.emplace_front(m_library, set);
    }
    m_searchers.splice(m_searchers.begin(), m_searchers, found);
    m_searchers.front().refresh();
    return m_searchers.front();
}

std::optional<std::vector<float>> LibraryAccess::libraryQuery(const EmbeddingSet& set, ImageId image) {
    return grappa::libraryQuery(m_library, set, image,
                                [this](const EmbeddingSet& needed) -> Searcher& { return searcher(needed); });
}

const ScoreScale& LibraryAccess::scale(const SearchTarget& target) {
    Searcher& measured = searcher(target.set);
    MeasuredScale& kept = m_scales[{target.set.id, target.level.value_or(0)}];
    if (kept.vectors != measured.size() || kept.levelsVersion != target.set.levelsVersion)
        kept = {measured.size(), target.set.levelsVersion, measureScale(measured, target.level)};
    return kept.scale;
}

std::vector<float> LibraryAccess::outsideQuery(const EmbeddingSet& set, std::span<const float> vector) {
    return grappa::outsideQuery(m_library, set, vector,
                                [this](const EmbeddingSet& needed) -> Searcher& { return searcher(needed); });
}

struct LibraryThread::Worker {
    explicit Worker(LibraryPaths where)
        : paths(std::move(where)), thread([this](const std::stop_token& stop) { loop(stop); }) {}

    void loop(const std::stop_token& stop);

    LibraryPaths paths;
    std::mutex mutex;
    std::condition_variable_any wake;
    std::deque<Task> tasks;
    std::jthread thread; ///< last: ends before what it uses
};

void LibraryThread::Worker::loop(const std::stop_token& stop) {
    std::optional<LibraryAccess> access;
    const Open open = [this, &access]() -> LibraryAccess& {
        if (!access) access.emplace(paths);
        return *access;
    };
    while (true) {
        Task task;
        {
            std::unique_lock lock(mutex);
            if (!wake.wait(lock, stop, [this] { return !tasks.empty(); }) || stop.stop_requested()) return;
            task = std::move(tasks.front());
            tasks.pop_front();
        }
        task(open);
    }
}

LibraryThread::LibraryThread(LibraryPaths paths) : m_worker(std::make_unique<Worker>(std::move(paths))) {}

LibraryThread::~LibraryThread() = default;

void LibraryThread::post(Task task) {
    {
        const std::lock_guard lock(m_worker->mutex);
        m_worker->tasks.push_back(std::move(task));
    }
    m_worker->wake.notify_one();
}

} // namespace grappa
