#include "ui/models/image_list_model.h"

#include "ui/attention.h"
#include "ui/formatting.h"

#include <algorithm>
#include <utility>

namespace grappa {

ImageListModel::ImageListModel(Fetch fetch, QObject* parent) : QAbstractListModel(parent), m_fetch(std::move(fetch)) {
    m_fetchSoon.setSingleShot(true);
    m_fetchSoon.setInterval(0);
    connect(&m_fetchSoon, &QTimer::timeout, this, &ImageListModel::fetchWanted);
}

int ImageListModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_ids.size());
}

QVariant ImageListModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const auto row = static_cast<std::size_t>(index.row());
    if (role == IdRole) return static_cast<qlonglong>(m_ids[row]);
    if (role == AttentionRole) {
        const std::vector<double> mean = attentionOf(index.row());
        return mean.empty() ? QVariant() : QVariant::fromValue(QList<double>(mean.begin(), mean.end()));
    }
    if (role == Qt::AccessibleDescriptionRole) return attentionTextOf(index.row());
    const float score = m_scores.empty() ? 0 : m_scale.score(m_scores[row]);
    if (role == ScoreRole) return m_scores.empty() ? QVariant() : QVariant(score);
    if (role == DividerRole) return static_cast<int>(dividerBefore(index.row()));
    if (role == CosineRole) return m_scores.empty() ? QVariant() : QVariant(m_scores[row]);

    const Image* image = record(index.row());
    if (!image) return {};
    switch (role) {
    case Qt::DisplayRole:
        return fileNameText(image->path);
    case Qt::ToolTipRole: {
        QString tip = pathText(image->path);
        if (!m_scores.empty())
            tip += u'\n' + tr("score %1 (%2), cosine %3")
                               .arg(formatScore(score), closenessText(score), formatCosine(m_scores[row]));
        if (!image->online) tip += u'\n' + tr("The file is not there at the moment.");
        if (!image->damage.empty()) tip += u'\n' + tr("Damaged: %1").arg(QString::fromStdString(image->damage));
        const QString text = attentionTextOf(index.row());
        return text.isEmpty() ? tip : tip + u'\n' + text;
    }
    case Qt::AccessibleTextRole: {
        const QString name = fileNameText(image->path);
        if (m_scores.empty()) return name;
        const QString text = tr("%1, %2, rank %3").arg(name, closenessText(score)).arg(index.row() + 1);
        const QString divider = dividerText(dividerBefore(index.row()));
        return divider.isEmpty() ? text : tr("%1, from here: %2").arg(text, divider);
    }
    case HashRole:
        return QVariant::fromValue(image->hash);
    case OnlineRole:
        return image->online;
    case DamageRole:
        return QString::fromStdString(image->damage);
    default:
        return {};
    }
}

Qt::ItemFlags ImageListModel::flags(const QModelIndex& index) const {
    const Qt::ItemFlags common = QAbstractListModel::flags(index);
    return index.isValid() ? common | Qt::ItemIsDragEnabled : common;
}

void ImageListModel::setImages(std::vector<ImageId> ids) {
    m_dividers.clear();
    replaceRows(std::move(ids), {});
}

void ImageListModel::setNeighbours(std::span<const Neighbour> neighbours, const ScoreScale& scale, Dividers dividers) {
    std::vector<ImageId> ids;
    std::vector<float> scores;
    for (const Neighbour& neighbour : neighbours) {
        ids.push_back(neighbour.image);
        scores.push_back(neighbour.score);
    }
    // What comes after the cut has no place.
    dividers.erase(dividers.lower_bound(static_cast<int>(ids.size())), dividers.end());
    const bool changed = m_scale != scale || m_dividers != dividers;
    m_scale = scale;
    m_dividers = std::move(dividers);
    replaceRows(std::move(ids), std::move(scores));
    // Rows that stayed read otherwise now.
    if (changed && !m_ids.empty())
        Q_EMIT dataChanged(index(0), index(rowCount() - 1),
                           {ScoreRole, DividerRole, Qt::ToolTipRole, Qt::AccessibleTextRole});
}

Divider ImageListModel::dividerBefore(int row) const {
    const auto found = m_dividers.find(row);
    return found == m_dividers.end() ? Divider::None : found->second;
}

void ImageListModel::replaceRows(std::vector<ImageId> ids, std::vector<float> scores) {
    ids.shrink_to_fit();
    if (m_scores.empty() != scores.empty()) {
        beginResetModel();
        m_ids = std::move(ids);
        m_scores = std::move(scores);
        endResetModel();
        return;
    }
    const auto oldSize = static_cast<int>(m_ids.size());
    const auto newSize = static_cast<int>(ids.size());
    const auto same = [&](int oldRow, int newRow) {
        const auto from = static_cast<std::size_t>(oldRow), to = static_cast<std::size_t>(newRow);
        return m_ids[from] == ids[to] && (scores.empty() || m_scores[from] == scores[to]);
    };
    int head = 0, tail = 0;
    while (head < std::min(oldSize, newSize) && same(head, head))
        ++head;
    while (tail < std::min(oldSize, newSize) - head && same(oldSize - 1 - tail, newSize - 1 - tail))
        ++tail;
    if (oldSize - tail > head) {
        beginRemoveRows({}, head, oldSize - tail - 1);
        m_ids.erase(m_ids.begin() + head, m_ids.end() - tail);
        if (!m_scores.empty()) m_scores.erase(m_scores.begin() + head, m_scores.end() - tail);
        endRemoveRows();
    }
    if (newSize - tail > head) {
        beginInsertRows({}, head, newSize - tail - 1);
        m_ids = std::move(ids);
        m_scores = std::move(scores);
        endInsertRows();
    }
}

void ImageListModel::setAttention(Attention* attention) {
    m_attention = attention;
    const auto update = [this] {
        if (!m_scores.empty()) Q_EMIT dataChanged(index(0), index(rowCount() - 1), {AttentionRole});
    };
    connect(attention, &Attention::changed, this, update);
    connect(attention, &Attention::loaded, this, update);
}

std::vector<double> ImageListModel::attentionOf(int row) const {
    if (!m_attention || m_scores.empty()) return {};
    return m_attention->meanOf(m_ids[static_cast<std::size_t>(row)]);
}

QString ImageListModel::attentionTextOf(int row) const {
    const std::vector<double> mean = attentionOf(row);
    return mean.empty() ? QString() : attentionText(m_attention->granularities(), mean);
}

std::optional<ImageId> ImageListModel::imageAt(int row) const {
    if (row < 0 || row >= rowCount()) return std::nullopt;
    return m_ids[static_cast<std::size_t>(row)];
}

const Image* ImageListModel::recordAt(int row) const {
    const auto id = imageAt(row);
    const Record* found = id ? m_records.object(*id) : nullptr;
    return found ? &found->image : nullptr;
}

int ImageListModel::rowOf(ImageId id) const {
    const auto found = std::find(m_ids.begin(), m_ids.end(), id);
    return found == m_ids.end() ? -1 : static_cast<int>(found - m_ids.begin());
}

std::vector<Image> ImageListModel::readRecords(std::span<const int> rows, std::size_t limit) {
    std::vector<Image> records;
    for (const int row : rows.first(std::min(rows.size(), limit))) {
        const auto id = imageAt(row);
        const Record* known = id ? m_records.object(*id) : nullptr;
        const bool current = known && known->generation == m_generation;
        auto image = current ? std::optional(known->image) : id ? m_fetch(*id) : std::nullopt;
        if (image) records.push_back(std::move(*image));
    }
    return records;
}

std::size_t ImageListModel::bytesOfRows() const {
    return m_ids.capacity() * sizeof(ImageId) + m_scores.capacity() * sizeof(float);
}

void ImageListModel::refreshRecords() {
    ++m_generation;
    m_asked.clear();
    if (!m_ids.empty()) Q_EMIT dataChanged(index(0), index(rowCount() - 1));
}

const Image* ImageListModel::record(int row) const {
    const ImageId id = m_ids[static_cast<std::size_t>(row)];
    const Record* found = m_records.object(id);
    if ((!found || found->generation != m_generation) && !m_asked.contains(id)) {
        if (m_wanted.size() == wantedAtMost) {
            m_wanted.clear();
            m_asked.clear();
        }
        m_asked.insert(id);
        m_wanted.push_back(row);
        m_fetchSoon.start();
    }
    return found ? &found->image : nullptr;
}

void ImageListModel::fetchWanted() {
    int first = rowCount(), last = -1;
    for (std::size_t fetched = 0; fetched < fetchedAtOnce && !m_wanted.empty(); ++fetched) {
        const int row = m_wanted.back();
        m_wanted.pop_back();
        const auto id = imageAt(row);
        if (!id) continue;
        m_asked.remove(*id);
        auto image = m_fetch(*id);
        if (!image) continue;
        m_records.insert(*id, new Record{std::move(*image), m_generation});
        first = std::min(first, row);
        last = std::max(last, row);
    }
    if (last >= 0) Q_EMIT dataChanged(index(first), index(last));
    if (m_wanted.empty()) {
        m_asked.clear();
    } else {
        m_fetchSoon.start();
    }
}

} // namespace grappa
