#pragma once

#include "core/model/grappa_model.h"
#include "core/training/fusion_training.h"
#include "core/training/probe.h"
#include "core/training/report.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace grappa {

/// Images that one pseudo-label holds together, for the eye.
struct GroupSample {
    std::uint64_t size = 0;
    std::vector<std::int64_t> images; ///< indices, nearest to the centroid first
};

struct TrainerOptions {
    std::vector<std::int64_t> granularities; ///< k; empty = from the number of images
    int levels = 4;                          ///< N, when k is derived
    std::int64_t blocks = 5;                 ///< the last m blocks are adapted; 0 = all
    std::int64_t bottleneck = 64;
    double headPower = 0.5;       ///< of the whitening that adaptors are trained through
    double finalPower = 0.75;     ///< of the whitening that is fitted on the result; 0 = off
    bool chooseFinalPower = true; ///< by the label-free report, among 0.25, 0.5, 0.75 and 1
    std::int64_t smoothing = 10;  ///< m, neighbours that a teacher is averaged over
    AdaptorTrainingOptions adaptors;
    FusionTrainingOptions fusion;
    bool trainValue = true;
    std::vector<std::string> fusions{variant::neighbours}; ///< to be trained; the average is always there
    double heldOut = 0.05;                                 ///< share that is never trained on
    int copies = 2;                                        ///< altered copies of each held-out image
    int views = 2;                                         ///< training views of each image
    double maxMinutes = 0; ///< epochs are cut so that the run ends in about this time; 0 = no limit
    std::uint64_t seed = 0;
    std::filesystem::path folder; ///< of the run: what is done is kept here until the run ends
    /// For tests of the report: each image learns towards another one's pseudo-label.
    bool shufflePseudoLabels = false;
    /// Train no further: keep the sets that have learned something, the one under way as it is, and check the result.
    bool finish = false;
    std::function<void(const TrainingPoint&)> onPoint;
    /// The largest groups of each k, once they are made.
    std::function<void(std::int64_t k, const std::vector<GroupSample>&)> onGroups;
    /// Before the first step (epoch 0, stage "describe") and after each pass over the images; empty = not measured.
    std::function<void(const std::string& stage, int epoch, const ProbeResult&)> onProbe;
};

/// What a run gives.
struct TrainerResult {
    Adaptation adaptation;
    AdaptationReport report;
};

/// The whole method on a store of prefixes: group, learn each set, combine, check. Every stage leaves a file in the
/// run's folder by the save protocol, and a stage under way a checkpoint, so that starting again with equal options
/// goes on from there: stopped or killed at any moment, the result is the unbroken run's, tensor for tensor (one
/// machine, one thread count). Knows no files of images, no library. Stages of progress: "read", "describe", "group",
/// "learn k=...", "combine ...", "check".
class Trainer {
public:
    /// Throws Usage where the images are too few (fewer than 64) or the options do not fit the backbone.
    Trainer(PrefixStore& store, TrainerOptions options);

    /// Throws Interrupted (resumable), Internal where learning does not converge, NotFound where there is nothing to
    /// finish.
    TrainerResult run(const JobContext& context);

    /// Indices that are never trained on: the report's.
    const std::vector<std::int64_t>& heldOut() const { return m_heldOut; }
    const std::vector<std::int64_t>& granularities() const { return m_options.granularities; } ///< k ascending

private:
    torch::Tensor describe(const std::string& name, std::span<const std::int64_t> images, ViewId view,
                           const VisionTransformerImpl::AfterBlock& hook, const JobContext& context);
    void planEpochs(std::chrono::steady_clock::time_point start);
    void learnSets(const JobContext& context);
    void combine(const std::string& name, const JobContext& context);
    AdaptationReport check(const JobContext& context);
    bool hasLearned(const std::string& file) const;
    void showGroups() const;
    double probe(const std::string& stage, int epoch, const VisionTransformerImpl::AfterBlock& hook,
                 const Whitening& head, const JobContext& context);
    TrainingLoopOptions loop(const std::string& stage, const std::string& file) const;
    TrainingLoopOptions probed(TrainingLoopOptions loop, const VisionTransformerImpl::AfterBlock& hook,
                               const Whitening& head, const JobContext& context);
    PseudoLabels makeLabels(const torch::Tensor& z, const JobContext& context) const;
    std::string computeIdentity() const;

    PrefixStore& m_store;
    TrainerOptions m_options;
    std::vector<std::int64_t> m_train, m_heldOut, m_all;
    Adaptation m_adaptation;
    PseudoLabels m_labels;
    torch::Tensor m_base;            ///< z of all crops [n, D]
    std::string m_identity;          ///< of all that decides the result
    std::string m_describedIdentity; ///< of descriptions: another one once sets were left out
    std::optional<Probe> m_probe;
};

} // namespace grappa
