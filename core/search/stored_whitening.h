#pragma once

#include "core/library/derived_rows.h"

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace grappa {

// The whitenings of core/model/whitening.h as the catalogue stores them, applied without LibTorch.

/// A raw descriptor [H W] as the whitening's set holds it: of each half normalise(whiten(normalise(z))), all of it
/// divided by its length. Throws Usage for another length.
std::vector<float> whitenedBy(const WhiteningRow& whitening, std::span<const float> raw);

/// Whitened vectors as a whitening of another power would have made them. The whitening's basis is that of the
/// principal components, so that each number only has to be scaled anew, and each half normalised. Immutable.
class PowerChange {
public:
    /// whitening: of the vectors; none = there is nothing to change.
    PowerChange(const std::optional<WhiteningRow>& whitening, double power);
    void apply(std::span<float> vector) const;

private:
    std::vector<float> m_scale; ///< of each number; empty = none
    std::size_t m_halfWidth = 0;
};

} // namespace grappa
