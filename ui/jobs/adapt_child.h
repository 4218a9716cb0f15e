#pragma once

#include "ui/jobs/child_process.h"
#include "ui/jobs/json_lines.h"
#include "ui/learning_run.h"

#include <memory>
#include <optional>
#include <vector>

namespace grappa {

/// What is learned and how: the arguments of one run. Equal requests go on with the same run.
struct AdaptRequest {
    QString collection;
    QString name{}; ///< of the result; empty = grappa-cli chooses
    QString depth = QStringLiteral("normal");
    QString device = QStringLiteral("auto");
    int threads = 0; ///< 0 = all
    std::uint64_t seed = 0;
    QString granularities{}; ///< "16,64"; empty = from the number of images
    QStringList stored{};    ///< of a stopped run: its own arguments, whoever started it; empty = as above

    QStringList arguments() const; ///< of grappa-cli, with the verb
    bool operator==(const AdaptRequest&) const = default;
};

/// The request of a stopped run, from the arguments that grappa-cli stored; nothing when they cannot be read.
std::optional<AdaptRequest> adaptRequestOf(const std::string& storedArguments);

enum class AdaptState {
    Idle,
    Running,
    Pausing,    ///< asked to stop, the child saves
    Paused,     ///< resume() goes on
    Finishing,  ///< keeps what was learned so far, checks it and embeds with it
    Discarding, ///< forgets what was learned
    Failed,     ///< `problem` says why; resume() tries again
    Done,
};

struct AdaptStatus {
    AdaptState state = AdaptState::Idle;
    AdaptRequest request{};
    LearningRun run{};
    Problem problem{};    ///< when Failed
    QString adaptation{}; ///< its name, when Done

    /// Whether there is a run that has not ended for good.
    bool open() const { return state != AdaptState::Idle && state != AdaptState::Done; }
    bool canPause() const { return state == AdaptState::Running || state == AdaptState::Finishing; }
    bool canResume() const { return state == AdaptState::Paused || state == AdaptState::Failed; }
    /// To be kept or discarded.
    bool canEnd() const { return canResume() || state == AdaptState::Running; }
};

/// Runs `grappa-cli adapt`, one run at a time. Starting, resuming and trying again are the same call to the child: it
/// goes on from its checkpoint.
class AdaptChild : public QObject {
    Q_OBJECT

public:
    /// `arguments` come before the verb, for example {"--library", FOLDER}.
    AdaptChild(QString program, QStringList arguments, QObject* parent = nullptr);

    /// Nothing happens while another run is open.
    void start(AdaptRequest request);
    /// Frees the device; what is done is kept.
    void pause();
    void resume();
    /// Ends learning; what was learned so far becomes the result.
    void keep();
    /// Ends learning and forgets it. There is no way back.
    void discard();
    /// Shows a run that an earlier window left unfinished as paused, unless one is open. `points`: its curve so far.
    void offer(AdaptRequest request, const std::vector<CurvePoint>& points);

    bool running() const { return m_child && m_child->running(); }
    qint64 processId() const { return m_child ? m_child->processId() : 0; } ///< 0 while none runs
    const AdaptStatus& status() const { return m_status; }
    /// As pause(), whatever is under way; for the end of the window.
    void stop();

Q_SIGNALS:
    void statusChanged(); ///< state, request or problem
    void progressed();    ///< stages
    void samplesChanged();
    void curveChanged();
    void probesChanged();
    void committed(); ///< new rows are in the library
    void finished(const QString& adaptation);
    void discarded(const QString& collection);

private:
    enum class Way { Learn, Finish, Discard };

    void run(Way way);
    void endBy(Way way);
    void readEvents(const QByteArray& bytes);
    void readResult(const QByteArray& bytes);
    void handleEnd(const ChildEnd& end);
    void handleSuccess();
    std::optional<ErrorCode> errorAt() const; ///< that the child gave as its result
    Problem problemAt(const ChildEnd& end);
    void setState(AdaptState state);

    QString m_program;
    QStringList m_arguments;
    std::unique_ptr<ChildProcess> m_child;
    Way m_way = Way::Learn;
    std::optional<Way> m_next; ///< once the child that runs has stopped
    JsonLines m_events, m_results;
    nlohmann::json m_result;
    AdaptStatus m_status;
};

} // namespace grappa
