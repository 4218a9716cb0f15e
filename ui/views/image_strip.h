#pragma once

#include "core/library/library.h"

#include <QWidget>

#include <vector>

namespace grappa {

class PictureSource;

/// One image of a strip.
struct StripImage {
    ImageId image = 0;
    QString badge{};     ///< below the picture: "new", "up 7"
    bool marked = false; ///< with a ring, and its badge in the accent colour
    bool operator==(const StripImage&) const = default;
};

/// Some small pictures in lines that fill the width; those that do not fit in `lines` are left out. A click or Enter
/// activates one.
class ImageStrip : public QWidget {
    Q_OBJECT

public:
    ImageStrip(PictureSource& pictures, int tile, int lines, QWidget* parent = nullptr);

    void setImages(std::vector<StripImage> images);
    const std::vector<StripImage>& images() const { return m_images; }
    /// Room for a badge below each picture.
    void setBadges(bool shown);
    /// What the strip is, for a screen reader; the names of the images follow.
    void setTitle(const QString& title);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void activated(grappa::ImageId image);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;

private:
    int columns() const;
    int shown() const;
    QRect rectOf(int index) const;
    int indexAt(const QPoint& place) const; ///< -1: none
    void describe();

    PictureSource& m_pictures;
    int m_tile, m_lines;
    bool m_badges = false;
    QString m_title;
    std::vector<StripImage> m_images;
    int m_current = 0;
    int m_pressed = -1;
};

} // namespace grappa
