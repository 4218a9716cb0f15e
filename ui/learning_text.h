#pragma once

#include "ui/jobs/adapt_child.h"
#include "ui/learning_report.h"

#include <QString>

namespace grappa {

// What the window says of learning, in the user's language.

QString stageTitle(const LearningStage& stage); ///< "Learn k = 64"
/// Counts, rate and time left of a stage: "612 / 1,240 · 31 img/s · 20 s left"; empty while it waits.
QString stageDetail(const LearningStage& stage);
/// "Learning Garden · Learn k = 64 · 41 % · 2 min left", or how it ended.
QString learningText(const AdaptStatus& status);
/// "CPU · 2 threads · 1,240 images".
QString deviceText(const LearningRun& run);
QString deviceName(const QString& device); ///< "CPU", "GPU (cuda:0)"

QString verdictWord(LearningVerdict verdict); ///< "better"
QString verdictSentence(const LearningReport& report);
QString rankText(const RankedImage& image); ///< "up 7", "new"; empty for Same

} // namespace grappa
