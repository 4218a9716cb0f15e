#include "app/grappa_cli/program.h"
#include "app/grappa_cli/verbs.h"

#include <iostream>
#include <memory>

namespace grappa {

namespace {

struct Options {
    std::string remove;
    std::string forgetMissing;
    std::vector<std::string> rename;
    bool failEmpty = false;
};

Collection named(Library& library, const std::string& name) {
    if (auto collection = library.findCollection(name)) return *collection;
    throw Error(ErrorCode::NotFound, "There is no collection \"" + name + "\"; see: grappa-cli collections");
}

Json describe(Library& library, const Collection& collection) {
    Json folders = Json::array();
    for (const Folder& folder : library.folders(collection.id)) {
        Json row;
        setPath(row, folder.path);
        row["online"] = folder.online;
        folders.push_back(std::move(row));
    }
    return {{"id", collection.id},
            {"name", collection.name},
            {"images", collection.images},
            {"offline", collection.offline},
            {"unreadable", collection.unreadable},
            {"folders", folders}};
}

int run(const Program& program, const Options& options) {
    if (!options.remove.empty() || !options.rename.empty() || !options.forgetMissing.empty()) {
        Library library = program.openLibrary(Library::Access::ReadWrite);
        if (!options.remove.empty()) library.removeCollection(named(library, options.remove).id);
        if (!options.forgetMissing.empty()) library.forgetMissing(named(library, options.forgetMissing).id);
        if (!options.rename.empty()) library.renameCollection(named(library, options.rename[0]).id, options.rename[1]);
    }
    Json rows = Json::array();
    if (std::optional<Library> library = program.findLibrary())
        for (const Collection& collection : library->collections())
            rows.push_back(describe(*library, collection));
    if (program.json) {
        Program::printJson({{"collections", rows}});
    } else {
        for (const Json& row : rows) {
            std::cout << row["name"].get<std::string>() << "  " << row["images"] << " images";
            if (row["unreadable"] != 0) std::cout << ", " << row["unreadable"] << " unreadable";
            if (row["offline"] != 0) std::cout << ", " << row["offline"] << " offline";
            std::cout << "\n";
            for (const Json& folder : row["folders"])
                std::cout << "    " << folder["path"].get<std::string>() << (folder["online"] ? "" : "  (offline)")
                          << "\n";
        }
    }
    return rows.empty() && options.failEmpty ? exitNothingFound : exitOk;
}

} // namespace

void addCollections(CLI::App& app, Program& program) {
    auto options = std::make_shared<Options>();
    CLI::App* verb = app.add_subcommand("collections", "List the collections and their folders");
    verb->add_option("--remove", options->remove, "Forget a collection (its files are not touched)")->type_name("NAME");
    verb->add_option("--forget-missing", options->forgetMissing,
                     "Forget the files of a collection that are not there any more (those of a folder that is not "
                     "there as a whole stay)")
        ->type_name("NAME");
    verb->add_option("--rename", options->rename, "Rename a collection")->expected(2)->type_name("OLD NEW");
    verb->add_flag("--fail-empty", options->failEmpty, "Exit with 3 when there is none");
    verb->callback([&program, options] { program.verb = [&program, options] { return run(program, *options); }; });
}

} // namespace grappa
