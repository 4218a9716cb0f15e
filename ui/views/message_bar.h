#pragma once

#include "ui/error_text.h"

#include <QWidget>

#include <functional>

class QLabel;
class QPushButton;
class QToolButton;
class QUndoStack;

namespace grappa {

/// A sentence about what went wrong, with its details to copy, or about what was done, with a button that leads on;
/// until it is closed or replaced. Never a modal box.
class MessageBar : public QWidget {
    Q_OBJECT

public:
    explicit MessageBar(QWidget* parent = nullptr);

    void show(const Problem& problem);
    /// What was done, with a button that undoes it: until something else is done or undone, after which it would undo
    /// another action. Called after the action was pushed on the stack.
    void offerUndo(const QString& sentence, QUndoStack* stack);
    /// `action` does `run` and closes the message; empty = no button.
    void tell(const QString& sentence, const QString& action = {}, std::function<void()> run = {});

private:
    QLabel* m_symbol;
    QLabel* m_sentence;
    QPushButton* m_copy;
    QPushButton* m_action;
    std::function<void()> m_run;
    QMetaObject::Connection m_undone;
    QToolButton* m_close;
    QString m_detail;
};

} // namespace grappa
