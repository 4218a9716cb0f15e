#pragma once

#include "core/search/diffusion.h"
#include "core/search/searcher.h"
#include "core/search/stored_whitening.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace grappa {

/// Neighbours that are stored of each image of a diffused set: more than diffusion uses, since some may be deleted.
inline constexpr std::size_t storedNeighbours = 20;

/// The longest vectors of a diffused set. What neighbours have in common lies in few directions: along the 256 first
/// principal axes R-Precision was not lower than with all 768 numbers, and rows and index take a third of the room.
inline constexpr int diffusedDim = 256;
/// Of fewer images "auto" is answered by the plain vectors: most images have nobody like them among so few and would be
/// averaged with strangers.
inline constexpr std::uint64_t fewestDiffused = 40;

/// The key of the diffused set of a plain one, and back.
EmbeddingSetKey diffusedKey(EmbeddingSetKey plain);
EmbeddingSetKey plainKey(EmbeddingSetKey diffused);

/// Vectors that come to a diffused set: what diffusion over the whole collection would make of them, from their
/// neighbours alone, whose own vectors stay as they are. Belongs to the thread of the library.
class LocalDiffusion {
public:
    /// plain, diffused: searchers over both sets, which must outlive it.
    LocalDiffusion(Library& library, Searcher& plain, Searcher& diffused);

    /// A vector [dim] as the plain set holds it, of that image of it or of one from outside.
    void add(std::span<const float> plainVector, std::optional<ImageId> image = {});
    /// Of what was added, in that order: L2-normalised [rows, dim of the diffused set].
    std::vector<float> vectors();
    /// Of what was added, in that order. After vectors().
    const std::vector<Neighbourhood>& neighbourhoods() const { return m_neighbourhoods; }
    /// Neighbourhoods of the set that change because of what was added. After vectors().
    std::unordered_map<ImageId, Neighbourhood> changed();

private:
    struct Near {
        ImageId image = 0;
        float cosine = 0;
    };
    /// The vector of the plain set as it is compared in diffusion.
    std::optional<std::vector<float>> point(ImageId image) const;
    std::vector<Near> nearest(std::span<const float> plainVector, std::span<const float> point,
                              std::optional<ImageId> self) const;
    const std::optional<Neighbourhood>& stored(ImageId image);

    Library& m_library;
    Searcher& m_plain;
    Searcher& m_diffused;
    PowerChange m_change;
    std::vector<float> m_axes;                    ///< of the diffused set; empty = it keeps all numbers
    std::vector<std::optional<ImageId>> m_images; ///< that were added
    std::vector<std::vector<float>> m_points;
    std::vector<std::vector<Near>> m_near;
    std::vector<Neighbourhood> m_neighbourhoods;
    std::unordered_map<ImageId, std::optional<Neighbourhood>> m_stored;
};

} // namespace grappa
