#pragma once

#include "ui/browser.h"
#include "ui/groups.h"

#include <QObject>

#include <map>
#include <vector>

namespace grappa {

class GranularityBar;
class StopPreview;
class ThumbnailLoader;

/// Keeps the granularity bar in step with the place that is shown and the levels that there are, and shows samples of
/// the stop under the mouse.
class GranularityController : public QObject {
    Q_OBJECT

public:
    GranularityController(Session& session, Browser& browser, GranularityBar* bar);

private:
    void updateStops();
    void updateLevel();
    void updateLearned();
    void hover(int stop);
    void showPreview(int stop, const std::vector<SampleGroup>& groups);

    Session& m_session;
    Browser& m_browser;
    GranularityBar* m_bar;
    ThumbnailLoader* m_thumbnails; ///< of the preview
    StopPreview* m_preview;
    int m_hovered = -1;
    std::map<std::int64_t, std::vector<SampleGroup>> m_samples; ///< by k, of these stops:
    LevelStops m_stops;
};

} // namespace grappa
