#pragma once

#include "ui/views/query_bar.h"

namespace grappa {

class Browser;
class CollectionListModel;

/// What the bar above the gallery says of the place that is shown.
QueryBarText placeText(Browser& browser, const CollectionListModel& collections);
/// What an empty gallery says: why, and what to do.
QString emptyGalleryText(Browser& browser, const CollectionListModel& collections, bool importing);

} // namespace grappa
