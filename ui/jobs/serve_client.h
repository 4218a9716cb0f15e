#pragma once

#include "ui/jobs/child_process.h"
#include "ui/jobs/json_lines.h"
#include "ui/patch_maps.h"

#include <QImage>
#include <QRect>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace grappa {

/// What `serve` said of itself when it started.
struct ServeHello {
    std::string modelHash; ///< hex
    int dim = 0;
    int inputSize = 0;
    std::string adaptation;                  ///< checksum (hex) of its file; empty = the backbone alone
    std::vector<std::int64_t> granularities; ///< of the adaptation, k ascending
    std::vector<std::int64_t> blocks;        ///< numbers of its adapted blocks
};

struct QueryEmbedding {
    std::vector<float> base;      ///< [dim]
    std::vector<float> fused;     ///< [dim] under the adaptation, as its set's vectors are; empty without one
    std::vector<float> attention; ///< [blocks x granularities]; empty without one
    ServeHello model;             ///< that made it
};

/// A file's upright pixels, perhaps scaled down.
struct Rendering {
    QImage image;
    QSize fullSize; ///< of the file's image
};

/// A warm `grappa-cli serve`, started on the first request and again after it died. Answers come on the GUI thread,
/// each exactly once: the result, or the problem when the child refused, died or was stopped.
class ServeClient : public QObject {
    Q_OBJECT

public:
    template <class T>
    using Answer = std::function<void(std::variant<T, Problem>)>;

    /// `arguments`: the whole command line, for example {"serve", "--no-model"}.
    ServeClient(QString program, QStringList arguments, QObject* parent = nullptr);

    /// `region`: in pixels of the upright image; nothing = the whole image.
    void embed(const std::filesystem::path& file, const std::optional<QRect>& region, Answer<QueryEmbedding> answer);
    /// The bytes of a PNG, JPEG, ...
    void embed(const QByteArray& imageFile, const std::optional<QRect>& region, Answer<QueryEmbedding> answer);
    /// What the model sees in each patch.
    void maps(const std::filesystem::path& file, const std::optional<QRect>& region, Answer<PatchMaps> answer);
    void maps(const QByteArray& imageFile, const std::optional<QRect>& region, Answer<PatchMaps> answer);
    /// Upright pixels with the long side at most `side`.
    void render(const std::filesystem::path& file, int side, Answer<Rendering> answer);

    /// The command line of the next child. One that runs with another ends, and its requests are answered as stopped,
    /// after this returned.
    void setArguments(const QStringList& arguments);
    /// The next request starts a new child.
    void retire();

    bool running() const { return (m_child && m_child->running()) || m_retired > 0; }
    qint64 processId() const { return m_child ? m_child->processId() : 0; } ///< 0 while none runs
    void stop();

Q_SIGNALS:
    void ended();

private:
    using Reply = std::function<void(std::variant<JsonMessage, Problem>)>;

    void requestMaps(nlohmann::json request, const QByteArray& payload, Answer<PatchMaps> answer);
    void requestEmbedding(nlohmann::json request, const QByteArray& payload, Answer<QueryEmbedding> answer);
    void send(nlohmann::json request, const QByteArray& payload, Reply reply);
    void start();
    void readMessages(const QByteArray& bytes);
    void handleMessage(JsonMessage message);
    void handleEnd(const ChildEnd& end);
    void failAll(const Problem& problem);
    bool serving() const { return m_child && m_child->running(); }

    QString m_program;
    QStringList m_arguments;
    std::unique_ptr<ChildProcess> m_child;
    JsonLines m_lines;
    ServeHello m_hello;
    std::map<std::int64_t, Reply> m_waiting; ///< by request id
    std::int64_t m_lastId = 0;
    int m_retired = 0; ///< children that were asked to end and have not yet
};

} // namespace grappa
