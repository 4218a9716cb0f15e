#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

namespace grappa {

enum class Verdict { Better, NoClearDifference, Worse };
std::string verdictName(Verdict verdict); ///< "better", "no clear difference", "worse"

/// One measured quantity, base against adapted, in per cent, with the 95 % bootstrap interval of the difference
/// (paired over the held-out images).
struct Comparison {
    double base = 0, adapted = 0;
    double low = 0, high = 0; ///< of adapted - base
};

/// What can be said of an adaptation without labels (method: 7 of the issue): on images that were never trained on.
struct AdaptationReport {
    std::int64_t heldOut = 0;    ///< images asked for
    std::int64_t gallery = 0;    ///< images searched
    Comparison copyFirst;        ///< R@1: an altered copy finds its source first
    Comparison copyMrr;          ///< mean reciprocal rank of the source
    Comparison neighbourhood;    ///< overlap@10 of the copy's neighbours with its source's (source left out)
    double agreement = 0;        ///< overlap@10 of a held-out image's neighbours, base against adapted, in per cent
    std::vector<std::pair<std::int64_t, Comparison>> stability; ///< per k: clusters of two seeds agree (adjusted Rand)
    Verdict verdict = Verdict::NoClearDifference;
    std::string sentence; ///< English, one sentence with the figures
};

struct ReportInput {
    torch::Tensor baseGallery, adaptedGallery; ///< described vectors of all images, L2-normalised [n, D]
    torch::Tensor baseCopies, adaptedCopies;   ///< of altered copies of the held-out ones, [h * c, D], copy by copy
    std::vector<std::int64_t> heldOut;         ///< rows of the gallery, [h]
    int copies = 1;                            ///< c copies of each held-out image
    std::vector<std::int64_t> granularities;
    std::uint64_t seed = 0;
};

AdaptationReport adaptationReport(const ReportInput& input);

/// As JSON text, and back; the form that is stored with the adaptation.
std::string toJson(const AdaptationReport& report);
AdaptationReport reportFromJson(const std::string& text);

} // namespace grappa
