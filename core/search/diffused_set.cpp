#include "core/search/diffused_set.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace grappa {

namespace {

/// Neighbours of the plain vectors among which those of the vectors that are diffused are looked for.
constexpr std::size_t candidates = 3 * storedNeighbours;

float dot(std::span<const float> a, std::span<const float> b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0F);
}

/// axes [vector.size(), dim]; none = all numbers stay.
std::vector<float> alongAxes(std::span<const float> vector, std::span<const float> axes, std::size_t dim) {
    if (axes.empty()) return {vector.begin(), vector.end()};
    if (axes.size() != vector.size() * dim)
        throw Error(ErrorCode::Corrupt, "The axes of a diffused set have a wrong size; verify the library.");
    std::vector<float> mapped(dim);
    for (std::size_t i = 0; i < vector.size(); ++i)
        for (std::size_t j = 0; j < dim; ++j)
            mapped[j] += vector[i] * axes[i * dim + j];
    return mapped;
}

} // namespace

EmbeddingSetKey diffusedKey(EmbeddingSetKey plain) {
    plain.smoothing = "diffused";
    return plain;
}

EmbeddingSetKey plainKey(EmbeddingSetKey diffused) {
    diffused.smoothing = "raw";
    return diffused;
}

LocalDiffusion::LocalDiffusion(Library& library, Searcher& plain, Searcher& diffused)
    : m_library(library)
    , m_plain(plain)
    , m_diffused(diffused)
    , m_change(library.whitening(plain.set().id), diffusedPower)
    , m_axes(library.axes(diffused.set().id)) {}

std::optional<std::vector<float>> LocalDiffusion::point(ImageId image) const {
    std::optional<std::vector<float>> vector = m_plain.vectorOf(image);
    if (vector) m_change.apply(*vector);
    return vector;
}

std::vector<LocalDiffusion::Near> LocalDiffusion::nearest(std::span<const float> plainVector,
                                                          std::span<const float> own,
                                                          std::optional<ImageId> self) const {
    SearchOptions options;
    options.limit = candidates;
    options.exclude = self;
    std::vector<Near> near;
    for (const Neighbour& neighbour : m_plain.search(plainVector, options))
        if (const auto other = point(neighbour.image)) near.push_back({neighbour.image, dot(own, *other)});
    std::stable_sort(near.begin(), near.end(), [](const Near& a, const Near& b) { return a.cosine > b.cosine; });
    near.resize(std::min(near.size(), storedNeighbours));
    return near;
}

const std::optional<Neighbourhood>& LocalDiffusion::stored(ImageId image) {
    const auto [found, isNew] = m_stored.try_emplace(image);
    if (isNew) found->second = m_library.neighbourhood(m_diffused.set().id, image);
    return found->second;
}

void LocalDiffusion::add(std::span<const float> plainVector, std::optional<ImageId> image) {
    std::vector<float> own(plainVector.begin(), plainVector.end());
    m_change.apply(own);
    m_near.push_back(nearest(plainVector, own, image));
    m_points.push_back(std::move(own));
    m_images.push_back(image);
}

std::vector<float> LocalDiffusion::vectors() {
    const DiffusionOptions options;
    const auto dim = static_cast<std::size_t>(m_diffused.set().dim);
    const auto rows = static_cast<std::uint32_t>(m_points.size());
    std::unordered_map<ImageId, std::uint32_t> rowOf;
    for (std::uint32_t row = 0; row < rows; ++row)
        if (m_images[row]) rowOf.emplace(*m_images[row], row);

    m_neighbourhoods.assign(rows, {});
    for (std::uint32_t row = 0; row < rows; ++row) {
        for (const Near& near : m_near[row])
            m_neighbourhoods[row].images.push_back(near.image);
        if (m_near[row].size() >= options.neighbours)
            m_neighbourhoods[row].radius = m_near[row][options.neighbours - 1].cosine;
    }

    std::vector<float> vectors;
    for (const std::vector<float>& point : m_points) {
        const std::vector<float> mapped = alongAxes(point, m_axes, dim);
        vectors.insert(vectors.end(), mapped.begin(), mapped.end());
    }
    std::vector<float> degrees; // of the border: images that are there already
    std::vector<DiffusionEdge> edges;
    for (std::uint32_t row = 0; row < rows; ++row)
        for (std::size_t i = 0; i < std::min(m_near[row].size(), options.neighbours); ++i) {
            const Near& near = m_near[row][i];
            if (near.cosine <= 0) continue;
            const auto known = rowOf.find(near.image);
            if (known != rowOf.end() && known->second < rows) {
                // Both were added: the pair is met twice, at each of the two.
                if (known->second > row && near.cosine >= m_neighbourhoods[known->second].radius)
                    edges.push_back({row, known->second, near.cosine});
                continue;
            }
            const std::optional<Neighbourhood>& other = stored(near.image);
            if (!other || near.cosine < other->radius) continue;
            std::uint32_t at = 0;
            if (known != rowOf.end()) {
                at = known->second;
            } else {
                std::vector<float> vector = m_diffused.vectorOf(near.image).value_or(std::vector<float>());
                if (vector.size() != dim) continue;
                at = static_cast<std::uint32_t>(rows + degrees.size());
                for (const float value : vector)
                    vectors.push_back(value * other->length);
                degrees.push_back(other->degree);
                rowOf.emplace(near.image, at);
            }
            edges.push_back({row, at, near.cosine});
        }

    const Diffusion diffusion(rows + degrees.size(), edges, options, degrees);
    std::vector<float> spread = diffusion.spread(vectors, dim);
    spread.resize(rows * dim);
    for (std::uint32_t row = 0; row < rows; ++row) {
        const auto vector = std::span(spread).subspan(row * dim, dim);
        m_neighbourhoods[row].length = std::sqrt(dot(vector, vector));
        m_neighbourhoods[row].degree = diffusion.degree(row);
    }
    normaliseRows(spread, dim);
    return spread;
}

std::unordered_map<ImageId, Neighbourhood> LocalDiffusion::changed() {
    const DiffusionOptions options;
    std::unordered_map<ImageId, std::vector<Near>> comers;
    for (std::size_t row = 0; row < m_near.size(); ++row)
        for (const Near& near : m_near[row])
            if (const auto& other = stored(near.image); m_images[row] && other && near.cosine > other->radius)
                comers[near.image].push_back({*m_images[row], near.cosine});
    std::unordered_map<ImageId, Neighbourhood> changed;
    for (auto& [image, near] : comers) {
        const auto own = point(image);
        if (!own) continue;
        Neighbourhood now = *stored(image);
        for (const ImageId other : now.images)
            if (const auto vector = point(other)) near.push_back({other, dot(*own, *vector)});
        std::stable_sort(near.begin(), near.end(), [](const Near& a, const Near& b) { return a.cosine > b.cosine; });
        near.resize(std::min(near.size(), storedNeighbours));
        now.images.clear();
        for (const Near& each : near)
            now.images.push_back(each.image);
        now.radius = near.size() >= options.neighbours ? near[options.neighbours - 1].cosine : -1;
        changed.emplace(image, std::move(now));
    }
    return changed;
}

} // namespace grappa
