#include "core/jobs/file_image_source.h"

#include "core/base/file_io.h"

#include <cstring>

namespace grappa {

namespace {

constexpr std::uint64_t fileLimit = std::uint64_t{512} << 20;
/// Views are cut from an image whose long side is at most this many times the model's input.
constexpr double viewScale = 2.5;

torch::Tensor planes(const std::vector<std::uint8_t>& rgb, std::int64_t height, std::int64_t width) {
    // from_blob takes no const data; nothing writes to it before the copy.
    const auto pixels = torch::from_blob(const_cast<std::uint8_t*>(rgb.data()), {height, width, 3}, torch::kByte);
    return pixels.permute({2, 0, 1}).contiguous();
}

} // namespace

FileImageSource::FileImageSource(std::vector<Item> items, int inputSize, const DecodePoolOptions& decode)
    : m_items(std::move(items)), m_inputSize(inputSize), m_pool(decode) {}

std::uint64_t FileImageSource::key(std::size_t index) const {
    std::uint64_t key = 0;
    std::memcpy(&key, m_items[index].hash.bytes.data(), sizeof key);
    return key;
}

void FileImageSource::submit(std::size_t index) {
    try {
        DecodeTask task;
        task.id = index;
        task.bytes = readUserFile(m_items[index].path, fileLimit).bytes;
        task.cropSize = m_inputSize;
        task.renderSide = static_cast<int>(viewScale * m_inputSize);
        m_pool.submit(std::move(task));
        m_pending.insert(index);
    } catch (const Error& error) {
        m_failed.emplace(index, error);
    }
}

ImageSource::Sample FileImageSource::load(std::size_t index) {
    const bool known = m_pending.contains(index) || m_ready.contains(index) || m_failed.contains(index);
    const bool jump = !known && index != m_next;
    if (jump) {
        // What was read ahead is of no use.
        while (m_pool.next()) {
        }
        m_pending.clear();
        m_ready.clear();
        m_failed.clear();
        m_next = index;
    }
    const std::size_t ahead = jump ? 1 : static_cast<std::size_t>(m_pool.capacity());
    while (m_next < m_items.size() && m_pending.size() + m_ready.size() < ahead)
        submit(m_next++);
    return take(index);
}

ImageSource::Sample FileImageSource::take(std::size_t index) {
    while (!m_ready.contains(index)) {
        if (const auto failed = m_failed.find(index); failed != m_failed.end()) throw Error(failed->second);
        std::optional<DecodeOutcome> outcome = m_pool.next();
        if (!outcome) throw Error(ErrorCode::Internal, "A decode task was lost.");
        m_pending.erase(outcome->id);
        m_ready.emplace(outcome->id, std::move(*outcome));
    }
    const DecodeOutcome outcome = std::move(m_ready.extract(index).mapped());
    if (outcome.error)
        throw Error(*outcome.error, displayPath(m_items[index].path) + ": " + outcome.detail +
                                        " Import its collection again, then start again.");
    return {planes(outcome.render.rgb, outcome.render.height, outcome.render.width),
            planes(outcome.crop, m_inputSize, m_inputSize)};
}

} // namespace grappa
