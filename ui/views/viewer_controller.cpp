#include "ui/views/viewer_controller.h"

#include "ui/formatting.h"
#include "ui/models/thumbnail_loader.h"
#include "ui/views/gallery_view.h"
#include "ui/views/viewer.h"

namespace grappa {

ViewerController::ViewerController(Browser& browser, ThumbnailLoader& thumbnails, GalleryView* gallery, Viewer* viewer)
    : QObject(viewer), m_browser(browser), m_thumbnails(thumbnails), m_gallery(gallery), m_viewer(viewer) {
    connect(gallery, &GalleryView::viewRequested, this, [this](const QModelIndex& index) { viewRow(index.row()); });
    // What a click searched by is the query, of the search under way already.
    connect(gallery, &GalleryView::searchedViewRequested, this, &ViewerController::viewQuery);
    connect(gallery, &GalleryView::currentRowChanged, this, [this](int row) {
        if (isOpen() && !m_restoring) showRow(row);
    });
    connect(viewer, &Viewer::closeRequested, this, &ViewerController::close);
    connect(viewer, &Viewer::previousRequested, this, [this] { step(-1); });
    connect(viewer, &Viewer::nextRequested, this, [this] { step(1); });
    connect(viewer, &Viewer::regionChosen, this, &ViewerController::searchRegion);
    connect(viewer, &Viewer::comparingChanged, this, [this](bool comparing) {
        const ImageQuery* query = m_browser.query();
        // The query beside itself tells nothing: the first result does.
        if (comparing && query && query->sameImage(m_viewed)) viewRow(0);
    });
}

bool ViewerController::isOpen() const {
    return !m_viewer->isHidden();
}

void ViewerController::viewRow(int row) {
    if (!m_browser.images()->imageAt(row)) return;
    const bool wasOpen = isOpen();
    m_viewer->setVisible(true);
    if (m_gallery->currentIndex().row() == row) {
        showRow(row);
    } else {
        m_gallery->setCurrentIndex(m_browser.images()->index(row));
    }
    if (!wasOpen) Q_EMIT opened();
}

void ViewerController::viewQuery() {
    const ImageQuery* query = m_browser.query();
    if (!query) return;
    const bool wasOpen = isOpen();
    m_viewed = *query;
    m_viewer->setVisible(true);
    m_viewer->setComparing(false);
    m_viewer->show(viewOf(*query), tr("Query"));
    refresh();
    if (!wasOpen) Q_EMIT opened();
}

void ViewerController::close() {
    if (!isOpen()) return;
    m_viewer->setVisible(false);
    Q_EMIT closed(); // the gallery has its room again
    m_gallery->setFocus();
    if (m_gallery->currentIndex().isValid()) m_gallery->scrollTo(m_gallery->currentIndex());
}

void ViewerController::step(int by) {
    const ImageQuery* query = m_browser.query();
    const bool fromQuery = query && query->sameImage(m_viewed);
    const int row = fromQuery ? (by > 0 ? 0 : -1) : m_gallery->currentIndex().row() + by;
    viewRow(row);
}

void ViewerController::showRow(int row) {
    const auto image = m_browser.images()->imageAt(row);
    if (!image) return;
    const std::vector<int> rows{row};
    const auto records = m_browser.images()->readRecords(rows, 1);
    if (records.empty()) return;
    m_viewed = {.image = image, .file = records.front().path};
    if (const Thumbnail* thumbnail = m_thumbnails.find(records.front().hash)) m_viewed.preview = thumbnail->image;
    QString note = tr("%1 of %2")
                       .arg(formatCount(static_cast<std::uint64_t>(row) + 1),
                            formatCount(static_cast<std::uint64_t>(m_browser.images()->rowCount())));
    const QVariant score = m_browser.images()->index(row).data(ImageListModel::ScoreRole);
    if (score.isValid())
        note = tr("%1 · score %2, %3").arg(note, formatScore(score.toFloat()), closenessText(score.toFloat()));
    m_viewer->show(viewOf(m_viewed), note);
    refresh();
}

void ViewerController::refresh() {
    if (!isOpen()) return;
    const ImageQuery* query = m_browser.query();
    const bool showsQuery = query && query->sameImage(m_viewed);
    m_viewer->setReference(query ? std::optional(viewOf(*query)) : std::nullopt);
    const int row = m_gallery->currentIndex().row();
    const int rows = m_browser.images()->rowCount();
    m_viewer->setNavigation(!showsQuery && row > 0, showsQuery ? rows > 0 : row + 1 < rows);
}

void ViewerController::searchRegion(const std::optional<QRect>& region) {
    m_viewed.region = region;
    m_browser.searchByRegion(m_viewed, region);
}

ViewedImage ViewerController::viewOf(const ImageQuery& query) const {
    return {.title = query.title(),
            .file = query.file,
            .pixels = query.pixels,
            .preview = query.preview,
            .region = query.region};
}

} // namespace grappa
