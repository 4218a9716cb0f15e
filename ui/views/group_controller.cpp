#include "ui/views/group_controller.h"

#include "ui/views/gallery_view.h"
#include "ui/views/granularity_bar.h"

#include <QStackedWidget>

namespace grappa {

GroupController::GroupController(Browser& browser, GranularityBar* bar, QStackedWidget* centre, GalleryView* gallery,
                                 GalleryView* groups)
    : QObject(centre), m_browser(browser), m_bar(bar), m_centre(centre), m_gallery(gallery), m_groups(groups) {
    groups->setModel(browser.groups());
    groups->setStacks(true);
    groups->setAccessibleName(tr("Groups of images"));
    const auto open = [this](const QModelIndex& index) { m_browser.openGroup(index.row()); };
    connect(groups, &GalleryView::searchRequested, this, open);
    connect(groups, &GalleryView::viewRequested, this, open);
    connect(groups, &GalleryView::backRequested, &browser, &Browser::back);
    connect(gallery, &GalleryView::tileSizeChanged, groups, &GalleryView::setTileSize);
    connect(groups, &GalleryView::tileSizeChanged, gallery, &GalleryView::setTileSize);
    connect(bar, &GranularityBar::groupsToggled, this, &GroupController::toggle);
    connect(&browser, &Browser::placeChanged, this,
            [this] { m_bar->setGroupsShown(m_browser.place().group.has_value()); });
}

void GroupController::toggle() {
    if (m_browser.place().group) {
        m_browser.showCollection(m_browser.place().filter.collection);
    } else {
        m_browser.showGroups();
    }
    m_bar->setGroupsShown(m_browser.place().group.has_value());
}

GalleryView* GroupController::view() const {
    return m_browser.place().showsGroups() ? m_groups : m_gallery;
}

void GroupController::refresh() {
    GalleryView* const shown = view();
    QWidget* const page = shown == m_groups ? m_groups->parentWidget() : m_gallery;
    if (m_centre->currentWidget() == page) return;
    const bool hadFocus = m_gallery->hasFocus() || m_groups->hasFocus();
    m_centre->setCurrentWidget(page);
    if (hadFocus) shown->setFocus();
}

} // namespace grappa
