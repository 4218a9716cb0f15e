#include "core/jobs/derived_parts.h"

#include <set>
#include <utility>

namespace grappa {

void deriveParts(Library& library, const EmbeddingSet& from, const EmbeddingSet& to,
                 const std::function<std::vector<float>(std::span<const float>)>& derive) {
    std::set<std::pair<ImageId, std::int64_t>> known;
    for (const PartVector& part : library.parts(to.id))
        known.emplace(part.image, part.part);
    std::vector<PartVector> derived;
    std::vector<float> vector(static_cast<std::size_t>(from.dim));
    for (PartVector& part : library.parts(from.id)) {
        if (known.contains({part.image, part.part})) continue;
        decodeRow(part.row.data(), rowFormat(from.key), vector);
        const std::vector<float> now = derive(vector);
        part.row.resize(rowBytes(rowFormat(to.key), now.size()));
        encodeRow(now, rowFormat(to.key), part.row.data());
        derived.push_back(std::move(part));
    }
    if (!derived.empty()) library.storeParts(to.id, derived);
}

} // namespace grappa
