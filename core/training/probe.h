#pragma once

#include "core/base/job.h"
#include "core/model/whitening.h"
#include "core/training/prefix_store.h"

#include <cstdint>
#include <span>
#include <vector>

namespace grappa {

/// How a model under training does on a small fixed sample: for the eye of the user, who watches it learn. It decides
/// nothing; the report (report.h) does.
struct ProbeResult {
    double copyFirst = 0; ///< per cent of altered copies of held-out images that find their source first
    struct Row {
        std::int64_t query = 0; ///< index of a held-out image
        std::vector<std::int64_t> results;
    };
    std::vector<Row> rows; ///< pinned queries, the same ones each time
};

/// Describes the sample anew at each call. What the frozen prefix makes of the copies is kept in memory.
class Probe {
public:
    /// At most 64 of `heldOut`, and an eighth of `train` (at most 400), the first of each. The store must outlive the
    /// probe.
    Probe(PrefixStore& store, std::span<const std::int64_t> heldOut, std::span<const std::int64_t> train);

    /// head: that the stage trains through, and that vectors are compared through.
    ProbeResult measure(const VisionTransformerImpl::AfterBlock& hook, const Whitening& head,
                        const JobContext& context);

private:
    torch::Tensor vectors(const torch::Tensor& tokens, const VisionTransformerImpl::AfterBlock& hook,
                          const Whitening& head) const;

    PrefixStore& m_store;
    std::vector<std::int64_t> m_gallery; ///< the held-out ones first
    std::int64_t m_held = 0;
    torch::Tensor m_copies; ///< tokens [held, T, D]
};

} // namespace grappa
