#pragma once

namespace grappa {

/// Where a gallery stands, whatever its size: the first visible row and the part of it above the edge.
struct GalleryPosition {
    int row = 0;
    double hidden = 0; ///< of that row's height
};

} // namespace grappa
