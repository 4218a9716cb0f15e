#pragma once

#include "core/base/job.h"

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace grappa {

enum class Verdict { Better, NoClearDifference, Worse };
std::string verdictName(Verdict verdict); ///< "better", "no clear difference", "worse"

/// One measured quantity, base against adapted, in per cent, with the 95 % bootstrap interval of the difference
/// (2,000 resamples of the held-out images, both sides from the same images).
struct Comparison {
    double base = 0, adapted = 0;
    double low = 0, high = 0; ///< of adapted - base

    double change() const { return adapted - base; }
    bool clearlyUp() const { return low > 0; }
    bool clearlyDown() const { return high < 0; }
};

/// What can be said of an adaptation without labels, on images that it was never trained on.
struct AdaptationReport {
    std::int64_t heldOut = 0; ///< images asked for
    std::int64_t gallery = 0; ///< images searched
    Comparison copyFirst;     ///< R@1: an altered copy finds its source first
    Comparison copyMrr;       ///< mean reciprocal rank of the source
    Comparison neighbourhood; ///< overlap@10 of the copy's neighbours with its source's (the source left out)
    double agreement = 0;     ///< overlap@10 of a held-out image's neighbours, base against adapted, in per cent
    /// For each k, clustered twice with different seeds: the share of a held-out image's cluster mates that stay
    /// (Jaccard index of its two clusters).
    std::vector<std::pair<std::int64_t, Comparison>> stability;
    Verdict verdict = Verdict::NoClearDifference;
    std::string sentence; ///< English, one sentence with the figures
};

/// The least agreement, in per cent, at which the report vouches for an adaptation. Below it most neighbours are new:
/// the copies show that the new order is a steady one, and nothing shows that it means anything.
inline constexpr double leastAgreement = 40;

/// What may be lost in finding the source (MRR, points of per cent): a model that pulls kin together lets one of them
/// past an altered copy now and then. Default adaptations lost at most 2.8, bad ones 10 or more (tests/bench/adapt).
inline constexpr double toleratedSourceLoss = 2;

/// The rule, on the fields that are measured:
/// worse: the copies keep clearly less of their source's neighbourhood; or they find their source later, clearly by
/// more
///        than toleratedSourceLoss (all vectors in one place keep everything and find nothing);
/// better: they keep clearly more of it, and agreement is at least leastAgreement;
/// no clear difference: all else.
/// Finding the source alone proves little: telling single images apart is what a model learns that forgets kinds.
Verdict verdictOf(const AdaptationReport& report);

struct ReportInput {
    torch::Tensor baseGallery, adaptedGallery; ///< described vectors of all images, L2-normalised [n, D]
    torch::Tensor baseCopies, adaptedCopies;   ///< of altered copies [c * h, D]: row copy * h + i is of heldOut[i]
    std::vector<std::int64_t> heldOut;         ///< rows of the gallery, [h]
    std::vector<std::int64_t> granularities;   ///< the k of `stability`; empty = not measured
    std::uint64_t seed = 0;
};

/// Exact search, blocked: never c * h x n at once. The same input gives the same report. Throws Usage where the shapes
/// do not fit, h < 2 or n < 3; Interrupted.
AdaptationReport adaptationReport(const ReportInput& input, const JobContext& context = {});

/// As JSON text, and back; the form that is stored with the adaptation. Throws Corrupt.
std::string toJson(const AdaptationReport& report);
AdaptationReport reportFromJson(const std::string& text);

} // namespace grappa
