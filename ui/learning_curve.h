#pragma once

#include "core/library/library.h"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace grappa {

/// The curve of a run, ready to be drawn: the loss of each stage one after the other, and the held-out copy-first rate.
/// A step that comes again, after a resume or from the library, takes the place of the one before.
class LearningCurve {
public:
    void addLoss(const std::string& stage, std::int64_t step, double loss);
    /// `percent` of the held-out copies found their source first, once `step` steps of the stage were done.
    void addCopyFirst(const std::string& stage, std::int64_t step, double percent);
    /// As Library::curvePoints() gives them.
    void addStored(std::span<const CurvePoint> points);
    void clear() { m_stages.clear(); }

    bool isEmpty() const { return m_stages.empty(); }
    std::size_t lossCount() const;
    std::int64_t lastStep(const std::string& stage) const; ///< 0 while there is none

    struct Series {
        std::vector<double> x, y; ///< y is NaN where the line breaks
    };
    Series raw() const;
    /// A moving average that starts anew with each stage.
    Series smoothed() const;
    Series copyFirst() const;
    struct Mark {
        double x = 0;
        std::string stage;
    };
    std::vector<Mark> starts() const; ///< where the stages with a loss begin

private:
    struct Stage {
        std::string name;
        std::map<std::int64_t, double> losses, copyFirst; ///< by step
    };
    Stage& stage(const std::string& name);
    template <class Value>
    Series losses(const Value& value) const;

    std::vector<Stage> m_stages; ///< in the order they came
};

} // namespace grappa
