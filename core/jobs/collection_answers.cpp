#include "core/jobs/collection_answers.h"

#include "core/jobs/diffused_vectors.h"
#include "core/jobs/nearest_rows.h"
#include "core/jobs/stored_vectors.h"
#include "core/search/diffused_set.h"
#include "core/training/kmeans.h"
#include "core/training/levels.h"

#include <algorithm>

namespace grappa {

namespace {

constexpr int usualLevels = 8;

using Rows = std::map<std::string, torch::Tensor>;

/// Every kind of answer over one library of these images.
Rows answersOf(const torch::Tensor& base, const torch::Tensor& learned, const DescriptorPrior& prior,
               const JobContext& context) {
    const std::int64_t width = prior.classCovariance.size(0);
    const CollectionAnswers answers = collectionAnswers(base, prior);
    Rows rows{
        {"raw", base.narrow(1, 0, width)}, {"plain", answers.plain}, {"auto", answers.click}, {"click", answers.click}};
    for (const std::int64_t k : defaultGranularities(base.size(0), usualLevels)) {
        const auto [centroids, assignment] = [&] {
            auto result = kMeans(answers.plain, {.clusters = k}, context);
            return std::pair(result.centroids, nearestCentroid(answers.plain, result.centroids));
        }();
        rows["level:" + std::to_string(k)] = levelBlend(answers.plain, centroids, assignment);
    }
    if (learned.defined()) {
        const CollectionAnswers after = collectionAnswers(learned, prior);
        rows["learned-plain"] = after.plain;
        rows["learned-click"] = after.click;
    }
    return rows;
}

} // namespace

CollectionAnswers collectionAnswers(const torch::Tensor& raw, const DescriptorPrior& prior,
                                    const DiffusionOptions& options) {
    const torch::NoGradGuard noGradients;
    const auto forNeighbours = DescriptorWhitening::fit(raw, prior, diffusedPower);
    const auto points = forNeighbours.apply(raw).contiguous();
    const Diffusion diffusion(nearestRows(points, static_cast<std::int64_t>(options.neighbours)), options);
    return {.plain = forNeighbours.withPower(DescriptorWhitening::plainPower).apply(raw),
            .click = diffusedVectors(diffusion, points, diffusedDim).rows};
}

CollectionEvaluation evaluateAsCollection(const std::vector<LabelledSet>& sets, const torch::Tensor& base,
                                          const torch::Tensor& learned, const DescriptorPrior& prior,
                                          const JobContext& context) {
    CollectionEvaluation evaluation;
    // One class of one task: the same word in two tasks does not mean the same.
    std::vector<std::string> labels;
    for (const LabelledSet& set : sets)
        for (const std::string& label : set.labels)
            labels.push_back(set.task + '\0' + label);

    const auto score = [&](AnswerScores& scores, const Rows& rows, std::size_t firstSet, std::size_t lastSet) {
        std::size_t firstRow = 0;
        for (std::size_t i = 0; i < firstSet; ++i)
            firstRow += sets[i].labels.size();
        const auto total = static_cast<std::size_t>(rows.begin()->second.size(0));
        const auto gallery = std::span(labels).subspan(firstRow, total);
        for (const auto& [name, vectors] : rows) {
            context.throwIfStopped();
            const auto contiguous = vectors.contiguous();
            std::size_t row = 0;
            for (std::size_t i = firstSet; i < lastSet; row += sets[i++].labels.size())
                scores[sets[i].task][name] =
                    retrievalScores(values(contiguous), static_cast<std::size_t>(contiguous.size(1)), gallery, row,
                                    sets[i].labels.size());
        }
    };
    std::int64_t row = 0;
    for (std::size_t i = 0; i < sets.size(); ++i) {
        const auto count = static_cast<std::int64_t>(sets[i].labels.size());
        if (count == 0) continue;
        score(evaluation.alone,
              answersOf(base.narrow(0, row, count), learned.defined() ? learned.narrow(0, row, count) : learned, prior,
                        context),
              i, i + 1);
        row += count;
    }
    if (row > 0) score(evaluation.mixed, answersOf(base, learned, prior, context), 0, sets.size());
    return evaluation;
}

} // namespace grappa
