#include "ui/jobs/serve_client.h"

#include "ui/formatting.h"

#include <utility>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

nlohmann::json withPath(nlohmann::json request, const std::filesystem::path& path) {
    if (argumentText(path)) {
        request["path"] = path.native();
    } else {
        const auto& bytes = path.native();
        request["path_b64"] =
            QByteArray::fromRawData(bytes.data(), static_cast<qsizetype>(bytes.size())).toBase64().toStdString();
    }
    return request;
}

int intAt(const nlohmann::json& object, const char* key) {
    return static_cast<int>(numberAt(object, key).value_or(0));
}

/// The numbers of an array; empty when it is none.
std::vector<float> floatsAt(const nlohmann::json& object, const char* key) {
    std::vector<float> values;
    const auto array = object.find(key);
    if (array == object.end() || !array->is_array()) return values;
    values.reserve(array->size());
    for (const auto& value : *array) {
        if (!value.is_number()) return {};
        values.push_back(value.get<float>());
    }
    return values;
}

std::vector<std::int64_t> integersAt(const nlohmann::json& object, const char* key) {
    std::vector<std::int64_t> values;
    const auto array = object.find(key);
    if (array == object.end() || !array->is_array()) return values;
    for (const auto& value : *array) {
        if (!value.is_number_integer()) return {};
        values.push_back(value.get<std::int64_t>());
    }
    return values;
}

Problem malformed() {
    return problemOf(ErrorCode::Internal, u"grappa-cli serve gave an answer that cannot be read"_s);
}

nlohmann::json withRegion(nlohmann::json request, const std::optional<QRect>& region) {
    if (region) request["crop"] = {region->x(), region->y(), region->width(), region->height()};
    return request;
}

std::variant<Rendering, Problem> renderingOf(const JsonMessage& message) {
    const int width = intAt(message.json, "width");
    const int height = intAt(message.json, "height");
    if (width <= 0 || height <= 0 || message.bytes.size() != qsizetype{3} * width * height) return malformed();
    const auto* rgb = reinterpret_cast<const uchar*>(message.bytes.constData());
    const QImage image(rgb, width, height, qsizetype{3} * width, QImage::Format_RGB888);
    return Rendering{image.convertToFormat(QImage::Format_RGB32),
                     {intAt(message.json, "fullWidth"), intAt(message.json, "fullHeight")}};
}

std::variant<QueryEmbedding, Problem> embeddingOf(const JsonMessage& message, const ServeHello& hello) {
    QueryEmbedding embedding{.base = floatsAt(message.json, "base"), .fused = {}, .attention = {}, .model = hello};
    const auto dim = static_cast<std::size_t>(hello.dim);
    if (!hello.adaptation.empty()) {
        embedding.fused = floatsAt(message.json, "fused");
        embedding.attention = floatsAt(message.json, "attention");
        const bool fits = embedding.fused.size() == dim &&
                          (embedding.attention.empty() ||
                           embedding.attention.size() == hello.blocks.size() * hello.granularities.size());
        if (!fits) return malformed();
    }
    return embedding.base.size() == dim ? std::variant<QueryEmbedding, Problem>(std::move(embedding)) : malformed();
}

} // namespace

ServeClient::ServeClient(QString program, QStringList arguments, QObject* parent)
    : QObject(parent), m_program(std::move(program)), m_arguments(std::move(arguments)) {}

void ServeClient::embed(const std::filesystem::path& file, const std::optional<QRect>& region,
                        Answer<QueryEmbedding> answer) {
    requestEmbedding(withRegion(withPath({{"op", "embed"}}, file), region), {}, std::move(answer));
}

void ServeClient::embed(const QByteArray& imageFile, const std::optional<QRect>& region,
                        Answer<QueryEmbedding> answer) {
    requestEmbedding(withRegion({{"op", "embed"}, {"bytes", imageFile.size()}}, region), imageFile, std::move(answer));
}

void ServeClient::requestEmbedding(nlohmann::json request, const QByteArray& payload, Answer<QueryEmbedding> answer) {
    send(std::move(request), payload, [this, answer = std::move(answer)](std::variant<JsonMessage, Problem> reply) {
        if (auto* problem = std::get_if<Problem>(&reply)) return answer(std::move(*problem));
        answer(embeddingOf(std::get<JsonMessage>(reply), m_hello));
    });
}

void ServeClient::maps(const std::filesystem::path& file, const std::optional<QRect>& region,
                       Answer<PatchMaps> answer) {
    requestMaps(withRegion(withPath({{"op", "maps"}}, file), region), {}, std::move(answer));
}

void ServeClient::maps(const QByteArray& imageFile, const std::optional<QRect>& region, Answer<PatchMaps> answer) {
    requestMaps(withRegion({{"op", "maps"}, {"bytes", imageFile.size()}}, region), imageFile, std::move(answer));
}

void ServeClient::requestMaps(nlohmann::json request, const QByteArray& payload, Answer<PatchMaps> answer) {
    send(std::move(request), payload, [this, answer = std::move(answer)](std::variant<JsonMessage, Problem> reply) {
        if (auto* problem = std::get_if<Problem>(&reply)) return answer(std::move(*problem));
        auto maps = patchMapsOf(std::get<JsonMessage>(reply));
        if (!maps) return answer(malformed());
        maps->adapted = !m_hello.adaptation.empty();
        answer(std::move(*maps));
    });
}

void ServeClient::render(const std::filesystem::path& file, int side, Answer<Rendering> answer) {
    send(withPath({{"op", "render"}, {"side", side}}, file), {},
         [answer = std::move(answer)](std::variant<JsonMessage, Problem> reply) {
             if (auto* problem = std::get_if<Problem>(&reply)) return answer(std::move(*problem));
             answer(renderingOf(std::get<JsonMessage>(reply)));
         });
}

void ServeClient::stop() {
    // Retired ones were asked already.
    if (m_child) m_child->kill(); // it may be loading the model, deaf to a gentle word
}

void ServeClient::setArguments(const QStringList& arguments) {
    if (arguments == m_arguments) return;
    m_arguments = arguments;
    retire();
}

void ServeClient::retire() {
    if (!m_child) return;
    // Whoever asked for the change may drop the answers first.
    QMetaObject::invokeMethod(
        this,
        [waiting = std::exchange(m_waiting, {})] {
            const Problem problem{tr("The search was stopped. Search again."), {}};
            for (const auto& [id, reply] : waiting)
                reply(problem);
        },
        Qt::QueuedConnection);
    ChildProcess* child = m_child.release();
    child->disconnect(this);
    child->setParent(this);
    if (!child->running()) return child->deleteLater();
    ++m_retired;
    connect(child, &ChildProcess::ended, this, [this, child] {
        child->deleteLater();
        --m_retired;
        Q_EMIT ended();
    });
    child->kill();
}

void ServeClient::send(nlohmann::json request, const QByteArray& payload, Reply reply) {
    if (!serving()) start();
    request["id"] = ++m_lastId;
    m_waiting.emplace(m_lastId, std::move(reply));
    m_child->write(QByteArray::fromStdString(request.dump()) + '\n' + payload);
}

void ServeClient::start() {
    // The end of the last child may not have been handled yet.
    failAll({tr("The search process ended unexpectedly. Search again to start it anew."), {}});
    m_lines.clear();
    m_hello = {};
    m_child = std::make_unique<ChildProcess>();
    connect(m_child.get(), &ChildProcess::outputRead, this, &ServeClient::readMessages);
    const auto handle = [this, child = m_child.get()](const ChildEnd& end) {
        if (child == m_child.get()) handleEnd(end);
    };
    connect(m_child.get(), &ChildProcess::ended, this, handle, Qt::QueuedConnection);
    m_child->start(m_program, m_arguments);
}

void ServeClient::readMessages(const QByteArray& bytes) {
    m_lines.feed(bytes);
    while (auto message = m_lines.next())
        handleMessage(std::move(*message));
}

void ServeClient::handleMessage(JsonMessage message) {
    if (textAt(message.json, "event") == u"hello"_s) {
        m_hello = {textAt(message.json, "modelHash").toStdString(),
                   intAt(message.json, "dim"),
                   intAt(message.json, "inputSize"),
                   textAt(message.json, "adaptation").toStdString(),
                   integersAt(message.json, "granularities"),
                   integersAt(message.json, "blocks")};
        return;
    }
    const auto id = static_cast<std::int64_t>(numberAt(message.json, "id").value_or(0));
    auto waiting = m_waiting.extract(id);
    if (waiting.empty()) return;
    const auto error = message.json.find("error");
    if (error != message.json.end() && error->is_object()) {
        waiting.mapped()(problemOf(errorFromName(textAt(*error, "code").toStdString()), textAt(*error, "detail")));
    } else {
        waiting.mapped()(std::move(message));
    }
}

void ServeClient::handleEnd(const ChildEnd& end) {
    Problem problem{tr("The search process ended unexpectedly. Search again to start it anew."), end.detail};
    if (!end.started) {
        problem.sentence = tr("grappa-cli could not be started. Check that it lies beside this program.");
    }
    failAll(problem);
    Q_EMIT ended();
}

void ServeClient::failAll(const Problem& problem) {
    for (auto& [id, reply] : std::exchange(m_waiting, {}))
        reply(problem);
}

} // namespace grappa
