#pragma once

#include <nlohmann/json.hpp>

#include <QByteArray>
#include <QProcess>
#include <QString>
#include <QStringList>

namespace grappa::test {

struct CliResult {
    int exitCode = -1;
    bool crashed = false;
    QByteArray out, err;
    nlohmann::json json() const { return nlohmann::json::parse(out.toStdString(), nullptr, false); }
};

/// The real grappa-cli on a library and a models folder of the test's own.
class Cli {
public:
    Cli(QString library, QString models) : m_library(std::move(library)), m_models(std::move(models)) {}

    /// Runs to the end, with `--json` in front.
    CliResult run(const QStringList& arguments, const QByteArray& input = {}) const;
    /// Starts it and leaves it running.
    void start(QProcess& process, const QStringList& arguments) const;

private:
    QString m_library;
    QString m_models;
};

} // namespace grappa::test
