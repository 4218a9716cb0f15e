#include "ui/jobs/child_process.h"

#include <QCoreApplication>
#include <QDir>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {
/// The window itself is gone within 3 s of being closed.
constexpr int killAfterMs = 2500;
constexpr qsizetype keptLog = 4096;

// Exit codes of grappa-cli
constexpr int exitModelMissing = 5;
constexpr int exitDeviceMissing = 6;
constexpr int exitInterrupted = 130;
} // namespace

bool ChildEnd::interrupted() const {
    return started && !crashed && exitCode == exitInterrupted;
}

ErrorCode ChildEnd::code() const {
    switch (exitCode) {
    case exitModelMissing:
        return ErrorCode::ModelMissing;
    case exitDeviceMissing:
        return ErrorCode::DeviceUnavailable;
    default:
        return ErrorCode::Internal;
    }
}

ChildProcess::ChildProcess(QObject* parent) : QObject(parent) {
    m_kill.setSingleShot(true);
    m_kill.setInterval(killAfterMs);
    connect(&m_kill, &QTimer::timeout, &m_process, &QProcess::kill);
    connect(&m_process, &QProcess::readyReadStandardOutput, this,
            [this] { Q_EMIT outputRead(m_process.readAllStandardOutput()); });
    connect(&m_process, &QProcess::readyReadStandardError, this, [this] {
        const QByteArray bytes = m_process.readAllStandardError();
        m_log = (m_log + bytes).right(keptLog);
        Q_EMIT errorRead(bytes);
    });
    connect(&m_process, &QProcess::errorOccurred, this, &ChildProcess::handleError);
    connect(&m_process, &QProcess::finished, this, &ChildProcess::handleFinished);
}

ChildProcess::~ChildProcess() {
    m_process.disconnect(this);
    if (m_process.state() == QProcess::NotRunning) return;
    m_process.kill();
    m_process.waitForFinished(killAfterMs);
}

void ChildProcess::start(const QString& program, const QStringList& arguments) {
    m_log.clear();
    m_stopping = false;
    m_process.start(program, arguments);
}

bool ChildProcess::running() const {
    return m_process.state() != QProcess::NotRunning;
}

void ChildProcess::write(const QByteArray& bytes) {
    m_process.write(bytes);
}

void ChildProcess::stop() {
    if (!running() || m_stopping) return;
    m_stopping = true;
    m_process.terminate();
    m_kill.start();
}

void ChildProcess::kill() {
    if (!running()) return;
    m_stopping = true;
    m_process.kill();
}

void ChildProcess::handleError(QProcess::ProcessError error) {
    if (error != QProcess::FailedToStart) return;
    m_kill.stop();
    Q_EMIT ended({.started = false, .detail = m_process.program() + u": "_s + m_process.errorString()});
}

void ChildProcess::handleFinished(int exitCode, QProcess::ExitStatus status) {
    m_kill.stop();
    Q_EMIT ended({.crashed = status == QProcess::CrashExit && !m_stopping,
                  .exitCode = exitCode,
                  .detail = QString::fromUtf8(m_log).trimmed()});
}

QString defaultCliProgram() {
    return QDir(QCoreApplication::applicationDirPath()).filePath(u"grappa-cli"_s);
}

} // namespace grappa
