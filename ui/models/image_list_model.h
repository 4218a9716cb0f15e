#pragma once

#include "core/library/library.h"
#include "core/search/score_scale.h"
#include "core/search/searcher.h"
#include "ui/result_dividers.h"

#include <QAbstractListModel>
#include <QCache>
#include <QSet>
#include <QTimer>

#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace grappa {

class Attention;

/// The images of the gallery, in order: 8 bytes a row (12 with scores). Records are fetched by id when a view asks for
/// them, a few at a time between events, and kept in a bounded cache; data() never touches the disk.
class ImageListModel : public QAbstractListModel {
    Q_OBJECT

public:
    enum Role {
        IdRole = Qt::UserRole, ///< qlonglong
        HashRole,              ///< ContentHash; invalid until the record is there
        ScoreRole,             ///< float, 0 to 100; invalid for a row without a score
        CosineRole,            ///< float; what the score stands for
        DividerRole,           ///< int, of Divider: what begins with the row
        OnlineRole,            ///< bool
        DamageRole,            ///< QString; empty for a sound image
        StackRole,             ///< QList<ContentHash>: of the images on top of a group (GroupListModel)
        AttentionRole,         ///< QList<double>: granularity attention of a scored row, k ascending; invalid without
    };

    using Fetch = std::function<std::optional<Image>(ImageId)>;

    explicit ImageListModel(Fetch fetch, QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

    /// Where the granularity attention of results comes from.
    void setAttention(Attention* attention);

    /// Shows these images without scores, or with them. Only the stretch that differs is replaced, so that what grew or
    /// shrank keeps the view's place and selection.
    void setImages(std::vector<ImageId> ids);
    void setNeighbours(std::span<const Neighbour> neighbours, const ScoreScale& scale = {}, Dividers dividers = {});
    bool hasScores() const { return !m_scores.empty(); }
    const Dividers& dividers() const { return m_dividers; } ///< those that lie within the rows

    std::optional<ImageId> imageAt(int row) const;
    /// The record when it is in the cache.
    const Image* recordAt(int row) const;
    int rowOf(ImageId id) const; ///< -1 when it is not there; O(rows)
    /// The records of these rows, at most `limit`; reads those that are not in the cache.
    std::vector<Image> readRecords(std::span<const int> rows, std::size_t limit);
    /// Bytes that the rows take, without the bounded cache of records.
    std::size_t bytesOfRows() const;
    /// Asks for all records again as they are shown; what is known stays visible until then.
    void refreshRecords();

private:
    struct Record {
        Image image;
        unsigned generation = 0;
    };

    const Image* record(int row) const;
    Divider dividerBefore(int row) const;
    /// Empty for a row without a score.
    std::vector<double> attentionOf(int row) const;
    QString attentionTextOf(int row) const;
    void fetchWanted();
    void replaceRows(std::vector<ImageId> ids, std::vector<float> scores);

    static constexpr int cachedRecords = 4096;
    static constexpr std::size_t fetchedAtOnce = 64;
    static constexpr std::size_t wantedAtMost = 1024; ///< beyond, what was asked for before was scrolled past

    Fetch m_fetch;
    Attention* m_attention = nullptr;
    std::vector<ImageId> m_ids;
    std::vector<float> m_scores; ///< cosines: empty, or one for each id
    ScoreScale m_scale;          ///< what they mean
    Dividers m_dividers;
    mutable QCache<ImageId, Record> m_records{cachedRecords};
    mutable std::vector<int> m_wanted; ///< rows whose record is asked for, newest last
    mutable QSet<ImageId> m_asked;
    mutable QTimer m_fetchSoon;
    unsigned m_generation = 0;
};

} // namespace grappa

Q_DECLARE_METATYPE(grappa::ContentHash)
