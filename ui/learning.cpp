#include "ui/learning.h"

#include "core/base/file_io.h"
#include "ui/adaptation_sets.h"

#include <QRandomGenerator>
#include <QUndoCommand>

#include <algorithm>
#include <utility>

namespace grappa {

using namespace Qt::StringLiterals;
namespace fs = std::filesystem;

namespace {

constexpr const char* hiddenSetting = "removed_adaptations";
/// New images that make it worth saying again that many are unlike.
constexpr std::uint64_t tellAgainAfter = 50;

class LearningCommand : public QUndoCommand {
public:
    LearningCommand(const QString& text, std::function<void()> forward, std::function<void()> backward)
        : QUndoCommand(text), m_forward(std::move(forward)), m_backward(std::move(backward)) {}

    void redo() override { m_forward(); }
    void undo() override { m_backward(); }

private:
    std::function<void()> m_forward, m_backward;
};

std::vector<Neighbour> found(Library& library, const EmbeddingSet& set, const AdaptationRow& row, ImageId query,
                             std::size_t shown) {
    Searcher searcher(library, set);
    const auto vector = searcher.vectorOf(query);
    if (!vector) throw Error(ErrorCode::NotFound, "Image " + std::to_string(query) + " has no vector in this set.");
    SearchOptions options;
    options.limit = shown;
    options.filter.collection = row.collection;
    options.exclude = query;
    return searcher.search(*vector, options);
}

struct Stopped {
    AdaptRequest request;
    std::vector<CurvePoint> points;
};

} // namespace

std::vector<std::int64_t> readHiddenAdaptations(Library& library) {
    const auto stored = nlohmann::json::parse(library.setting(hiddenSetting).value_or("[]"), nullptr, false);
    std::vector<std::int64_t> hidden;
    if (!stored.is_array()) return hidden;
    for (const auto& id : stored) {
        if (id.is_number_integer()) hidden.push_back(id.get<std::int64_t>());
    }
    return hidden;
}

Learning::Learning(const QString& cli, const QStringList& arguments, LibraryPaths paths, LibraryThread& thread,
                   QUndoStack& undo, QObject* parent)
    : QObject(parent)
    , m_paths(paths)
    , m_thread(thread)
    , m_searches(std::move(paths))
    , m_undo(undo)
    , m_run(cli, arguments)
    , m_estimator(cli, arguments) {
    connect(&m_run, &AdaptChild::statusChanged, this, &Learning::ended);
    connect(&m_estimator, &AdaptEstimator::ended, this, &Learning::ended);
    connect(&m_adaptations, &AdaptationListModel::renameRequested, this, &Learning::rename);
}

Learning::~Learning() {
    m_stopDrift.request_stop();
}

void Learning::begin(std::vector<CollectionId> hiddenCollections) {
    purgeHidden();
    offerStopped(hiddenCollections);
    checkDrift();
}

void Learning::setAdaptations(std::vector<AdaptationRow> adaptations, std::optional<std::int64_t> used) {
    m_adaptations.setAdaptations(std::move(adaptations), used);
}

void Learning::stop() {
    m_run.stop();
    m_estimator.stop();
}

/// The newest of them; it never starts by itself.
void Learning::offerStopped(const std::vector<CollectionId>& hiddenCollections) {
    m_thread.run(
        this,
        [hiddenCollections](LibraryAccess& access) {
            std::optional<Stopped> newest;
            for (const auto& job : access.library().resumableJobs()) {
                if (job.kind != "adapt") continue;
                auto request = adaptRequestOf(job.arguments);
                const auto collection =
                    request ? access.library().findCollection(request->collection.toStdString()) : std::nullopt;
                if (!collection || std::find(hiddenCollections.begin(), hiddenCollections.end(), collection->id) !=
                                       hiddenCollections.end())
                    continue;
                newest = Stopped{std::move(*request), access.library().curvePoints(job.id)};
            }
            return newest;
        },
        [this](const std::optional<Stopped>& stopped) {
            if (stopped) m_run.offer(stopped->request, stopped->points);
        },
        [this](const Problem& problem) { Q_EMIT failed(problem); });
}

void Learning::purgeHidden() {
    m_thread.run(
        this,
        [](LibraryAccess& access) {
            const std::vector<std::int64_t> hidden = readHiddenAdaptations(access.library());
            for (const std::int64_t id : hidden) {
                const auto rows = access.library().adaptations();
                if (std::any_of(rows.begin(), rows.end(), [id](const AdaptationRow& row) { return row.id == id; }))
                    access.library().removeAdaptation(id);
            }
            if (!hidden.empty()) access.library().setSetting(hiddenSetting, "[]");
            return true;
        },
        [](bool) {}, [this](const Problem& problem) { Q_EMIT failed(problem); });
}

void Learning::change(std::function<void(Library&)> work) {
    m_thread.run(
        this,
        [work = std::move(work)](LibraryAccess& access) {
            work(access.library());
            return true;
        },
        [this](bool) { Q_EMIT changed(); },
        [this](const Problem& problem) {
            Q_EMIT failed(problem);
            Q_EMIT changed();
        });
}

void Learning::push(const QString& text, std::function<void()> forward, std::function<void()> backward) {
    m_undo.push(new LearningCommand(text, std::move(forward), std::move(backward)));
}

void Learning::rename(std::int64_t id, const QString& to) {
    const AdaptationRow* row = m_adaptations.find(id);
    if (!row || to.isEmpty()) return;
    const QString from = QString::fromStdString(row->name);
    if (to == from) return;
    if (m_adaptations.find(to)) {
        Q_EMIT failed({tr("There is something learned that is called %1 already. Choose another name.").arg(to), {}});
        return;
    }
    push(
        tr("rename %1").arg(from), [this, id, to] { setName(id, to); }, [this, id, from] { setName(id, from); });
}

void Learning::remove(std::int64_t id) {
    const AdaptationRow* row = m_adaptations.find(id);
    if (!row) return;
    const bool wasUsed = m_adaptations.used() == id;
    push(
        tr("delete %1").arg(QString::fromStdString(row->name)), [this, id, wasUsed] { setHidden(id, true, wasUsed); },
        [this, id, wasUsed] { setHidden(id, false, wasUsed); });
}

void Learning::setName(std::int64_t id, const QString& name) {
    change([id, name](Library& library) { library.renameAdaptation(id, name.toStdString()); });
}

void Learning::setHidden(std::int64_t id, bool hidden, bool wasUsed) {
    std::erase(m_hidden, id);
    if (hidden) m_hidden.push_back(id);
    if (hidden && wasUsed) Q_EMIT useRequested(std::nullopt);
    change([stored = nlohmann::json(m_hidden).dump()](Library& library) { library.setSetting(hiddenSetting, stored); });
    if (!hidden && wasUsed) Q_EMIT useRequested(id);
}

void Learning::exportTo(std::int64_t id, const fs::path& target) {
    const AdaptationRow* row = m_adaptations.find(id);
    if (!row) return;
    m_searches.run(
        this,
        [file = m_paths.adaptations() / row->file, target](LibraryAccess&) {
            saveFile(target, MappedFile(file).bytes());
            return true;
        },
        [this, name = QString::fromStdString(row->name)](bool) { Q_EMIT exported(name); },
        [this](const Problem& problem) {
            Q_EMIT failed(
                {tr("It could not be written there. Choose another place, or free some space."), problem.detail});
        });
}

void Learning::compare(QObject* context, const AdaptationRow& row, ImageId query, std::size_t shown, OnCompared done,
                       OnProblem failed) {
    m_searches.run(
        context,
        [row, query, shown](LibraryAccess& access) {
            const auto learned = setOf(access.library(), row);
            const auto base = baseSet(access.library());
            if (!learned || !base) throw Error(ErrorCode::NotFound, "The library holds no vectors of this adaptation.");
            return compareRanks(found(access.library(), *base, row, query, shown),
                                found(access.library(), *learned, row, query, shown), shown);
        },
        std::move(done), std::move(failed));
}

void Learning::pickImage(QObject* context, const AdaptationRow& row, OnImage done) {
    m_searches.run(
        context,
        [row, draw = QRandomGenerator::global()->generate()](LibraryAccess& access) -> std::optional<ImageId> {
            ImageFilter filter;
            filter.collection = row.collection;
            std::vector<ImageId> images = access.library().imageIds(filter);
            const auto learned = setOf(access.library(), row);
            // Some that were added just now may not be described yet.
            constexpr int tries = 20;
            for (int i = 0; learned && !images.empty() && i < tries; ++i) {
                const ImageId image = images[(draw + static_cast<std::size_t>(i)) % images.size()];
                if (access.library().hasVector(learned->id, image)) return image;
            }
            return std::nullopt;
        },
        std::move(done), [this](const Problem& problem) { Q_EMIT failed(problem); });
}

void Learning::checkDrift(std::optional<CollectionId> collection) {
    struct Finding {
        CollectionId collection = 0;
        Drift drift;
    };
    m_searches.run(
        this,
        [collection, stop = m_stopDrift.get_token()](LibraryAccess& access) {
            std::vector<Finding> findings;
            std::vector<CollectionId> seen;
            const std::vector<std::int64_t> hidden = readHiddenAdaptations(access.library());
            for (const AdaptationRow& row : access.library().adaptations()) {
                if (!row.collection || (collection && row.collection != collection)) continue;
                if (std::find(hidden.begin(), hidden.end(), row.id) != hidden.end()) continue;
                // Newest first: what was learned before it is history.
                if (std::find(seen.begin(), seen.end(), *row.collection) != seen.end()) continue;
                seen.push_back(*row.collection);
                const auto set = setOf(access.library(), row);
                const auto drift = set ? measureDrift(access.library(), *set, {.stop = stop}) : std::nullopt;
                if (drift && isWorthTelling(*drift)) findings.push_back({*row.collection, *drift});
            }
            return findings;
        },
        [this](const std::vector<Finding>& findings) {
            for (const Finding& finding : findings) {
                const auto told = m_toldDrift.find(finding.collection);
                if (told != m_toldDrift.end() && finding.drift.added < told->second + tellAgainAfter) continue;
                m_toldDrift[finding.collection] = finding.drift.added;
                Q_EMIT drifted(finding.collection, finding.drift);
            }
        },
        // It is only a hint: what is wrong with the library is said elsewhere.
        [](const Problem&) {});
}

} // namespace grappa
