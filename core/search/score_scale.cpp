#include "core/search/score_scale.h"

#include "core/search/searcher.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>

namespace grappa {

namespace {

/// Knots nearer than this would make a step of what is noise, and of float's rounding.
constexpr float smallestStep = 1e-4f;
/// From here two vectors are the same but for how they are stored.
constexpr float leastSame = .999f;

/// Of ascending values, interpolated.
float quantile(std::span<const float> sorted, double share) {
    const double at = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return std::lerp(sorted[below], sorted[above], static_cast<float>(at - static_cast<double>(below)));
}

void keepSortedCosines(std::vector<float>& values) {
    std::erase_if(values, [](float value) { return !std::isfinite(value); });
    for (float& value : values)
        value = std::clamp(value, -1.0f, 1.0f);
    std::sort(values.begin(), values.end());
}

bool areKnots(std::span<const ScoreKnot> knots) {
    // Written so that what is no number fails.
    const auto isInside = [](const ScoreKnot& knot) { return std::abs(knot.cosine) <= 1; };
    const auto doesNotRise = [](const ScoreKnot& a, const ScoreKnot& b) {
        return !(a.cosine < b.cosine && a.score < b.score);
    };
    return knots.size() >= 2 && std::all_of(knots.begin(), knots.end(), isInside) && knots.front().score == 0 &&
           knots.back().score == 100 && std::adjacent_find(knots.begin(), knots.end(), doesNotRise) == knots.end();
}

float between(float at, float from, float to, float valueFrom, float valueTo) {
    return std::clamp(valueFrom + (valueTo - valueFrom) * ((at - from) / (to - from)), valueFrom, valueTo);
}

std::size_t countOfPairs(std::span<const ImageId> images) {
    return images.size() > scalePairs ? SIZE_MAX : images.size() * (images.size() - 1) / 2;
}

void addProduct(std::vector<float>& cosines, const Searcher& searcher, ImageId a, ImageId b) {
    const auto first = searcher.vectorOf(a), second = searcher.vectorOf(b);
    if (first && second) cosines.push_back(std::inner_product(first->begin(), first->end(), second->begin(), 0.0f));
}

std::vector<float> allPairs(const Searcher& searcher, std::span<const ImageId> images) {
    std::vector<float> cosines;
    for (std::size_t i = 0; i < images.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j)
            addProduct(cosines, searcher, images[i], images[j]);
    }
    return cosines;
}

std::vector<float> randomPairs(const Searcher& searcher, std::span<const ImageId> images, std::mt19937_64& random) {
    std::vector<float> cosines;
    for (std::size_t pair = 0; pair < scalePairs; ++pair) {
        const std::size_t a = random() % images.size();
        const std::size_t b = (a + 1 + random() % (images.size() - 1)) % images.size(); // never itself
        addProduct(cosines, searcher, images[a], images[b]);
    }
    return cosines;
}

/// Only the searcher knows how a level blends: each query is compared with some others, not a pair at a time.
std::vector<float> pairsAtLevel(Searcher& searcher, std::span<const ImageId> images, std::int64_t level,
                                std::mt19937_64& random) {
    constexpr std::size_t queries = 50; // each is a scan
    std::vector<float> cosines;
    for (std::size_t query = 0; query < queries; ++query) {
        const ImageId image = images[random() % images.size()];
        std::vector<ImageId> others;
        for (std::size_t i = 0; i < scalePairs / queries; ++i)
            others.push_back(images[random() % images.size()]);
        std::erase(others, image);
        const auto vector = searcher.vectorOf(image);
        if (!vector || others.empty()) continue;
        for (const Neighbour& other : searcher.rank(*vector, std::move(others), level))
            cosines.push_back(other.score);
    }
    return cosines;
}

} // namespace

ScoreScale ScoreScale::fromKnots(std::vector<ScoreKnot> knots) {
    ScoreScale scale;
    if (areKnots(knots)) scale.m_knots = std::move(knots);
    return scale;
}

float ScoreScale::score(float cosine) const {
    if (!(cosine > m_knots.front().cosine)) return 0;
    const auto isAbove = [&](const ScoreKnot& knot) { return cosine < knot.cosine; };
    const auto above = std::find_if(m_knots.begin(), m_knots.end(), isAbove);
    if (above == m_knots.end()) return 100;
    const ScoreKnot& below = *(above - 1);
    return between(cosine, below.cosine, above->cosine, below.score, above->score);
}

float ScoreScale::cosine(float score) const {
    if (!(score > 0)) return -1;
    const auto isAbove = [&](const ScoreKnot& knot) { return score < knot.score; };
    const auto above = std::find_if(m_knots.begin(), m_knots.end(), isAbove);
    if (above == m_knots.end()) return m_knots.back().cosine;
    const ScoreKnot& below = *(above - 1);
    return between(score, below.score, above->score, below.cosine, above->cosine);
}

UsualPairs usualPairs(SetKind kind) {
    switch (kind) {
    case SetKind::AsDescribed:
        return {.8f, {.42f, .56f, .68f}, .92f};
    case SetKind::Centred:
        return {0, {.19f, .32f, .49f}, .83f};
    case SetKind::DrawnTogether:
        return {0, {.47f, .8f, .95f}, .97f};
    }
    return {};
}

ScoreScale calibrate(std::vector<float> randomPairs, std::size_t images, SetKind kind) {
    keepSortedCosines(randomPairs);
    if (randomPairs.empty()) return {};
    const UsualPairs usual = usualPairs(kind);
    const auto count = static_cast<float>(images);
    const float trust = count / (count + usualImages);
    float random = quantile(randomPairs, trust / 2);
    random = std::lerp(std::min(random, usual.random), random, trust);
    if (random > 1 - smallestStep) return {};
    float altered = std::lerp(random, 1.0f, usual.altered);
    if (kind == SetKind::DrawnTogether) {
        const float rarest = quantile(randomPairs, pinnedQuantiles.back().quantile);
        altered = std::max(altered, std::min(std::lerp(rarest, 1.0f, .5f), leastSame));
    }
    std::vector<ScoreKnot> knots{{random, 0}};
    for (std::size_t i = 0; i < pinnedQuantiles.size(); ++i) {
        const auto& [share, score] = pinnedQuantiles[i];
        const float way = (quantile(randomPairs, share) - random) / (1 - random);
        const float cosine = std::lerp(random, 1.0f, std::lerp(usual.ways[i], way, trust));
        if (cosine > altered - smallestStep) break;
        if (cosine >= knots.back().cosine + smallestStep) knots.push_back({cosine, score});
    }
    knots.push_back({altered, 100});
    return ScoreScale::fromKnots(std::move(knots));
}

ScoreScale measureScale(Searcher& searcher, std::optional<std::int64_t> level, std::uint64_t seed) {
    std::vector<ImageId> images;
    for (const Searcher::Row& row : searcher.rows())
        images.push_back(row.image);
    if (images.size() < 2) return {};
    // Not by a distribution of the standard library: each of those draws other numbers.
    std::mt19937_64 random(seed);
    std::vector<float> cosines = level                                ? pairsAtLevel(searcher, images, *level, random)
                                 : countOfPairs(images) <= scalePairs ? allPairs(searcher, images)
                                                                      : randomPairs(searcher, images, random);
    const EmbeddingSetKey& key = searcher.set().key;
    const SetKind kind = level || key.smoothing != "raw" ? SetKind::DrawnTogether
                         : key.isRawBase()               ? SetKind::AsDescribed
                                                         : SetKind::Centred;
    return calibrate(std::move(cosines), images.size(), kind);
}

double exportedScore(float score) {
    return std::round(10.0 * static_cast<double>(score)) / 10;
}

Closeness closenessOf(float score) {
    if (score >= samePictureFrom) return Closeness::SamePicture;
    if (score >= veryCloseFrom) return Closeness::VeryClose;
    if (score >= closeFrom) return Closeness::Close;
    if (score >= relatedFrom) return Closeness::Related;
    return Closeness::NotMuchInCommon;
}

std::optional<std::size_t> gapAfter(std::span<const float> scores) {
    if (scores.size() < 3) return std::nullopt;
    float largest = 0, second = 0;
    std::size_t after = 0;
    for (std::size_t i = 1; i < std::min(scores.size(), gapWithin + 1); ++i) {
        if (scores[i] >= closeFrom) continue;
        const float drop = scores[i - 1] - scores[i];
        if (drop > largest) {
            second = largest;
            largest = drop;
            after = i;
        } else {
            second = std::max(second, drop);
        }
    }
    if (largest < smallestGap || largest < gapFactor * second) return std::nullopt;
    return after;
}

} // namespace grappa
