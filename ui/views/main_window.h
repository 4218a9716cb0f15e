#pragma once

#include "ui/browser.h"
#include "ui/models/thumbnail_loader.h"
#include "ui/session.h"

#include <QMainWindow>

class QStackedWidget;

namespace grappa {

class CollectionSidebar;
class DropOverlay;
class EmptyState;
class GalleryView;
class JobBar;
class MessageBar;
class QueryBar;

/// The window: makes the views and wires them to the session and the browser.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    /// `samples`: a folder of photographs to try Grappa with; empty = none on this computer.
    MainWindow(Session& session, const std::filesystem::path& samples, QWidget* parent = nullptr);

Q_SIGNALS:
    void closed();

protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    void layOut(bool samples);
    void connectGallery();
    void connectSession(const std::filesystem::path& samples);
    void addShortcuts();

    void take(const QMimeData& data);
    void chooseFolders();
    void chooseQueryImage();
    void paste();
    void searchByRow(const QModelIndex& index);
    void restoreView();
    void updatePlace();
    void updateCentre();
    void showUnreadable(CollectionId collection);

    Session& m_session;
    Browser m_browser;
    ThumbnailLoader m_thumbnails;
    CollectionSidebar* m_sidebar;
    QueryBar* m_queryBar;
    MessageBar* m_messages;
    QStackedWidget* m_centre;
    EmptyState* m_empty;
    QWidget* m_browsing;
    GalleryView* m_gallery;
    JobBar* m_jobs;
    DropOverlay* m_overlay;
};

} // namespace grappa
