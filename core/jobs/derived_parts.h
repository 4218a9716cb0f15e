#pragma once

#include "core/library/library.h"

#include <functional>
#include <span>
#include <vector>

namespace grappa {

/// Makes the parts of long pictures that `from` has and the derived set `to` lacks. derive: what a vector of `from`
/// becomes in `to`.
void deriveParts(Library& library, const EmbeddingSet& from, const EmbeddingSet& to,
                 const std::function<std::vector<float>(std::span<const float>)>& derive);

} // namespace grappa
