#pragma once

#include "ui/attention.h"
#include "ui/browser.h"

#include <QObject>
#include <QTimer>

namespace grappa {

class GalleryView;
class WhyPanel;

/// Keeps the "why" panel in step with the query and the current result.
class WhyController : public QObject {
    Q_OBJECT

public:
    WhyController(Browser& browser, Attention& attention, GalleryView* gallery, WhyPanel* panel);

    void setShown(bool shown);
    bool isShown() const { return m_shown; }
    /// There is no room for the panel now: it comes back by itself.
    void setCramped(bool cramped);

Q_SIGNALS:
    void shownChanged(bool shown);

private:
    void showPanel();
    void update();

    Browser& m_browser;
    Attention& m_attention;
    GalleryView* m_gallery;
    WhyPanel* m_panel;
    bool m_shown = false;
    bool m_cramped = false;
    QTimer m_updateSoon; ///< several things change at once
};

} // namespace grappa
