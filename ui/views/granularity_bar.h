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
    explicit GranularityBar(QWidget* parent = nullptr);

    void setStops(const LevelStops& stops, Levels::State state);
    /// What is searched at (Levels::effective()); without a signal.
    void setLevel(const std::string& level);
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
    void showName();

    GranularitySlider* m_slider;
    QLabel *m_fine, *m_coarse, *m_name;
    QToolButton* m_auto;
    QComboBox* m_learned;
    QToolButton *m_groups, *m_why;
    int m_usedRow = 0; ///< of m_learned
};

} // namespace grappa
