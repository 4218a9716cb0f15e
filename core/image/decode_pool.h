#pragma once

#include "core/base/hash.h"
#include "core/image/image_decoder.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace grappa {

/// What a decode worker is asked for: one decode feeds the crop, the thumbnail and the render.
struct DecodeTask {
    std::uint64_t id = 0;         ///< echoed
    std::vector<std::byte> bytes; ///< the whole file
    int cropSize = 0;             ///< side of the model's crop; 0 = none
    bool wholeFrame = false;      ///< several crops of an image that is much longer than wide (squaresOf())
    bool thumbnail = false;       ///< 256-px JPEG
    int renderSide = 0;           ///< the image with its long side at most this, as RGB; 0 = none
    bool fullDecode = false;      ///< never scale while decoding: slower, for numbers that others can reproduce
    std::optional<Region> region; ///< all of the above are of this part alone
};

struct DecodeOutcome {
    std::uint64_t id = 0;
    std::optional<ErrorCode> error; ///< set: nothing but `detail` holds
    std::string detail;             ///< the reason
    ImageFormat format = ImageFormat::Jpeg;
    int width = 0, height = 0; ///< upright, full scale
    std::string damage;        ///< empty, or why the file counts as damaged
    std::int64_t takenAt = 0;
    std::vector<std::uint8_t> crop; ///< RGB [1, or with wholeFrame up to mostSquares, cropSize, cropSize, 3]
    bool cropIsWhole = false;       ///< the crop is wholeOnWhite(), not evaluationCrop()
    std::vector<std::byte> thumbnail;
    Pixels render;
};

struct DecodePoolOptions {
    std::filesystem::path program;          ///< grappa-decode; empty = next to this program
    int workers = 0;                        ///< 0 = one for each core
    std::uint64_t memoryLimit = 2ULL << 30; ///< address space of a worker beyond its start, bytes
    std::chrono::seconds timeLimit{30};     ///< for one image
    int queued = 0;                         ///< tasks held at once, finished ones too; 0 = 4 for each worker
};

/// Decodes files that nobody trusts in worker processes, pixels through shared memory. A file whose worker dies is
/// tried once more in a fresh one, then gives one outcome with DecoderDied; one that runs past the time limit gives
/// DecoderTimedOut at once. The other tasks go on.
/// Thread-safe: submit() and next() may be called from two threads. A single thread that does both keeps underWay()
/// below capacity() before it submits.
class DecodePool {
public:
    /// Throws NotFound when the program is not there.
    explicit DecodePool(const DecodePoolOptions& options = {});
    ~DecodePool(); ///< ends the workers

    /// Waits for room, then hands the task over. False when `stop` was requested first.
    bool submit(DecodeTask task, std::stop_token stop = {});
    /// The next outcome, in order of completion. Nothing when `stop` was requested or when no task is under way.
    std::optional<DecodeOutcome> next(std::stop_token stop = {});
    std::size_t underWay() const; ///< submitted and not yet given out by next()
    int workers() const;
    int capacity() const; ///< tasks held at once

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

/// The worker's main loop, for grappa-decode: serves tasks on `socket`, bulk bytes in the memory file `memory`, until
/// the socket closes. Limits the process's address space to `memoryLimit` bytes beyond its start. Returns the exit
/// status.
int runDecodeWorker(int socket, int memory, std::uint64_t memoryLimit);

} // namespace grappa
