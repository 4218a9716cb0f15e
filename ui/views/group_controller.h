#pragma once

#include "ui/browser.h"

#include <QObject>

class QStackedWidget;

namespace grappa {

class GalleryView;
class GranularityBar;

/// Shows the clusters of a level as stacks in the gallery's place, and opens one.
class GroupController : public QObject {
    Q_OBJECT

public:
    /// centre: its pages are the gallery and what holds the view of the groups.
    GroupController(Browser& browser, GranularityBar* bar, QStackedWidget* centre, GalleryView* gallery,
                    GalleryView* groups);

    /// Into the groups, or out of them.
    void toggle();
    /// The view that shows the place.
    GalleryView* view() const;
    /// The contents have come: the right view is put in front.
    void refresh();

private:
    Browser& m_browser;
    GranularityBar* m_bar;
    QStackedWidget* m_centre;
    GalleryView* m_gallery;
    GalleryView* m_groups;
};

} // namespace grappa
