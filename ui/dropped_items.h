#pragma once

#include <QImage>

#include <filesystem>
#include <vector>

class QMimeData;
class QUrl;

namespace grappa {

/// What a drop or a paste holds. Nothing is looked up on the disk and nothing is fetched.
struct DroppedItems {
    std::vector<std::filesystem::path> paths; ///< of local files and folders, bytes as the file system gave them
    int remote = 0;                           ///< addresses that would have to be fetched: refused
    QImage image;                             ///< when there are no paths

    bool isEmpty() const { return paths.empty() && remote == 0 && image.isNull(); }
};

bool canBeDropped(const QMimeData& data);
DroppedItems droppedItems(const QMimeData& data);

} // namespace grappa
