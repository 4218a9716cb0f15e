#include "app/grappa_cli/level_rows.h"
#include "app/grappa_cli/program.h"
#include "app/grappa_cli/verbs.h"

#include "core/jobs/altered_copies.h"
#include "core/jobs/derived_sets.h"

#include <iostream>
#include <memory>

namespace grappa {

namespace {

struct Options {
    std::string collection;
    std::string adaptation;
    WhitenedBaseOptions whitening;
    LevelsOptions levels;
};

int run(const Program& program, Options options) {
    Library library = program.openLibrary(Library::Access::ReadWrite);
    if (!options.collection.empty()) {
        const auto collection = library.findCollection(options.collection);
        if (!collection) throw Error(ErrorCode::NotFound, "There is no collection \"" + options.collection + "\".");
        options.whitening.collection = collection->id;
    }
    options.whitening.refit = true;
    EmbeddingSet set = program.embeddingSet(library, options.adaptation);
    const JobContext context = program.context();
    std::optional<Embedder> embedder;
    try {
        embedder.emplace(program.embedderFor(library, set));
        options.levels.copies = alteredCopies(library, *embedder, {});
    } catch (const Error& error) {
        // Levels need no model; only how well they find altered copies is not measured then.
        if (error.code() != ErrorCode::ModelMissing) throw;
    }
    if (set.key.isRawBase())
        set = deriveFromBase(library, set, options.whitening, options.levels, context);
    else
        deriveFrom(library, set, options.levels, context);

    const Json rows = levelRows(library, set.id, true);
    if (program.json)
        Program::printJson({{"set", set.id},
                            {"adaptation", set.key.adaptation},
                            {"whitening", set.key.whitening},
                            {"images", set.vectors},
                            {"levels", rows}});
    else
        std::cout << set.vectors << " images" << (rows.empty() ? ", too few for levels\n" : "\n" + levelTable(rows));
    return exitOk;
}

} // namespace

void addLevels(CLI::App& app, Program& program) {
    auto options = std::make_shared<Options>();
    CLI::App* verb = app.add_subcommand(
        "levels", "Group the images at several granularities, so that `search --level` has what to choose from");
    verb->add_option("--collection", options->collection,
                     "Fit the whitening of the base vectors on this collection (default: on all images)");
    verb->add_option("--adaptation", options->adaptation,
                     "Of this adaptation, or of the backbone alone (base); default: the library's default set")
        ->type_name("NAME");
    verb->add_option("--granularities", options->levels.granularities,
                     "Numbers of clusters, separated by commas (default: from the number of images)")
        ->delimiter(',')
        ->check(CLI::PositiveNumber);
    verb->add_option("--seed", options->levels.seed, "Seed of the clustering")->capture_default_str();
    verb->callback([&program, options] { program.verb = [&program, options] { return run(program, *options); }; });
}

} // namespace grappa
