#include "ui/models/adaptation_list_model.h"

#include "ui/learning_text.h"

#include <QDateTime>
#include <QLocale>

#include <algorithm>
#include <utility>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

QString noteOf(const AdaptationRow& row) {
    if (row.state != AdaptationState::Ready) return AdaptationListModel::tr("not complete yet");
    const auto report = learningReportOf(row.report);
    const QString date = QLocale().toString(QDateTime::fromSecsSinceEpoch(row.createdAt).date(), QLocale::ShortFormat);
    return report ? u"%1 · %2"_s.arg(verdictWord(report->verdict), date) : date;
}

} // namespace

int AdaptationListModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_adaptations.size()) + 1;
}

QVariant AdaptationListModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const AdaptationRow* row = at(index);
    const bool used = row ? m_used == row->id : !m_used;
    const QString name = row ? QString::fromStdString(row->name) : tr("Base");
    switch (role) {
    case Qt::DisplayRole:
    case Qt::EditRole:
        return name;
    case Qt::ToolTipRole:
    case Qt::AccessibleTextRole: {
        QStringList parts{name};
        if (used) parts << tr("in use");
        if (row) parts << noteOf(*row);
        return parts.join(u", "_s);
    }
    case IdRole:
        return row ? QVariant(static_cast<qlonglong>(row->id)) : QVariant();
    case UsedRole:
        return used;
    case NoteRole:
        return row ? noteOf(*row) : QString();
    default:
        return {};
    }
}

Qt::ItemFlags AdaptationListModel::flags(const QModelIndex& index) const {
    const Qt::ItemFlags common = QAbstractListModel::flags(index);
    return at(index) ? common | Qt::ItemIsEditable : common;
}

bool AdaptationListModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    const AdaptationRow* row = at(index);
    const QString name = value.toString().trimmed();
    if (!row || role != Qt::EditRole || name.isEmpty() || name == QString::fromStdString(row->name)) return false;
    Q_EMIT renameRequested(row->id, name);
    return true;
}

void AdaptationListModel::setAdaptations(std::vector<AdaptationRow> adaptations, std::optional<std::int64_t> used) {
    const bool sameRows = std::equal(adaptations.begin(), adaptations.end(), m_adaptations.begin(), m_adaptations.end(),
                                     [](const AdaptationRow& a, const AdaptationRow& b) { return a.id == b.id; });
    // A reset drops the view's selection: only when the rows themselves differ.
    if (!sameRows) beginResetModel();
    m_adaptations = std::move(adaptations);
    m_used = used;
    if (!sameRows) {
        endResetModel();
    } else {
        Q_EMIT dataChanged(index(0), index(rowCount() - 1));
    }
}

const AdaptationRow* AdaptationListModel::find(std::int64_t id) const {
    const auto found = std::find_if(m_adaptations.begin(), m_adaptations.end(),
                                    [id](const AdaptationRow& row) { return row.id == id; });
    return found == m_adaptations.end() ? nullptr : &*found;
}

const AdaptationRow* AdaptationListModel::find(const QString& name) const {
    const auto found = std::find_if(m_adaptations.begin(), m_adaptations.end(), [&name](const AdaptationRow& row) {
        return QString::fromStdString(row.name) == name;
    });
    return found == m_adaptations.end() ? nullptr : &*found;
}

const AdaptationRow* AdaptationListModel::at(const QModelIndex& index) const {
    if (index.row() < 1 || index.row() > static_cast<int>(m_adaptations.size())) return nullptr;
    return &m_adaptations[static_cast<std::size_t>(index.row()) - 1];
}

QModelIndex AdaptationListModel::indexOf(std::optional<std::int64_t> id) const {
    if (!id) return index(0);
    const AdaptationRow* row = find(*id);
    return row ? index(static_cast<int>(row - m_adaptations.data()) + 1) : QModelIndex();
}

} // namespace grappa
