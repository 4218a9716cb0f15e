#include "ui/views/level_colours.h"

#include <algorithm>
#include <array>

namespace grappa {

QColor levelColour(std::size_t fineness, std::size_t count) {
    // Ordinal and safe for the colour-blind; spread over the levels that there are.
    static constexpr std::array<QRgb, 8> fineToCoarse{0xfffde725, 0xffa0da39, 0xff4ac16d, 0xff1fa187,
                                                      0xff277f8e, 0xff365c8d, 0xff46327e, 0xff440154};
    if (count < 2) return QColor::fromRgb(fineToCoarse[fineToCoarse.size() / 2]);
    const std::size_t last = fineToCoarse.size() - 1;
    return QColor::fromRgb(fineToCoarse[(std::min(fineness, count - 1) * last + (count - 1) / 2) / (count - 1)]);
}

} // namespace grappa
