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
    bool isShown() const;

Q_SIGNALS:
    void shownChanged(bool shown);

private:
    void update();

    Browser& m_browser;
    Attention& m_attention;
    GalleryView* m_gallery;
    WhyPanel* m_panel;
    QTimer m_updateSoon; ///< several things change at once
};

} // namespace grappa
