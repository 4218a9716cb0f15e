#include "app/grappa_cli/program.h"
#include "app/grappa_cli/searchers.h"
#include "app/grappa_cli/verbs.h"

#include "core/base/base64.h"
#include "core/library/thumbnail_store.h"
#include "core/search/outside_query.h"
#include "core/search/search_target.h"

#include <iomanip>
#include <iostream>
#include <memory>
#include <sstream>

namespace grappa {

namespace {

struct Options {
    std::string collection;
    std::filesystem::path output;
    std::size_t queries = 12;
    std::size_t neighbours = 8;
};

std::string escapeHtml(const std::string& text) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
        case '&':
            escaped += "&amp;";
            break;
        case '<':
            escaped += "&lt;";
            break;
        case '>':
            escaped += "&gt;";
            break;
        case '"':
            escaped += "&quot;";
            break;
        default:
            escaped += c;
        }
    }
    return escaped;
}

constexpr auto head = R"(<!doctype html>
<meta charset="utf-8">
<title>Grappa contact sheet</title>
<style>
:root { color-scheme: light dark; --tile: #e9ebee; --muted: #5f6670; --accent: #2563eb; }
@media (prefers-color-scheme: dark) { :root { --tile: #2b2f36; --muted: #9aa1ab; --accent: #4c8dff; } }
body { font: 13px system-ui, sans-serif; margin: 24px; }
.row { display: flex; gap: 8px; margin-bottom: 16px; }
figure { margin: 0; width: 128px; }
figure div { width: 128px; height: 128px; background: var(--tile); border-radius: 6px; display: flex; align-items: center; justify-content: center; }
figure img { max-width: 128px; max-height: 128px; border-radius: 6px; }
figure:first-child { margin-right: 16px; }
figure:first-child div { outline: 2px solid var(--accent); }
figcaption { color: var(--muted); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
</style>
)";

class Sheet {
public:
    Sheet(Library& library, const std::string& title) : m_library(library), m_thumbnails(library.paths().thumbnails()) {
        m_html << head << "<h1>" << escapeHtml(title)
               << "</h1>\n<p>Left: the query. Then what looks most like it, with its score (cosine).</p>\n";
    }

    void addRow(ImageId query, const std::vector<Neighbour>& neighbours) {
        m_html << "<div class=\"row\">";
        addFigure(query, "");
        for (const Neighbour& neighbour : neighbours) {
            std::ostringstream score;
            score << std::fixed << std::setprecision(3) << neighbour.score << " ";
            addFigure(neighbour.image, score.str());
        }
        m_html << "</div>\n";
    }

    std::string html() const { return m_html.str(); }

private:
    void addFigure(ImageId id, const std::string& score) {
        const std::optional<Image> image = m_library.image(id);
        if (!image) return;
        const std::string name = escapeHtml(displayPath(image->path.filename()));
        m_html << "<figure title=\"" << escapeHtml(displayPath(image->path)) << "\"><div>";
        if (const auto thumbnail = m_thumbnails.find(image->hash))
            m_html << "<img alt=\"" << name << "\" src=\"data:image/jpeg;base64," << toBase64(*thumbnail) << "\">";
        m_html << "</div><figcaption>" << score << name << "</figcaption></figure>";
    }

    Library& m_library;
    ThumbnailStore m_thumbnails;
    std::ostringstream m_html;
};

int run(const Program& program, const Options& options) {
    Library library = program.openLibrary(Library::Access::ReadOnly);
    const EmbeddingSet set = searchTarget(library, program.embeddingSet(library), "auto").set;
    Searchers searchers(library);
    SearchOptions search;
    search.limit = options.neighbours;
    std::string title = "All images";
    if (!options.collection.empty()) {
        const auto collection = library.findCollection(options.collection);
        if (!collection) throw Error(ErrorCode::NotFound, "There is no collection \"" + options.collection + "\".");
        search.filter.collection = collection->id;
        title = collection->name;
    }
    const std::vector<ImageId> ids = library.imageIds(search.filter);
    if (ids.empty()) throw Error(ErrorCode::NotFound, "There is no image to show.");

    Sheet sheet(library, title);
    const std::size_t rows = std::min(options.queries, ids.size());
    for (std::size_t i = 0; i < rows; ++i) {
        const ImageId query = ids[i * ids.size() / rows];
        const auto vector = libraryQuery(library, set, query, std::ref(searchers));
        if (!vector) continue;
        search.exclude = query;
        sheet.addRow(query, searchers(set).search(*vector, search));
    }
    const std::string html = sheet.html();
    saveFile(options.output, std::as_bytes(std::span(html)));
    if (program.json) {
        Json object;
        setPath(object, std::filesystem::absolute(options.output));
        Program::printJson(object);
    } else {
        std::cout << displayPath(std::filesystem::absolute(options.output)) << "\n";
    }
    return exitOk;
}

} // namespace

void addContactSheet(CLI::App& app, Program& program) {
    auto options = std::make_shared<Options>();
    CLI::App* verb =
        app.add_subcommand("contact-sheet", "Write an HTML page of queries with their neighbours and scores");
    verb->add_option("--collection", options->collection, "Only this collection");
    verb->add_option("-o,--output", options->output, "The page to write")->type_name("FILE.html")->required();
    verb->add_option("--queries", options->queries, "Rows, spread over the collection")->capture_default_str();
    verb->add_option("--neighbours", options->neighbours, "Results a row")->capture_default_str();
    verb->callback([&program, options] { program.verb = [&program, options] { return run(program, *options); }; });
}

} // namespace grappa
