#pragma once

#include "ui/browser.h"
#include "ui/models/thumbnail_loader.h"
#include "ui/session.h"
#include "ui/window_state.h"

#include <QMainWindow>
#include <QTimer>

class QActionGroup;
class QMenu;
class QSplitter;
class QStackedWidget;

namespace grappa {

class CollectionSidebar;
class DropOverlay;
class EmptyState;
class FilterBar;
class GalleryView;
class GranularityBar;
class GroupController;
class ImageActions;
class JobBar;
class LearningBar;
class LearningController;
class MessageBar;
class QueryBar;
class Viewer;
class ViewerController;
class WhyController;
class WhyPanel;

/// The window: makes the views and wires them to the session and the browser.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    /// `samples`: a folder of photographs to try Grappa with; empty = none on this computer.
    MainWindow(Session& session, const std::filesystem::path& samples, QWidget* parent = nullptr);

    /// The theme that was chosen in the window, now or earlier; nothing = as the system is.
    const std::optional<bool>& dark() const { return m_dark; }
    /// Makes the window no larger than the room of its screen; before it is shown.
    void fitInto(const QSize& available);

Q_SIGNALS:
    void closed();
    void themeChosen(std::optional<bool> dark);

protected:
    void closeEvent(QCloseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragMoveEvent(QDragMoveEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    void layOut(bool samples);
    void addActions();
    QAction* addAction(const QString& text, const QString& symbol, const QKeySequence& shortcut,
                       std::function<void()> run);
    void connectGallery();
    void connectQuery();
    void connectCollections();
    void connectSession(const std::filesystem::path& samples);

    void take(const QMimeData& data, std::optional<CollectionId> into = std::nullopt);
    void chooseFolders(std::optional<CollectionId> into);
    void chooseQueryImage();
    void chooseNewPlaceOf(const Folder& folder);
    void paste();
    void offerRenewal();
    void searchByRow(const QModelIndex& index);
    void restoreView();
    void updatePlace();
    void showPlaceText();
    void updateCentre();
    void leadOn(); ///< from an empty gallery
    void showUnreadable(CollectionId collection);
    void showGuide();
    void showShortcuts();
    void addThemes();
    void setDark(std::optional<bool> dark);
    void rename(CollectionId collection, const QString& name);
    void remove(CollectionId collection);
    std::optional<CollectionId> dropTargetAt(const QPoint& place) const;

    void restoreState();
    void rememberView();
    void updateRoom();
    void setLoupe(bool loupe);
    WindowState state();

    Session& m_session;
    Attention m_attention;
    Browser m_browser;
    ThumbnailLoader m_thumbnails;
    ThumbnailLoader m_groupThumbnails;
    QMenu* m_menu;
    CollectionSidebar* m_sidebar;
    QueryBar* m_queryBar;
    GranularityBar* m_granularity;
    QWidget* m_granularityRow;
    FilterBar* m_filterBar;
    MessageBar* m_messages;
    QStackedWidget* m_centre;
    EmptyState* m_empty;
    QWidget* m_browsing;
    QStackedWidget* m_pages; ///< the gallery with its bars, the page of a run, the report
    QSplitter* m_panes;
    QStackedWidget* m_tiles; ///< the gallery, or the groups in its place
    GalleryView* m_gallery;
    GalleryView* m_groupView;
    Viewer* m_viewer;
    ViewerController* m_viewing;
    GroupController* m_grouping;
    WhyPanel* m_whyPanel;
    WhyController* m_why;
    ImageActions* m_imageActions;
    JobBar* m_jobs;
    LearningBar* m_learningBar;
    LearningController* m_learning;
    QWidget* m_foot; ///< the two bars of jobs
    DropOverlay* m_overlay;
    QTimer m_saveSoon; ///< after a move: a crash loses little
    bool m_viewAfterRestore = false;
    std::optional<bool> m_dark;
    QActionGroup* m_themes;
    bool m_loupe = false; ///< the large view fills the screen
};

} // namespace grappa
