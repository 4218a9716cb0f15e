#include "app/grappa_cli/program.h"
#include "app/grappa_cli/verbs.h"

#include "core/jobs/embed_files.h"
#include "core/jobs/whitened_base.h"
#include "core/search/score_scale.h"
#include "core/search/search_target.h"
#include "core/search/searcher.h"
#include "core/search/smoothing.h"

#include <array>
#include <cmath>
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
    std::string level;
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

/// An image from outside, described as the images of the set are.
std::vector<float> fileQuery(const Program& program, Library& library, const EmbeddingSet& set,
                             const std::filesystem::path& image, const std::string& crop) {
    const std::optional<Region> region = crop.empty() ? std::nullopt : std::optional(parseRegion(crop));
    Embedder embedder = program.embedderFor(library, set);
    JobContext context = program.context();
    context.report = {};
    EmbeddedFile file = std::move(embedFiles(std::array{image}, embedder, region, context).front());
    if (file.error) throw Error(*file.error, file.reason);
    const auto raw = set.key.smoothing == "raw" ? set : library.findEmbeddingSet(rawKey(set.key));
    if (!raw) throw Error(ErrorCode::NotFound, "The vectors that the smoothed ones were made of are gone.");
    std::vector<float> vector = whitenedVector(library, raw->id, file.vector);
    if (raw->id == set.id) return vector;
    Searcher searcher(library, *raw);
    return smoothedVector(searcher, vector);
}

/// The stored vector of a library image, or a fresh one of its file when a region of it is asked for.
std::vector<float> libraryQuery(const Program& program, Library& library, const Searcher& searcher,
                                const Options& options) {
    const std::optional<Image> image = library.image(options.id);
    if (!image) throw Error(ErrorCode::NotFound, "The library has no image " + std::to_string(options.id) + ".");
    if (!options.crop.empty()) return fileQuery(program, library, searcher.set(), image->path, options.crop);
    if (auto vector = searcher.vectorOf(options.id)) return *vector;
    throw Error(ErrorCode::NotFound,
                "Image " + std::to_string(options.id) + " has no vector in this set yet; import its collection again.");
}

Json describe(const SearchTarget& target) {
    const EmbeddingSetKey& key = target.set.key;
    Json set{{"id", target.set.id},          {"modelHash", key.modelHash}, {"inputSize", key.inputSize},
             {"adaptation", key.adaptation}, {"fusion", key.fusion},       {"whitening", key.whitening},
             {"smoothing", key.smoothing}};
    if (target.level) set["level"] = *target.level;
    return set;
}

int run(const Program& program, const Options& options) {
    if (options.image.empty() == (options.id == 0))
        throw Error(ErrorCode::Usage, "Name one query: an image file, or --id N.");
    Library library = program.openLibrary(Library::Access::ReadOnly);
    const SearchTarget target = searchTarget(library, program.embeddingSet(library, options.adaptation), options.level);
    Searcher searcher(library, target.set);
    SearchOptions search = searchOptions(library, options);
    search.level = target.level;
    if (options.id != 0) search.exclude = options.id;
    const std::vector<float> query = options.id != 0
                                         ? libraryQuery(program, library, searcher, options)
                                         : fileQuery(program, library, target.set, options.image, options.crop);

    Json rows = Json::array();
    const ScoreScale scale = program.json ? measureScale(searcher, target.level) : ScoreScale();
    for (const Neighbour& neighbour : searcher.search(query, search)) {
        const std::optional<Image> image = library.image(neighbour.image);
        if (!image) continue;
        Json row{{"id", image->id}, {"score", neighbour.score}};
        // Of 0 to 100; more digits than one would say more than its sample of pairs knows.
        if (program.json) row["closeness"] = std::round(10.0 * static_cast<double>(scale.score(neighbour.score))) / 10;
        setPath(row, image->path);
        row["online"] = image->online;
        rows.push_back(std::move(row));
    }
    if (program.json) {
        Program::printJson({{"set", describe(target)},
                            {"searched", searcher.size()},
                            {"problems", searcher.problems()},
                            {"results", rows}});
    } else {
        for (const std::string& problem : searcher.problems())
            std::cerr << "grappa-cli: " << problem << "\n";
        for (const Json& row : rows)
            std::cout << std::fixed << std::setprecision(4) << row["score"].get<double>() << "  " << row["id"] << "  "
                      << row["path"].get<std::string>() << "\n";
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
                     "raw = by the vector itself, a number of clusters (see `levels`) = groups of the collection are "
                     "pulled together, auto = smoothed by the neighbourhood where that was computed; default: as the "
                     "set is, raw unless the library's default set is a smoothed one")
        ->type_name("K|raw|auto");
    verb->add_option("--adaptation", options->adaptation,
                     "Search by this adaptation, or by the backbone alone (base); default: the library's default set")
        ->type_name("NAME");
    verb->add_flag("--exact", options->exact, "Compare with every image instead of using the index");
    verb->add_flag("--fail-empty", options->failEmpty, "Exit with 3 when nothing was found");
    verb->callback([&program, options] { program.verb = [&program, options] { return run(program, *options); }; });
}

} // namespace grappa
