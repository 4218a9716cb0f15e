#include "ui/jobs/adapt_child.h"

#include <utility>

namespace grappa {

using namespace Qt::StringLiterals;

QStringList AdaptRequest::arguments() const {
    if (!stored.isEmpty()) return QStringList{u"adapt"_s} + stored;
    QStringList arguments{u"--device"_s, device};
    if (threads > 0) arguments << u"--threads"_s << QString::number(threads);
    arguments << u"adapt"_s << u"--collection"_s << collection << u"--depth"_s << depth << u"--seed"_s
              << QString::number(seed);
    if (!name.isEmpty()) arguments << u"--name"_s << name;
    if (!granularities.isEmpty()) arguments << u"--granularities"_s << granularities;
    return arguments;
}

std::optional<AdaptRequest> adaptRequestOf(const std::string& storedArguments) {
    const auto stored = nlohmann::json::parse(storedArguments, nullptr, false);
    if (!stored.is_object()) return std::nullopt;
    AdaptRequest request{textAt(stored, "collection"), textAt(stored, "name")};
    if (request.collection.isEmpty()) return std::nullopt;
    if (const QString depth = textAt(stored, "depth"); !depth.isEmpty()) request.depth = depth;
    if (const auto seed = stored.find("seed"); seed != stored.end() && seed->is_number_unsigned())
        request.seed = seed->get<std::uint64_t>();
    if (const auto arguments = stored.find("arguments"); arguments != stored.end() && arguments->is_array()) {
        for (const auto& argument : *arguments) {
            if (argument.is_string()) request.stored << QString::fromStdString(argument.get<std::string>());
        }
    }
    return request;
}

AdaptChild::AdaptChild(QString program, QStringList arguments, QObject* parent)
    : QObject(parent), m_program(std::move(program)), m_arguments(std::move(arguments)) {}

void AdaptChild::start(AdaptRequest request) {
    if (m_status.open()) return;
    m_status = {.request = std::move(request)};
    run(Way::Learn);
}

void AdaptChild::pause() {
    if (!m_status.canPause()) return;
    m_next.reset();
    m_child->stop();
    setState(AdaptState::Pausing);
}

void AdaptChild::resume() {
    if (m_status.canResume()) run(m_way);
}

void AdaptChild::keep() {
    endBy(Way::Finish);
}

void AdaptChild::discard() {
    endBy(Way::Discard);
}

/// The run itself must have stopped first.
void AdaptChild::endBy(Way way) {
    if (!m_status.canEnd()) return;
    if (m_status.canResume()) return run(way);
    m_next = way;
    m_child->stop();
    setState(way == Way::Finish ? AdaptState::Finishing : AdaptState::Discarding);
}

void AdaptChild::stop() {
    m_next.reset();
    if (!running()) return;
    m_child->stop();
    setState(AdaptState::Pausing);
}

void AdaptChild::offer(AdaptRequest request, const std::vector<CurvePoint>& points) {
    if (m_status.open()) return;
    m_status = {.request = std::move(request)};
    m_way = Way::Learn;
    m_status.run.curve().addStored(points);
    setState(AdaptState::Paused);
    Q_EMIT curveChanged();
}

void AdaptChild::run(Way way) {
    m_way = way;
    m_next.reset();
    m_events.clear();
    m_results.clear();
    m_result = {};
    m_status.problem = {};
    m_child = std::make_unique<ChildProcess>();
    connect(m_child.get(), &ChildProcess::errorRead, this, &AdaptChild::readEvents);
    connect(m_child.get(), &ChildProcess::outputRead, this, &AdaptChild::readResult);
    // Queued, so that a child whose start fails at once ends after start() has returned.
    connect(m_child.get(), &ChildProcess::ended, this, &AdaptChild::handleEnd, Qt::QueuedConnection);
    QStringList arguments = m_arguments + QStringList{u"--json"_s, u"--watch-stdin"_s} + m_status.request.arguments();
    if (way == Way::Finish) arguments << u"--finish"_s;
    if (way == Way::Discard) arguments << u"--discard"_s;
    m_child->start(m_program, arguments);
    setState(way == Way::Learn    ? AdaptState::Running
             : way == Way::Finish ? AdaptState::Finishing
                                  : AdaptState::Discarding);
}

void AdaptChild::readEvents(const QByteArray& bytes) {
    m_events.feed(bytes);
    bool stages = false, samples = false, curve = false, probes = false, rows = false;
    while (const auto message = m_events.next()) {
        rows = rows || textAt(message->json, "event") == u"committed"_s;
        switch (m_status.run.take(message->json)) {
        case LearningRun::Change::Nothing:
            break;
        case LearningRun::Change::Stages:
            stages = true;
            break;
        case LearningRun::Change::Samples:
            samples = true;
            break;
        case LearningRun::Change::Curve:
            curve = true;
            break;
        case LearningRun::Change::Probes:
            probes = curve = true;
            break;
        }
    }
    // Once for all that came together: a step of learning may take a millisecond.
    if (stages || curve) Q_EMIT progressed();
    if (samples) Q_EMIT samplesChanged();
    if (curve) Q_EMIT curveChanged();
    if (probes) Q_EMIT probesChanged();
    if (rows) Q_EMIT committed();
}

void AdaptChild::readResult(const QByteArray& bytes) {
    m_results.feed(bytes);
    while (auto message = m_results.next())
        m_result = std::move(message->json);
}

void AdaptChild::handleEnd(const ChildEnd& end) {
    const bool asked = m_status.state == AdaptState::Pausing || m_next.has_value();
    if (end.started && !end.crashed && end.exitCode == 0) return handleSuccess();
    if (asked || end.interrupted()) {
        if (m_next) return run(*std::exchange(m_next, std::nullopt));
        return setState(AdaptState::Paused);
    }
    const bool nothingThere = errorAt() == ErrorCode::NotFound;
    // A run that left nothing behind is as good as discarded.
    if (m_way == Way::Discard && nothingThere) return handleSuccess();
    m_status.problem = problemAt(end);
    // Trying again must not discard without being asked anew, and goes on where there is nothing to keep.
    if (m_way == Way::Discard || nothingThere) m_way = Way::Learn;
    setState(AdaptState::Failed);
}

void AdaptChild::handleSuccess() {
    m_next.reset();
    if (m_way == Way::Discard) {
        const QString collection = m_status.request.collection;
        m_status = {};
        Q_EMIT statusChanged();
        Q_EMIT discarded(collection);
        return;
    }
    m_status.run.finish();
    m_status.adaptation = textAt(m_result, "adaptation");
    setState(AdaptState::Done);
    Q_EMIT progressed();
    Q_EMIT finished(m_status.adaptation);
}

std::optional<ErrorCode> AdaptChild::errorAt() const {
    const auto error = m_result.find("error");
    if (error == m_result.end() || !error->is_object()) return std::nullopt;
    return errorFromName(textAt(*error, "code").toStdString());
}

Problem AdaptChild::problemAt(const ChildEnd& end) {
    if (!end.started)
        return {tr("grappa-cli could not be started. Check that it lies beside this program."), end.detail};
    if (end.crashed)
        return {tr("Learning ended unexpectedly. What is done is kept; resume goes on from there."),
                tr("grappa-cli was ended by signal %1. %2").arg(end.exitCode).arg(end.detail)};
    const auto code = errorAt();
    if (!code) return problemOf(end.code(), end.detail);
    const QString detail = textAt(m_result["error"], "detail");
    if (m_way == Way::Finish && code == ErrorCode::NotFound)
        return {tr("Nothing was learned yet that could be kept. Let it go on, or discard it."), detail};
    return problemOf(*code, detail);
}

void AdaptChild::setState(AdaptState state) {
    m_status.state = state;
    Q_EMIT statusChanged();
}

} // namespace grappa
