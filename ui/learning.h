#pragma once

#include "core/search/drift.h"
#include "ui/jobs/adapt_child.h"
#include "ui/jobs/adapt_estimate.h"
#include "ui/jobs/library_thread.h"
#include "ui/learning_report.h"
#include "ui/models/adaptation_list_model.h"

#include <QUndoStack>

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

namespace grappa {

/// Learning a collection, and what was learned: the run, its result, the list of results and what can be done with
/// them. A deleted one is only hidden, so that taking it back costs nothing; the next window deletes it for good.
class Learning : public QObject {
    Q_OBJECT

public:
    /// `arguments` come before the verb. `thread`, `undo`: of the session.
    Learning(const QString& cli, const QStringList& arguments, LibraryPaths paths, LibraryThread& thread,
             QUndoStack& undo, QObject* parent = nullptr);
    ~Learning() override;

    AdaptChild* run() { return &m_run; }
    AdaptEstimator* estimator() { return &m_estimator; }
    AdaptationListModel* adaptations() { return &m_adaptations; }

    /// At the start of the window: a stopped run is offered, what an earlier one had hidden is deleted.
    void begin(std::vector<CollectionId> hiddenCollections);
    void setAdaptations(std::vector<AdaptationRow> adaptations, std::optional<std::int64_t> used);

    void rename(std::int64_t id, const QString& to);
    void remove(std::int64_t id);
    /// Copies the file of an adaptation.
    void exportTo(std::int64_t id, const std::filesystem::path& target);

    using OnProblem = std::function<void(Problem)>;
    using OnCompared = std::function<void(BeforeAfter)>;
    /// The first results of an image among the collection that was learned, under the base and under the adaptation.
    void compare(QObject* context, const AdaptationRow& row, ImageId query, std::size_t shown, OnCompared done,
                 OnProblem failed);
    using OnImage = std::function<void(std::optional<ImageId>)>;
    /// An image of the collection that was learned, another one each time.
    void pickImage(QObject* context, const AdaptationRow& row, OnImage done);
    /// Looks whether many new images of a collection (of all) are unlike what was learned; drifted() tells.
    void checkDrift(std::optional<CollectionId> collection = std::nullopt);

    bool running() const { return m_run.running() || m_estimator.running(); }
    void stop(); ///< the children; ended() comes

Q_SIGNALS:
    void changed(); ///< names or what is hidden
    void useRequested(std::optional<std::int64_t> id);
    void exported(const QString& name);
    void drifted(grappa::CollectionId collection, const grappa::Drift& drift);
    void failed(const grappa::Problem& problem);
    void ended();

private:
    void offerStopped(const std::vector<CollectionId>& hiddenCollections);
    void purgeHidden();
    void setName(std::int64_t id, const QString& name);
    void setHidden(std::int64_t id, bool hidden, bool wasUsed);
    void change(std::function<void(Library&)> work);
    void push(const QString& text, std::function<void()> forward, std::function<void()> backward);

    LibraryPaths m_paths;
    LibraryThread& m_thread;
    LibraryThread m_searches; ///< of before and after, drift, copies
    std::stop_source m_stopDrift;
    QUndoStack& m_undo;
    AdaptChild m_run;
    AdaptEstimator m_estimator;
    AdaptationListModel m_adaptations;
    std::vector<std::int64_t> m_hidden;
    std::map<CollectionId, std::uint64_t> m_toldDrift; ///< new images when it was told last
};

/// Adaptations that are hidden until they are deleted, as the library's settings keep them.
std::vector<std::int64_t> readHiddenAdaptations(Library& library);

} // namespace grappa
