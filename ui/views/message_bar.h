#pragma once

#include "ui/error_text.h"

#include <QWidget>

class QLabel;
class QPushButton;
class QToolButton;

namespace grappa {

/// A sentence about what went wrong, with its details to copy, until it is closed or replaced. Never a modal box.
class MessageBar : public QWidget {
    Q_OBJECT

public:
    explicit MessageBar(QWidget* parent = nullptr);

    void show(const Problem& problem);

private:
    QLabel* m_symbol;
    QLabel* m_sentence;
    QPushButton* m_copy;
    QToolButton* m_close;
    QString m_detail;
};

} // namespace grappa
