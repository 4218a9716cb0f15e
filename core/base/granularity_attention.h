#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace grappa {

// What an image's granularity attention says: values [m, N] of m adapted blocks and N
// granularities, k ascending; each row sums to 1.

/// Mean over the blocks: [N].
std::vector<double> meanOverBlocks(std::span<const float> attention, std::size_t granularities);

struct AttentionReading {
    enum class Kind {
        NoneStandsOut, ///< coarse and fine granularities count alike
        Broad,         ///< a small k: the image is told by its broad kind
        Middle,
        Fine, ///< a large k: by fine differences within its kind
    };
    Kind kind = Kind::NoneStandsOut;
    std::size_t granularity = 0; ///< the one that counts most
    double share = 0;            ///< its part of the attention
};
/// mean: [N], at least one value.
AttentionReading readAttention(std::span<const double> mean);

} // namespace grappa
