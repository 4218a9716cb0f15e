#include "ui/jobs/json_lines.h"

#include <QString>

#include <utility>

namespace grappa {

std::optional<JsonMessage> JsonLines::next() {
    while (!m_waiting) {
        const qsizetype end = m_buffer.indexOf('\n');
        if (end < 0) return std::nullopt;
        auto json = nlohmann::json::parse(m_buffer.constData(), m_buffer.constData() + end, nullptr, false);
        m_buffer.remove(0, end + 1);
        if (!json.is_object()) continue;
        const double announced = numberAt(json, "bytes").value_or(0);
        m_payload = announced > 0 && announced <= static_cast<double>(maxBytes) ? static_cast<qsizetype>(announced) : 0;
        m_waiting = JsonMessage{std::move(json), {}};
    }
    if (m_buffer.size() < m_payload) return std::nullopt;
    m_waiting->bytes = m_buffer.left(m_payload);
    m_buffer.remove(0, m_payload);
    return std::exchange(m_waiting, std::nullopt);
}

void JsonLines::clear() {
    m_buffer.clear();
    m_waiting.reset();
    m_payload = 0;
}

QString textAt(const nlohmann::json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_string()) return {};
    return QString::fromStdString(found->get_ref<const std::string&>());
}

std::optional<double> numberAt(const nlohmann::json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number()) return std::nullopt;
    return found->get<double>();
}

} // namespace grappa
