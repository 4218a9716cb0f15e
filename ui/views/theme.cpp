#include "ui/views/theme.h"

#include <QApplication>
#include <QEvent>
#include <QFile>
#include <QFont>
#include <QPalette>
#include <QStyleFactory>

#include <array>
#include <utility>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

constexpr int fontPixels = 13;
constexpr int darkBelow = 128; ///< lightness of a window background

bool isDark(const QPalette& palette) {
    return palette.color(QPalette::Window).lightness() < darkBelow;
}

QPalette paletteOf(const Theme& theme) {
    QPalette palette;
    palette.setColor(QPalette::Window, theme.window);
    palette.setColor(QPalette::WindowText, theme.text);
    palette.setColor(QPalette::Base, theme.window);
    palette.setColor(QPalette::AlternateBase, theme.pane);
    palette.setColor(QPalette::Text, theme.text);
    palette.setColor(QPalette::PlaceholderText, theme.muted);
    palette.setColor(QPalette::Button, theme.tile);
    palette.setColor(QPalette::ButtonText, theme.text);
    palette.setColor(QPalette::BrightText, theme.error);
    palette.setColor(QPalette::Highlight, theme.accent);
    palette.setColor(QPalette::HighlightedText, theme.onAccent);
    palette.setColor(QPalette::Link, theme.accent);
    palette.setColor(QPalette::ToolTipBase, theme.pane);
    palette.setColor(QPalette::ToolTipText, theme.text);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, theme.muted);
    return palette;
}

QString styleSheetOf(const Theme& theme) {
    QFile file(u":/style/grappa.qss"_s);
    if (!file.open(QIODevice::ReadOnly)) return {};
    QString sheet = QString::fromUtf8(file.readAll());
    const std::array<std::pair<QLatin1StringView, QColor>, 9> colours{{
        {"@window"_L1, theme.window},
        {"@pane"_L1, theme.pane},
        {"@tile"_L1, theme.tile},
        {"@text"_L1, theme.text},
        {"@muted"_L1, theme.muted},
        {"@accent"_L1, theme.accent},
        {"@onAccent"_L1, theme.onAccent},
        {"@warning"_L1, theme.warning},
        {"@error"_L1, theme.error},
    }};
    for (const auto& [name, colour] : colours)
        sheet.replace(name, colour.name());
    return sheet;
}

} // namespace

const Theme& Theme::of(bool dark) {
    static const Theme darkTheme{true,
                                 {0x1b, 0x1d, 0x21},
                                 {0x23, 0x26, 0x2b},
                                 {0x2b, 0x2f, 0x36},
                                 {0xe6, 0xe8, 0xeb},
                                 {0x9a, 0xa1, 0xab},
                                 {0x4c, 0x8d, 0xff},
                                 {0x0f, 0x12, 0x16},
                                 {0xe0, 0xa0, 0x30},
                                 {0xf0, 0x6a, 0x62}};
    static const Theme lightTheme{false,
                                  {0xf4, 0xf5, 0xf7},
                                  {0xff, 0xff, 0xff},
                                  {0xe9, 0xeb, 0xee},
                                  {0x1c, 0x1f, 0x23},
                                  {0x5f, 0x66, 0x70},
                                  {0x25, 0x63, 0xeb},
                                  {0xff, 0xff, 0xff},
                                  {0x8f, 0x60, 0x00},
                                  {0xc9, 0x3c, 0x37}};
    return dark ? darkTheme : lightTheme;
}

ThemeController::ThemeController(QApplication& application, std::optional<bool> dark)
    : QObject(&application), m_application(application), m_chosen(dark) {
    QApplication::setStyle(QStyleFactory::create(u"Fusion"_s));
    QFont font = QApplication::font();
    font.setPixelSize(fontPixels);
    QApplication::setFont(font);
    apply();
    application.installEventFilter(this);
}

void ThemeController::choose(std::optional<bool> dark) {
    m_chosen = dark;
    apply();
}

bool ThemeController::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::ThemeChange && !m_applying && !m_chosen) apply();
    return QObject::eventFilter(watched, event);
}

void ThemeController::apply() {
    m_applying = true;
    // An unset palette shows the system's own, by which it says whether it is dark.
    QApplication::setPalette(QPalette());
    m_theme = &Theme::of(m_chosen.value_or(isDark(QApplication::palette())));
    QApplication::setPalette(paletteOf(*m_theme));
    m_application.setStyleSheet(styleSheetOf(*m_theme));
    m_applying = false;
}

const Theme& currentTheme() {
    return Theme::of(isDark(QApplication::palette()));
}

} // namespace grappa
