#include "tests/support/cli.h"

#include <QProcessEnvironment>

namespace grappa::test {

void Cli::start(QProcess& process, const QStringList& arguments) const {
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("GRAPPA_LIBRARY"), m_library);
    environment.insert(QStringLiteral("GRAPPA_MODELS"), m_models);
    process.setProcessEnvironment(environment);
    process.start(QStringLiteral(GRAPPA_BIN "/grappa-cli"), QStringList{QStringLiteral("--json")} + arguments);
}

CliResult Cli::run(const QStringList& arguments, const QByteArray& input) const {
    constexpr int timeoutMs = 300'000;
    QProcess process;
    start(process, arguments);
    process.write(input);
    process.closeWriteChannel();
    process.waitForFinished(timeoutMs);
    return {process.exitCode(), process.exitStatus() == QProcess::CrashExit, process.readAllStandardOutput(),
            process.readAllStandardError()};
}

} // namespace grappa::test
