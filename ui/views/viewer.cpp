#include "ui/views/viewer.h"

#include "ui/views/symbol_icon.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QToolButton>
#include <QVBoxLayout>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {
constexpr int barHeight = 40;
constexpr int regionDelayMs = 200;
constexpr double keyZoom = 1.25;
} // namespace

Viewer::Viewer(ImagePane::Render render, QWidget* parent, Overlays::ReadMaps maps)
    : QWidget(parent)
    , m_reference(new ImagePane(render, this))
    , m_main(new ImagePane(render, this))
    , m_title(new QLabel(this))
    , m_note(new QLabel(this))
    , m_close(button(u"close"_s, tr("Close the large view"), Qt::Key_Escape))
    , m_previous(button(u"back"_s, tr("Previous image"), Qt::Key_Left))
    , m_next(button(u"forward"_s, tr("Next image"), Qt::Key_Right))
    , m_fit(button(u"fit"_s, tr("Fit"), Qt::Key_0))
    , m_actual(button(u"actual-size"_s, tr("Actual pixels"), Qt::Key_1))
    , m_compare(button(u"compare"_s, tr("Compare with the query"), Qt::Key_C))
    , m_whole(new QToolButton(this))
    , m_region(new QToolButton(this))
    , m_beside(button(u"beside"_s, tr("Show the results beside it"), Qt::Key_B))
    , m_fullScreen(button(u"full-screen"_s, tr("Full screen"), Qt::Key_F))
    , m_more(button(u"menu"_s, tr("More"), {}))
    , m_attention(new QToolButton(this))
    , m_match(new QToolButton(this))
    , m_overlayNote(new QLabel(this))
    , m_overlays(new Overlays(maps, m_reference, m_main, this))
    , m_hasOverlays(static_cast<bool>(maps)) {
    setObjectName(u"viewer"_s);
    setAttribute(Qt::WA_StyledBackground);
    m_title->setObjectName(u"viewerTitle"_s);
    m_note->setObjectName(u"note"_s);
    for (QLabel* label : {m_title, m_note}) {
        label->setTextFormat(Qt::PlainText);
        label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    }
    for (QToolButton* toggle : {m_compare, m_beside, m_fullScreen})
        toggle->setCheckable(true);
    m_beside->setObjectName(u"beside"_s);
    m_fullScreen->setObjectName(u"fullScreen"_s);
    m_more->setPopupMode(QToolButton::InstantPopup);
    m_whole->setText(tr("Whole"));
    m_whole->setToolTip(tr("Search by the whole image (Esc)"));
    m_region->setText(tr("Region"));
    m_region->setToolTip(tr("Draw a region to search by (R)"));
    auto* extent = new QButtonGroup(this);
    for (QToolButton* chip : {m_whole, m_region}) {
        chip->setObjectName(u"chip"_s);
        chip->setCheckable(true);
        chip->setAccessibleName(chip->toolTip());
        extent->addButton(chip);
    }
    m_whole->setChecked(true);
    m_reference->setCaption(tr("Query"));
    m_reference->hide();
    m_reference->setObjectName(u"reference"_s);
    makeOverlayChips();
    m_regionSoon.setSingleShot(true);
    m_regionSoon.setInterval(regionDelayMs);
    layOut();
    connectCanvases();

    connect(m_close, &QToolButton::clicked, this, &Viewer::closeRequested);
    connect(m_previous, &QToolButton::clicked, this, &Viewer::previousRequested);
    connect(m_next, &QToolButton::clicked, this, &Viewer::nextRequested);
    connect(m_fit, &QToolButton::clicked, m_main->canvas(), &ImageCanvas::fit);
    connect(m_actual, &QToolButton::clicked, m_main->canvas(), &ImageCanvas::showActualPixels);
    connect(m_compare, &QToolButton::toggled, this, [this](bool comparing) {
        if (comparing) m_reference->show(*m_referenceImage);
        m_reference->setVisible(comparing);
        m_main->setCaption(comparing ? tr("Result") : QString());
        updateOverlays();
        Q_EMIT comparingChanged(comparing);
    });
    connect(m_beside, &QToolButton::toggled, this, &Viewer::besideChanged);
    connect(m_fullScreen, &QToolButton::clicked, this, &Viewer::fullScreenRequested);
    connect(m_whole, &QToolButton::clicked, this, &Viewer::chooseWhole);
    connect(m_region, &QToolButton::clicked, this, [this] { setRegionEditing(true); });
}

void Viewer::makeOverlayChips() {
    m_attention->setText(tr("Attention"));
    m_attention->setToolTip(tr("Where the model looks: the attention of its last block's [class] token over the "
                               "patches. It is the model's own and does not say which granularity decided (A)"));
    m_match->setText(tr("Match"));
    m_match->setToolTip(tr("Which patches of the two images are alike, by the model's own patch features. "
                           "Point at a patch of one image: its best matches light up in the other (M)"));
    for (QToolButton* chip : {m_attention, m_match}) {
        chip->setObjectName(u"chip"_s);
        chip->setCheckable(true);
        chip->setAccessibleName(chip->text());
        chip->setAccessibleDescription(chip->toolTip());
        chip->hide();
        connect(chip, &QToolButton::clicked, this, [this, chip](bool checked) {
            if (checked) (chip == m_match ? m_attention : m_match)->setChecked(false);
            updateOverlays();
        });
    }
    m_overlayNote->setObjectName(u"note"_s);
    m_overlayNote->setTextFormat(Qt::PlainText);
    m_overlayNote->setWordWrap(true);
    m_overlayNote->setContentsMargins(16, 4, 16, 8);
    m_overlayNote->hide();
    connect(m_overlays, &Overlays::noteChanged, this, [this] {
        m_overlayNote->setText(m_overlays->note());
        m_overlayNote->setVisible(!m_overlays->note().isEmpty());
    });
}

void Viewer::updateOverlays() {
    const bool possible = comparing() && m_hasOverlays;
    m_attention->setVisible(possible);
    m_match->setVisible(possible);
    const Overlays::Mode mode = !possible                  ? Overlays::Mode::None
                                : m_attention->isChecked() ? Overlays::Mode::Attention
                                : m_match->isChecked()     ? Overlays::Mode::Match
                                                           : Overlays::Mode::None;
    m_overlays->setMode(mode);
    m_overlays->refresh();
}

QToolButton* Viewer::button(const QString& symbol, const QString& name, const QKeySequence& shortcut) {
    auto* result = new QToolButton(this);
    result->setIcon(symbolIcon(symbol));
    result->setIconSize({20, 20});
    result->setAutoRaise(true);
    result->setAccessibleName(name);
    // The keys themselves are handled below, so that they work in the viewer only.
    result->setToolTip(shortcut.isEmpty() ? name : u"%1 (%2)"_s.arg(name, shortcut.toString(QKeySequence::NativeText)));
    return result;
}

void Viewer::layOut() {
    auto* bar = new QWidget(this);
    bar->setFixedHeight(barHeight);
    auto* tools = new QHBoxLayout(bar);
    tools->setContentsMargins(8, 0, 8, 0);
    tools->setSpacing(2);
    tools->addWidget(m_close);
    auto* words = new QVBoxLayout;
    words->setSpacing(0);
    words->addStretch();
    words->addWidget(m_title);
    words->addWidget(m_note);
    words->addStretch();
    tools->addSpacing(4);
    tools->addLayout(words, 1);
    tools->addSpacing(4);
    tools->addWidget(m_attention);
    tools->addWidget(m_match);
    tools->addSpacing(4);
    tools->addWidget(m_whole);
    tools->addWidget(m_region);
    tools->addSpacing(4);
    for (QToolButton* tool : {m_compare, m_fit, m_actual, m_previous, m_next, m_beside, m_fullScreen, m_more})
        tools->addWidget(tool);

    auto* panes = new QHBoxLayout;
    panes->setContentsMargins(0, 0, 0, 0);
    panes->setSpacing(8);
    panes->addWidget(m_reference, 1);
    panes->addWidget(m_main, 1);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(bar);
    layout->addLayout(panes, 1);
    layout->addWidget(m_overlayNote);
    setFocusProxy(m_main->canvas());
}

void Viewer::connectCanvases() {
    ImageCanvas* main = m_main->canvas();
    ImageCanvas* reference = m_reference->canvas();
    connect(main, &ImageCanvas::viewChanged, reference, &ImageCanvas::setView);
    connect(reference, &ImageCanvas::viewChanged, main, &ImageCanvas::setView);
    connect(main, &ImageCanvas::regionEdited, this, [this] {
        updateRegionButtons();
        m_regionSoon.start();
    });
    connect(&m_regionSoon, &QTimer::timeout, this, [this] { Q_EMIT regionChosen(m_main->canvas()->region()); });
}

void Viewer::show(const ViewedImage& image, const QString& note) {
    m_regionSoon.stop();
    m_main->show(image);
    m_title->setText(image.title);
    m_title->setToolTip(image.title);
    m_note->setText(note);
    if (!image.region) m_main->canvas()->setRegionEditing(false);
    updateRegionButtons();
    m_overlays->refresh();
}

void Viewer::setReference(const std::optional<ViewedImage>& reference) {
    m_referenceImage = reference;
    m_compare->setEnabled(reference.has_value());
    if (!reference) m_compare->setChecked(false);
    if (!comparing()) return;
    m_reference->show(*reference);
    m_overlays->refresh();
}

void Viewer::setNavigation(bool previous, bool next) {
    m_previous->setEnabled(previous);
    m_next->setEnabled(next);
}

void Viewer::setImageActions(const QList<QAction*>& actions) {
    auto* menu = new QMenu(m_more);
    menu->addActions(actions);
    m_more->setMenu(menu);
}

bool Viewer::comparing() const {
    return m_compare->isChecked();
}

void Viewer::setComparing(bool comparing) {
    m_compare->setChecked(comparing && m_referenceImage);
}

bool Viewer::beside() const {
    return m_beside->isChecked();
}

void Viewer::setBeside(bool beside) {
    m_beside->setChecked(beside);
}

void Viewer::setFullScreen(bool fullScreen) {
    m_fullScreen->setChecked(fullScreen);
}

bool Viewer::regionEditing() const {
    return m_region->isChecked();
}

void Viewer::setRegionEditing(bool editing) {
    m_region->setChecked(editing);
    m_whole->setChecked(!editing);
    m_main->canvas()->setRegionEditing(editing);
    // The results follow the region: they belong in sight.
    if (editing) setBeside(true);
    if (editing) m_main->canvas()->setFocus();
}

void Viewer::chooseWhole() {
    const bool had = m_main->canvas()->region().has_value();
    setRegionEditing(false);
    m_regionSoon.stop();
    m_main->canvas()->setRegion(std::nullopt);
    if (had) Q_EMIT regionChosen(std::nullopt);
}

void Viewer::updateRegionButtons() {
    const bool region = m_main->canvas()->region().has_value();
    m_region->setChecked(region);
    m_whole->setChecked(!region);
    if (region) m_main->canvas()->setRegionEditing(true);
}

void Viewer::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
    case Qt::Key_Escape:
        if (regionEditing()) return chooseWhole();
        if (m_fullScreen->isChecked()) return m_fullScreen->click();
        Q_EMIT closeRequested();
        return;
    case Qt::Key_F:
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (event->modifiers() != Qt::NoModifier && event->modifiers() != Qt::KeypadModifier) break;
        return m_fullScreen->click();
    case Qt::Key_B:
        return m_beside->toggle();
    case Qt::Key_Space:
        Q_EMIT closeRequested();
        return;
    case Qt::Key_Left:
    case Qt::Key_PageUp:
        Q_EMIT previousRequested();
        return;
    case Qt::Key_Right:
    case Qt::Key_PageDown:
        Q_EMIT nextRequested();
        return;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        return m_main->canvas()->zoomBy(keyZoom);
    case Qt::Key_Minus:
        return m_main->canvas()->zoomBy(1 / keyZoom);
    case Qt::Key_0:
        return m_main->canvas()->fit();
    case Qt::Key_1:
        return m_main->canvas()->showActualPixels();
    case Qt::Key_C:
        if (event->modifiers() == Qt::NoModifier) return m_compare->click();
        break;
    case Qt::Key_A:
        if (event->modifiers() == Qt::NoModifier && m_attention->isVisible()) return m_attention->click();
        break;
    case Qt::Key_M:
        if (event->modifiers() == Qt::NoModifier && m_match->isVisible()) return m_match->click();
        break;
    case Qt::Key_R:
        return setRegionEditing(!regionEditing());
    default:
        break;
    }
    QWidget::keyPressEvent(event);
}

} // namespace grappa
