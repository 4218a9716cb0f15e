#pragma once

#include "ui/browser.h"
#include "ui/views/image_pane.h"

#include <QObject>

namespace grappa {

class GalleryView;
class ThumbnailLoader;
class Viewer;

/// Keeps the viewer in step with the gallery beside it: the current tile is what is viewed, a region that is drawn
/// becomes the query, the query is what results are compared with.
class ViewerController : public QObject {
    Q_OBJECT

public:
    ViewerController(Browser& browser, ThumbnailLoader& thumbnails, GalleryView* gallery, Viewer* viewer);

    bool isOpen() const;
    void viewRow(int row);
    void viewQuery();
    void close();

    /// While true the gallery's current tile moves by itself, not by the user.
    void setRestoring(bool restoring) { m_restoring = restoring; }
    /// The place, its query or the contents changed.
    void refresh();

Q_SIGNALS:
    void opened();
    void closed();

private:
    void step(int by);
    void showRow(int row);
    void searchRegion(const std::optional<QRect>& region);
    ViewedImage viewOf(const ImageQuery& query) const;

    Browser& m_browser;
    ThumbnailLoader& m_thumbnails;
    GalleryView* m_gallery;
    Viewer* m_viewer;
    ImageQuery m_viewed; ///< what the viewer shows, as a query by it
    bool m_restoring = false;
};

} // namespace grappa
