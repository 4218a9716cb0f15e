#include "ui/window_state.h"

#include "core/base/file_io.h"
#include "ui/jobs/json_lines.h"

#include <fstream>
#include <iterator>

namespace grappa {

namespace {

using Json = nlohmann::json;

/// Paths need not be UTF-8, which JSON has to be.
std::string encoded(const std::string& bytes) {
    return QByteArray::fromStdString(bytes).toBase64().toStdString();
}

std::string decodedAt(const Json& object, const char* key) {
    return QByteArray::fromBase64(textAt(object, key).toLatin1()).toStdString();
}

std::int64_t integerAt(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

bool flagAt(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_boolean() && found->get<bool>();
}

Json objectAt(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_object() ? *found : Json::object();
}

Json jsonOf(const ImageFilter& filter) {
    Json json{{"folder", encoded(filter.folder)},
              {"name", encoded(filter.nameContains)},
              {"format", filter.format},
              {"takenFrom", filter.takenFrom},
              {"takenTo", filter.takenTo}};
    if (filter.collection) json["collection"] = *filter.collection;
    return json;
}

ImageFilter filterOf(const Json& json) {
    ImageFilter filter;
    if (json.contains("collection")) filter.collection = integerAt(json, "collection");
    filter.folder = decodedAt(json, "folder");
    filter.nameContains = decodedAt(json, "name");
    filter.format = textAt(json, "format").toStdString();
    filter.takenFrom = integerAt(json, "takenFrom");
    filter.takenTo = integerAt(json, "takenTo");
    return filter;
}

Json jsonOf(const ImageQuery& query) {
    Json json{{"file", encoded(query.file.native())}};
    if (query.image) json["image"] = *query.image;
    if (query.region)
        json["region"] = {query.region->x(), query.region->y(), query.region->width(), query.region->height()};
    return json;
}

std::optional<ImageQuery> queryOf(const Json& json) {
    ImageQuery query;
    query.file = decodedAt(json, "file");
    if (query.file.empty()) return std::nullopt;
    if (json.contains("image")) query.image = integerAt(json, "image");
    const auto region = json.find("region");
    if (region != json.end() && region->is_array() && region->size() == 4 &&
        std::all_of(region->begin(), region->end(), [](const Json& value) { return value.is_number_integer(); }))
        query.region =
            QRect((*region)[0].get<int>(), (*region)[1].get<int>(), (*region)[2].get<int>(), (*region)[3].get<int>());
    return query;
}

Json jsonOf(const Place& place) {
    Json json{{"filter", jsonOf(place.filter)},
              {"row", place.position.row},
              {"hidden", place.position.hidden},
              {"level", place.level}};
    if (place.order) json["order"] = static_cast<int>(*place.order);
    if (place.minScore) json["minScore"] = *place.minScore;
    if (place.current) json["current"] = *place.current;
    if (place.group) json["groups"] = true;
    if (place.query && !place.query->file.empty()) json["query"] = jsonOf(*place.query);
    return json;
}

Place placeOf(const Json& json) {
    Place place{.filter = filterOf(objectAt(json, "filter"))};
    const std::int64_t order = integerAt(json, "order");
    if (json.contains("order") && order >= 0 && order <= static_cast<int>(ImageOrder::TakenNewestFirst))
        place.order = static_cast<ImageOrder>(order);
    if (QString level = textAt(json, "level"); !level.isEmpty()) place.level = level.toStdString();
    if (flagAt(json, "groups")) place.group = GroupPlace();
    // Up to 1: a cosine of an earlier version, on no scale that is known now.
    if (const auto score = numberAt(json, "minScore"); score && *score > 1) place.minScore = static_cast<float>(*score);
    if (json.contains("current")) place.current = integerAt(json, "current");
    if (json.contains("query")) place.query = queryOf(objectAt(json, "query"));
    place.position = {static_cast<int>(integerAt(json, "row")), numberAt(json, "hidden").value_or(0)};
    return place;
}

} // namespace

std::optional<WindowState> readWindowState(const std::filesystem::path& file) {
    std::ifstream input(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    WindowState state{.place = placeOf(objectAt(json, "place")),
                      .tileSize = static_cast<int>(integerAt(json, "tileSize"))};
    state.geometry = QByteArray::fromBase64(textAt(json, "geometry").toLatin1());
    state.panes = QByteArray::fromBase64(textAt(json, "panes").toLatin1());
    state.viewing = flagAt(json, "viewing");
    state.beside = flagAt(json, "beside");
    state.why = flagAt(json, "why");
    if (json.contains("dark")) state.dark = flagAt(json, "dark");
    return state;
}

void saveWindowState(const std::filesystem::path& file, const WindowState& state) {
    Json json{{"place", jsonOf(state.place)},
              {"tileSize", state.tileSize},
              {"geometry", state.geometry.toBase64().toStdString()},
              {"panes", state.panes.toBase64().toStdString()},
              {"viewing", state.viewing},
              {"beside", state.beside},
              {"why", state.why}};
    if (state.dark) json["dark"] = *state.dark;
    const std::string text = json.dump(1) + '\n';
    saveFile(file, std::as_bytes(std::span(text)));
}

} // namespace grappa
