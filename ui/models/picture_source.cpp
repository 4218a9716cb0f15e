#include "ui/models/picture_source.h"

#include "ui/formatting.h"

#include <algorithm>
#include <utility>

namespace grappa {

namespace {
constexpr int corner = 4;
constexpr std::size_t fetchedAtOnce = 16;
constexpr qsizetype recordsAtMost = 4'096;
constexpr std::size_t wantedAtMost = 512;
} // namespace

PictureSource::PictureSource(Fetch fetch, std::filesystem::path store, QObject* parent)
    : QObject(parent), m_fetch(std::move(fetch)), m_loader(std::move(store)) {
    m_fetchSoon.setSingleShot(true);
    m_fetchSoon.setInterval(0);
    connect(&m_fetchSoon, &QTimer::timeout, this, &PictureSource::fetchSome);
    connect(&m_loader, &ThumbnailLoader::loaded, this, &PictureSource::changed);
}

const QImage* PictureSource::find(ImageId image, qreal devicePixelRatio) {
    m_loader.setTile(static_cast<int>(side * devicePixelRatio), static_cast<int>(corner * devicePixelRatio));
    const auto record = m_records.constFind(image);
    if (record == m_records.constEnd()) {
        if (std::find(m_unknown.begin(), m_unknown.end(), image) == m_unknown.end()) m_unknown.push_back(image);
        m_fetchSoon.start();
        return nullptr;
    }
    if (!record->exists) return nullptr;
    if (const Thumbnail* thumbnail = m_loader.find(record->hash)) return &thumbnail->image;
    if (!m_loader.isMissing(record->hash) &&
        std::find(m_wanted.begin(), m_wanted.end(), record->hash) == m_wanted.end()) {
        m_wanted.insert(m_wanted.begin(), record->hash);
        if (m_wanted.size() > wantedAtMost) m_wanted.pop_back();
        m_fetchSoon.start();
    }
    return nullptr;
}

bool PictureSource::isMissing(ImageId image) const {
    const auto record = m_records.constFind(image);
    return record != m_records.constEnd() && (!record->exists || m_loader.isMissing(record->hash));
}

QString PictureSource::nameOf(ImageId image) const {
    const auto record = m_records.constFind(image);
    return record == m_records.constEnd() ? QString() : record->name;
}

void PictureSource::forgetMissing() {
    m_loader.forgetMissing();
    m_records.removeIf([](const auto& entry) { return !entry.value().exists; });
    Q_EMIT changed();
}

void PictureSource::fetchSome() {
    if (m_records.size() > recordsAtMost) m_records.clear();
    bool news = false;
    for (std::size_t fetched = 0; fetched < fetchedAtOnce && !m_unknown.empty(); ++fetched) {
        const ImageId id = m_unknown.back();
        m_unknown.pop_back();
        const auto image = m_fetch(id);
        m_records.insert(id, image ? Record{image->hash, fileNameText(image->path), true} : Record());
        news = true;
    }
    std::erase_if(m_wanted,
                  [this](const ContentHash& hash) { return m_loader.find(hash) || m_loader.isMissing(hash); });
    m_loader.want(m_wanted);
    if (!m_unknown.empty()) m_fetchSoon.start();
    if (news) Q_EMIT changed();
}

} // namespace grappa
