#pragma once

#include "ui/views/image_pane.h"
#include "ui/views/overlays.h"

#include <QTimer>
#include <QWidget>

#include <optional>

class QAction;
class QLabel;
class QToolButton;

namespace grappa {

/// One image large, or two side by side: the query and a result. A region of the image can be marked with a rubber
/// band, to search by it.
class Viewer : public QWidget {
    Q_OBJECT

public:
    /// maps: for the overlays of a comparison; none: there are no overlays.
    explicit Viewer(ImagePane::Render render, QWidget* parent = nullptr, Overlays::ReadMaps maps = {});

    /// `note`: "3 of 200 · score 87, very close".
    void show(const ViewedImage& image, const QString& note);
    /// What is put beside the image when comparing; nothing: comparing is not possible.
    void setReference(const std::optional<ViewedImage>& reference);
    void setNavigation(bool previous, bool next);
    /// What is known of patches was made by another model.
    void forgetMaps() { m_overlays->forget(); }
    /// Actions on the image, for the toolbar.
    void setImageActions(const QList<QAction*>& actions);

    const ViewedImage& shown() const { return m_main->shown(); }
    const QImage& pixels() const { return m_main->pixels(); }
    bool comparing() const;
    void setComparing(bool comparing);
    void setRegionEditing(bool editing);
    /// The results are shown beside it; else it has their room too.
    bool beside() const;
    void setBeside(bool beside);
    /// Whether the button says that it fills the screen.
    void setFullScreen(bool fullScreen);

Q_SIGNALS:
    void besideChanged(bool beside);
    void fullScreenRequested(bool fullScreen);
    void closeRequested();
    void previousRequested();
    void nextRequested();
    void comparingChanged(bool comparing);
    /// Some time after the last move of the band. Nothing: by the whole image again.
    void regionChosen(const std::optional<QRect>& region);

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    QToolButton* button(const QString& symbol, const QString& name, const QKeySequence& shortcut);
    void layOut();
    void connectCanvases();
    void chooseWhole();
    void updateRegionButtons();
    bool regionEditing() const;
    void makeOverlayChips();
    void updateOverlays();

    ImagePane* m_reference;
    ImagePane* m_main;
    QLabel* m_title;
    QLabel* m_note;
    QToolButton *m_close, *m_previous, *m_next, *m_fit, *m_actual, *m_compare, *m_whole, *m_region, *m_beside,
        *m_fullScreen, *m_more;
    QToolButton *m_attention, *m_match; ///< chips of the overlays, while comparing
    QLabel* m_overlayNote;
    Overlays* m_overlays;
    bool m_hasOverlays;
    std::optional<ViewedImage> m_referenceImage;
    QTimer m_regionSoon;
};

} // namespace grappa
