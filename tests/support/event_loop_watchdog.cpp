#include "tests/support/event_loop_watchdog.h"

#include <QEvent>

#include <ctime>

namespace grappa::test {

namespace {

double threadCpuMs() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

} // namespace

bool WatchedApplication::notify(QObject* receiver, QEvent* event) {
    if (!m_watching || m_depth > 0) return QApplication::notify(receiver, event);
    // Before: the receiver may be gone afterwards.
    const std::string what =
        std::string(receiver->metaObject()->className()) + ", event " + std::to_string(static_cast<int>(event->type()));
    const double before = threadCpuMs();
    ++m_depth;
    const bool result = QApplication::notify(receiver, event);
    --m_depth;
    if (const double took = threadCpuMs() - before; took > m_longestMs) {
        m_longestMs = took;
        m_longest = what;
    }
    return result;
}

} // namespace grappa::test
