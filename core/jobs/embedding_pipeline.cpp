#include "core/jobs/embedding_pipeline.h"

#include "core/search/diffusion.h"

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

void embedBatch(Embedder& embedder, std::span<PipelineResult> batch) {
    std::vector<PipelineResult*> toEmbed;
    std::vector<const std::vector<std::uint8_t>*> crops;
    for (PipelineResult& result : batch) {
        if (!result.decoded || result.decoded->crop.empty()) continue;
        toEmbed.push_back(&result);
        crops.push_back(&result.decoded->crop);
    }
    if (crops.empty()) return;
    const Description own = embedder.ownDescription();
    std::vector<std::vector<float>> parts;
    const Described described = std::move(describeCrops(embedder, crops, {&own, 1}, &parts).front());
    auto part = parts.begin();
    const auto attentionWidth = static_cast<std::ptrdiff_t>(described.attention.size() / crops.size());
    auto vector = described.vectors.begin();
    auto attention = described.attention.begin();
    for (PipelineResult* result : toEmbed) {
        result->vector.assign(vector, vector + embedder.dim());
        result->attention.assign(attention, attention + attentionWidth);
        result->parts = std::move(*part++);
        result->decoded->crop = {};
        vector += embedder.dim();
        attention += attentionWidth;
    }
}

/// The mean of each image's rows. values [rows, width], rows of image i from starts[i] on.
std::vector<float> meanRows(const std::vector<float>& values, std::span<const std::size_t> starts) {
    const std::size_t width = values.size() / starts.back();
    std::vector<float> means((starts.size() - 1) * width);
    for (std::size_t i = 0; i + 1 < starts.size(); ++i)
        for (std::size_t row = starts[i]; row < starts[i + 1]; ++row)
            for (std::size_t at = 0; at < width; ++at)
                means[i * width + at] += values[row * width + at] / static_cast<float>(starts[i + 1] - starts[i]);
    return means;
}

} // namespace

std::vector<Described> describeCrops(Embedder& embedder, std::span<const std::vector<std::uint8_t>* const> crops,
                                     std::span<const Description> descriptions,
                                     std::vector<std::vector<float>>* parts) {
    constexpr std::size_t mostWithoutParts = 2; // two squares overlap, or nearly so
    const std::size_t cropBytes = 3 * static_cast<std::size_t>(embedder.inputSize()) * embedder.inputSize();
    std::vector<std::uint8_t> pixels;
    std::vector<std::size_t> starts{0};
    for (const std::vector<std::uint8_t>* crop : crops) {
        pixels.insert(pixels.end(), crop->begin(), crop->end());
        starts.push_back(pixels.size() / cropBytes);
    }
    std::vector<Described> described = embedder.describe(pixels, static_cast<int>(starts.back()), descriptions);
    if (parts != nullptr) parts->resize(crops.size());
    if (starts.back() == crops.size()) return described;
    const auto width = static_cast<std::ptrdiff_t>(described.front().vectors.size() / starts.back());
    for (std::size_t i = 0; parts != nullptr && i < crops.size(); ++i)
        if (starts[i + 1] - starts[i] > mostWithoutParts)
            (*parts)[i].assign(described.front().vectors.begin() + static_cast<std::ptrdiff_t>(starts[i]) * width,
                               described.front().vectors.begin() + static_cast<std::ptrdiff_t>(starts[i + 1]) * width);
    for (std::size_t i = 0; i < described.size(); ++i) {
        described[i].vectors = meanRows(described[i].vectors, starts);
        normaliseRows(described[i].vectors, static_cast<std::size_t>(embedder.width()));
        if (!described[i].attention.empty()) described[i].attention = meanRows(described[i].attention, starts);
    }
    return described;
}

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
    std::size_t toEmbed = 0;
    const auto flush = [&] {
        context.throwIfStopped();
        const auto start = Clock::now();
        if (embedder != nullptr) embedBatch(*embedder, results);
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
            results.push_back({outcome->id, std::move(*outcome), {}, {}, {}});
        }
        for (const std::uint64_t id : passed)
            results.push_back({id, std::nullopt, {}, {}, {}});
        if (toEmbed >= batch || results.size() >= std::max(batch, maxPassedThrough)) flush();
    }
    context.throwIfStopped();
    flush();
    return statistics;
}

} // namespace grappa
