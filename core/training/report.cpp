#include "core/training/report.h"

#include "core/training/kmeans.h"
#include "core/training/random.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <numeric>

namespace grappa {

namespace {

using Json = nlohmann::json;
using torch::Tensor;

constexpr std::int64_t listLength = 10;

/// One number for each held-out image.
using PerImage = std::vector<double>;

PerImage toPerImage(const Tensor& values) {
    const Tensor plain = values.to(torch::kCPU, torch::kDouble).contiguous();
    return {plain.const_data_ptr<double>(), plain.const_data_ptr<double>() + plain.numel()};
}

/// The neighbour list of each query, the given row of the gallery left out, and that row's rank (0 = first).
struct Answers {
    Tensor lists; ///< int64 [q, 10]
    Tensor ranks; ///< int64 [q]
};

/// queries [q, D], gallery [n, D], sources int64 [q]. Equal scores: the lower row goes first.
Answers ask(const Tensor& queries, const Tensor& gallery, const Tensor& sources, const JobContext& context) {
    const std::int64_t length = std::min(listLength, gallery.size(0) - 1), block = blockRows(gallery.size(0));
    const Tensor rows = torch::arange(gallery.size(0), sources.options());
    std::vector<Tensor> lists, ranks;
    for (std::int64_t first = 0; first < queries.size(0); first += block) {
        context.throwIfStopped();
        const std::int64_t count = std::min(block, queries.size(0) - first);
        const Tensor source = sources.narrow(0, first, count).unsqueeze(1);
        Tensor scores = torch::mm(queries.narrow(0, first, count), gallery.t());
        const Tensor own = scores.gather(1, source);
        ranks.push_back(((scores > own) | ((scores == own) & (rows < source))).sum(1));
        scores.scatter_(1, source, -std::numeric_limits<float>::infinity());
        lists.push_back(std::get<1>(scores.topk(length, 1)));
    }
    return {torch::cat(lists), torch::cat(ranks)};
}

/// Share of each list of `a` that the list of `b` holds too. int64 [q, 10] both -> [q]
Tensor overlap(const Tensor& a, const Tensor& b) {
    return (a.unsqueeze(2) == b.unsqueeze(1)).to(torch::kDouble).sum({1, 2}) / a.size(1);
}

/// What one model does with the held-out images and their copies.
struct Measured {
    Tensor lists; ///< of the sources, int64 [h, 10]
    PerImage first, reciprocalRank, neighbourhood;
};

Measured measure(const Tensor& gallery, const Tensor& copies, const Tensor& heldOut, const JobContext& context) {
    const std::int64_t images = heldOut.size(0), perImage = copies.size(0) / images;
    const auto meanOverCopies = [&](const Tensor& values) {
        return toPerImage(values.to(torch::kDouble).view({perImage, images}).mean(0));
    };
    const Tensor lists = ask(gallery.index_select(0, heldOut), gallery, heldOut, context).lists;
    const Answers answers = ask(copies, gallery, heldOut.repeat({perImage}), context);
    return {lists, meanOverCopies(answers.ranks == 0), meanOverCopies(1.0 / (answers.ranks.to(torch::kDouble) + 1)),
            meanOverCopies(overlap(answers.lists, lists.repeat({perImage, 1})))};
}

double mean(const PerImage& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Comparison compare(const PerImage& base, const PerImage& adapted, std::uint64_t seed) {
    constexpr std::size_t resamples = 2000;
    PerImage differences(base.size());
    std::transform(adapted.begin(), adapted.end(), base.begin(), differences.begin(), std::minus<>());
    RandomStream random(seed);
    std::vector<double> means(resamples);
    for (double& resampled : means) {
        for (std::size_t i = 0; i < differences.size(); ++i)
            resampled += differences[static_cast<std::size_t>(random.below(std::ssize(differences)))];
        resampled /= static_cast<double>(differences.size());
    }
    std::sort(means.begin(), means.end());
    return {100 * mean(base), 100 * mean(adapted), 100 * means[resamples * 25 / 1000],
            100 * means[resamples * 975 / 1000 - 1]};
}

/// Jaccard index of each held-out image's clusters under two seeds.
PerImage stability(const Tensor& gallery, const Tensor& heldOut, std::int64_t k, std::uint64_t seed,
                   const JobContext& context) {
    const auto cluster = [&](std::uint64_t number) {
        return kMeans(gallery, {.clusters = k, .seed = mixSeed(seed, static_cast<std::uint64_t>(k), number)}, context)
            .assignment;
    };
    const Tensor one = cluster(1), two = cluster(2);
    const Tensor rows = heldOut.to(torch::kCPU);
    PerImage shares;
    for (std::int64_t i = 0; i < rows.size(0); ++i) {
        const Tensor a = one == one[rows[i]], b = two == two[rows[i]];
        shares.push_back((a & b).sum().item<double>() / (a | b).sum().item<double>());
    }
    return shares;
}

void checkInput(const ReportInput& input) {
    const auto h = std::ssize(input.heldOut);
    const std::int64_t n = input.baseGallery.size(0);
    const bool fits =
        h >= 2 && n >= 3 && input.adaptedGallery.size(0) == n && input.baseCopies.size(0) > 0 &&
        input.baseCopies.size(0) % h == 0 && input.adaptedCopies.size(0) == input.baseCopies.size(0) &&
        std::all_of(input.heldOut.begin(), input.heldOut.end(), [n](std::int64_t row) { return row >= 0 && row < n; });
    if (!fits) throw Error(ErrorCode::Usage, "The report needs two held-out images or more, and copies of each.");
}

std::string formatted(const char* format, double value) {
    char text[32];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

std::string figures(const Comparison& comparison, const char* unit) {
    return formatted("%.1f", comparison.adapted) + unit + ", before " + formatted("%.1f", comparison.base) +
           " % (95 % interval " + formatted("%+.1f", comparison.low) + " to " + formatted("%+.1f", comparison.high) +
           ")";
}

std::string sentenceOf(const AdaptationReport& report) {
    const char* opening = report.verdict == Verdict::Better  ? "Better"
                          : report.verdict == Verdict::Worse ? "Worse, keep the base"
                                                             : "No clear difference";
    return std::string(opening) + ": an altered copy shares " + figures(report.neighbourhood, " %") +
           " of its source's neighbours and finds its source first " + figures(report.copyFirst, " % of the time") +
           "; " + formatted("%.0f", report.agreement) + " % of an image's neighbours are those of the base.";
}

Json comparisonToJson(const Comparison& comparison) {
    return {
        {"base", comparison.base}, {"adapted", comparison.adapted}, {"interval", {comparison.low, comparison.high}}};
}

Comparison comparisonFromJson(const Json& json) {
    return {json.at("base"), json.at("adapted"), json.at("interval").at(0), json.at("interval").at(1)};
}

} // namespace

std::string verdictName(Verdict verdict) {
    switch (verdict) {
    case Verdict::Better:
        return "better";
    case Verdict::Worse:
        return "worse";
    case Verdict::NoClearDifference:
        break;
    }
    return "no clear difference";
}

Verdict verdictOf(const AdaptationReport& report) {
    const Comparison &neighbourhood = report.neighbourhood, &source = report.copyMrr;
    if (neighbourhood.clearlyDown() || source.high < -toleratedSourceLoss) return Verdict::Worse;
    if (neighbourhood.clearlyUp() && report.agreement >= leastAgreement) return Verdict::Better;
    return Verdict::NoClearDifference;
}

AdaptationReport adaptationReport(const ReportInput& input, const JobContext& context) {
    checkInput(input);
    const torch::NoGradGuard noGrad;
    const Tensor heldOut = torch::tensor(input.heldOut, torch::kLong).to(input.baseGallery.device());
    const Measured base = measure(input.baseGallery, input.baseCopies, heldOut, context);
    const Measured adapted = measure(input.adaptedGallery, input.adaptedCopies, heldOut, context);

    AdaptationReport report;
    report.heldOut = heldOut.size(0);
    report.gallery = input.baseGallery.size(0);
    report.copyFirst = compare(base.first, adapted.first, input.seed);
    report.copyMrr = compare(base.reciprocalRank, adapted.reciprocalRank, input.seed);
    report.neighbourhood = compare(base.neighbourhood, adapted.neighbourhood, input.seed);
    report.agreement = 100 * overlap(base.lists, adapted.lists).mean().item<double>();
    for (const std::int64_t k : input.granularities)
        report.stability.emplace_back(k, compare(stability(input.baseGallery, heldOut, k, input.seed, context),
                                                 stability(input.adaptedGallery, heldOut, k, input.seed, context),
                                                 input.seed));
    report.verdict = verdictOf(report);
    report.sentence = sentenceOf(report);
    return report;
}

std::string toJson(const AdaptationReport& report) {
    Json stability = Json::array();
    for (const auto& [k, comparison] : report.stability) {
        Json row = comparisonToJson(comparison);
        row["k"] = k;
        stability.push_back(row);
    }
    return Json{{"heldOut", report.heldOut},
                {"gallery", report.gallery},
                {"copyFirst", comparisonToJson(report.copyFirst)},
                {"copyMrr", comparisonToJson(report.copyMrr)},
                {"neighbourhood", comparisonToJson(report.neighbourhood)},
                {"agreement", report.agreement},
                {"stability", stability},
                {"verdict", verdictName(report.verdict)},
                {"sentence", report.sentence}}
        .dump();
}

AdaptationReport reportFromJson(const std::string& text) {
    try {
        const Json json = Json::parse(text);
        AdaptationReport report;
        report.heldOut = json.at("heldOut");
        report.gallery = json.at("gallery");
        report.copyFirst = comparisonFromJson(json.at("copyFirst"));
        report.copyMrr = comparisonFromJson(json.at("copyMrr"));
        report.neighbourhood = comparisonFromJson(json.at("neighbourhood"));
        report.agreement = json.at("agreement");
        for (const Json& row : json.at("stability"))
            report.stability.emplace_back(row.at("k").get<std::int64_t>(), comparisonFromJson(row));
        const std::string verdict = json.at("verdict");
        for (const Verdict known : {Verdict::Better, Verdict::Worse})
            if (verdict == verdictName(known)) report.verdict = known;
        report.sentence = json.at("sentence");
        return report;
    } catch (const Json::exception& error) {
        throw Error(ErrorCode::Corrupt, std::string("The adaptation's report is not readable: ") + error.what());
    }
}

} // namespace grappa
