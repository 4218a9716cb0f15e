#pragma once

#include "ui/models/thumbnail_loader.h"

#include "core/library/library.h"

#include <QHash>
#include <QTimer>

#include <functional>
#include <optional>

namespace grappa {

/// Small pictures of single images by id, for views that show some dozens of them. Records are read a few at a time
/// between events, pictures on the loader's thread; asking never waits.
class PictureSource : public QObject {
    Q_OBJECT

public:
    using Fetch = std::function<std::optional<Image>(ImageId)>;

    static constexpr int side = 96; ///< of a picture, at a screen scale of 1

    PictureSource(Fetch fetch, std::filesystem::path store, QObject* parent = nullptr);

    /// Null while it is not there; changed() comes when it is.
    const QImage* find(ImageId image, qreal devicePixelRatio);
    bool isMissing(ImageId image) const;
    QString nameOf(ImageId image) const; ///< empty while it is not known
    /// What was missing may be there now.
    void forgetMissing();

Q_SIGNALS:
    void changed();

private:
    struct Record {
        ContentHash hash;
        QString name;
        bool exists = false;
    };
    void fetchSome();

    Fetch m_fetch;
    ThumbnailLoader m_loader;
    QHash<ImageId, Record> m_records;
    std::vector<ImageId> m_unknown;    ///< records to read
    std::vector<ContentHash> m_wanted; ///< pictures that were asked for, newest first
    QTimer m_fetchSoon;
};

} // namespace grappa
