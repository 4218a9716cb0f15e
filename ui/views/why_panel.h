#pragma once

#include "core/library/library.h"
#include "ui/models/attention_model.h"

#include <QImage>
#include <QWidget>

#include <cstdint>
#include <optional>
#include <vector>

class QFormLayout;
class QLabel;
class QTableView;
class QToolButton;

namespace grappa {

class AttentionBar;

/// What the panel explains.
struct WhyContent {
    bool hasQuery = false;
    QString queryTitle;
    QImage queryPicture; ///< null = none yet
    std::optional<Image> result{};
    std::optional<float> score{};
    int rank = 0;               ///< of the result, from 1
    bool hasAdaptation = false; ///< without one there is no attention
    std::vector<std::int64_t> granularities{}, blocks{};
    std::vector<float> queryAttention{}, resultAttention{}; ///< empty = not known
};

/// At the right of the gallery: why a result is there. The granularities by which query and result are described, and
/// the facts of the file.
class WhyPanel : public QWidget {
    Q_OBJECT

public:
    explicit WhyPanel(QWidget* parent = nullptr);

    void setContent(const WhyContent& content);

Q_SIGNALS:
    void closeRequested();

private:
    void layOut();
    void showAttention();
    void showFacts();

    WhyContent m_content;
    QLabel *m_picture, *m_queryTitle, *m_score, *m_resultName;
    QToolButton *m_close, *m_ofQuery, *m_ofResult;
    QWidget* m_choice;
    AttentionBar* m_bar;
    QLabel *m_sentence, *m_none;
    QTableView* m_map;
    AttentionModel m_model;
    QFormLayout* m_facts;
};

} // namespace grappa
