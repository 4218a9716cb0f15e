#pragma once

#include "core/base/error.h"

#include <QString>

namespace grappa {

/// What is told to the user when something failed.
struct Problem {
    QString sentence; ///< what happened and what to do, in the user's language
    QString detail;   ///< the core's English detail: file and reason; may be empty
};

/// A sentence with a next step, in the user's language.
QString errorText(ErrorCode code);
/// A few words for a list of files: why this one could not be read.
QString errorReason(ErrorCode code);

Problem problemOf(const Error& error);
Problem problemOf(ErrorCode code, const QString& detail);

} // namespace grappa
