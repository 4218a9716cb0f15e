#include "app/grappa_cli/line_reader.h"

#include "core/base/error.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <unistd.h>

namespace grappa {

namespace {
constexpr std::size_t longestLine = std::size_t{1} << 20;
constexpr int pollMilliseconds = 200;
} // namespace

std::optional<std::string> LineReader::line(const std::stop_token& stop) {
    std::size_t searched = 0;
    for (;;) {
        const std::size_t end = m_buffer.find('\n', searched);
        if (end != std::string::npos) {
            std::string line = m_buffer.substr(0, end);
            m_buffer.erase(0, end + 1);
            return line;
        }
        searched = m_buffer.size();
        if (searched > longestLine) throw Error(ErrorCode::Usage, "A request line is longer than 1 MB.");
        if (!fill(stop)) return std::nullopt;
    }
}

std::optional<std::vector<std::byte>> LineReader::bytes(std::size_t count, const std::stop_token& stop) {
    while (m_buffer.size() < count)
        if (!fill(stop)) return std::nullopt;
    std::vector<std::byte> bytes(count);
    std::memcpy(bytes.data(), m_buffer.data(), count);
    m_buffer.erase(0, count);
    return bytes;
}

bool LineReader::fill(const std::stop_token& stop) {
    std::array<char, 65536> chunk{};
    while (!stop.stop_requested()) {
        pollfd input{m_fd, POLLIN, 0};
        if (::poll(&input, 1, pollMilliseconds) <= 0) continue;
        const ssize_t n = ::read(m_fd, chunk.data(), chunk.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        m_buffer.append(chunk.data(), static_cast<std::size_t>(n));
        return true;
    }
    return false;
}

} // namespace grappa
