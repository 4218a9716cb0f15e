#pragma once

#include "ui/jobs/json_lines.h"

#include <QRect>
#include <QSize>

#include <cstdint>
#include <optional>
#include <vector>

namespace grappa {

/// What a model sees in each patch of an image: the answer of `serve` to the op "maps".
struct PatchMaps {
    int rows = 0, cols = 0, dim = 0;
    std::vector<std::uint16_t> tokens; ///< fp16 [rows * cols, dim], L2-normalised
    std::vector<float> attention;      ///< of the [class] token [rows * cols]
    bool adapted = false;              ///< under an adaptation, not by the backbone alone
    bool whole = false;                ///< the whole image was seen, in the middle of a square; else its middle
    std::size_t patches() const { return attention.size(); }
};

/// Nothing when the message is not such an answer.
std::optional<PatchMaps> patchMapsOf(const JsonMessage& message);

/// The square that the model saw, in pixels of the upright image. For a `whole` one it is larger than the image.
QRectF seenSquare(const QSize& image, const std::optional<QRect>& region, bool whole);
/// The patch at a place in the image; nothing beside the square.
std::optional<std::size_t> patchAt(const PatchMaps& maps, const QRectF& square, const QPointF& place);

/// The cosine of one patch with each patch of the other image.
std::vector<float> matchesOf(const PatchMaps& from, std::size_t patch, const PatchMaps& in);
/// For each patch of `in` the cosine with the patch of `from` that is most like it.
std::vector<float> bestMatches(const PatchMaps& from, const PatchMaps& in);
/// Values as brightness from 0 (the least) to 1 (the most). All alike: 1.
std::vector<float> brightness(const std::vector<float>& values);
/// The `count` places of the largest values, the largest first.
std::vector<std::size_t> largest(const std::vector<float>& values, std::size_t count);

} // namespace grappa
