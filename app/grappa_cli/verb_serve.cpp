#include "app/grappa_cli/line_reader.h"
#include "app/grappa_cli/program.h"
#include "app/grappa_cli/verbs.h"

#include "core/base/base64.h"
#include "core/base/file_io.h"
#include "core/jobs/embedding_pipeline.h"

#include <array>
#include <condition_variable>
#include <deque>
#include <iostream>
#include <memory>
#include <mutex>
#include <thread>
#include <unistd.h>

namespace grappa {

namespace {

constexpr std::uint64_t fileLimit = std::uint64_t{512} << 20;
constexpr int largestRender = 8192;

struct Request {
    Json header;
    std::vector<std::byte> bytes; ///< an inline image
};

struct Reply {
    Json header;
    std::vector<std::byte> bytes;
};

/// Requests in order of arrival, read on a thread of its own so that `cancel` overtakes what waits.
class RequestQueue {
public:
    RequestQueue(int fd, std::stop_token stop) : m_reader(fd), m_stop(std::move(stop)) {
        m_thread = std::jthread([this] { read(); });
    }

    /// The next request, or nothing at the end of the input.
    std::optional<Request> next() {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, m_stop, [&] { return !m_requests.empty() || m_ended; });
        if (m_requests.empty() || m_stop.stop_requested()) return std::nullopt;
        Request request = std::move(m_requests.front());
        m_requests.pop_front();
        return request;
    }

private:
    void read() {
        try {
            while (auto line = m_reader.line(m_stop)) {
                Request request{Json::parse(*line, nullptr, false), {}};
                if (request.header.is_object() && request.header.contains("bytes")) {
                    const auto count = request.header["bytes"].get<std::uint64_t>();
                    if (count > fileLimit) throw Error(ErrorCode::FileTooLarge, "An inline image is over the limit.");
                    auto bytes = m_reader.bytes(count, m_stop);
                    if (!bytes) break;
                    request.bytes = std::move(*bytes);
                }
                add(std::move(request));
            }
        } catch (const std::exception& error) {
            // The stream is out of step: nothing after this can be trusted to be a request.
            std::cerr << "grappa-cli: " << error.what() << std::endl;
        }
        const std::scoped_lock lock(m_mutex);
        m_ended = true;
        m_changed.notify_all();
    }

    void add(Request request) {
        const std::scoped_lock lock(m_mutex);
        if (request.header.is_object() && request.header.value("op", "") == "cancel") {
            const Json target = request.header.value("target", Json());
            for (Request& waiting : m_requests)
                if (waiting.header.is_object() && waiting.header.value("id", Json()) == target)
                    waiting.header["op"] = "cancelled";
        }
        m_requests.push_back(std::move(request));
        m_changed.notify_all();
    }

    LineReader m_reader;
    std::stop_token m_stop;
    std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::deque<Request> m_requests;
    bool m_ended = false;
    std::jthread m_thread;
};

std::filesystem::path pathOf(const Json& header) {
    if (header.contains("path_b64")) {
        const auto bytes = fromBase64(header["path_b64"].get<std::string>());
        if (!bytes) throw Error(ErrorCode::Usage, "path_b64 is not base64.");
        return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    }
    return header.at("path").get<std::string>();
}

template <typename T>
std::vector<std::byte> rawBytes(const std::vector<T>& values) {
    const auto bytes = std::as_bytes(std::span(values));
    return {bytes.begin(), bytes.end()};
}

DecodePoolOptions oneWorker() {
    DecodePoolOptions options;
    options.workers = 1;
    return options;
}

class Server {
public:
    Server(std::optional<Embedder> embedder, std::stop_token stop)
        : m_embedder(std::move(embedder)), m_pool(oneWorker()), m_stop(std::move(stop)) {}

    Json hello() const {
        Json hello{{"event", "hello"}, {"schema", 1}, {"version", GRAPPA_VERSION}};
        if (m_embedder) {
            hello["modelHash"] = m_embedder->card().hash.hex();
            hello["backbone"] = m_embedder->card().name;
            hello["dim"] = m_embedder->dim();
            hello["inputSize"] = m_embedder->inputSize();
            hello["device"] = m_embedder->device();
            if (const auto& adaptation = m_embedder->adaptation()) {
                hello["adaptation"] = adaptation->hash.hex();
                hello["granularities"] = adaptation->granularities;
                hello["blocks"] = adaptation->blocks;
            }
        }
        return hello;
    }

    Reply answer(Request request) {
        Reply reply;
        try {
            if (!request.header.is_object()) throw Error(ErrorCode::Usage, "A request is one JSON object a line.");
            reply = dispatch(request);
        } catch (const Error& error) {
            reply = {{{"error", {{"code", errorName(error.code())}, {"detail", error.what()}}}}, {}};
        } catch (const Json::exception& error) {
            reply = {{{"error", {{"code", errorName(ErrorCode::Usage)}, {"detail", error.what()}}}}, {}};
        }
        Json header{{"id", request.header.is_object() ? request.header.value("id", Json()) : Json()}};
        header.update(reply.header);
        if (!reply.bytes.empty()) header["bytes"] = reply.bytes.size();
        reply.header = std::move(header);
        return reply;
    }

private:
    Reply dispatch(Request& request) {
        const std::string op = request.header.value("op", "");
        if (op == "embed") return embed(request);
        if (op == "maps") return maps(request);
        if (op == "render") return render(request);
        if (op == "cancel") return {{{"ok", true}}, {}};
        if (op == "cancelled") throw Error(ErrorCode::Interrupted, "Cancelled.");
        throw Error(ErrorCode::Usage, "There is no op \"" + op + "\"; there are embed, maps, render and cancel.");
    }

    Reply embed(Request& request) {
        Embedder& embedder = model();
        const DecodeOutcome decoded = decodeCrop(request, embedder, true);
        const std::vector<std::uint8_t>* const crop = &decoded.crop;
        Reply reply{{{"width", decoded.width}, {"height", decoded.height}}, {}};
        if (!decoded.damage.empty()) reply.header["damage"] = decoded.damage;
        if (embedder.adaptation()) {
            const std::array<Description, 2> wanted{Description{"base", false}, Description{}};
            std::vector<Described> described = describeCrops(embedder, {&crop, 1}, wanted);
            reply.header["base"] = std::move(described[0].vectors);
            reply.header["fused"] = std::move(described[1].vectors);
            reply.header["attention"] = std::move(described[1].attention);
        } else {
            const Description own = embedder.ownDescription();
            reply.header["base"] = std::move(describeCrops(embedder, {&crop, 1}, {&own, 1}).front().vectors);
        }
        return reply;
    }

    Reply maps(Request& request) {
        Embedder& embedder = model();
        const DecodeOutcome decoded = decodeCrop(request, embedder, false);
        const Embedder::Maps maps = embedder.maps(decoded.crop);
        Reply reply{{{"rows", maps.rows}, {"cols", maps.cols}, {"dim", maps.dim}, {"whole", decoded.cropIsWhole}},
                    rawBytes(maps.patchTokens)};
        const std::vector<std::byte> attention = rawBytes(maps.classAttention);
        reply.bytes.insert(reply.bytes.end(), attention.begin(), attention.end());
        return reply;
    }

    Reply render(Request& request) {
        DecodeTask task;
        task.renderSide = request.header.value("side", 1600);
        if (task.renderSide < 1 || task.renderSide > largestRender)
            throw Error(ErrorCode::Usage, "side must be from 1 to " + std::to_string(largestRender) + ".");
        const DecodeOutcome decoded = decode(request, std::move(task));
        Reply reply{{{"width", decoded.render.width}, {"height", decoded.render.height}}, rawBytes(decoded.render.rgb)};
        reply.header["fullWidth"] = decoded.width;
        reply.header["fullHeight"] = decoded.height;
        return reply;
    }

    Embedder& model() {
        if (!m_embedder) throw Error(ErrorCode::Usage, "Started with --no-model: only render is answered.");
        return *m_embedder;
    }

    DecodeOutcome decodeCrop(Request& request, const Embedder& embedder, bool wholeFrame) {
        DecodeTask task;
        task.wholeFrame = wholeFrame;
        task.cropSize = embedder.inputSize();
        return decode(request, std::move(task));
    }

    DecodeOutcome decode(Request& request, DecodeTask task) {
        task.bytes =
            request.bytes.empty() ? readUserFile(pathOf(request.header), fileLimit).bytes : std::move(request.bytes);
        if (request.header.contains("crop")) {
            const auto crop = request.header["crop"].get<std::array<int, 4>>();
            task.region = Region{crop[0], crop[1], crop[2], crop[3]};
        }
        if (!m_pool.submit(std::move(task), m_stop)) throw Error(ErrorCode::Interrupted, "Stopped.");
        std::optional<DecodeOutcome> decoded = m_pool.next(m_stop);
        if (!decoded) throw Error(ErrorCode::Interrupted, "Stopped.");
        if (decoded->error) throw Error(*decoded->error, decoded->detail);
        return std::move(*decoded);
    }

    std::optional<Embedder> m_embedder;
    DecodePool m_pool;
    std::stop_token m_stop;
};

void write(const Reply& reply) {
    std::cout << reply.header.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
    std::cout.write(reinterpret_cast<const char*>(reply.bytes.data()),
                    static_cast<std::streamsize>(reply.bytes.size()));
    std::cout.flush();
}

struct Options {
    bool withoutModel = false;
    std::string adaptation;
};

std::optional<Embedder> loadEmbedder(const Program& program, const std::string& adaptation) {
    std::optional<Library> library = program.findLibrary();
    if (library && !library->embeddingSets().empty())
        return program.embedderFor(*library, program.embeddingSet(*library, adaptation));
    return program.embedder(nullptr);
}

int run(const Program& program, const Options& options) {
    const std::stop_token stop = program.signals().token();
    Server server(options.withoutModel ? std::nullopt : loadEmbedder(program, options.adaptation), stop);
    write({server.hello(), {}});
    RequestQueue requests(STDIN_FILENO, stop);
    while (std::optional<Request> request = requests.next())
        write(server.answer(std::move(*request)));
    return exitOk;
}

} // namespace

void addServe(CLI::App& app, Program& program) {
    auto options = std::make_shared<Options>();
    CLI::App* verb = app.add_subcommand(
        "serve", "Answer requests on standard input, one JSON object a line: embed, maps, render, cancel");
    verb->add_flag("--no-model", options->withoutModel, "Answer render only, at once");
    verb->add_option("--adaptation", options->adaptation,
                     "Embed by this adaptation, or by the backbone alone (base); default: the library's default set")
        ->type_name("NAME");
    verb->callback([&program, options] { program.verb = [&program, options] { return run(program, *options); }; });
}

} // namespace grappa
