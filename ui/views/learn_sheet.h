#pragma once

#include "core/library/library.h"
#include "ui/jobs/adapt_child.h"
#include "ui/jobs/adapt_estimate.h"

#include <QDialog>

#include <functional>
#include <optional>
#include <vector>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QRadioButton;
class QSpinBox;
class QToolButton;

namespace grappa {

/// What is learned, how thoroughly and where; how long each would take is measured while it is open.
class LearnSheet : public QDialog {
    Q_OBJECT

public:
    /// Fewer images cannot be learned.
    static constexpr std::uint64_t fewestImages = 64;

    LearnSheet(std::vector<Collection> collections, std::optional<CollectionId> chosen, QWidget* parent = nullptr);

    void setEstimate(const AdaptEstimate& estimate);
    void setProblem(const Problem& problem);
    /// Nothing can be started, and why; empty = it can.
    void setHindrance(const QString& sentence);
    /// Whether a name is in use.
    void setNameCheck(std::function<bool(const QString&)> taken) { m_taken = std::move(taken); }

    AdaptRequest request() const;
    /// Asks for an estimate of what is chosen; called once the sheet is connected.
    void ask();

Q_SIGNALS:
    void estimateWanted(const QString& collection, const QString& device);
    void startRequested(const grappa::AdaptRequest& request);

private:
    struct Depth {
        QString name;
        QRadioButton* button;
        QLabel* time;
    };
    QLayout* makeDepths();
    QLayout* makeDevice();
    QWidget* makeAdvanced();
    void addDepth(class QGridLayout* grid, const QString& name, const QString& title, const QString& what);
    const Collection* collection() const;
    void update();
    void start();

    std::vector<Collection> m_collections;
    QComboBox* m_collection;
    std::vector<Depth> m_depths;
    QComboBox* m_device = nullptr;
    QLabel* m_note;
    QToolButton* m_advanced;
    QWidget* m_more;
    QLineEdit *m_name = nullptr, *m_granularities = nullptr;
    QSpinBox *m_threads = nullptr, *m_seed = nullptr;
    QPushButton* m_start;
    QString m_hindrance, m_problem;
    std::function<bool(const QString&)> m_taken;
};

} // namespace grappa
