#pragma once

#include "ui/history.h"
#include "ui/models/group_list_model.h"
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
    GroupListModel* groups() { return &m_groups; } ///< what is shown where place().showsGroups()
    const Place& place() const { return m_history.current(); }
    /// The query whose neighbours are being looked for, or null.
    const ImageQuery* pending() const { return m_pending ? &*m_pending : nullptr; }
    /// pending(), else the place's query, else null.
    const ImageQuery* query() const;
    /// Of the place, or of the search under way.
    const std::string& level() const { return m_pending ? m_pendingPlace.level : place().level; }
    bool loaded() const { return m_loaded; } ///< the listing was read at least once
    bool canGoBack() const { return m_history.canGoBack(); }
    bool canGoForward() const { return m_history.canGoForward(); }

    void showCollection(std::optional<CollectionId> collection);
    /// The clusters of the level (of the finest where none is chosen), largest first. Nothing where there are no
    /// levels.
    void showGroups();
    void openGroup(int row);
    void searchByImage(ImageId image, const QImage& preview);
    void searchByFile(const std::filesystem::path& file);
    void searchByPixels(const QImage& pixels);
    /// The same query by a part of its image, or by the whole again. A search that is refined takes the place of the
    /// one before.
    void searchByRegion(ImageQuery query, const std::optional<QRect>& region);
    void cancelSearch();
    void back();
    void forward();

    /// The collection of `filter` is left as it is.
    void setFilter(ImageFilter filter);
    /// Searches the query of the place in another collection, or (nothing) in all.
    void setScope(std::optional<CollectionId> collection);
    void setOrder(std::optional<ImageOrder> order);
    /// How broadly is searched, as Place::level. A query's neighbours follow at once; while one search runs, of several
    /// changes the last counts.
    void setLevel(const std::string& level);
    void setMinScore(std::optional<float> score);

    /// Goes to a place of an earlier session, searching anew when it has a query.
    void restore(Place place);
    /// Where the view stands; called by whoever handles aboutToLeave().
    void rememberView(const GalleryPosition& position, std::optional<ImageId> current);

Q_SIGNALS:
    void aboutToLeave();
    void placeChanged();  ///< place(), pending(), canGoBack() or the query's preview
    void contentsShown(); ///< images() holds what place() says
    void failed(const grappa::Problem& problem);

private:
    enum class Target { NewPlace, SamePlace };

    void search(ImageQuery query, Target target);
    /// The place's query once more, where the answer may be another one than before.
    void searchAgain();
    void searchAgainIfStale();
    /// Whether the neighbours that are shown were found at what the place's level means by now.
    bool foundAtItsLevel() const;
    void find(ImageQuery query, Target target, Place next);
    void searchAtLevel();
    /// Answers to searches under way come to nothing; the number of the next.
    unsigned dropSearches();
    void go(const std::function<void()>& move);
    void show();
    void showNeighbours();
    void readListing();
    void readGroups();
    /// The level of the groups that are shown follows the slider; an opened one gives way to all when it is gone.
    void updateGroups();
    void readPreview(const std::filesystem::path& file);

    Session& m_session;
    ImageListModel m_images;
    ImageFilter m_recordsFilter; ///< that the records of m_images answer
    GroupListModel m_groups;
    History m_history;
    std::optional<ImageQuery> m_pending;
    Place m_pendingPlace; ///< that it leads to, and
    Target m_pendingTarget = Target::NewPlace;
    bool m_levelSearched = false; ///< a search at another level is under way,
    bool m_levelWanted = false;   ///< and the level has changed since
    bool m_loaded = false;
    unsigned m_adaptations = 0; ///< changes of the vectors that searches go by
    unsigned m_searches = 0;    ///< an answer to an older search is dropped
    unsigned m_listings = 0;    ///< and one to an older listing or order
};

} // namespace grappa
