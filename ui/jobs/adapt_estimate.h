#pragma once

#include "ui/jobs/child_process.h"
#include "ui/jobs/json_lines.h"

#include <functional>
#include <memory>
#include <optional>

namespace grappa {

/// How long learning a collection would take here, as `grappa-cli adapt --estimate` measured it.
struct AdaptEstimate {
    std::uint64_t images = 0;
    QString device; ///< "cpu", "cuda:0"
    int threads = 0;
    std::optional<double> quick{}, normal{}, thorough{}; ///< seconds
};

/// Nothing when it is not one.
std::optional<AdaptEstimate> adaptEstimateOf(const nlohmann::json& json);

/// Measures one collection at a time, in a child; a newer question takes the place of the one before.
class AdaptEstimator : public QObject {
    Q_OBJECT

public:
    AdaptEstimator(QString program, QStringList arguments, QObject* parent = nullptr);

    void measure(const QString& collection, const QString& device);
    void stop();
    bool running() const { return m_child && m_child->running(); }

Q_SIGNALS:
    void measured(const grappa::AdaptEstimate& estimate);
    void failed(const grappa::Problem& problem);
    void ended(); ///< the child, whatever it gave

private:
    void start();
    void handleEnd(const ChildEnd& end);

    QString m_program;
    QStringList m_arguments;
    std::unique_ptr<ChildProcess> m_child;
    JsonLines m_results;
    nlohmann::json m_result;
    std::optional<QStringList> m_next;
    bool m_stopped = false;
};

} // namespace grappa
