#include "ui/views/overlays.h"

#include <algorithm>
#include <utility>

namespace grappa {

namespace {

constexpr std::size_t litPatches = 3;

bool sameImage(const ViewedImage& a, const ViewedImage& b) {
    return a.file == b.file && a.region == b.region && (!a.file.empty() || a.pixels.cacheKey() == b.pixels.cacheKey());
}

} // namespace

Overlays::Overlays(ReadMaps read, ImagePane* reference, ImagePane* main, QObject* parent)
    : QObject(parent), m_read(std::move(read)), m_panes{reference, main} {
    for (std::size_t pane = 0; pane < m_panes.size(); ++pane) {
        connect(m_panes[pane]->canvas(), &ImageCanvas::hovered, this,
                [this, pane](const std::optional<QPointF>& place) { hover(pane, place); });
        // The size of the image comes with its pixels.
        connect(m_panes[pane]->canvas(), &ImageCanvas::imageChanged, this, &Overlays::apply);
    }
}

void Overlays::setMode(Mode mode) {
    if (mode == m_mode) return;
    m_mode = mode;
    m_problem.clear();
    for (ImagePane* pane : m_panes)
        pane->canvas()->setHoverWanted(mode == Mode::Match);
    refresh();
}

void Overlays::refresh() {
    m_hoveredPatch.reset();
    if (m_mode != Mode::None) readNext();
    apply();
}

void Overlays::forget() {
    ++m_generation;
    m_known.clear();
    m_problem.clear();
    refresh();
}

const PatchMaps* Overlays::mapsOf(const ViewedImage& image) const {
    const auto found = std::find_if(m_known.begin(), m_known.end(),
                                    [&image](const Known& known) { return sameImage(known.image, image); });
    return found == m_known.end() ? nullptr : &found->maps;
}

void Overlays::readNext() {
    if (m_reading || m_mode == Mode::None || !m_problem.isEmpty()) return;
    const auto missing = std::find_if(m_panes.begin(), m_panes.end(), [this](const ImagePane* pane) {
        return !pane->isHidden() && !mapsOf(pane->shown());
    });
    if (missing == m_panes.end()) return;
    m_reading = true;
    const ViewedImage image = (*missing)->shown();
    const auto finish = [this, generation = m_generation](const std::function<void()>& take) {
        m_reading = false;
        if (generation == m_generation) take();
        readNext();
        apply();
    };
    m_read(
        this, image,
        [this, image, finish](PatchMaps maps) {
            finish([&] {
                m_known.push_back({image, std::move(maps)});
                if (m_known.size() > keptMaps) m_known.pop_front();
            });
        },
        [this, finish](const Problem& problem) { finish([&] { m_problem = problem.sentence; }); });
}

QRectF Overlays::squareOf(std::size_t pane) const {
    const PatchMaps* maps = mapsOf(m_panes[pane]->shown());
    return seenSquare(m_panes[pane]->canvas()->fullSize(), m_panes[pane]->shown().region, maps && maps->whole);
}

void Overlays::hover(std::size_t pane, const std::optional<QPointF>& place) {
    if (m_mode != Mode::Match) return;
    const PatchMaps* maps = mapsOf(m_panes[pane]->shown());
    const auto patch = maps && place ? patchAt(*maps, squareOf(pane), *place) : std::nullopt;
    if (patch == m_hoveredPatch && pane == m_hoveredPane) return;
    m_hoveredPane = pane;
    m_hoveredPatch = patch;
    apply();
}

void Overlays::apply() {
    for (ImagePane* pane : m_panes)
        pane->canvas()->setOverlay({});
    if (m_mode == Mode::None) return setNote({});
    if (!m_problem.isEmpty()) return setNote(m_problem);
    std::array<const PatchMaps*, 2> maps{};
    for (std::size_t pane = 0; pane < m_panes.size(); ++pane) {
        if (m_panes[pane]->isHidden()) return setNote({});
        maps[pane] = mapsOf(m_panes[pane]->shown());
        if (!maps[pane]) return setNote(tr("Looking at the patches of both images…"));
    }
    const QString whose = maps[0]->adapted ? tr("the model's, with what was learned") : tr("the base model's own");
    if (m_mode == Mode::Attention) {
        for (std::size_t pane = 0; pane < m_panes.size(); ++pane)
            lay(pane, brightness(maps[pane]->attention), {});
        return setNote(tr("Bright: where the last block's [class] token attends; %1. It does not say which "
                          "granularity decided.")
                           .arg(whose));
    }
    if (m_hoveredPatch) {
        const std::size_t other = 1 - m_hoveredPane;
        const auto matches = matchesOf(*maps[m_hoveredPane], *m_hoveredPatch, *maps[other]);
        lay(m_hoveredPane, {}, {*m_hoveredPatch});
        lay(other, brightness(matches), largest(matches, litPatches));
    } else {
        for (std::size_t pane = 0; pane < m_panes.size(); ++pane)
            lay(pane, brightness(bestMatches(*maps[1 - pane], *maps[pane])), {});
    }
    setNote(tr("Bright: patches with a similar one in the other image; %1. Point at a patch to see its best matches.")
                .arg(whose));
}

void Overlays::lay(std::size_t pane, const std::vector<float>& bright, const std::vector<std::size_t>& marked) {
    const PatchMaps& maps = *mapsOf(m_panes[pane]->shown());
    m_panes[pane]->canvas()->setOverlay({squareOf(pane), maps.rows, maps.cols, bright, marked});
}

void Overlays::setNote(const QString& note) {
    if (std::exchange(m_note, note) != note) Q_EMIT noteChanged();
}

} // namespace grappa
