#pragma once

#include "ui/models/adaptation_list_model.h"

#include <QWidget>

#include <optional>

class QListView;
class QPushButton;

namespace grappa {

/// What searches can use: the base and what was learned, which one is in use, what can be done with them, and the
/// button that learns another collection.
class AdaptationList : public QWidget {
    Q_OBJECT

public:
    explicit AdaptationList(AdaptationListModel* model, QWidget* parent = nullptr);

    QListView* view() const { return m_list; }

Q_SIGNALS:
    void useRequested(std::optional<std::int64_t> id); ///< nothing = the base
    void reportRequested(std::int64_t id);
    void exportRequested(std::int64_t id);
    void removeRequested(std::int64_t id);
    void learnRequested();

private:
    bool handleKey(int key);
    void activate(const QModelIndex& index);
    void use(const QModelIndex& index);
    void showMenu(const QPoint& position);
    void fitHeight();

    AdaptationListModel* m_model;
    QListView* m_list;
    QPushButton* m_learn;
};

} // namespace grappa
