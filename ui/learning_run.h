#pragma once

#include "core/base/job.h"
#include "ui/learning_curve.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace grappa {

enum class StageState { Waiting, Now, Done };

struct LearningStage {
    std::string name; ///< as grappa-cli names it: "read", "learn k=16", ...
    StageState state = StageState::Waiting;
    Progress progress{}; ///< the last that was reported
    /// The k of a stage that learns one; nothing for the others.
    std::optional<std::int64_t> granularity() const;
};

/// Some of the groups of one granularity, largest first, each with some of its images.
struct GroupSample {
    std::uint64_t size = 0;
    std::vector<ImageId> images{};
};
struct GranularitySample {
    std::int64_t k = 0;
    std::vector<GroupSample> groups{};
};

/// What an image that was never trained on finds now.
struct Probe {
    ImageId query = 0;
    std::vector<ImageId> results{};
    std::vector<bool> isNew{}; ///< for each result: the epoch before did not find it
    int newCount() const;
};
struct ProbeEpoch {
    std::string stage{};
    int epoch = 0; ///< 0: before anything was learned
    std::optional<double> copyFirst{};
    std::vector<Probe> probes{};
};

/// All that the events of `grappa-cli adapt` tell of one run, over any number of starts of the child.
class LearningRun {
public:
    enum class Change { Nothing, Stages, Samples, Curve, Probes };
    /// Takes one event in; events of other kinds change nothing.
    Change take(const nlohmann::json& event);
    /// The run has ended well: all stages are done.
    void finish();

    const std::vector<LearningStage>& stages() const { return m_stages; } ///< empty before the plan
    const LearningStage* now() const;                                     ///< the stage under way, or null
    std::uint64_t images() const { return m_images; }
    int threads() const { return m_threads; }
    const std::string& device() const { return m_device; }
    const std::vector<std::int64_t>& granularities() const { return m_granularities; }
    const std::vector<GranularitySample>& samples() const { return m_samples; } ///< k ascending
    LearningCurve& curve() { return m_curve; }
    const LearningCurve& curve() const { return m_curve; }
    const std::optional<ProbeEpoch>& probes() const { return m_probes; } ///< the newest

private:
    Change takePlan(const nlohmann::json& event);
    Change takeProgress(const nlohmann::json& event);
    Change takeGroups(const nlohmann::json& event);
    Change takePoint(const nlohmann::json& event);
    Change takeProbes(const nlohmann::json& event);
    LearningStage* reach(const std::string& stage);

    std::vector<LearningStage> m_stages;
    std::vector<std::int64_t> m_granularities;
    std::uint64_t m_images = 0;
    int m_threads = 0;
    std::string m_device;
    std::vector<GranularitySample> m_samples;
    LearningCurve m_curve;
    std::optional<ProbeEpoch> m_probes;
};

/// As import and adapt report it.
Progress progressOf(const nlohmann::json& event);

} // namespace grappa
