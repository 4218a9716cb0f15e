#pragma once

#include "ui/jobs/adapt_child.h"

#include <QWidget>

#include <optional>
#include <vector>

class QButtonGroup;
class QGridLayout;
class QLabel;
class QPushButton;
class QVBoxLayout;

namespace grappa {

class CurveChart;
class ImageStrip;
class PictureSource;
class StageList;

/// A run while it learns: its stages, its curve, the groups that it found and what some images find as it goes on.
class LearningPage : public QWidget {
    Q_OBJECT

public:
    explicit LearningPage(PictureSource& pictures, QWidget* parent = nullptr);

    void setStatus(const AdaptStatus& status); ///< title, state and buttons
    void setStages(const AdaptStatus& status);
    void setSamples(const LearningRun& run);
    void setCurve(const LearningRun& run);
    void setProbes(const LearningRun& run);

Q_SIGNALS:
    void galleryRequested();
    void pauseRequested();
    void resumeRequested();
    void keepRequested();
    void discardRequested();
    void imageActivated(grappa::ImageId image);

private:
    QWidget* makeHead();
    QWidget* makeQuestion();
    QWidget* makeSide();
    QWidget* makeMain();
    static QString stateText(const AdaptStatus& status);
    void askToDiscard(bool asking);
    void showGroups(std::int64_t k);
    QLabel* heading(const QString& text);

    PictureSource& m_pictures;
    QLabel* m_title = nullptr;
    QLabel* m_symbol = nullptr;
    QLabel* m_state = nullptr;
    QPushButton *m_gallery = nullptr, *m_pause = nullptr, *m_keep = nullptr, *m_discard = nullptr;
    QPushButton *m_discardNow = nullptr, *m_dontDiscard = nullptr;
    QWidget* m_question = nullptr;
    StageList* m_stages = nullptr;
    QLabel* m_device = nullptr;
    CurveChart* m_chart = nullptr;
    QGridLayout* m_levels = nullptr; ///< a button for each granularity
    QButtonGroup* m_levelButtons = nullptr;
    QGridLayout* m_groups = nullptr;
    QLabel* m_noGroups = nullptr;
    struct Group {
        QLabel* size;
        ImageStrip* images;
    };
    std::vector<Group> m_groupRows;
    QLabel* m_probeNote = nullptr;
    struct ProbeRow {
        ImageStrip *query, *results;
        QLabel *arrow, *changes;
    };
    QGridLayout* m_probes = nullptr;
    std::vector<ProbeRow> m_probeRows;
    std::vector<GranularitySample> m_samples;
    std::optional<std::int64_t> m_chosen; ///< a granularity that the user chose; else that of the stage under way
    std::int64_t m_learning = 0;          ///< the k of the stage under way
    bool m_resumes = false;
};

} // namespace grappa
