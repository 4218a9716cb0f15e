#include "app/grappa_cli/program.h"
#include "app/grappa_cli/searchers.h"
#include "app/grappa_cli/verbs.h"

#include "core/jobs/embed_files.h"
#include "core/search/outside_query.h"
#include "core/search/score_scale.h"
#include "core/search/search_target.h"

#include <array>
#include <functional>
#include <iomanip>
#include <iostream>
#include <memory>

namespace grappa {

namespace {

struct Options {
    std::filesystem::path image;
    ImageId id = 0;
    std::string crop;
    std::string collection;
    std::string folder;
    std::string name;
    std::string level = "auto";
    std::string adaptation;
    std::size_t limit = 20;
    std::optional<float> minScore;
    bool exact = false;
    bool failEmpty = false;
};

SearchOptions searchOptions(Library& library, const Options& options) {
    SearchOptions search;
    search.limit = options.limit;
    search.minScore = options.minScore;
    search.exact = options.exact;
    search.filter.nameContains = options.name;
    if (!options.folder.empty()) search.filter.folder = std::filesystem::absolute(options.folder).lexically_normal();
    if (!options.collection.empty()) {
        const auto collection = library.findCollection(options.collection);
        if (!collection) throw Error(ErrorCode::NotFound, "There is no collection \"" + options.collection + "\".");
        search.filter.collection = collection->id;
    }
    return search;
}

/// An image from outside, described as the images of the set are, or what the library holds where the same file is in
/// it.
std::vector<float> fileVector(const Program& program, Library& library, const EmbeddingSet& set,
                              const std::filesystem::path& image, const std::string& crop, Searchers& searchers) {
    if (const auto stored = crop.empty() ? imageOfFile(library, image) : std::nullopt)
        if (auto vector = libraryQuery(library, set, *stored, std::ref(searchers))) return *vector;
    const std::optional<Region> region = crop.empty() ? std::nullopt : std::optional(parseRegion(crop));
    Embedder embedder = program.embedderFor(library, set);
    JobContext context = program.context();
    context.report = {};
    const EmbeddedFile file = std::move(embedFiles(std::array{image}, embedder, region, context, true).front());
    if (file.error) throw Error(*file.error, file.reason);
    return outsideQuery(library, set, file.vector, std::ref(searchers));
}

/// What a library image is searched by, or a fresh vector of its file when a region of it is asked for.
std::vector<float> imageVector(const Program& program, Library& library, const EmbeddingSet& set,
                               const Options& options, Searchers& searchers) {
    const std::optional<Image> image = library.image(options.id);
    if (!image) throw Error(ErrorCode::NotFound, "The library has no image " + std::to_string(options.id) + ".");
    if (!options.crop.empty()) return fileVector(program, library, set, image->path, options.crop, searchers);
    if (auto vector = libraryQuery(library, set, options.id, std::ref(searchers))) return *vector;
    throw Error(ErrorCode::NotFound,
                "Image " + std::to_string(options.id) + " has no vector in this set yet; import its collection again.");
}

Json describe(const SearchTarget& target) {
    const EmbeddingSetKey& key = target.set.key;
    Json set{{"id", target.set.id},          {"modelHash", key.modelHash},  {"inputSize", key.inputSize},
             {"adaptation", key.adaptation}, {"fusion", key.fusion},        {"whitening", key.whitening},
             {"smoothing", key.smoothing},   {"descriptor", key.descriptor}};
    if (target.level) set["level"] = *target.level;
    return set;
}

/// What the search cannot see: images of the filter that have no vector in its set.
std::optional<std::string> unseenImages(Library& library, const EmbeddingSet& set, const ImageFilter& filter) {
    if (set.vectors >= library.imageCount()) return std::nullopt; // two counts, cheap in a library of any size
    const std::size_t unseen = library.imagesWithoutVector(set.id, filter).size();
    if (unseen == 0) return std::nullopt;
    const std::string size = std::to_string(set.key.inputSize);
    return std::to_string(unseen) + (unseen == 1 ? " image is" : " images are") +
           " not searched: no vectors of this kind (input size " + size + " px" +
           (set.key.adaptation.empty() ? "" : ", adaptation " + set.key.adaptation.substr(0, 12)) +
           ") were made of them. " +
           (set.key.adaptation.empty()
                ? "Import their collections with --input-size " + size +
                      " and this backbone, or search them with the --input-size and --backbone of their import."
                : "Use the adaptation for their collections too, or search them with --adaptation base.");
}

int run(const Program& program, const Options& options) {
    if (options.image.empty() == (options.id == 0))
        throw Error(ErrorCode::Usage, "Name one query: an image file, or --id N.");
    Library library = program.openLibrary(Library::Access::ReadOnly);
    const SearchTarget target = searchTarget(library, program.embeddingSet(library, options.adaptation), options.level);
    Searchers searchers(library);
    Searcher& searcher = searchers(target.set);
    SearchOptions search = searchOptions(library, options);
    search.level = target.level;
    if (options.id != 0) search.exclude = options.id;
    const std::vector<float> query =
        options.id != 0 ? imageVector(program, library, target.set, options, searchers)
                        : fileVector(program, library, target.set, options.image, options.crop, searchers);

    Json rows = Json::array();
    const ScoreScale scale = measureScale(searcher, target.level);
    for (const Neighbour& neighbour : searcher.search(query, search)) {
        const std::optional<Image> image = library.image(neighbour.image, search.filter);
        if (!image) continue;
        Json row{
            {"id", image->id}, {"score", neighbour.score}, {"closeness", exportedScore(scale.score(neighbour.score))}};
        setPath(row, image->path);
        row["online"] = image->online;
        rows.push_back(std::move(row));
    }
    std::vector<std::string> problems = searcher.problems();
    if (auto unseen = unseenImages(library, target.set, search.filter)) problems.push_back(std::move(*unseen));
    if (program.json) {
        Program::printJson(
            {{"set", describe(target)}, {"searched", searcher.size()}, {"problems", problems}, {"results", rows}});
    } else {
        for (const std::string& problem : problems)
            std::cerr << "grappa-cli: " << problem << "\n";
        for (const Json& row : rows)
            std::cout << std::fixed << std::setprecision(1) << std::setw(5) << row["closeness"].get<double>() << "  "
                      << std::setprecision(4) << row["score"].get<double>() << "  " << row["id"] << "  "
                      << row["path"].get<std::string>() << (row["online"] ? "" : "  (missing)") << "\n";
    }
    return rows.empty() && options.failEmpty ? exitNothingFound : exitOk;
}

} // namespace

void addSearch(CLI::App& app, Program& program) {
    auto options = std::make_shared<Options>();
    CLI::App* verb = app.add_subcommand("search", "Find what looks like an image");
    verb->add_option("image", options->image, "An image file from anywhere")->type_name("IMAGE");
    verb->add_option("--id", options->id, "An image of the library")->check(CLI::PositiveNumber);
    verb->add_option("--crop", options->crop, "Search by a region of the image, in upright pixels")
        ->type_name("X,Y,W,H");
    verb->add_option("-n,--limit", options->limit, "Number of results")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000));
    verb->add_option("--min-score", options->minScore, "Leave out what scores lower (cosine)");
    verb->add_option("--collection", options->collection, "Only in this collection");
    verb->add_option("--folder", options->folder, "Only in and below this folder");
    verb->add_option("--name", options->name, "Only files whose name contains this");
    verb->add_option("--level", options->level,
                     "raw = each picture by itself, a number of clusters (see `levels`) = groups of the collection are "
                     "pulled together, auto = each picture with its neighbourhood, where that was computed")
        ->capture_default_str()
        ->type_name("K|raw|auto");
    verb->add_option("--adaptation", options->adaptation,
                     "Search by this adaptation, or by the backbone alone (base); default: the library's default set")
        ->type_name("NAME");
    verb->add_flag("--exact", options->exact, "Compare with every image instead of using the index");
    verb->add_flag("--fail-empty", options->failEmpty, "Exit with 3 when nothing was found");
    verb->callback([&program, options] { program.verb = [&program, options] { return run(program, *options); }; });
}

} // namespace grappa
