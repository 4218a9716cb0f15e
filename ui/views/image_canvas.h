#pragma once

#include "ui/region_band.h"

#include <QImage>
#include <QWidget>

#include <cstddef>
#include <optional>
#include <vector>

namespace grappa {

/// Which part of an image a canvas shows, whatever the sizes of both: so two canvases can show the same part.
struct CanvasView {
    double zoom = 1;          ///< 1 = the whole image fits
    QPointF centre{0.5, 0.5}; ///< of what is shown, as parts of the image's width and height
    bool operator==(const CanvasView&) const = default;
};

/// What is laid over a part of the image, patch by patch.
struct CanvasOverlay {
    QRectF square{}; ///< that the patches share, in pixels of the full image; empty = no overlay
    int rows = 0, cols = 0;
    std::vector<float> bright{};       ///< [rows * cols] from 0 (veiled) to 1 (as it is); empty = all as they are
    std::vector<std::size_t> marked{}; ///< patches with an outline, the first of them a strong one
};

/// One large image with zoom and pan, and a rubber band with eight handles that marks a region of it.
class ImageCanvas : public QWidget {
    Q_OBJECT

public:
    explicit ImageCanvas(QWidget* parent = nullptr);

    /// `fullSize`: of the image that `image` may be a smaller rendering of. The view is kept.
    void setImage(const QImage& image, const QSize& fullSize);
    const QImage& image() const { return m_image; }
    QSize fullSize() const { return m_fullSize; }
    /// Shown in the middle instead of an image.
    void setMessage(const QString& message);

    const CanvasView& view() const { return m_view; }
    void setView(const CanvasView& view); ///< without a signal
    void zoomBy(double factor);
    void fit();
    void showActualPixels(); ///< one pixel of the image is one of the screen

    /// Whether the mouse and the arrow keys edit the region instead of moving the image.
    void setRegionEditing(bool editing);
    void setRegion(const std::optional<QRect>& region); ///< in pixels of the full image; without a signal
    std::optional<QRect> region() const;

    void setOverlay(const CanvasOverlay& overlay);
    const CanvasOverlay& overlay() const { return m_overlay; }
    /// Whether hovered() is wanted.
    void setHoverWanted(bool wanted);

    QRectF imageRect() const; ///< where the image lies on the canvas
    QRectF bandRect() const;  ///< where the region lies on the canvas; empty = none

Q_SIGNALS:
    void viewChanged(const grappa::CanvasView& view);
    void imageChanged();
    void hovered(const std::optional<QPointF>& place); ///< in pixels of the full image; nothing = beside it
    void regionEdited();                               ///< by the user, at every move
    void sharperWanted();                              ///< more of the image's pixels could be shown than there are

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    double fitScale() const; ///< pixels of the canvas for one of the full image
    double scale() const { return fitScale() * m_view.zoom; }
    void applyView(CanvasView view);
    void zoomAround(double factor, const QPointF& place);
    void setBand(const QRectF& band);
    bool moveBandByKey(QKeyEvent* event);
    void showCursor(const QPointF& place);
    void paintBand(QPainter& painter) const;
    void paintOverlay(QPainter& painter) const;

    QImage m_image;
    QSize m_fullSize;
    QString m_message;
    CanvasView m_view;
    CanvasOverlay m_overlay;
    bool m_hoverWanted = false;
    bool m_editing = false;
    QRectF m_band; ///< in pixels of the full image
    BandPart m_grabbed = BandPart::None;
    bool m_dragging = false;
    QPointF m_last; ///< place of the mouse
};

} // namespace grappa
