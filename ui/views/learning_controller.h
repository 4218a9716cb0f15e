#pragma once

#include "ui/learning.h"
#include "ui/models/picture_source.h"

#include <QObject>
#include <QTimer>

#include <optional>

class QStackedWidget;

namespace grappa {

class AdaptationList;
class Browser;
class GalleryView;
class LearnSheet;
class LearningBar;
class LearningPage;
class MessageBar;
class ReportPage;
class Session;

/// What the learning views are put into.
struct LearningPlaces {
    QStackedWidget* pages; ///< its first page is the gallery's
    GalleryView* gallery;
    MessageBar* messages;
    LearningBar* bar;
    AdaptationList* list;
};

/// Leads between the sheet, the page of the run, the report and the gallery.
class LearningController : public QObject {
    Q_OBJECT

public:
    LearningController(Session& session, Browser& browser, const LearningPlaces& places, QObject* parent = nullptr);

    /// The page of the run that is open, else the sheet.
    void learn(std::optional<CollectionId> collection);
    void openSheet(std::optional<CollectionId> collection = std::nullopt);
    void showGallery();
    void showRun();
    void showReport(std::int64_t id);

private:
    void connectRun();
    void connectPages();
    void connectList();
    void updateRun();
    void updateBar();
    void updateProgress();
    void finish(const QString& name);
    void compare(ImageId query);
    void pickAnother();
    std::optional<ImageId> currentImage() const; ///< of the gallery
    void updateReport();
    void remove(std::int64_t id);
    void chooseExport(std::int64_t id);
    void search(ImageId image);
    QString hindrance() const;

    Session& m_session;
    Browser& m_browser;
    Learning& m_learning;
    LearningPlaces m_places;
    PictureSource m_pictures;
    LearningPage* m_run;
    ReportPage* m_report;
    QString m_finished; ///< its report is shown once the list holds it
    unsigned m_comparisons = 0;
    bool m_searching = false; ///< a search of the gallery is under way
    QTimer m_updateSoon; ///< steps come faster than anyone can read
};

} // namespace grappa
