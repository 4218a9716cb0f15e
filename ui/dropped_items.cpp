#include "ui/dropped_items.h"

#include "ui/file_urls.h"

#include <QMimeData>
#include <QUrl>

namespace grappa {

bool canBeDropped(const QMimeData& data) {
    return data.hasUrls() || data.hasImage();
}

DroppedItems droppedItems(const QMimeData& data) {
    DroppedItems items;
    for (const QUrl& url : data.urls()) {
        if (url.isLocalFile()) {
            items.paths.push_back(pathOfUrl(url));
        } else {
            ++items.remote;
        }
    }
    // A picture dragged out of a browser brings its address too: the pixels themselves can be used without fetching.
    if (items.paths.empty() && data.hasImage()) {
        items.image = data.imageData().value<QImage>();
        if (!items.image.isNull()) items.remote = 0;
    }
    return items;
}

} // namespace grappa
