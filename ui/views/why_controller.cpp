#include "ui/views/why_controller.h"

#include "ui/views/gallery_view.h"
#include "ui/views/why_panel.h"

namespace grappa {

WhyController::WhyController(Browser& browser, Attention& attention, GalleryView* gallery, WhyPanel* panel)
    : QObject(panel), m_browser(browser), m_attention(attention), m_gallery(gallery), m_panel(panel) {
    m_updateSoon.setSingleShot(true);
    m_updateSoon.setInterval(0);
    connect(&m_updateSoon, &QTimer::timeout, this, &WhyController::update);
    const auto soon = qOverload<>(&QTimer::start);
    connect(&browser, &Browser::placeChanged, &m_updateSoon, soon);
    connect(&browser, &Browser::contentsShown, &m_updateSoon, soon);
    connect(browser.images(), &ImageListModel::dataChanged, &m_updateSoon, soon);
    connect(&attention, &Attention::changed, &m_updateSoon, soon);
    connect(&attention, &Attention::loaded, &m_updateSoon, soon);
    connect(gallery, &GalleryView::currentRowChanged, &m_updateSoon, soon);
    connect(panel, &WhyPanel::closeRequested, this, [this] { setShown(false); });
}

void WhyController::setShown(bool shown) {
    if (shown == m_shown) return;
    m_shown = shown;
    showPanel();
    Q_EMIT shownChanged(shown);
}

void WhyController::setCramped(bool cramped) {
    if (cramped == m_cramped) return;
    m_cramped = cramped;
    showPanel();
}

void WhyController::showPanel() {
    m_panel->setVisible(m_shown && !m_cramped);
    update();
}

void WhyController::update() {
    if (m_panel->isHidden()) return;
    WhyContent content;
    content.hasAdaptation = m_attention.isUsed();
    content.granularities = m_attention.granularities();
    content.blocks = m_attention.blocks();
    if (const ImageQuery* query = m_browser.query()) {
        content.hasQuery = true;
        content.queryTitle = query->title();
        content.queryPicture = query->preview;
        // A region is described by itself, not as the image that it is of.
        const std::optional<ImageId> image = query->image ? query->image : query->stored;
        content.queryAttention = image && !query->region ? m_attention.of(*image) : query->attention;
        if (m_attention.meanOf(content.queryAttention).empty()) content.queryAttention.clear();
    }
    const int row = m_gallery->currentIndex().row();
    if (const auto image = m_browser.images()->imageAt(row)) {
        content.resultAttention = m_attention.of(*image);
        content.rank = row + 1;
        const QVariant score = m_browser.images()->index(row).data(ImageListModel::ScoreRole);
        if (score.isValid()) content.score = score.toFloat();
        if (const Image* record = m_browser.images()->recordAt(row)) content.result = *record;
    }
    m_panel->setContent(content);
}

} // namespace grappa
