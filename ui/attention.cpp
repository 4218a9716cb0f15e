#include "ui/attention.h"

#include "core/base/adaptation_header.h"
#include "ui/formatting.h"
#include "ui/session.h"

#include <QCoreApplication>
#include <QStringList>

#include <cmath>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

struct AttentionText {
    Q_DECLARE_TR_FUNCTIONS(AttentionText)
};

QString levelText(std::int64_t k) {
    return AttentionText::tr("k = %1").arg(formatCount(static_cast<std::uint64_t>(k)));
}

int percentOf(double share) {
    return static_cast<int>(std::lround(100 * share));
}

} // namespace

AttentionBatch readAttentionOf(LibraryAccess& access, const std::vector<ImageId>& images) {
    const SetInUse used = setInUse(access.library());
    if (!used.set || !used.adaptation) return {};
    const SafetensorsFile file(access.library().paths().adaptations() / used.adaptation->file);
    AdaptationHeader header = readAdaptationHeader(file);
    AttentionBatch batch{used.adaptation->checksum, std::move(header.granularities), std::move(header.blocks), {}};
    const std::size_t width = batch.granularities.size() * batch.blocks.size();
    for (const ImageId image : images) {
        std::vector<float> values = access.library().attention(used.set->id, image);
        if (values.size() != width) values.clear();
        batch.images.emplace_back(image, std::move(values));
    }
    return batch;
}

Attention::Attention(Session& session, QObject* parent) : QObject(parent), m_session(session) {
    m_askSoon.setSingleShot(true);
    m_askSoon.setInterval(0);
    connect(&m_askSoon, &QTimer::timeout, this, &Attention::askNext);
    connect(&session, &Session::adaptationChanged, this, &Attention::readUsed);
    connect(&session, &Session::libraryChanged, this, &Attention::forgetMissing);
    readUsed();
}

void Attention::readUsed() {
    const auto& used = m_session.adaptation();
    if (used && used->checksum == m_adaptation) return;
    forget();
    Q_EMIT changed();
    // An empty batch tells what the values will be of.
    if (used) m_askSoon.start();
}

void Attention::forget() {
    m_adaptation.clear();
    m_granularities.clear();
    m_blocks.clear();
    m_cache.clear();
    m_wanted.clear();
    m_asked.clear();
}

/// Images that were described since have some now.
void Attention::forgetMissing() {
    for (const ImageId image : m_cache.keys())
        if (m_cache.object(image)->empty()) m_cache.remove(image);
}

std::vector<float> Attention::of(ImageId image) {
    if (!isUsed()) return {};
    if (const auto* known = m_cache.object(image)) return *known;
    if (!m_asked.contains(image)) {
        m_asked.insert(image);
        m_wanted.push_back(image);
        m_askSoon.start();
    }
    return {};
}

std::vector<double> Attention::meanOf(ImageId image) {
    return meanOf(of(image));
}

std::vector<double> Attention::meanOf(const std::vector<float>& attention) const {
    if (attention.empty() || attention.size() != m_granularities.size() * m_blocks.size()) return {};
    return meanOverBlocks(attention, m_granularities.size());
}

void Attention::askNext() {
    if (m_busy) return;
    m_busy = true;
    std::vector<ImageId> images;
    while (!m_wanted.empty() && images.size() < askedAtOnce) {
        images.push_back(m_wanted.back());
        m_wanted.pop_back();
    }
    // What was asked for long ago was scrolled past.
    if (m_wanted.size() > static_cast<std::size_t>(cachedImages)) {
        m_wanted.clear();
        m_asked.clear();
    }
    const auto finish = [this] {
        m_busy = false;
        if (!m_wanted.empty()) m_askSoon.start();
    };
    m_session.readAttention(
        this, images,
        [this, images, finish](const AttentionBatch& batch) {
            take(images, batch);
            finish();
        },
        [finish](const Problem&) { finish(); });
}

void Attention::take(const std::vector<ImageId>& asked, const AttentionBatch& batch) {
    const auto& used = m_session.adaptation();
    if (!used) return;
    // One of the two is behind: soon they are of one mind.
    if (used->checksum != batch.adaptation) {
        m_wanted.insert(m_wanted.end(), asked.begin(), asked.end());
        return m_askSoon.start();
    }
    if (m_adaptation.empty()) {
        m_adaptation = batch.adaptation;
        m_granularities = batch.granularities;
        m_blocks = batch.blocks;
        Q_EMIT changed();
    }
    for (const auto& [image, values] : batch.images) {
        m_asked.remove(image);
        m_cache.insert(image, new std::vector<float>(values));
    }
    if (!batch.images.empty()) Q_EMIT loaded();
}

QString attentionText(const std::vector<std::int64_t>& granularities, const std::vector<double>& mean) {
    QStringList parts;
    for (std::size_t i = 0; i < mean.size() && i < granularities.size(); ++i)
        parts << AttentionText::tr("%1: %2 %").arg(levelText(granularities[i])).arg(percentOf(mean[i]));
    return parts.join(u" · "_s);
}

QString attentionSentence(const std::vector<std::int64_t>& granularities, const std::vector<double>& mean) {
    if (mean.empty() || mean.size() != granularities.size()) return {};
    const AttentionReading reading = readAttention(mean);
    const QString most = levelText(granularities[reading.granularity]);
    const int percent = percentOf(reading.share);
    switch (reading.kind) {
    case AttentionReading::Kind::NoneStandsOut:
        break;
    case AttentionReading::Kind::Broad:
        return AttentionText::tr("Mostly %1 (%2 %): it is told by its broad kind.").arg(most).arg(percent);
    case AttentionReading::Kind::Middle:
        return AttentionText::tr("Mostly %1 (%2 %): it is told by its kind, neither very broad nor very fine.")
            .arg(most)
            .arg(percent);
    case AttentionReading::Kind::Fine:
        return AttentionText::tr("Mostly %1 (%2 %): it is told by fine differences within its kind.")
            .arg(most)
            .arg(percent);
    }
    return AttentionText::tr("No granularity stands out: coarse and fine ones count alike.");
}

} // namespace grappa
