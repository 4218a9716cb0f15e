#pragma once

#include <stop_token>
#include <thread>

namespace grappa {

/// Turns SIGINT, SIGTERM and, if asked, the end of standard input (the parent died) into a stop request; a second
/// SIGINT ends the process at once. Make it before any other thread, since threads inherit the signal mask. Child
/// processes inherit it too, so that Ctrl-C reaches only this process, which ends its children in order.
class StopOnSignal {
public:
    StopOnSignal();
    ~StopOnSignal();

    std::stop_token token() const { return m_stop.get_token(); }
    /// From now on the end of standard input counts as a stop request.
    void watchStandardInput();

private:
    std::stop_source m_stop;
    std::jthread m_signals;
    std::jthread m_input;
};

} // namespace grappa
