#include "ui/jobs/library_thread.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>

namespace grappa {

std::optional<EmbeddingSet> LibraryAccess::shownSet() {
    const auto sets = m_library.embeddingSets();
    if (sets.empty()) return std::nullopt;
    const std::string chosen = m_library.setting("default_set").value_or("");
    const auto found =
        std::find_if(sets.begin(), sets.end(), [&](const auto& set) { return std::to_string(set.id) == chosen; });
    return found == sets.end() ? sets.back() : *found;
}

Searcher* LibraryAccess::searcher() {
    const auto set = shownSet();
    if (!set) return nullptr;
    if (!m_searcher || m_searcher->set().id != set->id) {
        m_searcher.reset();
        m_searcher.emplace(m_library, *set);
    } else {
        m_searcher->refresh();
    }
    return &*m_searcher;
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
