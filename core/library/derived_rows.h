#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace grappa {

// What the catalogue stores beside images and their vectors: what was learned from them and derived from them.

using RunId = std::int64_t; ///< of a job row: what a run leaves behind is kept after it

enum class AdaptationState {
    Trained, ///< the file is there; the collection's vectors are not complete yet
    Ready,
};

/// A finished adaptation: one file and what is known of it.
struct AdaptationRow {
    std::int64_t id = 0;
    std::string name;                       ///< unique
    std::optional<std::int64_t> collection; ///< that it learned from; none when that was removed, or elsewhere
    std::string modelHash;                  ///< of its backbone, hex
    std::string file;                       ///< name inside LibraryPaths::adaptations()
    std::string checksum;                   ///< hex, of the file: the `adaptation` in the keys of its embedding sets
    std::int64_t createdAt = 0;             ///< seconds since 1970
    AdaptationState state = AdaptationState::Trained;
    std::optional<RunId> run; ///< its curve
    std::string parameters;   ///< JSON
    std::string report;       ///< JSON
};

/// One point of a run's curve.
struct CurvePoint {
    std::string stage; ///< "adaptors 32", "fusion", ...
    std::int64_t step = 0;
    double loss = 0;   ///< may be NaN
    double rate = 0;   ///< learning rate
    std::string extra; ///< JSON, or empty
    bool operator==(const CurvePoint&) const = default;
};

/// Granularity attention of all images of a set that have one.
struct AttentionScan {
    std::vector<std::int64_t> images; ///< ascending
    std::size_t width = 0;            ///< adapted blocks x granularities
    std::vector<float> values;        ///< [images.size(), width]
};

/// One clustering of an embedding set.
struct LevelRow {
    std::int64_t k = 0;
    double beta = 0.5;
    std::vector<std::uint16_t> centroids; ///< fp16 [k, dim], L2-normalised; empty in a list
    std::uint64_t images = 0;             ///< that the set had when it was clustered
    double overlapRaw = 0;                ///< overlap@20 with the vectors themselves
    double overlapFiner = 0;              ///< with the next finer stop that is shown
    std::optional<double> copyFirst;      ///< how often an altered copy finds its source first
    bool shown = true;                    ///< it can be told apart from the next finer stop
};

/// The cluster of each image at one level.
struct ClusterScan {
    std::vector<std::int64_t> images; ///< ascending
    std::vector<std::uint32_t> clusters;
};

/// The whitening of a set whose vectors are whitened base vectors (core/model/whitening.h): of each half of the
/// descriptor one, W numbers long, one after the other; H = 1 or 2 halves.
struct WhiteningRow {
    std::vector<float> mean, basis, variances; ///< [H W], [H, W, W], [H W]
    double power = 0;
    std::uint64_t images = 0; ///< it was fitted on

    std::size_t halfWidth() const { return mean.empty() ? 0 : basis.size() / mean.size(); } ///< W
};

/// What the vectors of a derived set were made with, so that vectors which come later are made alike.
struct SetMapping {
    std::optional<WhiteningRow> whitening; ///< of a plain set
    std::vector<float> axes;               ///< of a diffused set: DiffusedVectors in core/jobs/diffused_vectors.h
};

/// What diffusion knows of an image beside its vector, so that an image that comes later, or from outside, can take its
/// place among its neighbours without the whole graph (core/search/diffusion.h).
struct Neighbourhood {
    float length = 1;                 ///< of the diffused vector along the axes, before it was normalised
    float degree = 0;                 ///< sum of the weights of the image's edges
    float radius = -1;                ///< who is at least as near (cosine) is among the image's k nearest
    std::vector<std::int64_t> images; ///< the nearest, best first; some may have been deleted since
    bool operator==(const Neighbourhood&) const = default;
};

} // namespace grappa
