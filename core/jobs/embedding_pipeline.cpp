#include "core/jobs/embedding_pipeline.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace grappa {

namespace {

constexpr std::size_t maxBytesUnderWay = std::size_t{256} << 20;
constexpr std::size_t maxPassedThrough = 512;

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// What the feeding thread and the caller's thread share.
class Feed {
public:
    Feed(DecodePool& pool, const PipelineSource& source, std::stop_token stop)
        : m_pool(pool), m_source(source), m_stop(stop) {}

    /// On the feeding thread, until the source ends, fails or a stop is requested.
    void run() {
        try {
            while (!m_stop.stop_requested()) {
                std::optional<PipelineItem> item = m_source();
                if (!item) break;
                if (!(item->task ? submit(std::move(*item)) : pass(item->id))) break;
            }
        } catch (...) {
            const std::scoped_lock lock(m_mutex);
            m_failure = std::current_exception();
        }
        const std::scoped_lock lock(m_mutex);
        m_ended = true;
        m_changed.notify_all();
    }

    /// Waits for something to do. Undecoded ids are appended to `passed`; true when a decoded outcome is to be fetched.
    bool wait(std::vector<std::uint64_t>& passed) {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, m_stop, [&] { return m_underWay > 0 || !m_passed.empty() || m_ended; });
        passed.insert(passed.end(), m_passed.begin(), m_passed.end());
        m_passed.clear();
        m_changed.notify_all();
        return m_underWay > 0;
    }

    bool ended() {
        const std::scoped_lock lock(m_mutex);
        if (m_failure) std::rethrow_exception(m_failure);
        return m_ended && m_underWay == 0 && m_passed.empty();
    }

    void fetched(std::size_t bytes) {
        const std::scoped_lock lock(m_mutex);
        --m_underWay;
        m_bytes -= bytes;
        m_changed.notify_all();
    }

    std::size_t bytesOf(std::uint64_t id) {
        const std::scoped_lock lock(m_mutex);
        const auto found = m_sizes.extract(id);
        return found.empty() ? 0 : found.mapped();
    }

private:
    bool submit(PipelineItem item) {
        const std::size_t bytes = item.task->bytes.size();
        item.task->id = item.id;
        {
            std::unique_lock lock(m_mutex);
            m_changed.wait(lock, m_stop, [&] { return m_underWay == 0 || m_bytes + bytes <= maxBytesUnderWay; });
            if (m_stop.stop_requested()) return false;
            m_bytes += bytes;
            m_sizes.emplace(item.id, bytes);
        }
        if (!m_pool.submit(std::move(*item.task), m_stop)) return false;
        // Counted only now: the pool answers "nothing under way" to a caller that asks before it has the task.
        const std::scoped_lock lock(m_mutex);
        ++m_underWay;
        m_changed.notify_all();
        return true;
    }

    bool pass(std::uint64_t id) {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, m_stop, [&] { return m_passed.size() < maxPassedThrough; });
        m_passed.push_back(id);
        m_changed.notify_all();
        return !m_stop.stop_requested();
    }

    DecodePool& m_pool;
    const PipelineSource& m_source;
    std::stop_token m_stop;

    std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::vector<std::uint64_t> m_passed;
    std::unordered_map<std::uint64_t, std::size_t> m_sizes;
    std::size_t m_underWay = 0;
    std::size_t m_bytes = 0;
    bool m_ended = false;
    std::exception_ptr m_failure;
};

void embedBatch(Embedder& embedder, std::span<PipelineResult> batch, std::vector<std::uint8_t>& pixels) {
    pixels.clear();
    int count = 0;
    for (const PipelineResult& result : batch) {
        if (!result.decoded || result.decoded->crop.empty()) continue;
        pixels.insert(pixels.end(), result.decoded->crop.begin(), result.decoded->crop.end());
        ++count;
    }
    if (count == 0) return;
    const Described described = embedder.describe(pixels, count, embedder.ownDescription());
    const auto attentionWidth = static_cast<std::ptrdiff_t>(described.attention.size()) / count;
    auto vector = described.vectors.begin();
    auto attention = described.attention.begin();
    for (PipelineResult& result : batch) {
        if (!result.decoded || result.decoded->crop.empty()) continue;
        result.vector.assign(vector, vector + embedder.dim());
        result.attention.assign(attention, attention + attentionWidth);
        result.decoded->crop = {};
        vector += embedder.dim();
        attention += attentionWidth;
    }
}

} // namespace

PipelineStatistics runEmbeddingPipeline(DecodePool& pool, Embedder* embedder, std::size_t batch,
                                        const PipelineSource& source, const PipelineSink& sink,
                                        const JobContext& context) {
    std::stop_source stop;
    const std::stop_callback forward(context.stop, [&] { stop.request_stop(); });
    Feed feed(pool, source, stop.get_token());
    // Joined before `feed` dies; stopped first when this function is left by an exception.
    std::jthread feeder([&] { feed.run(); });
    struct StopOnExit {
        std::stop_source& stop;
        ~StopOnExit() { stop.request_stop(); }
    } stopOnExit{stop};

    PipelineStatistics statistics;
    std::vector<PipelineResult> results;
    std::vector<std::uint8_t> pixels;
    std::size_t toEmbed = 0;
    const auto flush = [&] {
        context.throwIfStopped();
        const auto start = Clock::now();
        if (embedder != nullptr) embedBatch(*embedder, results, pixels);
        statistics.embedSeconds += secondsSince(start);
        if (!results.empty()) sink(results);
        results.clear();
        toEmbed = 0;
    };

    std::vector<std::uint64_t> passed;
    while (!feed.ended()) {
        context.throwIfStopped();
        const auto start = Clock::now();
        passed.clear();
        if (feed.wait(passed)) {
            std::optional<DecodeOutcome> outcome = pool.next(stop.get_token());
            statistics.decodeWaitSeconds += secondsSince(start);
            if (!outcome) continue;
            feed.fetched(feed.bytesOf(outcome->id));
            toEmbed += outcome->crop.empty() ? 0 : 1;
            results.push_back({outcome->id, std::move(*outcome), {}, {}});
        }
        for (const std::uint64_t id : passed)
            results.push_back({id, std::nullopt, {}, {}});
        if (toEmbed >= batch || results.size() >= std::max(batch, maxPassedThrough)) flush();
    }
    context.throwIfStopped();
    flush();
    return statistics;
}

} // namespace grappa
