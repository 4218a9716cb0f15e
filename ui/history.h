#pragma once

#include "core/search/score_scale.h"
#include "core/search/searcher.h"
#include "ui/gallery_position.h"

#include <QImage>
#include <QRect>
#include <QString>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace grappa {

/// What is searched by: an image of the library, a file from anywhere, or pixels that were pasted.
struct ImageQuery {
    std::optional<ImageId> image{};
    std::filesystem::path file{};    ///< empty for pasted pixels; for an image of the library one of its files
    std::optional<ImageId> stored{}; ///< the image of the library with the same bytes as the file, once searched by
    QImage pixels{};                 ///< of a paste
    std::optional<QRect> region{};   ///< in pixels of the upright image; nothing = the whole image
    std::vector<float> vector{};     ///< [dim] once a child has embedded it; empty for an image of the library
    std::string adaptation{};        ///< checksum (hex) of the one that the vector was made under; empty = the base
    std::vector<float> attention{};  ///< granularity attention that came with the vector; empty for the base
    QImage preview{};                ///< small, for the query bar

    QString title() const;
    /// Whether both are by the same image, whatever the region.
    bool sameImage(const ImageQuery& other) const;
};

/// The clusters of a level, or the images of one.
struct GroupPlace {
    std::int64_t k = 0;
    std::optional<std::uint32_t> cluster{}; ///< that is opened; nothing = all, as stacks
    EmbeddingSetId set = 0;                 ///< whose level it is, and
    std::int64_t version = 0;               ///< of which clustering: another one numbers its clusters anew
    std::uint64_t size = 0;                 ///< images of the opened one
    bool operator==(const GroupPlace&) const = default;
};

/// One thing that the gallery shows: a listing of what passes the filter, the neighbours of a query among it, or its
/// groups.
struct Place {
    ImageFilter filter{};              ///< with the collection; no collection: all images
    std::optional<ImageOrder> order{}; ///< nothing: as added, and neighbours by score
    std::string level = "auto";        ///< how broadly a query is meant: "raw", "auto" or k (ui/levels.h)
    std::optional<GroupPlace> group{};
    std::optional<ImageQuery> query{};
    std::vector<Neighbour> neighbours{}; ///< of the query, once found, best first
    std::string foundAt{};               ///< the level that they were found at (Levels::effective())
    ScoreScale scale{};                  ///< of the set and level that they were found in
    std::optional<float> minScore{};     ///< the cut, 0 to 100: neighbours that score lower are not shown
    GalleryPosition position{};
    std::optional<ImageId> current{}; ///< the image that has the keyboard's focus

    std::vector<float> scores() const;                            ///< of the neighbours, 0 to 100
    bool showsGroups() const { return group && !group->cluster; } ///< stacks instead of images
};

/// Where the user has been, for back and forward. Never empty.
class History {
public:
    static constexpr std::size_t limit = 100;

    const Place& current() const { return m_places[m_index]; }
    Place& current() { return m_places[m_index]; }
    void push(Place place); ///< what was ahead is forgotten
    bool canGoBack() const { return m_index > 0; }
    bool canGoForward() const { return m_index + 1 < m_places.size(); }
    void back() { m_index -= canGoBack() ? 1 : 0; }
    void forward() { m_index += canGoForward() ? 1 : 0; }

private:
    std::vector<Place> m_places{Place{}};
    std::size_t m_index = 0;
};

} // namespace grappa
