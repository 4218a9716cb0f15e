#pragma once

#include "core/base/granularity_attention.h"
#include "core/library/library.h"

#include <QCache>
#include <QObject>
#include <QSet>
#include <QString>
#include <QTimer>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace grappa {

class LibraryAccess;
class Session;

/// The granularity attention of some images under the adaptation that searches use.
struct AttentionBatch {
    std::string adaptation; ///< checksum (hex) of its file; empty = the base is used
    std::vector<std::int64_t> granularities, blocks;
    std::vector<std::pair<ImageId, std::vector<float>>> images; ///< [blocks, granularities] of each, or empty
};
AttentionBatch readAttentionOf(LibraryAccess& access, const std::vector<ImageId>& images);

/// Granularity attention for the views: asked for in batches, kept in a bounded cache.
class Attention : public QObject {
    Q_OBJECT

public:
    explicit Attention(Session& session, QObject* parent = nullptr);

    /// Whether an adaptation is used; without one there is no attention.
    bool isUsed() const { return !m_adaptation.empty(); }
    const std::vector<std::int64_t>& granularities() const { return m_granularities; } ///< k ascending
    const std::vector<std::int64_t>& blocks() const { return m_blocks; }
    /// [blocks, granularities]; empty = the image has none, or it is not there yet: then it is asked for.
    std::vector<float> of(ImageId image);
    /// Its mean over the blocks.
    std::vector<double> meanOf(ImageId image);
    /// As well, of attention that came with a query.
    std::vector<double> meanOf(const std::vector<float>& attention) const;

Q_SIGNALS:
    void changed(); ///< another adaptation is used: all is another now
    void loaded();  ///< of() has more

private:
    void readUsed();
    void askNext();
    void take(const std::vector<ImageId>& asked, const AttentionBatch& batch);
    void forget();
    void forgetMissing();

    static constexpr int cachedImages = 8192;
    static constexpr std::size_t askedAtOnce = 128;

    Session& m_session;
    std::string m_adaptation;
    std::vector<std::int64_t> m_granularities, m_blocks;
    QCache<ImageId, std::vector<float>> m_cache{cachedImages};
    std::vector<ImageId> m_wanted; ///< the newest last
    QSet<ImageId> m_asked;
    bool m_busy = false;
    QTimer m_askSoon;
};

/// "k = 16: 20 % · k = 64: 80 %", coarse to fine.
QString attentionText(const std::vector<std::int64_t>& granularities, const std::vector<double>& mean);
/// "Mostly k = 64 (80 %): told by fine differences within its kind."
QString attentionSentence(const std::vector<std::int64_t>& granularities, const std::vector<double>& mean);

} // namespace grappa
