#pragma once

#include <QImage>
#include <QWidget>

#include <optional>
#include <span>

class QLabel;
class QMenu;
class QPushButton;
class QSlider;
class QToolButton;

namespace grappa {

class ScoreCut;

/// What the bar says.
struct QueryBarText {
    QString title;   ///< the collection, or "Similar to IMG_2041.jpg"
    QString note;    ///< "1,240 images", "200 of 48,210"
    QString warning; ///< the link to the unreadable files; empty = none
};

/// The query as the bar shows it: a chip with its picture, whether it is by a region, a button that ends it.
struct QueryChip {
    QImage preview;
    QString title;
    bool region = false;
};

/// Above the gallery: where one is, the way back, the query and its cut, the size of the tiles, the menu.
class QueryBar : public QWidget {
    Q_OBJECT

public:
    explicit QueryBar(QMenu* menu, QWidget* parent = nullptr);

    void setText(const QueryBarText& text);
    /// Nothing: a listing is shown.
    void setQuery(const std::optional<QueryChip>& query);
    /// Best first; fewer than two leave nothing to cut.
    void setScores(std::span<const float> scores, std::optional<float> minScore);
    void setNavigation(bool back, bool forward);
    void setTileSize(int size);

Q_SIGNALS:
    void backRequested();
    void forwardRequested();
    void queryActivated(); ///< the chip: view the query's image
    void queryClosed();
    void fileQueryRequested();
    void warningActivated();
    void minScoreChosen(std::optional<float> score);
    void tileSizeChosen(int size);

private:
    QToolButton* m_back;
    QToolButton* m_forward;
    QToolButton* m_preview;
    QToolButton* m_closeQuery;
    QLabel* m_title;
    QLabel* m_note;
    QPushButton* m_warning;
    ScoreCut* m_cut;
    QToolButton* m_searchFile;
    QSlider* m_size;
    QToolButton* m_menu;
};

} // namespace grappa
