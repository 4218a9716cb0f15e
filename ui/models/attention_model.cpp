#include "ui/models/attention_model.h"

#include "core/base/granularity_attention.h"
#include "ui/formatting.h"

#include <cmath>

namespace grappa {

void AttentionModel::setAttention(const std::vector<std::int64_t>& granularities,
                                  const std::vector<std::int64_t>& blocks, const std::vector<float>& values) {
    if (granularities == m_granularities && blocks == m_blocks && values == m_values) return;
    beginResetModel();
    const bool fits = !values.empty() && values.size() == granularities.size() * blocks.size();
    m_granularities = fits ? granularities : std::vector<std::int64_t>();
    m_blocks = fits ? blocks : std::vector<std::int64_t>();
    m_values = fits ? values : std::vector<float>();
    m_mean = fits ? meanOverBlocks(m_values, m_granularities.size()) : std::vector<double>();
    endResetModel();
}

int AttentionModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_granularities.size());
}

int AttentionModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() || m_blocks.empty() ? 0 : static_cast<int>(m_blocks.size()) + 1;
}

double AttentionModel::share(int row, int column) const {
    const std::size_t level = m_granularities.size() - 1 - static_cast<std::size_t>(row);
    if (column == meanColumn) return m_mean[level];
    return double{m_values[static_cast<std::size_t>(column - 1) * m_granularities.size() + level]};
}

QString AttentionModel::levelName(int row) const {
    const std::size_t level = m_granularities.size() - 1 - static_cast<std::size_t>(row);
    return tr("k = %1").arg(formatCount(static_cast<std::uint64_t>(m_granularities[level])));
}

QVariant AttentionModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const double value = share(index.row(), index.column());
    const auto percent = static_cast<int>(std::lround(100 * value));
    switch (role) {
    case ShareRole:
        return value;
    case Qt::DisplayRole:
        return QString::number(percent);
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(Qt::Alignment(Qt::AlignCenter));
    case Qt::ToolTipRole:
    case Qt::AccessibleTextRole:
        if (index.column() == meanColumn)
            return tr("%1, mean of the blocks: %2 %").arg(levelName(index.row())).arg(percent);
        return tr("%1, block %2: %3 %")
            .arg(levelName(index.row()))
            .arg(m_blocks[static_cast<std::size_t>(index.column()) - 1])
            .arg(percent);
    default:
        return {};
    }
}

QVariant AttentionModel::headerData(int section, Qt::Orientation orientation, int role) const {
    const int count = orientation == Qt::Horizontal ? columnCount() : rowCount();
    if (section < 0 || section >= count) return {};
    if (orientation == Qt::Vertical) return role == Qt::DisplayRole ? QVariant(levelName(section)) : QVariant();
    const QString block =
        section == meanColumn ? QString() : QString::number(m_blocks[static_cast<std::size_t>(section) - 1]);
    if (role == Qt::DisplayRole) return section == meanColumn ? tr("all") : block;
    if (role == Qt::ToolTipRole)
        return section == meanColumn ? tr("Mean of the adapted blocks") : tr("Adapted block %1").arg(block);
    return {};
}

} // namespace grappa
