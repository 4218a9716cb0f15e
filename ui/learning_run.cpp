#include "ui/learning_run.h"

#include "ui/jobs/json_lines.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace grappa {

namespace {

constexpr std::string_view learnPrefix = "learn k=";

std::int64_t integerAt(const nlohmann::json& object, const char* key) {
    return static_cast<std::int64_t>(numberAt(object, key).value_or(0));
}

const nlohmann::json& arrayAt(const nlohmann::json& object, const char* key) {
    static const nlohmann::json none = nlohmann::json::array();
    const auto found = object.find(key);
    return found == object.end() || !found->is_array() ? none : *found;
}

std::vector<std::int64_t> integersAt(const nlohmann::json& object, const char* key) {
    std::vector<std::int64_t> values;
    for (const auto& value : arrayAt(object, key)) {
        if (value.is_number_integer()) values.push_back(value.get<std::int64_t>());
    }
    return values;
}

} // namespace

Progress progressOf(const nlohmann::json& event) {
    Progress progress;
    progress.stage = textAt(event, "stage").toStdString();
    progress.done = static_cast<std::uint64_t>(std::max(0.0, numberAt(event, "done").value_or(0)));
    progress.total = static_cast<std::uint64_t>(std::max(0.0, numberAt(event, "total").value_or(0)));
    progress.rate = numberAt(event, "rate").value_or(0);
    progress.secondsLeft = numberAt(event, "secondsLeft");
    progress.detail = textAt(event, "detail").toStdString();
    return progress;
}

std::optional<std::int64_t> LearningStage::granularity() const {
    if (!name.starts_with(learnPrefix)) return std::nullopt;
    std::int64_t k = 0;
    const char* end = name.data() + name.size();
    const auto [rest, error] = std::from_chars(name.data() + learnPrefix.size(), end, k);
    return error == std::errc() && rest == end ? std::optional(k) : std::nullopt;
}

int Probe::newCount() const {
    return static_cast<int>(std::count(isNew.begin(), isNew.end(), true));
}

LearningRun::Change LearningRun::take(const nlohmann::json& event) {
    const QString kind = textAt(event, "event");
    if (kind == QLatin1StringView("plan")) return takePlan(event);
    if (kind == QLatin1StringView("progress")) return takeProgress(event);
    if (kind == QLatin1StringView("clusters")) return takeGroups(event);
    if (kind == QLatin1StringView("point")) return takePoint(event);
    if (kind == QLatin1StringView("probes")) return takeProbes(event);
    return Change::Nothing;
}

/// What a child said before it was paused is forgotten only where the new one says it again.
LearningRun::Change LearningRun::takePlan(const nlohmann::json& event) {
    m_stages.clear();
    for (const auto& name : arrayAt(event, "stages")) {
        if (name.is_string()) m_stages.push_back({name.get<std::string>()});
    }
    m_granularities = integersAt(event, "granularities");
    m_images = static_cast<std::uint64_t>(std::max<std::int64_t>(0, integerAt(event, "images")));
    m_threads = static_cast<int>(integerAt(event, "threads"));
    m_device = textAt(event, "device").toStdString();
    return Change::Stages;
}

/// Everything before a stage that is heard of is done; stages of a resumed run that were done say nothing.
LearningStage* LearningRun::reach(const std::string& name) {
    const auto found =
        std::find_if(m_stages.begin(), m_stages.end(), [&](const LearningStage& stage) { return stage.name == name; });
    if (found == m_stages.end()) return nullptr;
    for (auto stage = m_stages.begin(); stage != found; ++stage)
        stage->state = StageState::Done;
    if (found->state == StageState::Waiting) found->state = StageState::Now;
    return &*found;
}

LearningRun::Change LearningRun::takeProgress(const nlohmann::json& event) {
    Progress progress = progressOf(event);
    LearningStage* stage = reach(progress.stage);
    if (!stage) return Change::Nothing;
    stage->progress = std::move(progress);
    return Change::Stages;
}

LearningRun::Change LearningRun::takeGroups(const nlohmann::json& event) {
    GranularitySample sample{integerAt(event, "granularity")};
    for (const auto& group : arrayAt(event, "clusters")) {
        if (!group.is_object()) continue;
        sample.groups.push_back({static_cast<std::uint64_t>(std::max<std::int64_t>(0, integerAt(group, "size"))),
                                 integersAt(group, "images")});
    }
    if (sample.k <= 0 || sample.groups.empty()) return Change::Nothing;
    const auto place = std::lower_bound(m_samples.begin(), m_samples.end(), sample.k,
                                        [](const GranularitySample& other, std::int64_t k) { return other.k < k; });
    if (place != m_samples.end() && place->k == sample.k) {
        *place = std::move(sample);
    } else {
        m_samples.insert(place, std::move(sample));
    }
    return Change::Samples;
}

LearningRun::Change LearningRun::takePoint(const nlohmann::json& event) {
    const std::string stage = textAt(event, "stage").toStdString();
    const auto loss = numberAt(event, "loss");
    if (stage.empty() || !loss) return Change::Nothing;
    reach(stage);
    m_curve.addLoss(stage, integerAt(event, "step"), *loss);
    return Change::Curve;
}

LearningRun::Change LearningRun::takeProbes(const nlohmann::json& event) {
    ProbeEpoch now{textAt(event, "stage").toStdString(), static_cast<int>(integerAt(event, "epoch")),
                   numberAt(event, "copyFirst")};
    // It is measured within the last step of an epoch, before that step is told.
    const std::int64_t step = now.epoch == 0 ? 0 : m_curve.lastStep(now.stage) + 1;
    if (now.copyFirst) m_curve.addCopyFirst(now.stage, step, *now.copyFirst);
    for (const auto& row : arrayAt(event, "rows")) {
        if (!row.is_object()) continue;
        Probe probe{integerAt(row, "query"), integersAt(row, "results")};
        const std::vector<ImageId>* before = nullptr;
        if (m_probes) {
            for (const Probe& other : m_probes->probes)
                if (other.query == probe.query) before = &other.results;
        }
        for (const ImageId image : probe.results)
            probe.isNew.push_back(before && std::find(before->begin(), before->end(), image) == before->end());
        now.probes.push_back(std::move(probe));
    }
    m_probes = std::move(now);
    return Change::Probes;
}

void LearningRun::finish() {
    for (LearningStage& stage : m_stages)
        stage.state = StageState::Done;
}

const LearningStage* LearningRun::now() const {
    const auto found = std::find_if(m_stages.begin(), m_stages.end(),
                                    [](const LearningStage& stage) { return stage.state == StageState::Now; });
    return found == m_stages.end() ? nullptr : &*found;
}

} // namespace grappa
