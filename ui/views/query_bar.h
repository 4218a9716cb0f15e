#pragma once

#include <QImage>
#include <QWidget>

class QLabel;
class QPushButton;
class QSlider;
class QToolButton;

namespace grappa {

/// What the bar says.
struct QueryBarText {
    QString title;   ///< the collection, or "Similar to IMG_2041.jpg"
    QString note;    ///< "1,240 images", "200 of 48,210"
    QString warning; ///< the link to the unreadable files; empty = none
};

/// Above the gallery: where one is, the way back, the query's picture, the size of the tiles.
class QueryBar : public QWidget {
    Q_OBJECT

public:
    explicit QueryBar(QWidget* parent = nullptr);

    void setText(const QueryBarText& text);
    /// A null image hides it.
    void setPreview(const QImage& preview);
    void setNavigation(bool back, bool forward);
    void setTileSize(int size);

Q_SIGNALS:
    void backRequested();
    void forwardRequested();
    void warningActivated();
    void tileSizeChosen(int size);

private:
    QToolButton* m_back;
    QToolButton* m_forward;
    QLabel* m_preview;
    QLabel* m_title;
    QLabel* m_note;
    QPushButton* m_warning;
    QSlider* m_size;
};

} // namespace grappa
