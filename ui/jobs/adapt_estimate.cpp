#include "ui/jobs/adapt_estimate.h"

#include <utility>

namespace grappa {

using namespace Qt::StringLiterals;

std::optional<AdaptEstimate> adaptEstimateOf(const nlohmann::json& json) {
    if (!json.is_object()) return std::nullopt;
    const auto rows = json.find("estimates");
    if (rows == json.end() || !rows->is_array()) return std::nullopt;
    AdaptEstimate estimate{static_cast<std::uint64_t>(std::max(0.0, numberAt(json, "images").value_or(0))),
                           textAt(json, "device"), static_cast<int>(numberAt(json, "threads").value_or(0))};
    for (const auto& row : *rows) {
        if (!row.is_object()) continue;
        const QString depth = textAt(row, "depth");
        const auto seconds = numberAt(row, "seconds");
        if (depth == u"quick"_s) estimate.quick = seconds;
        if (depth == u"normal"_s) estimate.normal = seconds;
        if (depth == u"thorough"_s) estimate.thorough = seconds;
    }
    return estimate;
}

AdaptEstimator::AdaptEstimator(QString program, QStringList arguments, QObject* parent)
    : QObject(parent), m_program(std::move(program)), m_arguments(std::move(arguments)) {}

void AdaptEstimator::measure(const QString& collection, const QString& device) {
    m_next = m_arguments + QStringList{u"--json"_s, u"--watch-stdin"_s, u"--device"_s, device,
                                       u"adapt"_s,  u"--collection"_s,  collection,    u"--estimate"_s};
    m_stopped = false;
    if (!running()) return start();
    m_child->stop();
}

void AdaptEstimator::stop() {
    m_next.reset();
    m_stopped = true;
    if (m_child) m_child->stop();
}

void AdaptEstimator::start() {
    m_results.clear();
    m_result = {};
    m_child = std::make_unique<ChildProcess>();
    connect(m_child.get(), &ChildProcess::outputRead, this, [this](const QByteArray& bytes) {
        m_results.feed(bytes);
        while (auto message = m_results.next())
            m_result = std::move(message->json);
    });
    connect(m_child.get(), &ChildProcess::ended, this, &AdaptEstimator::handleEnd, Qt::QueuedConnection);
    m_child->start(m_program, *std::exchange(m_next, std::nullopt));
}

void AdaptEstimator::handleEnd(const ChildEnd& end) {
    if (running()) return; // the end of one that was replaced already
    if (m_next) return start();
    if (!m_stopped) {
        const auto estimate = adaptEstimateOf(m_result);
        if (end.started && !end.crashed && end.exitCode == 0 && estimate) {
            Q_EMIT measured(*estimate);
        } else if (const auto error = m_result.find("error"); error != m_result.end() && error->is_object()) {
            Q_EMIT failed(problemOf(errorFromName(textAt(*error, "code").toStdString()), textAt(*error, "detail")));
        } else {
            Q_EMIT failed(
                {tr("This computer's speed could not be measured. Learning can be started all the same."), end.detail});
        }
    }
    Q_EMIT ended();
}

} // namespace grappa
