#include "ui/learning_text.h"

#include "ui/formatting.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

struct LearningText {
    Q_DECLARE_TR_FUNCTIONS(LearningText)
};

bool countsImages(const LearningStage& stage) {
    return stage.name == "read" || stage.name == "describe" || stage.name == "embed";
}

double percentOf(const Progress& progress) {
    return progress.total == 0 ? 0 : 100.0 * static_cast<double>(progress.done) / static_cast<double>(progress.total);
}

QString rateText(const LearningStage& stage) {
    if (countsImages(stage)) return formatRate(stage.progress.rate);
    const int digits = stage.progress.rate < 10 ? 1 : 0;
    return LearningText::tr("%1 steps/s").arg(QLocale().toString(stage.progress.rate, 'f', digits));
}

QString runningText(const AdaptStatus& status) {
    const QString& name = status.request.collection;
    const LearningStage* stage = status.run.now();
    if (!stage) return LearningText::tr("Starting to learn %1…").arg(name);
    QStringList parts{LearningText::tr("Learning %1").arg(name), stageTitle(*stage)};
    if (stage->progress.total > 0) parts << formatPercent(percentOf(stage->progress));
    if (stage->progress.secondsLeft) parts << formatTimeLeft(*stage->progress.secondsLeft);
    return parts.join(u" · "_s);
}

QString signedNumber(double value) {
    const QString number = QLocale().toString(std::abs(value), 'f', 1);
    return (value < 0 ? u"−"_s : u"+"_s) + number;
}

/// "62.1 % of the time, before 55.0 % (95 % interval +3.2 to +9.1)" for the wording of `sentence`.
QString figureText(const QString& sentence, const ReportFigure& figure) {
    return sentence.arg(formatPercent(figure.learned, 1), formatPercent(figure.base, 1), signedNumber(figure.low),
                        signedNumber(figure.high));
}

} // namespace

QString stageTitle(const LearningStage& stage) {
    if (const auto k = stage.granularity())
        return LearningText::tr("Learn k = %1").arg(formatCount(static_cast<std::uint64_t>(*k)));
    if (stage.name == "read") return LearningText::tr("Read");
    if (stage.name == "describe") return LearningText::tr("Describe");
    if (stage.name == "group") return LearningText::tr("Group");
    if (stage.name.starts_with("combine")) return LearningText::tr("Combine");
    if (stage.name == "check") return LearningText::tr("Check");
    if (stage.name == "embed") return LearningText::tr("Embed");
    if (stage.name == "levels") return LearningText::tr("Levels");
    return QString::fromStdString(stage.name);
}

QString stageDetail(const LearningStage& stage) {
    const Progress& progress = stage.progress;
    if (stage.state == StageState::Waiting) return {};
    QStringList parts;
    if (stage.state == StageState::Done) {
        if (progress.total > 0 && countsImages(stage))
            parts << LearningText::tr("%Ln image(s)", nullptr, static_cast<int>(progress.total));
        return parts.join(u" · "_s);
    }
    if (progress.total == 0) return LearningText::tr("working…");
    if (countsImages(stage)) {
        parts << LearningText::tr("%1 / %2").arg(formatCount(progress.done), formatCount(progress.total));
    } else {
        parts << formatPercent(percentOf(progress));
    }
    if (progress.rate > 0) parts << rateText(stage);
    if (progress.secondsLeft) parts << formatTimeLeft(*progress.secondsLeft);
    return parts.join(u" · "_s);
}

QString learningText(const AdaptStatus& status) {
    const QString& name = status.request.collection;
    switch (status.state) {
    case AdaptState::Idle:
        return {};
    case AdaptState::Running:
        return runningText(status);
    case AdaptState::Pausing:
        return LearningText::tr("Pausing; what is done is kept…");
    case AdaptState::Paused:
        return LearningText::tr("Learning %1 is paused. The device is free; resume goes on from here.").arg(name);
    case AdaptState::Finishing:
        return LearningText::tr("Keeping what was learned of %1 so far: it is checked and used to embed the images.")
            .arg(name);
    case AdaptState::Discarding:
        return LearningText::tr("Discarding what was learned…");
    case AdaptState::Failed:
        return status.problem.sentence;
    case AdaptState::Done:
        return LearningText::tr("%1 is learned").arg(name);
    }
    return {};
}

QString deviceName(const QString& device) {
    if (device == u"cpu"_s) return LearningText::tr("CPU");
    if (device.startsWith(u"cuda"_s)) return LearningText::tr("GPU (%1)").arg(device);
    return device;
}

QString deviceText(const LearningRun& run) {
    QStringList parts;
    if (!run.device().empty()) parts << deviceName(QString::fromStdString(run.device()));
    if (run.threads() > 0) parts << LearningText::tr("%Ln thread(s)", nullptr, run.threads());
    if (run.images() > 0) parts << LearningText::tr("%Ln image(s)", nullptr, static_cast<int>(run.images()));
    return parts.join(u" · "_s);
}

QString verdictWord(LearningVerdict verdict) {
    switch (verdict) {
    case LearningVerdict::Better:
        return LearningText::tr("better");
    case LearningVerdict::Worse:
        return LearningText::tr("worse");
    case LearningVerdict::NoClearDifference:
        break;
    }
    return LearningText::tr("no clear difference");
}

QString verdictSentence(const LearningReport& report) {
    const QString opening = report.verdict == LearningVerdict::Better  ? LearningText::tr("Better: %1")
                            : report.verdict == LearningVerdict::Worse ? LearningText::tr("Worse, keep the base: %1")
                                                                       : LearningText::tr("No clear difference: %1");
    const QString copies = figureText(
        LearningText::tr("an altered copy finds its image first %1 of the time, before %2 (95 % interval %3 to %4)"),
        report.copyFirst);
    const QString kept =
        figureText(LearningText::tr("and shares %1 of its neighbours, before %2 (%3 to %4)."), report.neighbourhood);
    return opening.arg(copies) + u' ' + kept;
}

QString rankText(const RankedImage& image) {
    switch (image.change) {
    case RankChange::Same:
        return {};
    case RankChange::Up:
        return LearningText::tr("up %1").arg(image.by);
    case RankChange::Down:
        return LearningText::tr("down %1").arg(image.by);
    case RankChange::New:
        return LearningText::tr("new");
    case RankChange::Gone:
        return LearningText::tr("gone");
    }
    return {};
}

} // namespace grappa
