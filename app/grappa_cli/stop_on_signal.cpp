#include "app/grappa_cli/stop_on_signal.h"

#include <csignal>
#include <ctime>
#include <poll.h>
#include <unistd.h>

namespace grappa {

namespace {

constexpr int pollMilliseconds = 200;
constexpr int exitInterrupted = 130;

sigset_t stopSignals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    return signals;
}

} // namespace

StopOnSignal::StopOnSignal() {
    const sigset_t signals = stopSignals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    m_signals = std::jthread([this, signals](const std::stop_token& ended) {
        const timespec interval{0, pollMilliseconds * 1'000'000L};
        while (!ended.stop_requested()) {
            const int received = sigtimedwait(&signals, nullptr, &interval);
            if (received < 0) continue;
            if (received == SIGINT && m_stop.stop_requested()) _exit(exitInterrupted);
            m_stop.request_stop();
        }
    });
}

StopOnSignal::~StopOnSignal() = default;

void StopOnSignal::watchStandardInput() {
    m_input = std::jthread([this](const std::stop_token& ended) {
        char buffer[256];
        while (!ended.stop_requested() && !m_stop.stop_requested()) {
            pollfd input{STDIN_FILENO, POLLIN, 0};
            if (::poll(&input, 1, pollMilliseconds) <= 0) continue;
            if (::read(STDIN_FILENO, buffer, sizeof buffer) <= 0) m_stop.request_stop();
        }
    });
}

} // namespace grappa
