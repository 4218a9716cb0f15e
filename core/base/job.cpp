#include "core/base/job.h"

#include <utility>

namespace grappa {

JobContext inStage(const JobContext& context, const std::string& stage) {
    if (!context.report) return context;
    return {context.stop, [&context, stage](Progress progress) {
                if (progress.stage != stage) progress.detail = std::exchange(progress.stage, stage);
                context.report(progress);
            }};
}

void JobContext::throwIfStopped() const {
    if (stopRequested()) throw Error(ErrorCode::Interrupted, "Stopped; start again to go on from here.");
}

ProgressMeter::ProgressMeter(const JobContext& context, std::string stage, std::uint64_t total, double perSecond)
    : m_context(context)
    , m_interval(std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / perSecond))) {
    m_progress.stage = std::move(stage);
    m_progress.total = total;
    m_samples.push_back({Clock::now(), 0});
}

void ProgressMeter::advanceTo(std::uint64_t done, const std::string& detail) {
    m_progress.done = done;
    m_progress.detail = detail;
    const auto now = Clock::now();
    const bool complete = m_progress.total > 0 && done >= m_progress.total;
    if (now - m_lastReport < m_interval && !complete) return;
    m_lastReport = now;

    m_samples.push_back({now, done});
    constexpr auto window = std::chrono::seconds(10);
    while (m_samples.size() > 2 && now - m_samples[1].at > window)
        m_samples.erase(m_samples.begin());
    const double seconds = std::chrono::duration<double>(now - m_samples.front().at).count();
    if (seconds > 0) m_progress.rate = static_cast<double>(done - m_samples.front().done) / seconds;
    m_progress.secondsLeft.reset();
    if (m_progress.rate > 0 && m_progress.total >= done)
        m_progress.secondsLeft = static_cast<double>(m_progress.total - done) / m_progress.rate;
    if (m_context.report) m_context.report(m_progress);
}

void ProgressMeter::finish() {
    m_lastReport = {};
    advanceTo(m_progress.done, m_progress.detail);
}

} // namespace grappa
