#pragma once

#include "core/library/library.h"

#include <QTimer>
#include <QWidget>

#include <filesystem>
#include <optional>
#include <vector>

class QCheckBox;
class QComboBox;
class QDateEdit;
class QLineEdit;
class QToolButton;

namespace grappa {

/// Which images the gallery shows, by name, folder, type and date, and in what order.
class FilterBar : public QWidget {
    Q_OBJECT

public:
    explicit FilterBar(QWidget* parent = nullptr);

    /// Shows a filter and an order without a signal. `scored`: results of a query, which have an order by score.
    void setState(const ImageFilter& filter, std::optional<ImageOrder> order, bool scored);
    /// The folders to choose from, after foldersWanted().
    void setFolders(const std::vector<std::filesystem::path>& folders);
    void focusName();

Q_SIGNALS:
    void filterChosen(const grappa::ImageFilter& filter);
    void orderChosen(std::optional<grappa::ImageOrder> order);
    void foldersWanted();

private:
    void makeDates();
    void fillOrders(bool scored);
    void showDates();
    ImageFilter filter() const;
    void emitFilter();

    QLineEdit* m_name;
    QComboBox* m_folder;
    QComboBox* m_type;
    QToolButton* m_dates;
    QCheckBox *m_fromUsed, *m_toUsed;
    QDateEdit *m_from, *m_to;
    QToolButton* m_clear;
    QComboBox* m_order;
    QTimer m_typed; ///< some time after the last letter
    bool m_scored = false;
};

} // namespace grappa
