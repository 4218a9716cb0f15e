#pragma once

#include "ui/browser.h"

#include <QObject>

#include <memory>
#include <vector>

class QAction;
class QMenu;
class QMimeData;

namespace grappa {

class Exporter;
class GalleryView;
class MessageBar;
class ThumbnailLoader;
enum class ExportFormat;

/// What can be done with the images that are selected in the gallery (with all that are shown, for an export without a
/// selection).
class ImageActions : public QObject {
    Q_OBJECT

public:
    ImageActions(Session& session, Browser& browser, ThumbnailLoader& thumbnails, GalleryView* gallery,
                 MessageBar* messages);
    ~ImageActions() override;

    /// Search, view, copy, open, open with, show in the file manager, export.
    const QList<QAction*>& actions() const { return m_actions; }
    QAction* exportAction() const { return m_export; }
    /// File addresses, and the pixels for a single image.
    QMimeData* mimeData(const QModelIndexList& indexes);
    /// Writes the selected images, or all; the dialog asks where to.
    void exportTo(ExportFormat format, const std::filesystem::path& target);

Q_SIGNALS:
    void searchRequested(const QModelIndex& index);
    void viewRequested(const QModelIndex& index);

private:
    QAction* add(const QString& text, const QString& symbol, const QKeySequence& shortcut, void (ImageActions::*run)());
    std::vector<int> selectedRows() const;
    std::vector<Image> selectedImages() const;
    void update();
    void search();
    void view();
    void copy();
    void open();
    void openWith();
    void showInFolder();
    void showMenu(const QPoint& position);
    void makeExportMenu();
    void chooseExportTarget(ExportFormat format);

    Session& m_session;
    Browser& m_browser;
    ThumbnailLoader& m_thumbnails;
    GalleryView* m_gallery;
    MessageBar* m_messages;
    std::unique_ptr<Exporter> m_exporter;
    QList<QAction*> m_actions;
    QAction* m_export;
    std::unique_ptr<QMenu> m_exportMenu;
};

} // namespace grappa
