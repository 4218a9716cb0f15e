#pragma once

#include "core/base/job.h"
#include "core/model/descriptor.h"
#include "core/search/diffusion.h"
#include "core/training/evaluation.h"
#include "core/training/labelled_set.h"

#include <torch/torch.h>

#include <map>
#include <string>
#include <vector>

namespace grappa {

/// What images of a collection are searched by, all of it fitted on these images.
struct CollectionAnswers {
    torch::Tensor plain; ///< a picture by itself, L2-normalised [n, D]
    torch::Tensor click; ///< by its neighbourhood: what a click is answered by [n, D]
};

/// raw: descriptors as an embedding set holds them [n, D], n >= 1.
CollectionAnswers collectionAnswers(const torch::Tensor& raw, const DescriptorPrior& prior,
                                    const DiffusionOptions& options = {});

/// Scores of each kind of answer by its name ("raw", "click", ...), task by task.
using AnswerScores = std::map<std::string, std::map<std::string, RetrievalScores>>; ///< task -> answer -> scores

struct CollectionEvaluation {
    AnswerScores mixed; ///< the images of all tasks as one library
    AnswerScores alone; ///< each task as a library of its own
};

/// What a user gets who has these images as a library: everything is fitted on the images that are searched. Rows: raw
/// (the [class] vector), plain, auto (the neighbourhood vector), click (the default answer), level:<k>; `learned`, raw
/// descriptors under an adaptation [n, D], adds learned-plain and learned-click. base: raw descriptors of all sets, one
/// set after the other [n, D]. Labels are read to score only. Throws Interrupted.
CollectionEvaluation evaluateAsCollection(const std::vector<LabelledSet>& sets, const torch::Tensor& base,
                                          const torch::Tensor& learned, const DescriptorPrior& prior,
                                          const JobContext& context);

} // namespace grappa
