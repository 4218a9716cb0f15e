#pragma once

#include "core/library/library.h"
#include "ui/jobs/child_process.h"

#include <QObject>
#include <QStringList>
#include <QTimer>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace grappa {

// Where a search looks (Place::level), as searchTarget() takes it: one of these, or a number of clusters.
inline const std::string rawLevel = "raw";
inline const std::string autoLevel = "auto";

/// What the library has to choose from.
struct LevelStops {
    std::vector<std::int64_t> k; ///< as distinctStops() chose them, descending; empty = none were made
    bool neighbourhoods = false; ///< "auto" is another set than "raw"
    EmbeddingSetId set = 0;      ///< whose levels they are; 0 = none
    std::int64_t version = 0;    ///< of its clusterings
    std::uint64_t images = 0;    ///< that the searched set holds
    bool operator==(const LevelStops&) const = default;
};

/// Of the levels that are shown, k descending, those that a person can tell apart: the coarsest, and going finer each
/// next one whose groups are half as large or less.
std::vector<std::int64_t> distinctStops(const std::vector<std::int64_t>& shown);

/// "51 groups of about 9".
QString groupsText(std::int64_t groups, std::uint64_t images);

/// Of the set that searches use.
LevelStops levelStops(Library& library, const std::optional<EmbeddingSet>& used);

/// The stops of the granularity slider. Where there are none it has a quiet `grappa-cli levels` make them: it waits
/// while other work runs, and what goes wrong is no error for the user, who asked for nothing.
class Levels : public QObject {
    Q_OBJECT

public:
    enum class State {
        Ready,
        TooFew,    ///< images
        Waiting,   ///< for other work to end
        Computing, ///< by the child
        Failed,    ///< tried again when images were added
    };

    /// `arguments` come before the verb, for example {"--library", FOLDER}. Held until setHeld(false).
    Levels(QString program, QStringList arguments, QObject* parent = nullptr);

    const LevelStops& stops() const { return m_stops; }
    State state() const { return m_state; }
    /// The level itself where it is there, else the one that is nearest to it. "auto" stays wanted where it is not
    /// there yet.
    std::string available(const std::string& level) const;
    /// What a search at the level looks at by now: until the library has neighbourhoods "auto" finds what "raw" does.
    std::string effective(const std::string& level) const;

    /// What the library has by now. adaptation: the name of the one that searches use; empty = the base.
    void update(LevelStops stops, const QString& adaptation);
    /// While true no child runs.
    void setHeld(bool held);
    /// For good.
    void stop();
    bool running() const { return m_child.running(); }

Q_SIGNALS:
    void changed();  ///< stops() or state()
    void computed(); ///< the library has new levels
    void ended();    ///< the child

private:
    /// Starts the child where that is wanted and possible; the state that results.
    State goOn();
    void setState(State state);
    void handleEnd(const ChildEnd& end);

    QString m_program;
    QStringList m_arguments;
    LevelStops m_stops;
    QString m_adaptation;
    State m_state = State::TooFew;
    ChildProcess m_child;
    QByteArray m_output; ///< of the child
    bool m_held = true;
    bool m_stopped = false;
    QTimer m_retry;                 ///< another process holds the lock
    QString m_lastAdaptation;       ///< of the last run that came to its end,
    std::uint64_t m_lastImages = 0; ///< and the images that there were
};

} // namespace grappa
