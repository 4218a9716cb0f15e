#include "ui/desktop.h"

#include "core/base/file_io.h"
#include "ui/file_urls.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusUnixFileDescriptor>
#include <QDesktopServices>
#include <QStringList>

#include <fcntl.h>
#include <functional>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

/// Calls and goes on; `fallback` runs when nobody answers to that.
void callOrElse(const QDBusMessage& message, const std::function<void()>& fallback) {
    QDBusConnection bus = QDBusConnection::sessionBus();
    if (!bus.isConnected()) return fallback();
    auto* watcher = new QDBusPendingCallWatcher(bus.asyncCall(message));
    QObject::connect(watcher, &QDBusPendingCallWatcher::finished, watcher, [watcher, fallback] {
        if (watcher->isError()) fallback();
        watcher->deleteLater();
    });
}

} // namespace

void openFile(const std::filesystem::path& file) {
    QDesktopServices::openUrl(fileUrl(file));
}

void openFileWith(const std::filesystem::path& file) {
    const FileDescriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!descriptor) return openFile(file);
    QDBusMessage message =
        QDBusMessage::createMethodCall(u"org.freedesktop.portal.Desktop"_s, u"/org/freedesktop/portal/desktop"_s,
                                       u"org.freedesktop.portal.OpenURI"_s, u"OpenFile"_s);
    const QVariantMap options{{u"ask"_s, true}};
    message << QString() << QVariant::fromValue(QDBusUnixFileDescriptor(descriptor.get())) << options;
    callOrElse(message, [file] { openFile(file); });
}

void showInFileManager(const std::vector<std::filesystem::path>& files) {
    if (files.empty()) return;
    QStringList urls;
    for (const auto& file : files)
        urls << fileUrl(file).toString(QUrl::FullyEncoded);
    QDBusMessage message =
        QDBusMessage::createMethodCall(u"org.freedesktop.FileManager1"_s, u"/org/freedesktop/FileManager1"_s,
                                       u"org.freedesktop.FileManager1"_s, u"ShowItems"_s);
    message << urls << QString();
    callOrElse(message, [folder = files.front().parent_path()] { openFile(folder); });
}

} // namespace grappa
