#pragma once

#include "ui/error_text.h"

#include <QWidget>

#include <functional>

class QLabel;
class QPushButton;
class QToolButton;

namespace grappa {

/// A sentence about what went wrong, with its details to copy, or about what was done, with a button that leads on;
/// until it is closed or replaced. Never a modal box.
class MessageBar : public QWidget {
    Q_OBJECT

public:
    explicit MessageBar(QWidget* parent = nullptr);

    void show(const Problem& problem);
    /// `action` does `run` and closes the message; empty = no button.
    void tell(const QString& sentence, const QString& action = {}, std::function<void()> run = {});

private:
    QLabel* m_symbol;
    QLabel* m_sentence;
    QPushButton* m_copy;
    QPushButton* m_action;
    std::function<void()> m_run;
    QToolButton* m_close;
    QString m_detail;
};

} // namespace grappa
