#include "ui/levels.h"

#include "core/search/search_target.h"
#include "ui/formatting.h"
#include "ui/jobs/json_lines.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

constexpr std::uint64_t fewestImages = 8; ///< below, grappa-cli makes no levels
constexpr int retryMs = 30'000;
constexpr int exitFailure = 1;

/// The number of clusters that a level is named by; nothing for "raw" and "auto".
std::optional<std::int64_t> clustersOf(const std::string& level) {
    std::int64_t k = 0;
    const auto [end, error] = std::from_chars(level.data(), level.data() + level.size(), k);
    return error == std::errc() && end == level.data() + level.size() && k > 0 ? std::optional(k) : std::nullopt;
}

/// Whether grappa-cli said that another process is at it.
bool saysLocked(const QByteArray& output) {
    JsonLines lines;
    lines.feed(output);
    while (const auto message = lines.next()) {
        const auto error = message->json.find("error");
        if (error != message->json.end() && error->is_object())
            return errorFromName(textAt(*error, "code").toStdString()) == ErrorCode::Locked;
    }
    return false;
}

} // namespace

LevelStops levelStops(Library& library, const std::optional<EmbeddingSet>& used) {
    LevelStops stops;
    if (!used) return stops;
    stops.images = used->vectors;
    stops.neighbourhoods = searchTarget(library, *used, autoLevel).set.key.smoothing != "raw";
    const auto set = setWithLevels(library, *used);
    if (!set) return stops;
    stops.set = set->id;
    stops.version = set->levelsVersion;
    for (const LevelRow& level : library.levels(set->id))
        if (level.shown) stops.k.insert(stops.k.begin(), level.k);
    stops.k = distinctStops(stops.k);
    return stops;
}

std::vector<std::int64_t> distinctStops(const std::vector<std::int64_t>& shown) {
    std::vector<std::int64_t> distinct;
    for (auto k = shown.rbegin(); k != shown.rend(); ++k)
        if (distinct.empty() || *k >= 2 * distinct.front()) distinct.insert(distinct.begin(), *k);
    return distinct;
}

QString groupsText(std::int64_t groups, std::uint64_t images) {
    const auto each = static_cast<std::uint64_t>(
        std::max(std::llround(static_cast<double>(images) / static_cast<double>(groups)), 1LL));
    return Levels::tr("%Ln group(s) of about %1", nullptr, static_cast<int>(groups)).arg(formatCount(each));
}

Levels::Levels(QString program, QStringList arguments, QObject* parent)
    : QObject(parent), m_program(std::move(program)), m_arguments(std::move(arguments)) {
    m_retry.setSingleShot(true);
    m_retry.setInterval(retryMs);
    connect(&m_retry, &QTimer::timeout, this, [this] { setState(goOn()); });
    connect(&m_child, &ChildProcess::outputRead, this, [this](const QByteArray& bytes) { m_output += bytes; });
    connect(&m_child, &ChildProcess::ended, this, &Levels::handleEnd);
}

std::string Levels::available(const std::string& level) const {
    if (level == autoLevel) return level;
    const auto wanted = clustersOf(level);
    if (!wanted || m_stops.k.empty()) return rawLevel;
    const auto distance = [&](std::int64_t k) {
        return std::abs(std::log(static_cast<double>(k) / static_cast<double>(*wanted)));
    };
    return std::to_string(*std::min_element(m_stops.k.begin(), m_stops.k.end(),
                                            [&](std::int64_t a, std::int64_t b) { return distance(a) < distance(b); }));
}

std::string Levels::effective(const std::string& level) const {
    return level == autoLevel && !m_stops.neighbourhoods ? rawLevel : level;
}

void Levels::update(LevelStops stops, const QString& adaptation) {
    const bool same = stops == m_stops;
    m_stops = std::move(stops);
    m_adaptation = adaptation;
    const State before = m_state;
    m_state = goOn();
    if (!same || m_state != before) Q_EMIT changed();
}

void Levels::setHeld(bool held) {
    m_held = held;
    if (held) m_child.stop();
    setState(goOn());
}

void Levels::stop() {
    m_stopped = true;
    m_retry.stop();
    m_child.stop();
}

void Levels::setState(State state) {
    if (std::exchange(m_state, state) != state) Q_EMIT changed();
}

Levels::State Levels::goOn() {
    if (m_stops.set != 0 && m_stops.neighbourhoods) return State::Ready;
    if (m_stops.images < fewestImages) return State::TooFew;
    if (m_held || m_stopped || m_retry.isActive()) return State::Waiting;
    if (running()) return State::Computing;
    if (m_lastAdaptation == m_adaptation && m_lastImages == m_stops.images) return State::Failed;
    m_lastAdaptation = m_adaptation;
    m_lastImages = m_stops.images;
    m_output.clear();
    m_child.start(m_program, m_arguments + QStringList{u"--json"_s, u"--watch-stdin"_s, u"levels"_s, u"--adaptation"_s,
                                                       m_adaptation.isEmpty() ? u"base"_s : m_adaptation});
    return State::Computing;
}

void Levels::handleEnd(const ChildEnd& end) {
    const bool done = end.started && !end.crashed && end.exitCode == 0;
    const bool locked = end.started && !end.crashed && end.exitCode == exitFailure && saysLocked(m_output);
    if (locked && !m_stopped) m_retry.start();
    // What was interrupted, or never began, is no attempt.
    if (locked || m_held || m_stopped) m_lastImages = 0;
    // When it was done, the library knows better.
    if (done) {
        Q_EMIT computed();
    } else {
        setState(goOn());
    }
    Q_EMIT ended();
}

} // namespace grappa
