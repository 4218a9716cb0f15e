#pragma once

#include <QByteArray>

#include <nlohmann/json.hpp>

#include <optional>

namespace grappa {

/// One message of a child: a JSON object, and the raw bytes that followed when it said `"bytes": n`.
struct JsonMessage {
    nlohmann::json json;
    QByteArray bytes;
};

/// Cuts a child's output, which arrives in pieces of any size, into messages. Lines that are no JSON object are
/// skipped.
class JsonLines {
public:
    static constexpr qsizetype maxBytes = qsizetype{512} << 20; ///< a longer payload is taken as a broken stream

    void feed(const QByteArray& data) { m_buffer += data; }
    std::optional<JsonMessage> next();
    void clear();

private:
    QByteArray m_buffer;
    std::optional<JsonMessage> m_waiting; ///< its payload is not complete yet
    qsizetype m_payload = 0;
};

/// The string at `key`, or an empty one.
QString textAt(const nlohmann::json& object, const char* key);
/// The number at `key`, or nothing.
std::optional<double> numberAt(const nlohmann::json& object, const char* key);

} // namespace grappa
