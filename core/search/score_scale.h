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
/// to a random pair, 100 from a picture altered as cameras and chats alter it; a cosine of 1 is always 100.
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
inline constexpr std::array<PinnedQuantile, 3> pinnedQuantiles{{{.95, 25}, {.99, 40}, {.999, 55}}};

/// What the vectors of a set are, which says where pairs usually lie.
enum class SetKind {
    AsDescribed,   ///< of the backbone, nothing taken away
    Centred,       ///< the mean of the collection taken away: whitened or learned
    DrawnTogether, ///< smoothed, or at a level: mates may be as near as altered copies, which is no sign of a copy then
};

// Measured on photos of the training parts of mrt-mini and mrt-coarse, described by the default backbone at 112 px,
// some of them a second time after they were halved in size, written as JPEG of quality 50, made brighter by a quarter,
// cropped by 5 % at each side, or sent as a chat does it (a little of all four), in mixed and narrow collections of 60
// to 1,500 images.

/// Ways lead from the random pair (0) to the same picture (1).
struct UsualPairs {
    float random;                                     ///< cosine of two images that have nothing in common
    std::array<float, pinnedQuantiles.size()> ways{}; ///< to the pinned quantiles
    float altered; ///< to the median altered copy, so that half of them or more score 100 nearly everywhere
};
UsualPairs usualPairs(SetKind kind);
/// So many images of a collection count as much as what is usual elsewhere.
inline constexpr float usualImages = 100;

/// Random pairs, in any order, of a set of `images`. 0 is the median pair of a large set. The pairs of a small one are
/// few, alike perhaps (one subject), and half of them would score 0: there 0 is a lower quantile, brought down to the
/// usual random pair where it lies above, and the rarer quantiles are drawn to where they usually lie. Quantiles that
/// do not rise, or lie above the altered copies (a collection with many copies), are left out. Where mates are drawn
/// together, 100 is half the way from the rarest quantile to 1 at least. The default scale where there are no pairs, or
/// all are the same picture.
ScoreScale calibrate(std::vector<float> randomPairs, std::size_t images, SetKind kind);

inline constexpr std::size_t scalePairs = 20'000;

/// The scale of a set, at a level of it, by random pairs of its images: by scalePairs of them, or by all where there
/// are fewer and no level is asked for. The same for the same images and seed. Takes some 50 ms, at a level 50 scans.
ScoreScale measureScale(Searcher& searcher, std::optional<std::int64_t> level = {}, std::uint64_t seed = 1);

/// A score as exports have it: more than one decimal would say more than a sample of pairs knows.
double exportedScore(float score);

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
