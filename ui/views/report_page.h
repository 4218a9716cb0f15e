#pragma once

#include "core/library/library.h"
#include "ui/learning_report.h"

#include <QWidget>

#include <optional>
#include <vector>

class QGridLayout;
class QLabel;
class QPushButton;

namespace grappa {

class ImageStrip;
class PictureSource;

/// What learning brought: the verdict, the figures, and the results of an image before and after; what can be done with
/// it, the button that the verdict advises in front.
class ReportPage : public QWidget {
    Q_OBJECT

public:
    static constexpr std::size_t resultsShown = 12;

    explicit ReportPage(PictureSource& pictures, QWidget* parent = nullptr);

    void setAdaptation(const AdaptationRow& row, bool used);
    const std::optional<AdaptationRow>& adaptation() const { return m_row; }
    /// The image whose results are compared; nothing while none is chosen.
    void setQuery(std::optional<ImageId> query);
    std::optional<ImageId> query() const { return m_query; }
    void setResults(const BeforeAfter& results);
    void setProblem(const QString& sentence); ///< instead of results
    QPushButton* advised() const;             ///< the default button

Q_SIGNALS:
    void galleryRequested();
    void useRequested(std::int64_t id);
    void baseRequested();
    void removeRequested(std::int64_t id);
    void queryChosen(grappa::ImageId image); ///< to be compared
    void anotherQueryRequested();
    void selectedQueryRequested();               ///< the image that is selected in the gallery
    void searchRequested(grappa::ImageId image); ///< in the gallery

private:
    struct Line {
        QLabel *name, *base, *learned, *change;
    };
    QWidget* makeHead();
    QWidget* makeTable();
    QWidget* makeComparison();
    void showReport();
    void showButtons(bool used);
    static void setFigure(const Line& line, const ReportFigure& figure);

    PictureSource& m_pictures;
    std::optional<AdaptationRow> m_row;
    std::optional<LearningReport> m_report;
    std::optional<ImageId> m_query;
    QLabel *m_title = nullptr, *m_symbol = nullptr, *m_sentence = nullptr, *m_sample = nullptr;
    QPushButton *m_use = nullptr, *m_base = nullptr, *m_remove = nullptr, *m_another = nullptr;
    QWidget* m_table = nullptr;
    std::vector<Line> m_lines;
    QLabel *m_agreement = nullptr, *m_problem = nullptr;
    ImageStrip *m_queryStrip = nullptr, *m_before = nullptr, *m_after = nullptr;
};

} // namespace grappa
