#pragma once

#include "core/base/job.h"
#include "core/search/diffusion.h"

#include <torch/torch.h>

namespace grappa {

/// The `count` nearest others of each point (all where they are fewer): points L2-normalised [n, D], n >= 1. Exact, in
/// n^2 D steps. Throws Interrupted.
NearestRows nearestRows(const torch::Tensor& points, std::int64_t count, const JobContext& context = {});

} // namespace grappa
