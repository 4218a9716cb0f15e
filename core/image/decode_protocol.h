#pragma once

#include "core/image/decode_pool.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

// What the pool and a decode worker say to each other: one Request and one Reply a task over a SOCK_SEQPACKET socket.
// Bulk bytes go through a memory file that both hold open and address with pread and pwrite alone: nothing is mapped,
// so a worker that was taken over cannot shrink or change memory under the pool's feet.
namespace grappa {

constexpr int workerSocket = 3; ///< descriptor numbers in the worker
constexpr int workerMemory = 4;
constexpr int thumbnailSide = 256;

/// The file's bytes lie at offset 0 of the memory file.
struct DecodeRequest {
    std::uint64_t size = 0;
    std::int32_t cropSize = 0;
    std::int32_t renderSide = 0;
    std::int32_t wholeFrame = 0;
    std::int32_t thumbnail = 0;
    std::int32_t fullDecode = 0;
    std::int32_t hasRegion = 0;
    Region region;
};

/// Crop, thumbnail and render lie one after the other from offset 0 of the memory file.
struct DecodeReply {
    std::int32_t error = noError; ///< an ErrorCode
    std::int32_t format = 0;
    std::int32_t width = 0;
    std::int32_t height = 0;
    std::int64_t takenAt = 0;
    std::uint64_t cropBytes = 0;
    std::uint64_t thumbnailBytes = 0;
    std::int32_t renderWidth = 0;
    std::int32_t renderHeight = 0;
    std::int32_t cropIsWhole = 0;
    std::uint32_t textSize = 0;
    char text[504]{}; ///< the error's detail, or the damage

    static constexpr std::int32_t noError = -1;

    void setText(const std::string& value);
};

DecodeRequest requestFor(const DecodeTask& task);

/// The outcome that `reply` and the memory file hold; nothing when the worker said something that cannot be true.
std::optional<DecodeOutcome> readOutcome(const DecodeTask& task, const DecodeReply& reply, int memory);

/// False when the other side is gone.
bool sendMessage(int socket, std::span<const std::byte> message);
/// Waits for one message of exactly the buffer's size. False when the other side is gone or sent another size.
bool receiveMessage(int socket, std::span<std::byte> message);

template <class Message>
std::span<std::byte> messageBytes(Message& message) {
    static_assert(std::is_trivially_copyable_v<Message>);
    return std::as_writable_bytes(std::span(&message, 1));
}

/// False when fewer bytes are there, or no memory is left.
bool readMemory(int memory, std::uint64_t offset, std::span<std::byte> bytes);
bool writeMemory(int memory, std::uint64_t offset, std::span<const std::byte> bytes);

} // namespace grappa
