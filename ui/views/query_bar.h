#pragma once

#include "core/library/library.h"

#include <QImage>
#include <QWidget>

#include <optional>
#include <span>
#include <vector>

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

/// Where a query is searched.
struct QueryScope {
    struct Choice {
        std::optional<CollectionId> collection; ///< nothing = everywhere
        QString name;
        bool operator==(const Choice&) const = default;
    };
    std::vector<Choice> choices; ///< fewer than two leave nothing to choose
    std::optional<CollectionId> chosen;
    bool operator==(const QueryScope&) const = default;
};

/// Above the gallery: where one is, the way back, the query and its cut, the size of the tiles, the menu.
class QueryBar : public QWidget {
    Q_OBJECT

public:
    explicit QueryBar(QMenu* menu, QWidget* parent = nullptr);

    void setText(const QueryBarText& text);
    /// Nothing: a listing is shown.
    void setQuery(const std::optional<QueryChip>& query);
    /// Shown beside a query.
    void setScope(const QueryScope& scope);
    /// Best first; fewer than two leave nothing to cut.
    void setScores(std::span<const float> scores, std::optional<float> minScore);
    void setNavigation(bool back, bool forward);
    void setTileSize(int size);

Q_SIGNALS:
    void backRequested();
    void forwardRequested();
    void queryActivated(); ///< the chip: view the query's image
    void queryClosed();
    void scopeChosen(std::optional<grappa::CollectionId> collection);
    void fileQueryRequested();
    void warningActivated();
    void minScoreChosen(std::optional<float> score);
    void tileSizeChosen(int size);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void updateRoom();

    QToolButton* m_back;
    QToolButton* m_forward;
    QToolButton* m_preview;
    QToolButton* m_closeQuery;
    QToolButton* m_scope;
    QueryScope m_shownScope;
    QLabel* m_title;
    QLabel* m_note;
    QPushButton* m_warning;
    ScoreCut* m_cut;
    QToolButton* m_searchFile;
    QSlider* m_size;
    QToolButton* m_menu;
};

} // namespace grappa
