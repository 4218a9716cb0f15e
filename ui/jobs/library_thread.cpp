#include "ui/jobs/library_thread.h"

#include "ui/adaptation_sets.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>

namespace grappa {

std::optional<EmbeddingSet> LibraryAccess::shownSet() {
    return setInUse(m_library).set;
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
