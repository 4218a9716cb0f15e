#include "app/grappa_cli/program.h"
#include "app/grappa_cli/verbs.h"

#include "core/base/npy.h"
#include "core/search/searcher.h"

#include <iostream>
#include <memory>
#include <sstream>

namespace grappa {

namespace {

struct Options {
    std::string collection;
    std::string format = "paths";
    std::filesystem::path output;
    std::filesystem::path vectors;
    bool nulSeparated = false;
    bool missing = false;
    bool failEmpty = false;
};

std::string quoteCsv(const std::string& text) {
    if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text)
        quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + "\"";
}

class Writer {
public:
    Writer(std::string format, bool nulSeparated)
        : m_format(std::move(format)), m_separator(nulSeparated ? '\0' : '\n') {
        if (m_format == "csv") m_text << "id,path,width,height,format,hash,files,row,online\n";
    }

    /// Whether the format tells which files are not there.
    bool marksMissing() const { return m_format != "paths"; }

    void add(const Image& image, std::optional<std::size_t> row) {
        if (m_format == "paths") {
            m_text << image.path.native() << m_separator;
        } else if (m_format == "csv") {
            m_text << image.id << ',' << quoteCsv(image.path.native()) << ',' << image.width << ',' << image.height
                   << ',' << image.format << ',' << image.hash.hex() << ',' << image.files << ','
                   << (row ? std::to_string(*row) : "") << ',' << (image.online ? "true" : "false") << '\n';
        } else {
            Json object{{"id", image.id}};
            setPath(object, image.path);
            object.update({{"width", image.width},
                           {"height", image.height},
                           {"format", image.format},
                           {"hash", image.hash.hex()},
                           {"files", image.files},
                           {"online", image.online}});
            if (row) object["row"] = *row;
            m_rows.push_back(std::move(object));
        }
    }

    std::string text() const {
        if (m_format != "json") return m_text.str();
        const Json whole{{"schema", 1}, {"images", m_rows}};
        return whole.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
    }

private:
    std::string m_format;
    char m_separator;
    std::ostringstream m_text;
    Json m_rows = Json::array();
};

int run(const Program& program, const Options& options) {
    Library library = program.openLibrary(Library::Access::ReadOnly);
    ImageFilter filter;
    if (!options.collection.empty()) {
        const auto collection = library.findCollection(options.collection);
        if (!collection) throw Error(ErrorCode::NotFound, "There is no collection \"" + options.collection + "\".");
        filter.collection = collection->id;
    }
    std::optional<Searcher> searcher;
    if (!options.vectors.empty()) searcher.emplace(library, program.embeddingSet(library));

    Writer writer(program.json ? "json" : options.format, options.nulSeparated);
    std::vector<float> matrix;
    std::size_t rows = 0;
    const std::vector<ImageId> ids = library.imageIds(filter);
    for (const ImageId id : ids) {
        const std::optional<Image> image = library.image(id, filter);
        if (!image || (!image->online && !writer.marksMissing() && !options.missing)) continue;
        std::optional<std::size_t> row;
        if (const auto vector = searcher ? searcher->vectorOf(id) : std::nullopt) {
            row = rows++;
            matrix.insert(matrix.end(), vector->begin(), vector->end());
        }
        writer.add(*image, row);
    }
    if (searcher) saveNpy(options.vectors, matrix, static_cast<std::size_t>(searcher->set().dim));
    const std::string text = writer.text();
    if (options.output.empty())
        std::cout << text << std::flush;
    else
        saveFile(options.output, std::as_bytes(std::span(text)));
    return ids.empty() && options.failEmpty ? exitNothingFound : exitOk;
}

} // namespace

void addExport(CLI::App& app, Program& program) {
    auto options = std::make_shared<Options>();
    CLI::App* verb =
        app.add_subcommand("export", "List the images of the library as paths, CSV or JSON; save vectors as npy");
    verb->add_option("--collection", options->collection, "Only this collection");
    verb->add_option("--format", options->format, "paths, csv or json")
        ->capture_default_str()
        ->check(CLI::IsMember({"paths", "csv", "json"}));
    verb->add_option("-o,--output", options->output, "Write to this file instead of standard output")
        ->type_name("FILE");
    verb->add_option("--vectors", options->vectors,
                     "Save the vectors as a float32 matrix; `row` in CSV and JSON points into it")
        ->type_name("FILE.npy");
    verb->add_flag("--missing", options->missing,
                   "Name files that are not there among the paths too (CSV and JSON always do, with online = false)");
    verb->add_flag("-0", options->nulSeparated, "Separate paths by NUL");
    verb->add_flag("--fail-empty", options->failEmpty, "Exit with 3 when there is no image");
    verb->callback([&program, options] { program.verb = [&program, options] { return run(program, *options); }; });
}

} // namespace grappa
