#pragma once

#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace grappa {

/// Lines and counted bytes from a file descriptor, given up within a fraction of a second of a stop request (a blocking
/// std::getline cannot be).
class LineReader {
public:
    explicit LineReader(int fd) : m_fd(fd) {}

    /// The next line without its end; nothing at the end of the input or on a stop. Throws Usage when it is longer than
    /// 1 MB.
    std::optional<std::string> line(const std::stop_token& stop);
    /// Exactly `count` bytes; nothing when the input ends before that or on a stop.
    std::optional<std::vector<std::byte>> bytes(std::size_t count, const std::stop_token& stop);

private:
    bool fill(const std::stop_token& stop);

    int m_fd;
    std::string m_buffer;
};

} // namespace grappa
