#include "ui/jobs/import_child.h"

#include "ui/formatting.h"
#include "ui/learning_run.h"

#include <algorithm>
#include <utility>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

constexpr int exitSomeUnreadable = 4;

QStringList argumentsOf(const ImportRequest& request) {
    QStringList arguments{u"import"_s, u"--json"_s, u"--watch-stdin"_s};
    if (request.renews()) return arguments << u"--renew"_s;
    arguments << u"--collection"_s << request.name << u"--"_s;
    for (const auto& folder : request.folders)
        arguments << argumentText(folder).value_or(QString());
    return arguments;
}

} // namespace

ImportChild::ImportChild(QString program, QStringList arguments, QObject* parent)
    : QObject(parent), m_program(std::move(program)), m_arguments(std::move(arguments)) {}

void ImportChild::enqueue(ImportRequest request) {
    if (busy() && request.renews() && m_status.request.renews()) return;
    forget(request.collection);
    m_queue.push_back(std::move(request));
    if (!busy()) return startNext();
    setWaiting();
    Q_EMIT statusChanged();
}

void ImportChild::stop() {
    if (m_status.state != ImportState::Running) return;
    m_child->stop();
    setState(ImportState::Stopping);
}

void ImportChild::resume() {
    if (busy() || m_stopped.empty()) return;
    m_queue = std::exchange(m_stopped, {});
    startNext();
}

void ImportChild::offer(ImportRequest request) {
    m_stopped.push_back(std::move(request));
    if (!busy()) goOn();
}

bool ImportChild::cancel(CollectionId collection) {
    bool found = forget(collection);
    if (busy() && m_status.request.collection == collection) {
        m_cancelled = found = true;
        m_child->stop();
        m_status.state = ImportState::Stopping;
    }
    setWaiting();
    if (found && !busy()) return goOn(), true;
    Q_EMIT statusChanged();
    return found;
}

bool ImportChild::forget(CollectionId collection) {
    const auto same = [collection](const ImportRequest& request) { return request.collection == collection; };
    const auto waiting = std::remove_if(m_queue.begin() + (busy() ? 1 : 0), m_queue.end(), same);
    const bool waited = waiting != m_queue.end();
    m_queue.erase(waiting, m_queue.end());
    return std::erase_if(m_stopped, same) > 0 || waited;
}

void ImportChild::setWaiting() {
    const std::size_t all = busy() ? m_queue.size() : m_stopped.size();
    m_status.waiting = all > 0 ? all - 1 : 0;
}

void ImportChild::goOn() {
    if (!m_queue.empty()) return startNext();
    m_status = {};
    if (!m_stopped.empty()) m_status = {.state = ImportState::Stopped, .request = m_stopped.front()};
    setWaiting();
    Q_EMIT statusChanged();
}

bool ImportChild::busy() const {
    return m_status.state == ImportState::Running || m_status.state == ImportState::Stopping;
}

void ImportChild::startNext() {
    m_status = {.state = ImportState::Running, .request = m_queue.front(), .waiting = m_queue.size() - 1};
    m_cancelled = false;
    m_events.clear();
    m_results.clear();
    m_result = {};
    m_child = std::make_unique<ChildProcess>();
    connect(m_child.get(), &ChildProcess::errorRead, this, &ImportChild::readEvents);
    connect(m_child.get(), &ChildProcess::outputRead, this, &ImportChild::readResult);
    // Queued, so that a child whose start fails at once ends after start() has returned.
    connect(m_child.get(), &ChildProcess::ended, this, &ImportChild::handleEnd, Qt::QueuedConnection);
    m_child->start(m_program, m_arguments + argumentsOf(m_status.request));
    Q_EMIT statusChanged();
}

void ImportChild::readEvents(const QByteArray& bytes) {
    m_events.feed(bytes);
    while (const auto message = m_events.next()) {
        const QString event = textAt(message->json, "event");
        if (event == u"committed"_s) Q_EMIT committed();
        if (event != u"progress"_s) continue;
        m_status.progress = progressOf(message->json);
        Q_EMIT statusChanged();
    }
}

void ImportChild::readResult(const QByteArray& bytes) {
    m_results.feed(bytes);
    while (auto message = m_results.next())
        m_result = std::move(message->json);
}

void ImportChild::handleEnd(const ChildEnd& end) {
    const bool stopped = m_status.state == ImportState::Stopping || end.interrupted();
    if (end.started && !end.crashed && (end.exitCode == 0 || end.exitCode == exitSomeUnreadable)) {
        const ImportRequest done = std::move(m_queue.front());
        m_queue.pop_front();
        const auto number = [this](const char* key) { return static_cast<int>(numberAt(m_result, key).value_or(0)); };
        m_status.found = number("found");
        m_status.imported = number("imported");
        if (const auto rows = m_result.find("unreadable"); rows != m_result.end())
            m_status.unreadable = static_cast<int>(rows->size());
        if (const auto left = m_result.find("leftAlone"); left != m_result.end() && left->is_object()) {
            m_status.videos = left->value("videos", 0);
            m_status.otherFiles = left->value("sidecars", 0) + left->value("companions", 0) + left->value("others", 0);
        }
        setState(ImportState::Done);
        Q_EMIT finished(done);
        if (!m_queue.empty() || !m_stopped.empty()) goOn();
        return;
    }
    if (m_cancelled) {
        m_queue.pop_front();
        m_status.state = ImportState::Idle;
        return goOn();
    }
    m_stopped.insert(m_stopped.begin(), m_queue.begin(), m_queue.end());
    m_queue.clear();
    if (stopped) return setState(ImportState::Stopped);
    if (!end.started) {
        m_status.problem = {tr("grappa-cli could not be started. Check that it lies beside this program."), end.detail};
    } else if (end.crashed) {
        m_status.problem = {tr("The import ended unexpectedly. What is done is kept; resume goes on from there."),
                            tr("grappa-cli was ended by signal %1. %2").arg(end.exitCode).arg(end.detail)};
    } else if (const auto error = m_result.find("error"); error != m_result.end() && error->is_object()) {
        m_status.problem = problemOf(errorFromName(textAt(*error, "code").toStdString()), textAt(*error, "detail"));
    } else {
        m_status.problem = problemOf(end.code(), end.detail);
    }
    setState(ImportState::Failed);
}

void ImportChild::setState(ImportState state) {
    m_status.state = state;
    Q_EMIT statusChanged();
}

} // namespace grappa
