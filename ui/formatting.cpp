#include "ui/formatting.h"

#include "core/search/score_scale.h"

#include <QCoreApplication>
#include <QFile>
#include <QLocale>

#include <algorithm>
#include <cmath>

namespace grappa {

namespace {

constexpr float alikeFrom = pinnedQuantiles[1].score;

struct Formatting {
    Q_DECLARE_TR_FUNCTIONS(Formatting)
};
} // namespace

QString formatCount(std::uint64_t count) {
    return QLocale().toString(static_cast<qulonglong>(count));
}

QString formatScore(float score) {
    return QLocale().toString(static_cast<double>(score), 'f', 0);
}

QString formatCosine(float cosine) {
    return QLocale().toString(static_cast<double>(cosine), 'f', 4);
}

QString closenessText(float score) {
    switch (closenessOf(score)) {
    case Closeness::SamePicture:
        return Formatting::tr("almost the same");
    case Closeness::VeryClose:
        return Formatting::tr("very close");
    case Closeness::Close:
        return Formatting::tr("close");
    case Closeness::Related:
        // A wide band, most of a good answer lies in it: from where one in 100 random pairs come it reads otherwise.
        return score >= alikeFrom ? Formatting::tr("alike") : Formatting::tr("some likeness");
    case Closeness::NotMuchInCommon:
        return Formatting::tr("not much in common");
    }
    return {};
}

QString formatRate(double imagesPerSecond) {
    const int digits = imagesPerSecond < 10 ? 1 : 0;
    return Formatting::tr("%1 img/s").arg(QLocale().toString(imagesPerSecond, 'f', digits));
}

QString formatTimeLeft(double seconds) {
    const auto whole = static_cast<std::int64_t>(std::ceil(std::max(seconds, 0.0)));
    if (whole < 60) return Formatting::tr("%1 s left").arg(whole);
    const std::int64_t minutes = (whole + 59) / 60;
    if (minutes < 60) return Formatting::tr("%1 min left").arg(minutes);
    const std::int64_t rest = minutes % 60;
    if (rest == 0) return Formatting::tr("%1 h left").arg(minutes / 60);
    return Formatting::tr("%1 h %2 min left").arg(minutes / 60).arg(rest);
}

QString formatDuration(double seconds) {
    const auto whole = static_cast<std::int64_t>(std::ceil(std::max(seconds, 0.0)));
    if (whole < 60) return Formatting::tr("%1 s").arg(whole);
    const std::int64_t minutes = (whole + 59) / 60;
    if (minutes < 60) return Formatting::tr("%1 min").arg(minutes);
    const std::int64_t rest = minutes % 60;
    if (rest == 0) return Formatting::tr("%1 h").arg(minutes / 60);
    return Formatting::tr("%1 h %2 min").arg(minutes / 60).arg(rest);
}

QString formatPercent(double percent, int digits) {
    return Formatting::tr("%1 %").arg(QLocale().toString(percent, 'f', digits));
}

QString pathText(const std::filesystem::path& path) {
    return QString::fromStdString(displayPath(path));
}

QString fileNameText(const std::filesystem::path& path) {
    return pathText(path.has_filename() ? path.filename() : path);
}

std::optional<QString> argumentText(const std::filesystem::path& path) {
    const auto& bytes = path.native();
    const QString text = QFile::decodeName(QByteArray(bytes.data(), static_cast<qsizetype>(bytes.size())));
    if (QFile::encodeName(text).toStdString() != bytes) return std::nullopt;
    return text;
}

} // namespace grappa
