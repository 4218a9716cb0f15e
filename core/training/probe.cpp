#include "core/training/probe.h"

#include <algorithm>

namespace grappa {

namespace {

constexpr std::size_t mostHeldOut = 64, mostOthers = 400;
constexpr std::size_t leastOthers = 24;
constexpr std::size_t othersShare = 8; ///< one in so many
constexpr std::int64_t batch = 64;
constexpr std::int64_t pinned = 4, shown = 6;

} // namespace

Probe::Probe(PrefixStore& store, std::span<const std::int64_t> heldOut, std::span<const std::int64_t> train)
    : m_store(store) {
    const auto held = heldOut.first(std::min(heldOut.size(), mostHeldOut));
    const auto others =
        train.first(std::min({train.size(), mostOthers, std::max(leastOthers, train.size() / othersShare)}));
    m_gallery.assign(held.begin(), held.end());
    m_gallery.insert(m_gallery.end(), others.begin(), others.end());
    m_held = static_cast<std::int64_t>(held.size());
}

torch::Tensor Probe::vectors(const torch::Tensor& tokens, const VisionTransformerImpl::AfterBlock& hook,
                             const Whitening& head) const {
    return torch::nn::functional::normalize(head.apply(m_store.finish(tokens, hook)));
}

ProbeResult Probe::measure(const VisionTransformerImpl::AfterBlock& hook, const Whitening& head,
                           const JobContext& context) {
    const torch::NoGradGuard noGradients;
    ProbeResult result;
    if (m_held == 0) return result;
    const std::span<const std::int64_t> all = m_gallery;
    if (!m_copies.defined())
        m_copies = m_store.load(all.first(static_cast<std::size_t>(m_held)), ViewId{ViewId::Kind::Altered, 0});
    std::vector<torch::Tensor> pieces;
    for (std::size_t begin = 0; begin < all.size(); begin += batch) {
        context.throwIfStopped();
        const auto part = all.subspan(begin, std::min<std::size_t>(batch, all.size() - begin));
        pieces.push_back(vectors(m_store.load(part, ViewId{}), hook, head));
    }
    const torch::Tensor gallery = torch::cat(pieces);
    const torch::Tensor sources = torch::arange(m_held, torch::kLong).to(gallery.device());
    const torch::Tensor found = vectors(m_copies, hook, head).matmul(gallery.t()).argmax(1);
    result.copyFirst = 100 * (found == sources).to(torch::kDouble).mean().item<double>();

    const std::int64_t queries = std::min(pinned, m_held);
    torch::Tensor scores = gallery.narrow(0, 0, queries).matmul(gallery.t());
    scores.diagonal().fill_(-2); // the query itself
    const auto results = std::min<std::int64_t>(shown, gallery.size(0) - 1);
    const torch::Tensor nearest = std::get<1>(scores.topk(results, 1)).cpu().contiguous();
    for (std::int64_t i = 0; i < queries; ++i) {
        ProbeResult::Row row{m_gallery[static_cast<std::size_t>(i)], {}};
        for (std::int64_t j = 0; j < results; ++j)
            row.results.push_back(m_gallery[static_cast<std::size_t>(nearest[i][j].item<std::int64_t>())]);
        result.rows.push_back(std::move(row));
    }
    return result;
}

} // namespace grappa
