#pragma once

#include "ui/views/query_bar.h"

namespace grappa {

class Browser;
class CollectionListModel;

/// What the bar above the gallery says of the place that is shown.
QueryBarText placeText(Browser& browser, const CollectionListModel& collections);
/// Where the query that is shown can be searched; no choices without one.
QueryScope queryScope(const Browser& browser, const CollectionListModel& collections);

/// What leads on from an empty gallery.
enum class EmptyAction { None, ClearFilter, ClearCut, SearchEverywhere };

/// What an empty gallery says: why, and what to do.
struct EmptyGallery {
    QString text;
    EmptyAction action = EmptyAction::None;
    QString actionText;
};
EmptyGallery emptyGallery(Browser& browser, const CollectionListModel& collections, bool importing);

} // namespace grappa
