#pragma once

#include "ui/learning_run.h"

#include <QWidget>

#include <vector>

class QGridLayout;
class QLabel;
class QProgressBar;

namespace grappa {

/// The stages of a run, one below the other: done, under way with count, rate and time left, or to come.
class StageList : public QWidget {
    Q_OBJECT

public:
    explicit StageList(QWidget* parent = nullptr);

    void setStages(const std::vector<LearningStage>& stages);

private:
    struct Row {
        QWidget* symbol;
        QLabel* title;
        QLabel* detail;
        QProgressBar* bar;
    };
    void makeRows(std::size_t count);

    QGridLayout* m_grid;
    std::vector<Row> m_rows;
};

} // namespace grappa
