#include "core/image/decode_protocol.h"

#include "core/image/preprocessing.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>

namespace grappa {

namespace {

/// More than any 256-px JPEG takes.
constexpr std::uint64_t maxThumbnailBytes = 4ULL * thumbnailSide * thumbnailSide;

/// The codes that a worker may answer with.
constexpr std::array workerErrors{ErrorCode::ImageFormatUnsupported, ErrorCode::ImageTooLarge,
                                  ErrorCode::ImageUndecodable, ErrorCode::Usage, ErrorCode::Internal};

/// Text from a worker ends in logs and tables: printable ASCII only.
std::string printable(const DecodeReply& reply) {
    std::string text(reply.text, std::min<std::size_t>(reply.textSize, sizeof reply.text));
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c > 0x7e; }, '?');
    return text;
}

bool plausible(const DecodeTask& task, const DecodeReply& reply) {
    const std::uint64_t cropSide = static_cast<std::uint64_t>(std::max(task.cropSize, 0));
    const std::uint64_t crop = 3 * cropSide * cropSide;
    const std::uint64_t crops = crop == 0 ? 0 : reply.cropBytes / crop;
    const bool cropFits = crop == 0 ? reply.cropBytes == 0
                                    : reply.cropBytes == crops * crop && crops >= 1 &&
                                          crops <= (task.wholeFrame ? std::uint64_t{mostSquares} : 1);
    const bool renderFits = task.renderSide > 0 ? std::min(reply.renderWidth, reply.renderHeight) >= 1 &&
                                                      std::max(reply.renderWidth, reply.renderHeight) <= task.renderSide
                                                : reply.renderWidth == 0 && reply.renderHeight == 0;
    return reply.format >= 0 && reply.format <= static_cast<std::int32_t>(ImageFormat::Raw) && reply.width >= 1 &&
           reply.height >= 1 && cropFits && reply.thumbnailBytes <= (task.thumbnail ? maxThumbnailBytes : 0) &&
           renderFits;
}

/// Takes the next `size` bytes of the memory file.
template <class Element>
bool take(int memory, std::uint64_t& offset, std::uint64_t size, std::vector<Element>& into) {
    into.resize(size);
    const bool there = readMemory(memory, offset, std::as_writable_bytes(std::span(into)));
    offset += size;
    return there;
}

} // namespace

void DecodeReply::setText(const std::string& value) {
    textSize = static_cast<std::uint32_t>(value.copy(text, sizeof text));
}

DecodeRequest requestFor(const DecodeTask& task) {
    DecodeRequest request;
    request.size = task.bytes.size();
    request.cropSize = std::max(task.cropSize, 0);
    request.renderSide = std::max(task.renderSide, 0);
    request.fullDecode = task.fullDecode ? 1 : 0;
    request.wholeFrame = task.wholeFrame ? 1 : 0;
    request.thumbnail = task.thumbnail;
    request.hasRegion = task.region.has_value();
    request.region = task.region.value_or(Region{});
    return request;
}

std::optional<DecodeOutcome> readOutcome(const DecodeTask& task, const DecodeReply& reply, int memory) {
    DecodeOutcome outcome;
    outcome.id = task.id;
    if (reply.error != DecodeReply::noError) {
        const auto code = static_cast<ErrorCode>(reply.error);
        if (std::find(workerErrors.begin(), workerErrors.end(), code) == workerErrors.end()) return std::nullopt;
        outcome.error = code;
        outcome.detail = printable(reply);
        return outcome;
    }
    if (!plausible(task, reply)) return std::nullopt;
    outcome.format = static_cast<ImageFormat>(reply.format);
    outcome.width = reply.width;
    outcome.height = reply.height;
    outcome.damage = printable(reply);
    outcome.cropIsWhole = reply.cropIsWhole != 0;
    outcome.takenAt = reply.takenAt;
    outcome.render.width = reply.renderWidth;
    outcome.render.height = reply.renderHeight;
    const std::uint64_t renderBytes =
        3 * static_cast<std::uint64_t>(reply.renderWidth) * static_cast<std::uint64_t>(reply.renderHeight);
    std::uint64_t offset = 0;
    const bool there = take(memory, offset, reply.cropBytes, outcome.crop) &&
                       take(memory, offset, reply.thumbnailBytes, outcome.thumbnail) &&
                       take(memory, offset, renderBytes, outcome.render.rgb);
    return there ? std::optional(std::move(outcome)) : std::nullopt;
}

bool sendMessage(int socket, std::span<const std::byte> message) {
    ssize_t sent;
    do
        sent = ::send(socket, message.data(), message.size(), MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == static_cast<ssize_t>(message.size());
}

bool receiveMessage(int socket, std::span<std::byte> message) {
    ssize_t received;
    do
        received = ::recv(socket, message.data(), message.size(), MSG_TRUNC); // answers the true size of a longer one
    while (received < 0 && errno == EINTR);
    return received == static_cast<ssize_t>(message.size());
}

bool readMemory(int memory, std::uint64_t offset, std::span<std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::pread(memory, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(n));
        offset += static_cast<std::uint64_t>(n);
    }
    return true;
}

bool writeMemory(int memory, std::uint64_t offset, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(memory, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(n));
        offset += static_cast<std::uint64_t>(n);
    }
    return true;
}

} // namespace grappa
