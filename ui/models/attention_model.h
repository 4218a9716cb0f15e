#pragma once

#include <QAbstractTableModel>

#include <cstdint>
#include <vector>

namespace grappa {

/// The granularity attention of an image as a table: a row for each level, fine to coarse, with its mean and its share
/// in each adapted block.
class AttentionModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Role {
        ShareRole = Qt::UserRole, ///< double, 0 to 1
    };
    static constexpr int meanColumn = 0;

    using QAbstractTableModel::QAbstractTableModel;

    /// values: [blocks, granularities], k ascending; empty = there is nothing to show.
    void setAttention(const std::vector<std::int64_t>& granularities, const std::vector<std::int64_t>& blocks,
                      const std::vector<float>& values);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    double share(int row, int column) const;
    QString levelName(int row) const;

    std::vector<std::int64_t> m_granularities, m_blocks;
    std::vector<float> m_values;
    std::vector<double> m_mean;
};

} // namespace grappa
