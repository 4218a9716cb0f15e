#include "ui/renewal.h"

#include "core/library/library.h"
#include "ui/jobs/json_lines.h"

#include <utility>

namespace grappa {

using namespace Qt::StringLiterals;

bool isDescribedByEarlierVersion(Library& library) {
    const auto used = library.defaultEmbeddingSet();
    return used && used->key.isRawBase() && used->key.descriptor == classAlone && used->vectors > 0;
}

Renewal::Renewal(QString program, QStringList arguments, QObject* parent)
    : QObject(parent), m_program(std::move(program)), m_arguments(std::move(arguments)) {
    connect(&m_child, &ChildProcess::outputRead, this, [this](const QByteArray& bytes) { m_output += bytes; });
    connect(&m_child, &ChildProcess::ended, this, &Renewal::handleEnd);
}

void Renewal::update(bool described) {
    if (std::exchange(m_described, described) == described || m_stopped) return;
    if (!described) return setPossible(false);
    if (running()) return;
    m_output.clear();
    m_child.start(m_program, m_arguments + QStringList{u"--json"_s, u"info"_s});
}

void Renewal::stop() {
    m_stopped = true;
    m_child.kill();
}

void Renewal::setPossible(bool possible) {
    if (std::exchange(m_possible, possible) != possible) Q_EMIT changed();
}

void Renewal::handleEnd(const ChildEnd& end) {
    JsonLines lines;
    lines.feed(m_output + '\n');
    const auto info = lines.next();
    // A child that failed offers nothing: the next start of the window asks again.
    const bool renewable = end.started && !end.crashed && info && info->json.value("renewable", false);
    setPossible(renewable && m_described && !m_stopped);
    Q_EMIT ended();
}

} // namespace grappa
