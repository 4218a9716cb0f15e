#pragma once

#include "ui/levels.h"

#include <QWidget>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

class QComboBox;
class QLabel;
class QToolButton;

namespace grappa {

class GranularitySlider;

/// Something learned that searches can use.
struct LearnedChoice {
    std::int64_t id = 0; ///< of the adaptation
    QString name;
};

/// How is searched: how broadly, and by what.
class GranularityBar : public QWidget {
    Q_OBJECT

public:
    /// What the level decides about in the place that is shown.
    enum class Use {
        Nothing, ///< it cannot be changed
        Results, ///< of a search
        Groups,  ///< which are shown: only where there are some
    };

    explicit GranularityBar(QWidget* parent = nullptr);

    void setStops(const LevelStops& stops, Levels::State state);
    /// What is searched at (Levels::effective()); without a signal.
    void setLevel(const std::string& level);
    void setUse(Use use);
    /// Chooses the next stop but `by`: Auto, the image itself, the levels from fine to coarse.
    void step(int by);
    /// The choice is there once something was learned. used: nothing = the base.
    void setLearned(const std::vector<LearnedChoice>& choices, std::optional<std::int64_t> used);

    void setWhyShown(bool shown);
    void setGroupsShown(bool shown);

    GranularitySlider* slider() const { return m_slider; }

Q_SIGNALS:
    void levelChosen(const std::string& level);
    void whyToggled(bool shown);
    void groupsToggled();
    void learnedChosen(std::optional<std::int64_t> adaptation); ///< nothing = the base

private:
    void emitLevel();
    void updateEnabled();
    void showName();

    GranularitySlider* m_slider;
    QLabel *m_fine, *m_coarse, *m_name;
    QToolButton* m_auto;
    QComboBox* m_learned;
    QToolButton *m_groups, *m_why;
    Use m_use = Use::Nothing;
    QString m_whyNone; ///< there are no levels
    int m_usedRow = 0; ///< of m_learned
};

} // namespace grappa
