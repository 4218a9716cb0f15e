#pragma once

#include "ui/history.h"
#include "ui/models/image_list_model.h"
#include "ui/session.h"

#include <QObject>

namespace grappa {

/// What the gallery shows and how it came there: a listing or a query's neighbours, with back and forward.
class Browser : public QObject {
    Q_OBJECT

public:
    explicit Browser(Session& session, QObject* parent = nullptr);

    ImageListModel* images() { return &m_images; }
    const Place& place() const { return m_history.current(); }
    /// The query whose neighbours are being looked for, or null.
    const ImageQuery* pending() const { return m_pending ? &*m_pending : nullptr; }
    bool loaded() const { return m_loaded; } ///< the listing was read at least once
    bool canGoBack() const { return m_history.canGoBack(); }
    bool canGoForward() const { return m_history.canGoForward(); }

    void showCollection(std::optional<CollectionId> collection);
    void searchByImage(ImageId image, const QImage& preview);
    void searchByFile(const std::filesystem::path& file);
    void searchByPixels(const QImage& pixels);
    void cancelSearch();
    void back();
    void forward();

    /// Where the view stands; called by whoever handles aboutToLeave().
    void rememberView(const GalleryPosition& position, std::optional<ImageId> current);

Q_SIGNALS:
    void aboutToLeave();
    void placeChanged();  ///< place(), pending(), canGoBack() or the query's preview
    void contentsShown(); ///< images() holds what place() says
    void failed(const grappa::Problem& problem);

private:
    void search(ImageQuery query);
    void go(const std::function<void()>& move);
    void show();
    void readListing();

    Session& m_session;
    ImageListModel m_images;
    History m_history;
    std::optional<ImageQuery> m_pending;
    std::optional<CollectionId> m_listed; ///< what m_listing is of
    std::vector<ImageId> m_listing;       ///< the last that was read, for a quick return
    bool m_loaded = false;
    unsigned m_searches = 0; ///< an answer to an older search is dropped
};

} // namespace grappa
