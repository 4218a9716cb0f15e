#include "core/image/decode_pool.h"

#include "core/base/file_io.h"
#include "core/image/decode_protocol.h"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <mutex>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

extern char** environ;

namespace grappa {

namespace {

constexpr int spareDescriptors = 16; // above the numbers that a worker's descriptors are put to

std::filesystem::path programBesideThis() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "grappa-decode";
}

/// `fd` under a number that the worker's own descriptors do not collide with, closed on exec.
FileDescriptor movedUp(FileDescriptor fd) {
    FileDescriptor moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, spareDescriptors));
    if (!moved) throw systemError(ErrorCode::Internal, "Cannot set up a decode worker", errno);
    return moved;
}

/// One running grappa-decode. Ends it when destroyed.
class WorkerProcess {
public:
    WorkerProcess(const std::filesystem::path& program, std::uint64_t memoryLimit) {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
            throw systemError(ErrorCode::Internal, "Cannot set up a decode worker", errno);
        m_socket.reset(ends[0]);
        const FileDescriptor theirs = movedUp(FileDescriptor(ends[1]));
        m_memory = movedUp(FileDescriptor(::memfd_create("grappa-decode", MFD_CLOEXEC)));
        spawn(program, theirs.get(), std::to_string(memoryLimit));
    }
    WorkerProcess(const WorkerProcess&) = delete;
    WorkerProcess& operator=(const WorkerProcess&) = delete;
    ~WorkerProcess() { end(); }

    int socket() const { return m_socket.get(); }
    int memory() const { return m_memory.get(); }

    /// Kills the process and says how it ended.
    std::string end() {
        if (m_pid <= 0) return "it had ended";
        // A worker that died by itself is still a zombie: the signal does not change how it ended.
        ::kill(m_pid, SIGKILL);
        int status = 0;
        while (::waitpid(m_pid, &status, 0) < 0 && errno == EINTR) {
        }
        m_pid = -1;
        if (WIFSIGNALED(status))
            return std::string("signal ") + std::to_string(WTERMSIG(status)) + ", " + ::strsignal(WTERMSIG(status));
        return "exit status " + std::to_string(WEXITSTATUS(status));
    }

private:
    void spawn(const std::filesystem::path& program, int theirSocket, const std::string& limit) {
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawnattr_init(&attributes);
        ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // their reports are wanted
        ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0); // libpng, libtiff
#endif
        ::posix_spawn_file_actions_adddup2(&actions, theirSocket, workerSocket);
        ::posix_spawn_file_actions_adddup2(&actions, m_memory.get(), workerMemory);
        // A group of its own: Ctrl-C in the terminal is for the importing process alone.
        sigset_t none;
        sigemptyset(&none);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        ::posix_spawnattr_setpgroup(&attributes, 0);
        ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
        std::string name = program.string();
        std::string argument = limit;
        char* arguments[] = {name.data(), argument.data(), nullptr};
        const int failed = ::posix_spawn(&m_pid, program.c_str(), &actions, &attributes, arguments, environ);
        ::posix_spawnattr_destroy(&attributes);
        ::posix_spawn_file_actions_destroy(&actions);
        if (failed != 0) {
            m_pid = -1;
            throw Error(ErrorCode::DecoderDied, "Cannot start " + displayPath(program) + ": " + std::strerror(failed));
        }
    }

    pid_t m_pid = -1;
    FileDescriptor m_socket;
    FileDescriptor m_memory;
};

DecodeOutcome failure(const DecodeTask& task, ErrorCode code, const std::string& detail) {
    DecodeOutcome outcome;
    outcome.id = task.id;
    outcome.error = code;
    outcome.detail = detail;
    return outcome;
}

} // namespace

struct DecodePool::Impl {
    explicit Impl(const DecodePoolOptions& given) : options(given) {
        if (options.program.empty()) options.program = programBesideThis();
        if (::access(options.program.c_str(), X_OK) != 0)
            throw Error(ErrorCode::NotFound, "The decoder " + displayPath(options.program) +
                                                 " is not there or cannot be run; install Grappa again.");
        if (options.workers <= 0) options.workers = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
        if (options.queued <= 0) options.queued = 4 * options.workers;
        stopEvent.reset(::eventfd(0, EFD_CLOEXEC));
        if (!stopEvent) throw systemError(ErrorCode::Internal, "Cannot set up the decode workers", errno);
        for (int i = 0; i < options.workers; ++i)
            feeders.emplace_back([this](const std::stop_token& stop) { feed(stop); });
    }

    ~Impl() {
        for (std::jthread& feeder : feeders)
            feeder.request_stop();
        ::eventfd_write(stopEvent.get(), 1); // wakes those that wait for a worker
    }

    /// One feeder a worker: hands it one task at a time. The worker dies with the thread that started it.
    void feed(const std::stop_token& stop) {
        std::unique_ptr<WorkerProcess> worker;
        while (std::optional<DecodeTask> task = takeTask(stop)) {
            std::optional<DecodeOutcome> outcome = run(worker, *task);
            if (!outcome) return;
            const std::scoped_lock lock(mutex);
            finished.push_back(std::move(*outcome));
            outcomeReady.notify_one();
        }
    }

    std::optional<DecodeTask> takeTask(const std::stop_token& stop) {
        std::unique_lock lock(mutex);
        if (!taskReady.wait(lock, stop, [&] { return !waiting.empty(); })) return std::nullopt;
        DecodeTask task = std::move(waiting.front());
        waiting.pop_front();
        return task;
    }

    /// Nothing when the pool ends. A worker may die for reasons that are not the file's: the file gets a second one.
    std::optional<DecodeOutcome> run(std::unique_ptr<WorkerProcess>& worker, const DecodeTask& task) {
        constexpr int deaths = 2;
        std::string death;
        for (int attempt = 0; attempt < deaths; ++attempt) {
            try {
                if (!worker) worker = std::make_unique<WorkerProcess>(options.program, options.memoryLimit);
            } catch (const Error& error) {
                return failure(task, ErrorCode::DecoderDied, error.what());
            }
            switch (const Answer answer = ask(*worker, task); answer.kind) {
            case Answer::Stopped:
                return std::nullopt;
            case Answer::TimedOut:
                worker.reset();
                return failure(task, ErrorCode::DecoderTimedOut,
                               "Decoding took longer than " + std::to_string(options.timeLimit.count()) + " s.");
            case Answer::Died:
                death = worker->end();
                worker.reset();
                break;
            case Answer::Replied:
                if (std::optional<DecodeOutcome> outcome = readOutcome(task, answer.reply, worker->memory()))
                    return outcome;
                death = "an answer that cannot be true";
                worker.reset();
                break;
            }
        }
        return failure(task, ErrorCode::DecoderDied, "The file ended the decoder twice (" + death + ").");
    }

    struct Answer {
        enum Kind { Replied, Died, TimedOut, Stopped } kind;
        DecodeReply reply{};
    };

    Answer ask(const WorkerProcess& worker, const DecodeTask& task) const {
        DecodeRequest request = requestFor(task);
        // To the file's size first: gives back what a larger task took.
        if (::ftruncate(worker.memory(), static_cast<off_t>(task.bytes.size())) != 0 ||
            !writeMemory(worker.memory(), 0, task.bytes) || !sendMessage(worker.socket(), messageBytes(request)))
            return {Answer::Died};
        const auto deadline = std::chrono::steady_clock::now() + options.timeLimit;
        for (;;) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
            pollfd events[] = {{worker.socket(), POLLIN, 0}, {stopEvent.get(), POLLIN, 0}};
            const int ready =
                ::poll(events, std::size(events), static_cast<int>(std::max(left.count(), std::int64_t{0})));
            if (ready < 0 && errno == EINTR) continue;
            if (ready <= 0) return {Answer::TimedOut};
            if (events[1].revents != 0) return {Answer::Stopped};
            Answer answer{Answer::Replied};
            if (!receiveMessage(worker.socket(), messageBytes(answer.reply))) answer.kind = Answer::Died;
            return answer;
        }
    }

    DecodePoolOptions options;
    FileDescriptor stopEvent;
    mutable std::mutex mutex;
    std::condition_variable_any taskReady, outcomeReady, roomReady;
    std::deque<DecodeTask> waiting;
    std::deque<DecodeOutcome> finished;
    std::size_t underWay = 0;          ///< submitted and not yet taken by next()
    std::vector<std::jthread> feeders; ///< last: they use all of the above until they are joined
};

DecodePool::DecodePool(const DecodePoolOptions& options) : m_impl(std::make_unique<Impl>(options)) {}

DecodePool::~DecodePool() = default;

bool DecodePool::submit(DecodeTask task, std::stop_token stop) {
    std::unique_lock lock(m_impl->mutex);
    const auto hasRoom = [&] { return m_impl->underWay < static_cast<std::size_t>(m_impl->options.queued); };
    if (!m_impl->roomReady.wait(lock, stop, hasRoom) || stop.stop_requested()) return false;
    ++m_impl->underWay;
    m_impl->waiting.push_back(std::move(task));
    m_impl->taskReady.notify_one();
    return true;
}

std::optional<DecodeOutcome> DecodePool::next(std::stop_token stop) {
    std::unique_lock lock(m_impl->mutex);
    const auto settled = [&] { return !m_impl->finished.empty() || m_impl->underWay == 0; };
    if (!m_impl->outcomeReady.wait(lock, stop, settled) || m_impl->finished.empty()) return std::nullopt;
    DecodeOutcome outcome = std::move(m_impl->finished.front());
    m_impl->finished.pop_front();
    --m_impl->underWay;
    m_impl->roomReady.notify_one();
    return outcome;
}

std::size_t DecodePool::underWay() const {
    const std::scoped_lock lock(m_impl->mutex);
    return m_impl->underWay;
}

int DecodePool::workers() const {
    return m_impl->options.workers;
}

int DecodePool::capacity() const {
    return m_impl->options.queued;
}

} // namespace grappa
