#include "ui/views/place_text.h"

#include "ui/browser.h"
#include "ui/formatting.h"
#include "ui/models/collection_list_model.h"

#include <QCoreApplication>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

struct PlaceText {
    Q_DECLARE_TR_FUNCTIONS(PlaceText)
};

bool hasChoices(ImageFilter filter) {
    filter.collection.reset();
    return filter.any();
}

} // namespace

QueryBarText placeText(Browser& browser, const CollectionListModel& collections) {
    const Place& place = browser.place();
    const Collection* collection = place.filter.collection ? collections.find(*place.filter.collection) : nullptr;
    const std::uint64_t all = collection ? collection->images : collections.allImages();
    const auto shown = static_cast<std::uint64_t>(browser.images()->rowCount());
    const QString name = collections.nameOf(place.filter.collection);
    const ImageQuery* query = browser.query();
    QueryBarText text;
    if (!query && place.group) {
        const QString level = PlaceText::tr("k = %1").arg(formatCount(static_cast<std::uint64_t>(place.group->k)));
        if (place.showsGroups()) {
            text.title = name;
            text.note = PlaceText::tr("%Ln group(s)", nullptr, browser.groups()->rowCount()) + u" · "_s + level;
        } else {
            text.title = PlaceText::tr("Group of %Ln image(s)", nullptr, static_cast<int>(place.group->size));
            text.note = level + u" · "_s + name;
        }
        return text;
    }
    if (!query) {
        text.title = name;
        text.note = hasChoices(place.filter) && browser.loaded()
                        ? PlaceText::tr("%1 of %Ln image(s) pass the filter", nullptr, static_cast<int>(all))
                              .arg(formatCount(shown))
                        : PlaceText::tr("%Ln image(s)", nullptr, static_cast<int>(all));
        const auto unreadable = static_cast<int>(collection ? collection->unreadable : 0);
        if (unreadable > 0) text.warning = PlaceText::tr("%Ln file(s) could not be read", nullptr, unreadable);
        return text;
    }
    text.title = query->region ? PlaceText::tr("Similar to a region of %1").arg(query->title())
                               : PlaceText::tr("Similar to %1").arg(query->title());
    if (browser.pending()) {
        text.note = PlaceText::tr("Searching…");
        return text;
    }
    text.note = PlaceText::tr("%1 of %2 in %3").arg(formatCount(shown), formatCount(all), name);
    if (place.minScore) text.note += u" · "_s + PlaceText::tr("score ≥ %1").arg(formatScore(*place.minScore));
    if (const auto gap = browser.images()->gap())
        text.note += u" · "_s + PlaceText::tr("%Ln result(s) before the gap", nullptr, *gap);
    if (hasChoices(place.filter)) text.note += u" · "_s + PlaceText::tr("filtered");
    return text;
}

QString emptyGalleryText(Browser& browser, const CollectionListModel& collections, bool importing) {
    const Place& place = browser.place();
    if (!browser.loaded()) return {};
    if (place.minScore && !place.neighbours.empty())
        return PlaceText::tr("No result scores that high. Move the cut to the left.");
    if (hasChoices(place.filter))
        return PlaceText::tr("No image passes the filter. Clear it, or choose another folder, type or date.");
    if (place.query)
        return PlaceText::tr("Nothing similar was found in %1.").arg(collections.nameOf(place.filter.collection));
    if (importing) return PlaceText::tr("Images appear here as they are read.");
    return PlaceText::tr("No images here yet. Drop a folder of images on the window.");
}

} // namespace grappa
