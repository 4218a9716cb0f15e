#include "ui/jobs/exporter.h"

#include "core/base/file_io.h"
#include "core/library/folder_scanner.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <optional>
#include <sstream>
#include <utility>

namespace grappa {

namespace fs = std::filesystem;

namespace {

struct Row {
    Image image;
    std::optional<float> score;
    std::optional<double> closeness;
};

std::string csvField(const std::string& text) {
    if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char letter : text)
        quoted += letter == '"' ? "\"\"" : std::string(1, letter);
    return quoted + '"';
}

/// With a point whatever the locale, and no more digits than the number has.
std::string numberText(auto number) {
    char buffer[32];
    const auto end = std::to_chars(std::begin(buffer), std::end(buffer), number).ptr;
    return {buffer, end};
}

std::string pathsOf(const std::vector<Row>& rows) {
    std::string text;
    for (const Row& row : rows)
        text += row.image.path.native() + '\n';
    return text;
}

std::string csvOf(const std::vector<Row>& rows) {
    std::ostringstream text;
    text << "rank,score,path,width,height,format,hash,closeness\n";
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Image& image = rows[i].image;
        text << i + 1 << ',' << (rows[i].score ? numberText(*rows[i].score) : "") << ','
             << csvField(image.path.native()) << ',' << image.width << ',' << image.height << ',' << image.format << ','
             << image.hash.hex() << ',' << (rows[i].closeness ? numberText(*rows[i].closeness) : "") << '\n';
    }
    return text.str();
}

std::string jsonOf(const std::vector<Row>& rows) {
    nlohmann::json images = nlohmann::json::array();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Image& image = rows[i].image;
        nlohmann::json object{{"rank", i + 1},          {"path", image.path.native()}, {"width", image.width},
                              {"height", image.height}, {"format", image.format},      {"hash", image.hash.hex()}};
        if (rows[i].score) object["score"] = *rows[i].score;
        if (rows[i].closeness) object["closeness"] = *rows[i].closeness;
        images.push_back(std::move(object));
    }
    const nlohmann::json whole{{"schema", 1}, {"images", std::move(images)}};
    return whole.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

/// A name in `folder` that nothing has yet: "a.jpg", "a (2).jpg", ...
fs::path freeName(const fs::path& folder, const fs::path& name) {
    fs::path candidate = folder / name;
    for (int number = 2; fs::exists(fs::symlink_status(candidate)); ++number) {
        fs::path numbered = name.stem();
        numbered += " (" + std::to_string(number) + ")";
        numbered += name.extension();
        candidate = folder / numbered;
    }
    return candidate;
}

/// Whether it worked; a full disk is worth ending for, a single bad file is not.
bool place(const fs::path& from, const fs::path& to, ExportFormat format) {
    std::error_code error;
    if (format == ExportFormat::Links) {
        fs::create_symlink(from, to, error);
    } else {
        fs::copy_file(from, to, fs::copy_options::none, error);
    }
    if (!error) return true;
    if (error == std::errc::no_space_on_device)
        throw Error(ErrorCode::DiskFull, "Cannot write " + displayPath(to) + ": " + error.message());
    return false;
}

} // namespace

ExportSummary exportImages(Library& library, const ExportRequest& request, const std::stop_token& stop) {
    ExportSummary summary{.target = request.target};
    const bool files = request.format == ExportFormat::Copies || request.format == ExportFormat::Links;
    if (files && !fs::is_directory(request.target))
        throw Error(ErrorCode::NotFound, displayPath(request.target) + " is not a folder.");
    if (!files && (hasImageSuffix(request.target) || library.findImageByPath(request.target)))
        throw Error(ErrorCode::Usage, displayPath(request.target) + " is an image: choose another name.");
    std::vector<Row> rows;
    for (std::size_t i = 0; i < request.images.size() && !stop.stop_requested(); ++i) {
        auto image = library.image(request.images[i], request.filter);
        if (!image || image->path.empty() || !image->online) {
            ++summary.left;
            continue;
        }
        if (files) {
            const bool done = place(image->path, freeName(request.target, image->path.filename()), request.format);
            ++(done ? summary.written : summary.left);
        } else {
            rows.push_back({std::move(*image), {}, {}});
            if (i >= request.scores.size()) continue;
            rows.back().score = request.scores[i];
            rows.back().closeness = exportedScore(request.scale.score(request.scores[i]));
        }
    }
    if (files || stop.stop_requested()) return summary;
    const std::string text = request.format == ExportFormat::Csv    ? csvOf(rows)
                             : request.format == ExportFormat::Json ? jsonOf(rows)
                                                                    : pathsOf(rows);
    saveFile(request.target, std::as_bytes(std::span(text)));
    summary.written = rows.size();
    return summary;
}

Exporter::Exporter(LibraryPaths paths, QObject* parent) : QObject(parent), m_thread(std::move(paths)) {}

Exporter::~Exporter() {
    m_stop.request_stop();
}

void Exporter::start(ExportRequest request) {
    m_thread.run(
        this,
        [request = std::move(request), stop = m_stop.get_token()](LibraryAccess& access) {
            return exportImages(access.library(), request, stop);
        },
        [this](const ExportSummary& summary) { Q_EMIT finished(summary); },
        [this](const Problem& problem) { Q_EMIT failed(problem); });
}

} // namespace grappa
