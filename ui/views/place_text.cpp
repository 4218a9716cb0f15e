#include "ui/views/place_text.h"

#include "ui/browser.h"
#include "ui/formatting.h"
#include "ui/models/collection_list_model.h"

#include <QCoreApplication>

#include <numeric>

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
        if (place.showsGroups()) {
            const auto& groups = browser.groups()->groups();
            const auto images =
                std::accumulate(groups.begin(), groups.end(), std::uint64_t{0},
                                [](std::uint64_t sum, const LevelGroup& group) { return sum + group.size; });
            text.title = name;
            if (!groups.empty()) text.note = groupsText(static_cast<std::int64_t>(groups.size()), images);
        } else {
            text.title = PlaceText::tr("Group of %Ln image(s)", nullptr, static_cast<int>(place.group->size));
            text.note =
                PlaceText::tr("one of %Ln group(s)", nullptr, static_cast<int>(place.group->k)) + u" · "_s + name;
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
    for (const auto& [row, divider] : browser.images()->dividers()) {
        if (divider == Divider::OtherGroups)
            text.note += u" · "_s + PlaceText::tr("%Ln in the same group", nullptr, row);
        if (divider == Divider::LessAlike)
            text.note += u" · "_s + PlaceText::tr("%Ln result(s) before the gap", nullptr, row);
    }
    if (hasChoices(place.filter)) text.note += u" · "_s + PlaceText::tr("filtered");
    return text;
}

QueryScope queryScope(const Browser& browser, const CollectionListModel& collections) {
    QueryScope scope;
    if (!browser.query()) return scope;
    scope.chosen = browser.place().filter.collection;
    scope.choices.push_back({std::nullopt, {}});
    for (const Collection& collection : collections.collections())
        scope.choices.push_back({collection.id, QString::fromStdString(collection.name)});
    // One collection is everything.
    if (scope.choices.size() == 2 && !scope.chosen) scope.choices.pop_back();
    return scope;
}

EmptyGallery emptyGallery(Browser& browser, const CollectionListModel& collections, bool importing) {
    const Place& place = browser.place();
    if (!browser.loaded()) return {};
    if (place.minScore && !place.neighbours.empty())
        return {PlaceText::tr("No result scores that high."), EmptyAction::ClearCut, PlaceText::tr("Show all results")};
    if (hasChoices(place.filter))
        return {PlaceText::tr("No image passes the filter."), EmptyAction::ClearFilter,
                PlaceText::tr("Clear the filter")};
    if (place.query) {
        const QString text =
            PlaceText::tr("Nothing similar was found in %1.").arg(collections.nameOf(place.filter.collection));
        if (!place.filter.collection) return {text, EmptyAction::None, {}};
        return {text, EmptyAction::SearchEverywhere, PlaceText::tr("Search everywhere")};
    }
    if (importing) return {PlaceText::tr("Images appear here as they are read."), EmptyAction::None, {}};
    return {PlaceText::tr("No images here yet. Drop a folder of images on the window."), EmptyAction::None, {}};
}

} // namespace grappa
