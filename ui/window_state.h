#pragma once

#include "ui/history.h"

#include <QByteArray>

#include <filesystem>
#include <optional>

namespace grappa {

/// What a window takes up again where the last one ended.
struct WindowState {
    /// A query without its vector and neighbours: it is searched anew; none for pasted pixels. All groups instead of an
    /// opened one.
    Place place{};
    int tileSize = 0; ///< 0 = as usual
    QByteArray geometry{};
    QByteArray panes{}; ///< how the viewer and the gallery share their room
    bool viewing = false;
    bool beside = false;        ///< the large view has the results beside it
    std::optional<bool> dark{}; ///< the theme that was chosen; nothing = as the system is
    bool why = false;           ///< the panel that explains results is there
};

/// Nothing when there is none, or when it cannot be read: then the window starts as new.
std::optional<WindowState> readWindowState(const std::filesystem::path& file);
/// Throws DiskFull, IoFailed.
void saveWindowState(const std::filesystem::path& file, const WindowState& state);

} // namespace grappa
