#include "core/training/labelled_set.h"

#include "core/base/file_io.h"

#include <algorithm>
#include <string_view>

namespace grappa {

namespace {

/// The fields of one record; `text` is moved past it. RFC 4180: quotes, doubled quotes, line ends inside quotes.
std::vector<std::string> readRecord(std::string_view& text) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    std::size_t i = 0;
    for (; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c != '"')
                fields.back() += c;
            else if (i + 1 < text.size() && text[i + 1] == '"')
                fields.back() += text[++i];
            else
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == ',') {
            fields.emplace_back();
        } else if (c == '\n') {
            ++i;
            break;
        } else if (c != '\r') {
            fields.back() += c;
        }
    }
    text.remove_prefix(i);
    return fields;
}

} // namespace

LabelledSet readLabelledCsv(const std::string& task, const std::filesystem::path& csv,
                            const std::filesystem::path& root) {
    constexpr std::uint64_t limit = std::uint64_t{1} << 30;
    const FileBytes file = readUserFile(csv, limit);
    std::string_view text(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size());
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);

    const std::vector<std::string> header = readRecord(text);
    const auto column = [&](std::string_view name) {
        const auto found = std::find(header.begin(), header.end(), name);
        if (found == header.end())
            throw Error(ErrorCode::Usage, displayPath(csv) + " has no column \"" + std::string(name) +
                                              "\"; its first line must name the columns path and label.");
        return static_cast<std::size_t>(found - header.begin());
    };
    const std::size_t pathColumn = column("path");
    const std::size_t labelColumn = column("label");

    LabelledSet set;
    set.task = task;
    for (std::size_t record = 2; !text.empty(); ++record) {
        const std::vector<std::string> fields = readRecord(text);
        if (fields.size() == 1 && fields[0].empty()) continue;
        if (fields.size() != header.size())
            throw Error(ErrorCode::Usage, displayPath(csv) + ", record " + std::to_string(record) + ": " +
                                              std::to_string(fields.size()) + " fields instead of " +
                                              std::to_string(header.size()) + ".");
        set.paths.push_back(root / fields[pathColumn]);
        set.labels.push_back(fields[labelColumn]);
    }
    return set;
}

} // namespace grappa
