#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace grappa {

class Searcher;

/// A cosine and what it scores.
struct ScoreKnot {
    float cosine = 0;
    float score = 0;
    bool operator==(const ScoreKnot&) const = default;
};

/// Maps the cosines of one embedding set to 0 to 100, so that plain, smoothed and learned sets read alike: what is as
/// rare among random pairs of the collection scores the same in all of them. Monotone, linear between its knots: 0 up
/// to the median random pair, 100 from a picture altered as cameras and chats alter it; a cosine of 1 is always 100.
class ScoreScale {
public:
    /// 0 to 1 are 0 to 100: of a set that says nothing about itself.
    ScoreScale() = default;
    /// As knots() once gave them. The default scale where they are none: the cosines within -1 to 1, cosines and scores
    /// increasing, the scores from 0 to 100.
    static ScoreScale fromKnots(std::vector<ScoreKnot> knots);

    float score(float cosine) const; ///< 0 to 100; 0 for what is no number
    /// For a cut: the least cosine with at least this score, -1 for 0 and below. score(cosine(s)) is s.
    float cosine(float score) const;
    const std::vector<ScoreKnot>& knots() const { return m_knots; }
    bool operator==(const ScoreScale&) const = default;

private:
    std::vector<ScoreKnot> m_knots{{0, 0}, {1, 100}};
};

/// What the quantiles of random pairs score, in every set.
struct PinnedQuantile {
    double quantile;
    float score;
};
inline constexpr std::array<PinnedQuantile, 4> pinnedQuantiles{{{.5, 0}, {.95, 25}, {.99, 40}, {.999, 55}}};
/// Where no altered copies were measured, they are taken to lie this share of the way from the last quantile to 1.
inline constexpr float defaultAlteredShare = .8f;

/// Both in any order. Quantiles that do not lie above the one before, or below the altered copies (a collection with
/// many copies), are left out; the default scale where the median pair is as alike as the altered copies, or there is
/// none.
ScoreScale calibrate(std::vector<float> randomPairs, std::vector<float> alteredCopies = {});

inline constexpr std::size_t scalePairs = 20'000;

/// The scale of a set, at a level of it, by random pairs of its images: by scalePairs of them, or by all where there
/// are fewer and no level is asked for. The same for the same images and seed.
ScoreScale measureScale(Searcher& searcher, std::optional<std::int64_t> level = {}, std::uint64_t seed = 1,
                        std::vector<float> alteredCopies = {});

/// What a score means in words.
enum class Closeness { SamePicture, VeryClose, Close, Related, NotMuchInCommon };

/// The least score of each; Related and Close are where one in 20 and one in 1,000 random pairs come.
inline constexpr float samePictureFrom = 97, veryCloseFrom = 75, closeFrom = 55, relatedFrom = 25;

Closeness closenessOf(float score);

/// How many of the results (scores 0 to 100, best first) come before the gap after the last sensible one, where there
/// is one. Of the drops within the first gapWithin results that lead below Close, the largest is the gap when it is at
/// least smallestGap and gapFactor times every other one. A drop that leads to what is Close still, as that after a
/// copy of the query, is none; nor is one among fewer than three results, as it has nothing to be compared with.
std::optional<std::size_t> gapAfter(std::span<const float> scores);

inline constexpr std::size_t gapWithin = 50;
inline constexpr float smallestGap = 8, gapFactor = 2;

} // namespace grappa
