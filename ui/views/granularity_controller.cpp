#include "ui/views/granularity_controller.h"

#include "ui/models/thumbnail_loader.h"
#include "ui/views/granularity_bar.h"
#include "ui/views/granularity_slider.h"
#include "ui/views/stop_preview.h"

namespace grappa {

GranularityController::GranularityController(Session& session, Browser& browser, GranularityBar* bar)
    : QObject(bar)
    , m_session(session)
    , m_browser(browser)
    , m_bar(bar)
    , m_thumbnails(new ThumbnailLoader(session.paths().thumbnails(), this))
    , m_preview(new StopPreview(m_thumbnails, bar)) {
    connect(session.levels(), &Levels::changed, this, &GranularityController::updateStops);
    connect(&session, &Session::adaptationChanged, this, &GranularityController::updateLearned);
    connect(&browser, &Browser::placeChanged, this, &GranularityController::updateLevel);
    connect(bar, &GranularityBar::levelChosen, &browser, &Browser::setLevel);
    connect(bar, &GranularityBar::learnedChosen, &session, &Session::useAdaptation);
    connect(bar->slider(), &GranularitySlider::stopHovered, this, &GranularityController::hover);
    updateStops();
    updateLearned();
}

void GranularityController::updateStops() {
    const LevelStops& stops = m_session.levels()->stops();
    if (stops.set != m_stops.set || stops.version != m_stops.version) m_samples.clear();
    m_stops = stops;
    m_bar->setStops(stops, m_session.levels()->state());
    updateLevel();
    m_bar->setVisible(stops.images > 0);
}

void GranularityController::updateLevel() {
    const Place& place = m_browser.place();
    m_bar->setUse(m_browser.query()     ? GranularityBar::Use::Results
                  : place.showsGroups() ? GranularityBar::Use::Groups
                                        : GranularityBar::Use::Nothing);
    m_bar->setLevel(m_session.levels()->effective(m_browser.level()));
}

void GranularityController::updateLearned() {
    std::vector<LearnedChoice> choices;
    for (const AdaptationRow& row : m_session.adaptations())
        choices.push_back({row.id, QString::fromStdString(row.name)});
    const auto& used = m_session.adaptation();
    m_bar->setLearned(choices, used ? std::optional(used->id) : std::nullopt);
}

void GranularityController::hover(int stop) {
    if (stop == m_hovered) return;
    m_hovered = stop;
    if (stop < 0 || !m_bar->slider()->isEnabled()) return m_preview->hide();
    if (stop == 0) return showPreview(stop, {});
    const std::int64_t k = m_bar->slider()->levels()[static_cast<std::size_t>(stop) - 1];
    if (const auto known = m_samples.find(k); known != m_samples.end()) return showPreview(stop, known->second);
    showPreview(stop, {});
    m_session.readSampleGroups(this, k, [this, k, stop, version = m_stops.version](std::vector<SampleGroup> groups) {
        if (version != m_stops.version) return;
        const auto& kept = m_samples.insert_or_assign(k, std::move(groups)).first->second;
        if (stop == m_hovered) showPreview(stop, kept);
    });
}

void GranularityController::showPreview(int stop, const std::vector<SampleGroup>& groups) {
    const GranularitySlider* slider = m_bar->slider();
    const QString meaning = stop == 0 ? tr("What looks the same comes first.")
                                      : tr("What is in the same group comes first (k = %1). Typical groups:")
                                            .arg(slider->levels()[static_cast<std::size_t>(stop) - 1]);
    m_preview->setContent(slider->nameOf(stop), meaning, groups);
    m_preview->showBeside({m_bar->mapToGlobal(QPoint()), m_bar->size()});
}

} // namespace grappa
