#pragma once

#include "core/base/job.h"
#include "core/training/evaluation.h"
#include "core/training/labelled_set.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace grappa {

/// Scores of one way to describe images, a task each.
struct EvaluationRow {
    std::string name;
    std::vector<RetrievalScores> tasks; ///< in the order of the sets

    RetrievalScores mean() const; ///< of the tasks, each counted once
};

/// Vectors of the images of all sets, one set after the other, under one variant of an adaptation.
struct VariantVectors {
    std::string variant;        ///< "base", "granularity:<k>", "average", ...
    std::vector<float> vectors; ///< [n, D] row-major, described (base: not whitened)
};

struct EvaluationInput {
    std::vector<LabelledSet> sets;
    std::size_t dim = 0;                             ///< D
    std::vector<VariantVectors> variants;            ///< "base" first
    std::optional<std::filesystem::path> adaptation; ///< its file: whitening of the base, granularities, main variant
};

/// The comparison of method sections 5, 8, 9 and 10.
struct EvaluationTable {
    /// The paper's protocol, an image described by itself alone: base, whitened (with an adaptation), granularity:<k>,
    /// the fusions, oracle (for each task the granularity with the best R-Precision).
    /// Then rows that use the unlabelled images of all sets together as a collection: level:<k>, base+smoothed,
    /// neighbours+smoothed. In these the base is whitened; a level is one of the main variant's vectors.
    std::vector<EvaluationRow> rows;
    /// p of the base's whitening: with an adaptation the best of 0.25, 0.5, 0.75 and 1 by mean R-Precision, so that the
    /// baseline is not weak; without one 0.75. Nothing where there are too few images for one.
    std::optional<double> whiteningPower;
    /// Without an adaptation there are no training images: the whitening of the collection's rows is fitted on the
    /// images that are scored, and there is no row `whitened`.
    bool whitenedOnTheseImages = false;
};

/// Throws Usage where the vectors do not fit the sets, or two sets have one name; Interrupted.
EvaluationTable evaluationTable(const EvaluationInput& input, const JobContext& context = {});

/// How an adaptation's granularities were used over many images.
struct AttentionSummary {
    std::vector<double> entropy;           ///< of the [class] token's attention / log N, mean over images; [m]
    std::vector<std::vector<double>> mean; ///< mean attention [m, N]
};

/// attention [images, m, N] of the [class] token.
AttentionSummary summarised(std::span<const float> attention, std::size_t blocks, std::size_t granularities);

} // namespace grappa
