#include "ui/file_urls.h"

namespace grappa {

QUrl fileUrl(const std::filesystem::path& path) {
    const auto& bytes = path.native();
    const QByteArray raw = QByteArray::fromRawData(bytes.data(), static_cast<qsizetype>(bytes.size()));
    return QUrl::fromEncoded("file://" + raw.toPercentEncoding("/"));
}

std::filesystem::path pathOfUrl(const QUrl& url) {
    return QByteArray::fromPercentEncoding(url.path(QUrl::FullyEncoded).toLatin1()).toStdString();
}

} // namespace grappa
