#pragma once

#include <QDialog>

class QListWidget;
class QTextBrowser;

namespace grappa {

/// The guide for users, a page a task: the texts of resources/guide in the language of the window. GUI thread.
class GuideDialog : public QDialog {
    Q_OBJECT

public:
    explicit GuideDialog(QWidget* parent = nullptr);

private:
    void showPage(int row);

    QListWidget* m_titles;
    QTextBrowser* m_text;
};

} // namespace grappa
