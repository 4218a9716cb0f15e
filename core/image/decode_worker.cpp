#include "core/image/decode_pool.h"
#include "core/image/decode_protocol.h"
#include "core/image/image_encoder.h"
#include "core/image/preprocessing.h"

#include <opencv2/core.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <new>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace grappa {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true; // reserves terabytes of address space
#else
constexpr bool sanitized = false;
#endif

void limit(int resource, std::uint64_t value) {
    const rlimit both{value, value};
    ::setrlimit(static_cast<__rlimit_resource_t>(resource), &both);
}

/// Bytes of address space in use.
std::uint64_t addressSpace() {
    unsigned long pages = 0;
    if (std::FILE* file = std::fopen("/proc/self/statm", "re")) {
        if (std::fscanf(file, "%lu", &pages) != 1) pages = 0;
        std::fclose(file);
    }
    return std::uint64_t{pages} * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

/// What the process gives up before it touches a file that nobody trusts.
void confine(std::uint64_t memoryLimit) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    // The importing process decides when its workers end: a stop must not look like a file that kills its decoder.
    std::signal(SIGTERM, SIG_IGN);
    std::signal(SIGINT, SIG_IGN);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, memoryLimit); // the memory file
    if (!sanitized) limit(RLIMIT_AS, addressSpace() + memoryLimit);
    cv::setNumThreads(1); // one worker a core already
}

class Worker {
public:
    explicit Worker(int memory) : m_memory(memory) {}

    DecodeReply serve(const DecodeRequest& request) {
        try {
            return decode(request);
        } catch (const Error& error) {
            return failure(error.code(), error.what());
        } catch (const std::bad_alloc&) {
            return failure(ErrorCode::ImageTooLarge, "The image needs more memory than a decode worker may use.");
        } catch (const cv::Exception& error) {
            if (error.code == cv::Error::StsNoMem)
                return failure(ErrorCode::ImageTooLarge, "The image needs more memory than a decode worker may use.");
            return failure(ErrorCode::ImageUndecodable, "The image cannot be processed.");
        } catch (const std::exception& error) {
            return failure(ErrorCode::Internal, error.what());
        }
    }

private:
    static DecodeReply failure(ErrorCode code, const std::string& detail) {
        DecodeReply reply;
        reply.error = static_cast<std::int32_t>(code);
        reply.setText(detail);
        return reply;
    }

    DecodeReply decode(const DecodeRequest& request) {
        std::vector<std::byte> file(request.size);
        if (!readMemory(m_memory, 0, file)) throw Error(ErrorCode::Internal, "The file's bytes did not arrive.");
        const DecodedImage image = decodeImage(file, optionsFor(request));

        DecodeReply reply;
        reply.format = static_cast<std::int32_t>(image.format);
        reply.width = image.width;
        reply.height = image.height;
        reply.takenAt = image.takenAt;
        reply.setText(image.damage);
        m_written = 0;
        if (request.cropSize > 0) {
            const bool whole = image.transparent && !request.hasRegion;
            const int squares = request.wholeFrame && !whole ? squaresOf(image.pixels.width, image.pixels.height) : 1;
            for (int i = 0; i < squares; ++i) {
                const Pixels crop = whole          ? wholeOnWhite(image.pixels, request.cropSize)
                                    : squares == 1 ? evaluationCrop(image.pixels, request.cropSize)
                                                   : squareAt(image.pixels, i, request.cropSize);
                reply.cropBytes += append(crop.rgb);
            }
            reply.cropIsWhole = whole ? 1 : 0;
        }
        if (request.thumbnail) reply.thumbnailBytes = append(encodeJpeg(thumbnailOf(image.pixels, thumbnailSide)));
        if (request.renderSide > 0) {
            const Pixels render = thumbnailOf(image.pixels, request.renderSide);
            reply.renderWidth = render.width;
            reply.renderHeight = render.height;
            append(render.rgb);
        }
        return reply;
    }

    static DecodeOptions optionsFor(const DecodeRequest& request) {
        DecodeOptions options;
        if (request.hasRegion) options.region = request.region;
        if (request.fullDecode) return options;
        if (request.cropSize > 0) options.shortSide = shortSideFor(request.cropSize);
        // A crop has room for a thumbnail even where none is asked for: the scale must not depend on it, since an image
        // that is described twice shall get the same vector.
        const bool thumbnail = request.thumbnail || request.cropSize > 0;
        options.longSide = std::max(thumbnail ? thumbnailSide : 0, request.renderSide);
        return options;
    }

    template <class Byte>
    std::uint64_t append(const std::vector<Byte>& bytes) {
        if (!writeMemory(m_memory, m_written, std::as_bytes(std::span(bytes)))) throw std::bad_alloc();
        m_written += bytes.size();
        return bytes.size();
    }

    int m_memory;
    std::uint64_t m_written = 0;
};

} // namespace

int runDecodeWorker(int socket, int memory, std::uint64_t memoryLimit) {
    confine(memoryLimit);
    Worker worker(memory);
    DecodeRequest request;
    while (receiveMessage(socket, messageBytes(request))) {
        DecodeReply reply = worker.serve(request);
        if (!sendMessage(socket, messageBytes(reply))) return 1;
    }
    return 0;
}

} // namespace grappa
