#pragma once

#include "core/base/error.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace grappa {

/// One moment of a long computation. For the eye: a receiver may drop any of them.
struct Progress {
    std::string stage;       ///< "scan", "import", "index", ...
    std::uint64_t done = 0;  ///< units finished
    std::uint64_t total = 0; ///< units in all; 0 = not known yet
    double rate = 0;         ///< units per second over the last seconds; 0 = not known yet
    std::optional<double> secondsLeft;
    std::string detail; ///< what is being done now, or what limits the rate
};

/// What a computation needs from whoever runs it. It knows no thread and no Qt.
/// `report` may be empty and is called on the computation's thread.
struct JobContext {
    std::stop_token stop;
    std::function<void(const Progress&)> report;

    bool stopRequested() const { return stop.stop_requested(); }
    /// Throws Error(Interrupted) when a stop was requested.
    void throwIfStopped() const;
};

/// The same context with all progress reported as of `stage`, what was its stage as the detail: several computations
/// that are one to the user. `context` must outlive the result.
JobContext inStage(const JobContext& context, const std::string& stage);

/// Turns counts into Progress: rate over a sliding window, time left, at most `perSecond` reports a second.
/// Not thread-safe: one meter belongs to one thread.
class ProgressMeter {
public:
    ProgressMeter(const JobContext& context, std::string stage, std::uint64_t total, double perSecond = 5);

    void setTotal(std::uint64_t total) { m_progress.total = total; }
    /// Sets the count and reports when the last report is old enough or the work is complete.
    void advanceTo(std::uint64_t done, const std::string& detail = {});
    void finish();

private:
    using Clock = std::chrono::steady_clock;
    struct Sample {
        Clock::time_point at;
        std::uint64_t done;
    };

    const JobContext& m_context;
    Progress m_progress;
    Clock::duration m_interval;
    Clock::time_point m_lastReport{};
    std::vector<Sample> m_samples; ///< the last seconds, oldest first
};

} // namespace grappa
