#include "ui/views/learning_controller.h"

#include "ui/browser.h"
#include "ui/formatting.h"
#include "ui/learning_text.h"
#include "ui/session.h"
#include "ui/views/adaptation_list.h"
#include "ui/views/gallery_view.h"
#include "ui/views/learn_sheet.h"
#include "ui/views/learning_bar.h"
#include "ui/views/learning_page.h"
#include "ui/views/message_bar.h"
#include "ui/views/report_page.h"

#include <QFile>
#include <QFileDialog>
#include <QShortcut>
#include <QStackedWidget>

#include <utility>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {
constexpr int updateMs = 200;
} // namespace

LearningController::LearningController(Session& session, Browser& browser, const LearningPlaces& places,
                                       QObject* parent)
    : QObject(parent)
    , m_session(session)
    , m_browser(browser)
    , m_learning(*session.learning())
    , m_places(places)
    , m_pictures([&session](ImageId id) { return session.image(id); }, session.paths().thumbnails())
    , m_run(new LearningPage(m_pictures, places.pages))
    , m_report(new ReportPage(m_pictures, places.pages)) {
    m_places.pages->addWidget(m_run);
    m_places.pages->addWidget(m_report);
    connectRun();
    connectPages();
    connectList();
    for (QWidget* page : {static_cast<QWidget*>(m_run), static_cast<QWidget*>(m_report)}) {
        auto* back = new QShortcut(Qt::Key_Escape, page);
        back->setContext(Qt::WidgetWithChildrenShortcut);
        connect(back, &QShortcut::activated, this, &LearningController::showGallery);
    }
    updateRun();
    updateProgress();
}

void LearningController::connectRun() {
    AdaptChild* run = m_learning.run();
    connect(run, &AdaptChild::statusChanged, this, &LearningController::updateRun);
    m_updateSoon.setSingleShot(true);
    m_updateSoon.setInterval(updateMs);
    connect(&m_updateSoon, &QTimer::timeout, this, &LearningController::updateProgress);
    const auto updateSoon = [this] {
        if (!m_updateSoon.isActive()) m_updateSoon.start();
    };
    connect(run, &AdaptChild::progressed, this, updateSoon);
    connect(run, &AdaptChild::curveChanged, this, updateSoon);
    connect(run, &AdaptChild::samplesChanged, this, [this, run] { m_run->setSamples(run->status().run); });
    connect(run, &AdaptChild::probesChanged, this, [this, run] { m_run->setProbes(run->status().run); });
    connect(run, &AdaptChild::finished, this, &LearningController::finish);
    connect(run, &AdaptChild::discarded, this, [this](const QString& collection) {
        showGallery();
        m_places.messages->tell(tr("What was learned of %1 was discarded. Searches go on as before.").arg(collection));
    });
    connect(m_places.bar, &LearningBar::showRequested, this, [this, run] {
        if (run->status().open()) return showRun();
        if (const AdaptationRow* row = m_learning.adaptations()->find(run->status().adaptation)) showReport(row->id);
    });
    connect(m_places.bar, &LearningBar::pauseRequested, run, &AdaptChild::pause);
    connect(m_places.bar, &LearningBar::resumeRequested, run, &AdaptChild::resume);
    connect(&m_learning, &Learning::exported, this,
            [this](const QString& name) { m_places.messages->tell(tr("%1 was exported.").arg(name)); });
    connect(&m_learning, &Learning::drifted, this, [this](CollectionId collection, const Drift& drift) {
        const QString share = formatPercent(100 * drift.unlike);
        m_places.messages->tell(tr("%Ln new image(s) in %1, %2 unlike what was learned: learn again?", nullptr,
                                   static_cast<int>(drift.added))
                                    .arg(m_session.collections()->nameOf(collection), share),
                                tr("Learn again…"), [this, collection] { openSheet(collection); });
    });
}

void LearningController::connectPages() {
    AdaptChild* run = m_learning.run();
    connect(m_run, &LearningPage::galleryRequested, this, &LearningController::showGallery);
    connect(m_run, &LearningPage::pauseRequested, run, &AdaptChild::pause);
    connect(m_run, &LearningPage::resumeRequested, run, &AdaptChild::resume);
    connect(m_run, &LearningPage::keepRequested, run, &AdaptChild::keep);
    connect(m_run, &LearningPage::discardRequested, run, &AdaptChild::discard);
    connect(m_run, &LearningPage::imageActivated, this, &LearningController::search);
    connect(m_report, &ReportPage::galleryRequested, this, &LearningController::showGallery);
    connect(m_report, &ReportPage::useRequested, this, [this](std::int64_t id) {
        m_session.useAdaptation(id);
        showGallery();
    });
    connect(m_report, &ReportPage::baseRequested, this, [this] {
        if (m_learning.adaptations()->used()) m_session.useAdaptation(std::nullopt);
        showGallery();
    });
    connect(m_report, &ReportPage::removeRequested, this, &LearningController::remove);
    connect(m_report, &ReportPage::queryChosen, this, &LearningController::compare);
    connect(m_report, &ReportPage::anotherQueryRequested, this, &LearningController::pickAnother);
    connect(m_report, &ReportPage::selectedQueryRequested, this, [this] {
        if (const auto image = currentImage()) return compare(*image);
        m_report->setProblem(tr("No image is selected in the gallery. Select one there first."));
    });
    connect(m_report, &ReportPage::searchRequested, this, &LearningController::search);
    // Whatever leads to another place of the gallery shows it: a search when it begins, so that its end leads nowhere.
    connect(&m_browser, &Browser::placeChanged, this, [this] {
        const ImageQuery* pending = m_browser.pending();
        const bool begins = pending && !m_searching;
        const auto& shown = m_browser.place().query;
        m_searching = pending != nullptr;
        if (begins && !(shown && shown->sameImage(*pending))) showGallery();
    });
    connect(&m_browser, &Browser::aboutToLeave, this, [this] {
        if (!m_searching) showGallery();
    });
}

void LearningController::connectList() {
    AdaptationList* list = m_places.list;
    connect(list, &AdaptationList::useRequested, &m_session, &Session::useAdaptation);
    connect(list, &AdaptationList::reportRequested, this, &LearningController::showReport);
    connect(list, &AdaptationList::exportRequested, this, &LearningController::chooseExport);
    connect(list, &AdaptationList::removeRequested, this, &LearningController::remove);
    connect(list, &AdaptationList::learnRequested, this, [this] { learn(m_browser.place().filter.collection); });
    connect(m_learning.adaptations(), &QAbstractItemModel::modelReset, this, &LearningController::updateReport);
    connect(m_learning.adaptations(), &QAbstractItemModel::dataChanged, this, &LearningController::updateReport);
    connect(&m_session, &Session::libraryChanged, &m_pictures, &PictureSource::forgetMissing);
}

void LearningController::updateRun() {
    m_run->setStatus(m_learning.run()->status());
    updateBar();
}

void LearningController::updateProgress() {
    const AdaptStatus& status = m_learning.run()->status();
    m_run->setStages(status);
    m_run->setCurve(status.run);
    updateBar();
}

void LearningController::updateBar() {
    const AdaptStatus& status = m_learning.run()->status();
    m_places.bar->setStatus(status);
    m_places.bar->setVisible(status.open() && m_places.pages->currentWidget() != m_run);
}

void LearningController::showGallery() {
    if (m_places.pages->currentIndex() == 0) return;
    m_places.pages->setCurrentIndex(0);
    m_places.gallery->setFocus();
    updateBar();
}

void LearningController::showRun() {
    const LearningRun& run = m_learning.run()->status().run;
    m_run->setStages(m_learning.run()->status());
    m_run->setSamples(run);
    m_run->setCurve(run);
    m_run->setProbes(run);
    m_places.pages->setCurrentWidget(m_run);
    updateBar();
}

QString LearningController::hindrance() const {
    const AdaptStatus& status = m_learning.run()->status();
    if (!status.open()) return {};
    return tr("%1 is being learned already. Let it end, keep it or discard it first.").arg(status.request.collection);
}

void LearningController::learn(std::optional<CollectionId> collection) {
    if (m_learning.run()->status().open()) return showRun();
    openSheet(collection);
}

void LearningController::openSheet(std::optional<CollectionId> collection) {
    if (m_places.pages->window()->findChild<LearnSheet*>()) return;
    auto* sheet = new LearnSheet(m_session.collections()->collections(), collection, m_places.pages->window());
    AdaptEstimator* estimator = m_learning.estimator();
    sheet->setNameCheck([this](const QString& name) { return m_learning.adaptations()->find(name) != nullptr; });
    connect(sheet, &LearnSheet::estimateWanted, estimator, &AdaptEstimator::measure);
    connect(estimator, &AdaptEstimator::measured, sheet, &LearnSheet::setEstimate);
    connect(estimator, &AdaptEstimator::failed, sheet, &LearnSheet::setProblem);
    connect(sheet, &QDialog::finished, estimator, &AdaptEstimator::stop);
    connect(m_learning.run(), &AdaptChild::statusChanged, sheet, [this, sheet] { sheet->setHindrance(hindrance()); });
    connect(sheet, &LearnSheet::startRequested, this, [this](const AdaptRequest& request) {
        m_learning.run()->start(request);
        showRun();
    });
    sheet->setHindrance(hindrance());
    sheet->ask();
    sheet->open();
}

void LearningController::finish(const QString& name) {
    m_finished = name;
    // The list reads the library; what was finished is in it with the next change.
    updateReport();
}

void LearningController::updateReport() {
    const AdaptationListModel& list = *m_learning.adaptations();
    if (!m_finished.isEmpty()) {
        if (const AdaptationRow* row = list.find(m_finished)) {
            m_finished.clear();
            if (m_places.pages->currentWidget() == m_run) return showReport(row->id);
            const auto report = learningReportOf(row->report);
            m_places.messages->tell(
                tr("%1 is learned: %2.")
                    .arg(QString::fromStdString(row->name),
                         verdictWord(report ? report->verdict : LearningVerdict::NoClearDifference)),
                tr("Show the report"), [this, id = row->id] { showReport(id); });
        }
    }
    if (!m_report->adaptation()) return;
    if (const AdaptationRow* row = list.find(m_report->adaptation()->id)) {
        m_report->setAdaptation(*row, list.used() == row->id);
    } else if (m_places.pages->currentWidget() == m_report) {
        showGallery();
    }
}

void LearningController::showReport(std::int64_t id) {
    const AdaptationRow* row = m_learning.adaptations()->find(id);
    if (!row) return;
    const bool another = !m_report->adaptation() || m_report->adaptation()->id != id;
    m_report->setAdaptation(*row, m_learning.adaptations()->used() == id);
    m_places.pages->setCurrentWidget(m_report);
    if (QPushButton* advised = m_report->advised()) advised->setFocus();
    updateBar();
    if (!another && m_report->query()) return;
    ++m_comparisons;
    m_report->setQuery(std::nullopt);
    pickAnother();
}

std::optional<ImageId> LearningController::currentImage() const {
    return m_browser.images()->imageAt(m_places.gallery->currentIndex().row());
}

void LearningController::pickAnother() {
    if (!m_report->adaptation()) return;
    m_learning.pickImage(this, *m_report->adaptation(), [this](std::optional<ImageId> image) {
        if (image) compare(*image);
    });
}

void LearningController::compare(ImageId query) {
    if (!m_report->adaptation()) return;
    m_report->setQuery(query);
    const unsigned number = ++m_comparisons;
    m_learning.compare(
        this, *m_report->adaptation(), query, ReportPage::resultsShown,
        [this, number](const BeforeAfter& results) {
            if (number == m_comparisons) m_report->setResults(results);
        },
        [this, number](const Problem&) {
            if (number == m_comparisons)
                m_report->setProblem(tr("This image is not described by both yet. Choose another one."));
        });
}

void LearningController::search(ImageId image) {
    showGallery();
    m_browser.searchByImage(image, {});
}

void LearningController::remove(std::int64_t id) {
    const AdaptationRow* row = m_learning.adaptations()->find(id);
    if (!row) return;
    const QString name = QString::fromStdString(row->name);
    m_learning.remove(id);
    m_places.messages->offerUndo(tr("%1 was deleted. Your images were not touched.").arg(name),
                                 m_session.changes()->undoStack());
}

void LearningController::chooseExport(std::int64_t id) {
    const AdaptationRow* row = m_learning.adaptations()->find(id);
    if (!row) return;
    auto* dialog =
        new QFileDialog(m_places.pages->window(), tr("Export what was learned"), {}, tr("Adaptations (*.safetensors)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(u"safetensors"_s);
    QString name = QString::fromStdString(row->name);
    dialog->selectFile(name.replace(u'/', u'-') + u".safetensors"_s);
    connect(dialog, &QFileDialog::fileSelected, this,
            [this, id](const QString& file) { m_learning.exportTo(id, QFile::encodeName(file).toStdString()); });
    dialog->open();
}

} // namespace grappa
