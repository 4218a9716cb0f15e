#include "app/grappa_cli/level_rows.h"

#include <algorithm>
#include <iomanip>
#include <sstream>

namespace grappa {

Json levelRows(Library& library, EmbeddingSetId set, bool withSizes) {
    Json rows = Json::array();
    for (const LevelRow& level : library.levels(set)) {
        Json row{{"k", level.k},
                 {"shown", level.shown},
                 {"beta", level.beta},
                 {"overlapRaw", level.overlapRaw},
                 {"overlapFiner", level.overlapFiner}};
        if (withSizes) {
            std::vector<std::uint64_t> sizes = library.clusterSizes(set, level.k);
            std::sort(sizes.begin(), sizes.end());
            row["medianImages"] = sizes[sizes.size() / 2];
            row["mostImages"] = sizes.back();
        }
        if (level.copyFirst) row["copyFirst"] = *level.copyFirst;
        rows.push_back(std::move(row));
    }
    return rows;
}

std::string levelTable(const Json& rows) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(2) << "       k  overlap@20: raw  next finer\n";
    for (const Json& row : rows) {
        text << std::setw(8) << row["k"].get<std::int64_t>() << std::setw(17) << row["overlapRaw"].get<double>()
             << std::setw(12) << row["overlapFiner"].get<double>();
        if (row.contains("mostImages"))
            text << "  median " << row["medianImages"].get<std::uint64_t>() << ", at most "
                 << row["mostImages"].get<std::uint64_t>() << " images";
        if (row.contains("copyFirst")) text << "  copy first " << row["copyFirst"].get<double>();
        text << (row["shown"].get<bool>() ? "" : "  not shown: like the next finer one") << "\n";
    }
    return text.str();
}

} // namespace grappa
