#include "ui/learning_curve.h"

#include "ui/jobs/json_lines.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

namespace grappa {

namespace {

constexpr double memory = 0.95; ///< of the moving average, as its weight grows to

/// The mean of what came so far, then an exponential one: without the bias of a start at 0.
class MovingAverage {
public:
    double add(double value) {
        ++m_count;
        const double kept = std::min(memory, 1 - 1 / static_cast<double>(m_count));
        return m_value = kept * m_value + (1 - kept) * value;
    }

private:
    double m_value = 0;
    std::size_t m_count = 0;
};

} // namespace

LearningCurve::Stage& LearningCurve::stage(const std::string& name) {
    const auto found = std::find_if(m_stages.begin(), m_stages.end(), [&](const Stage& s) { return s.name == name; });
    if (found != m_stages.end()) return *found;
    return m_stages.emplace_back(Stage{name, {}, {}});
}

void LearningCurve::addLoss(const std::string& name, std::int64_t step, double loss) {
    if (std::isfinite(loss)) stage(name).losses.insert_or_assign(step, loss);
}

void LearningCurve::addCopyFirst(const std::string& name, std::int64_t step, double percent) {
    if (std::isfinite(percent)) stage(name).copyFirst.insert_or_assign(step, percent);
}

void LearningCurve::addStored(std::span<const CurvePoint> points) {
    for (const CurvePoint& point : points) {
        addLoss(point.stage, point.step, point.loss);
        const auto extra = nlohmann::json::parse(point.extra, nullptr, false);
        if (!extra.is_object()) continue;
        if (const auto percent = numberAt(extra, "copyFirst")) addCopyFirst(point.stage, point.step, *percent);
    }
}

std::size_t LearningCurve::lossCount() const {
    std::size_t count = 0;
    for (const Stage& stage : m_stages)
        count += stage.losses.size();
    return count;
}

std::int64_t LearningCurve::lastStep(const std::string& name) const {
    const auto found = std::find_if(m_stages.begin(), m_stages.end(), [&](const Stage& s) { return s.name == name; });
    return found == m_stages.end() || found->losses.empty() ? 0 : found->losses.rbegin()->first;
}

template <class Value>
LearningCurve::Series LearningCurve::losses(const Value& value) const {
    Series series;
    double x = 0;
    for (const Stage& stage : m_stages) {
        if (stage.losses.empty()) continue;
        if (!series.x.empty()) {
            series.x.push_back(x + 0.5);
            series.y.push_back(std::numeric_limits<double>::quiet_NaN());
        }
        MovingAverage average;
        for (const auto& [step, loss] : stage.losses) {
            series.x.push_back(++x);
            series.y.push_back(value(average, loss));
        }
    }
    return series;
}

LearningCurve::Series LearningCurve::raw() const {
    return losses([](MovingAverage&, double loss) { return loss; });
}

LearningCurve::Series LearningCurve::smoothed() const {
    return losses([](MovingAverage& average, double loss) { return average.add(loss); });
}

LearningCurve::Series LearningCurve::copyFirst() const {
    Series series;
    double first = 0;
    for (const Stage& stage : m_stages) {
        for (const auto& [step, percent] : stage.copyFirst) {
            const auto before = std::distance(stage.losses.begin(), stage.losses.upper_bound(step));
            series.x.push_back(first + static_cast<double>(before));
            series.y.push_back(percent);
        }
        first += static_cast<double>(stage.losses.size());
    }
    return series;
}

std::vector<LearningCurve::Mark> LearningCurve::starts() const {
    std::vector<Mark> marks;
    double first = 1;
    for (const Stage& stage : m_stages) {
        if (stage.losses.empty()) continue;
        marks.push_back({first, stage.name});
        first += static_cast<double>(stage.losses.size());
    }
    return marks;
}

} // namespace grappa
