#pragma once

#include "ui/error_text.h"

#include <QObject>
#include <QProcess>
#include <QStringList>
#include <QTimer>

namespace grappa {

/// How a child ended.
struct ChildEnd {
    bool started = true;  ///< false: the program could not be run
    bool crashed = false; ///< ended by a signal that we did not send
    int exitCode = 0;
    QString detail; ///< why it did not start, or the last lines of its log

    /// Stopped by a signal and ended by itself.
    bool interrupted() const;
    /// What its exit code tells; Internal where that is nothing.
    ErrorCode code() const;
};

/// One run of grappa-cli: raw output in, raw input out, and an end that comes within 3 s of stop().
/// Lives on the GUI thread; nothing waits. Destroying it kills the child.
class ChildProcess : public QObject {
    Q_OBJECT

public:
    explicit ChildProcess(QObject* parent = nullptr);
    ~ChildProcess() override;

    void start(const QString& program, const QStringList& arguments);
    bool running() const;
    qint64 processId() const { return m_process.processId(); }
    void write(const QByteArray& bytes);
    /// SIGTERM: the child keeps what is done and ends; SIGKILL when it has not ended after 2.5 s.
    void stop();
    /// At once: for a child that has nothing to keep.
    void kill();

Q_SIGNALS:
    void outputRead(const QByteArray& bytes);
    void errorRead(const QByteArray& bytes);
    void ended(const grappa::ChildEnd& end);

private:
    void handleError(QProcess::ProcessError error);
    void handleFinished(int exitCode, QProcess::ExitStatus status);

    QProcess m_process;
    QTimer m_kill;
    QByteArray m_log; ///< the end of stderr
    bool m_stopping = false;
};

/// grappa-cli beside this program.
QString defaultCliProgram();

} // namespace grappa
