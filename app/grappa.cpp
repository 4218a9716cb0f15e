#include "ui/error_text.h"
#include "ui/session.h"
#include "ui/views/main_window.h"
#include "ui/views/theme.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QFile>
#include <QIcon>
#include <QLocale>
#include <QScreen>
#include <QTranslator>

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace {

using namespace Qt::StringLiterals;
using namespace grappa;

/// Photographs that a package of the system brings, to try Grappa with; empty when it is not installed.
std::filesystem::path samplesFolder() {
    const std::filesystem::path stamps = "/usr/share/tuxpaint/stamps";
    std::error_code error;
    return std::filesystem::is_directory(stamps, error) ? stamps : std::filesystem::path();
}

struct Arguments {
    std::optional<std::filesystem::path> library;
    std::optional<bool> dark;
    std::vector<std::filesystem::path> paths;
};

Arguments parseArguments(const QApplication& application, const std::vector<std::string_view>& raw) {
    QCommandLineParser parser;
    parser.setApplicationDescription(
        QApplication::translate("main", "Visual search in your own images. Nothing leaves this computer."));
    parser.addHelpOption();
    parser.addVersionOption();
    const QCommandLineOption library(u"library"_s, QApplication::translate("main", "Keep the library in FOLDER."),
                                     u"FOLDER"_s);
    const QCommandLineOption theme(
        u"theme"_s, QApplication::translate("main", "light or dark; without it as the system is."), u"THEME"_s);
    parser.addOptions({library, theme});
    parser.addPositionalArgument(
        u"PATH"_s, QApplication::translate("main", "Folders to import, or one image to search by."), u"[PATH...]"_s);
    parser.process(application);

    Arguments arguments;
    if (parser.isSet(library)) arguments.library = QFile::encodeName(parser.value(library)).toStdString();
    const QString look = parser.value(theme);
    if (look == u"dark" || look == u"light") arguments.dark = look == u"dark";
    // Positional arguments come last; they are taken from argv, whose bytes need not be UTF-8.
    const auto count = static_cast<std::size_t>(parser.positionalArguments().size());
    for (auto path = raw.end() - static_cast<std::ptrdiff_t>(count); path != raw.end(); ++path)
        arguments.paths.push_back(std::filesystem::absolute(*path));
    return arguments;
}

} // namespace

int main(int argc, char** argv) {
    const std::vector<std::string_view> raw(argv + 1, argv + argc);
    QApplication application(argc, argv);
    QApplication::setApplicationName(u"grappa"_s);
    QApplication::setApplicationDisplayName(u"Grappa"_s);
    QApplication::setApplicationVersion(QStringLiteral(GRAPPA_VERSION));
    QApplication::setWindowIcon(QIcon(u":/icons/grappa.svg"_s));
    QApplication::setQuitOnLastWindowClosed(false);
    QTranslator translator;
    if (translator.load(QLocale(), u"grappa"_s, u"_"_s, u":/translations"_s) ||
        translator.load(u":/translations/grappa_en.qm"_s))
        QApplication::installTranslator(&translator);

    const Arguments arguments = parseArguments(application, raw);
    ThemeController theme(application, arguments.dark);
    try {
        Session session({.library = arguments.library});
        MainWindow window(session, samplesFolder());
        // The command line decides for this run, the window for good.
        if (!arguments.dark) theme.choose(window.dark());
        QObject::connect(&window, &MainWindow::themeChosen, &theme, &ThemeController::choose);
        QObject::connect(&window, &MainWindow::closed, &session, &Session::shutDown);
        QObject::connect(&session, &Session::shutDownFinished, &application, &QApplication::quit, Qt::QueuedConnection);
        window.fitInto(window.screen()->availableSize());
        window.show();
        if (!arguments.paths.empty()) session.open(arguments.paths);
        return QApplication::exec();
    } catch (const Error& error) {
        std::fprintf(stderr, "grappa: %s\n%s\n", qUtf8Printable(errorText(error.code())), error.what());
        return 1;
    }
}
