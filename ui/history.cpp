#include "ui/history.h"

#include "ui/formatting.h"

#include <QCoreApplication>

#include <utility>

namespace grappa {

QString ImageQuery::title() const {
    if (file.empty()) return QCoreApplication::translate("ImageQuery", "pasted image");
    return fileNameText(file);
}

bool ImageQuery::sameImage(const ImageQuery& other) const {
    return image == other.image && file == other.file && pixels.cacheKey() == other.pixels.cacheKey();
}

std::vector<float> Place::scores() const {
    std::vector<float> scores;
    for (const Neighbour& neighbour : neighbours)
        scores.push_back(scale.score(neighbour.score));
    return scores;
}

void History::push(Place place) {
    m_places.erase(m_places.begin() + static_cast<std::ptrdiff_t>(m_index) + 1, m_places.end());
    m_places.push_back(std::move(place));
    if (m_places.size() > limit) m_places.erase(m_places.begin());
    m_index = m_places.size() - 1;
}

} // namespace grappa
