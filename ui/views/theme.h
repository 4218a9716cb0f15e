#pragma once

#include <QColor>
#include <QObject>

#include <optional>

class QApplication;

namespace grappa {

/// The window's colours (design: Look). Text on each background has a contrast of at least 4.5 : 1.
struct Theme {
    bool dark = true;
    QColor window, pane, tile, text, muted, accent, onAccent, warning, error;

    static const Theme& of(bool dark);
};

/// Dresses the application and keeps it in step with the system's light or dark palette, unless one was asked for.
class ThemeController : public QObject {
    Q_OBJECT

public:
    explicit ThemeController(QApplication& application, std::optional<bool> dark = std::nullopt);

    const Theme& theme() const { return *m_theme; }
    /// Nothing = follow the system.
    void choose(std::optional<bool> dark);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void apply();

    QApplication& m_application;
    std::optional<bool> m_chosen;
    const Theme* m_theme = nullptr;
    bool m_applying = false;
};

/// The theme that the application wears, by its palette: for what paints itself.
const Theme& currentTheme();

} // namespace grappa
