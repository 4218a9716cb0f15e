#include "app/grappa_cli/program.h"
#include "app/grappa_cli/verbs.h"

#include "core/jobs/adapted_set.h"
#include "core/jobs/derived_sets.h"
#include "core/jobs/import_job.h"
#include "core/jobs/renewal.h"

#include <algorithm>
#include <iostream>
#include <memory>

namespace grappa {

namespace {

struct Options {
    std::vector<std::filesystem::path> folders;
    std::string collection;
    bool fromStandardInput = false;
    bool renew = false;
    bool reread = false;
    bool everything = false; ///< companions too, in the named folders and from now on
    bool notEverything = false;
};

std::string defaultName(const std::filesystem::path& folder) {
    const std::filesystem::path absolute = std::filesystem::absolute(folder).lexically_normal();
    const std::filesystem::path name =
        absolute.has_filename() ? absolute.filename() : absolute.parent_path().filename();
    return name.empty() ? "Images" : displayPath(name);
}

/// The collection whose folder this is already, if there is one; first one of that name.
std::optional<Collection> collectionOf(Library& library, const std::filesystem::path& folder, const std::string& name) {
    const auto wanted = std::filesystem::absolute(folder).lexically_normal();
    const auto isWanted = [&](const Folder& known) { return known.path / "" == wanted / ""; };
    std::optional<Collection> found;
    for (Collection& collection : library.collections()) {
        const std::vector<Folder> folders = library.folders(collection.id);
        if (std::any_of(folders.begin(), folders.end(), isWanted) && (!found || collection.name == name))
            found = std::move(collection);
    }
    return found;
}

/// A name for a new collection: `name`, or where another folder has it, with the folder above, or with a number.
std::string freeName(Library& library, const std::string& name, const std::filesystem::path& folder) {
    if (!library.findCollection(name)) return name;
    const std::filesystem::path parent = std::filesystem::absolute(folder / "..").lexically_normal();
    const std::string base = name + " (" + defaultName(parent) + ")";
    std::string free = base;
    for (int number = 2; library.findCollection(free); ++number)
        free = base + " " + std::to_string(number);
    return free;
}

Collection chooseCollection(Library& library, const Options& options) {
    if (options.folders.empty() && options.collection.empty())
        throw Error(ErrorCode::Usage, "Name at least one folder, or a collection to bring up to date.");
    if (options.collection.empty()) {
        const std::filesystem::path& folder = options.folders.front();
        const std::string name = defaultName(folder);
        if (auto known = collectionOf(library, folder, name)) return *known;
        // Two folders of one name are two collections, unless --collection says otherwise.
        return library.createCollection(freeName(library, name, folder));
    }
    if (auto known = library.findCollection(options.collection)) return *known;
    if (options.folders.empty())
        throw Error(ErrorCode::NotFound, "There is no collection \"" + options.collection + "\".");
    return library.createCollection(options.collection);
}

/// The job's row; a stopped import of the same collection is offered no longer, since this one goes on with it.
std::int64_t beginJob(Library& library, const Collection& collection) {
    const std::string arguments =
        Json{{"collection", collection.name}}.dump(-1, ' ', false, Json::error_handler_t::replace);
    for (const Library::StoppedJob& stopped : library.resumableJobs())
        if (stopped.kind == "import" && stopped.arguments == arguments) library.endJob(stopped.id, "done");
    return library.beginJob("import", arguments);
}

/// Only the rows of this collection, so that an old failure elsewhere does not colour this result.
Json unreadableRows(Library& library, CollectionId collection) {
    Json rows = Json::array();
    for (const File& file : library.unreadableFiles(collection)) {
        Json row;
        setPath(row, file.path);
        row["code"] = errorName(file.error);
        row["reason"] = file.reason;
        rows.push_back(std::move(row));
    }
    return rows;
}

Json leftAloneRow(const LeftAlone& left) {
    return {
        {"videos", left.videos}, {"sidecars", left.sidecars}, {"companions", left.companions}, {"others", left.others}};
}

/// A line of what was passed over; empty when nothing was.
std::string leftAloneText(const LeftAlone& left) {
    std::string parts;
    const auto add = [&parts](std::uint64_t count, const char* what) {
        if (count > 0) parts += (parts.empty() ? "" : ", ") + std::to_string(count) + " " + what;
    };
    add(left.videos, "videos");
    add(left.sidecars, "sidecars");
    add(left.companions, "files and folders of other programs (read with --everything)");
    add(left.others, "files that are no pictures");
    return parts.empty() ? parts : "  left alone: " + parts + "\n";
}

/// New images of a collection that an adaptation describes get their vectors under it as well.
void embedUnderItsAdaptation(const Program& program, Library& library, const EmbeddingSet& set,
                             const JobContext& context) {
    std::optional<Embedder> embedder;
    for (const AdaptationRow& row : library.adaptations()) {
        if (row.checksum != set.key.adaptation) continue;
        for (const CollectionId collection : library.describedCollections(row.id)) {
            ImageFilter filter;
            filter.collection = collection;
            if (library.imagesWithoutVector(set.id, filter).empty()) continue;
            if (!embedder) embedder.emplace(program.embedderFor(library, set));
            embedUnderAdaptation(library, collection, row, *embedder, {}, context);
        }
    }
}

/// Levels and neighbourhoods follow; when another process computes them now, the next import makes up for it.
void updateDerived(const Program& program, Library& library, const JobContext& context) {
    try {
        updateDerivedSets(library, context, [&](Library& each, const EmbeddingSet& set, const JobContext& inner) {
            embedUnderItsAdaptation(program, each, set, inner);
        });
    } catch (const Error& error) {
        if (error.code() != ErrorCode::Locked) throw;
        program.printEvent({{"event", "skipped"}, {"stage", "derive"}, {"detail", error.what()}});
        if (!program.json && !program.quiet) std::cerr << "grappa-cli: " << error.what() << std::endl;
    }
}

/// Describes all of an older library anew.
int renew(const Program& program, const Options& options) {
    if (!options.folders.empty() || !options.collection.empty() || options.fromStandardInput)
        throw Error(ErrorCode::Usage, "--renew describes the whole library; name no folder and no collection with it.");
    Library library = program.openLibrary(Library::Access::ReadWrite);
    if (!canBeRenewed(library))
        throw Error(ErrorCode::Usage,
                    "There is nothing to renew: the images are described as this version does, or the "
                    "backbone has no prior (see: grappa-cli models prior).");
    Embedder embedder = program.importEmbedder(library, true);
    const JobContext context = program.context();
    const RenewalSummary summary = renewDescriptions(
        library, embedder, {}, [&] { updateDerived(program, library, context); }, context);
    if (program.json)
        Program::printJson({{"described", summary.described}, {"kept", summary.kept}});
    else
        std::cout << summary.described << " images described anew"
                  << (summary.kept == 0 ? std::string()
                                        : "; " + std::to_string(summary.kept) +
                                              " whose files are not there are not found until these are imported again")
                  << "\n";
    return exitOk;
}

int run(const Program& program, Options options) {
    if (options.renew) return renew(program, options);
    if (options.fromStandardInput)
        for (std::filesystem::path& path : readPaths(true))
            options.folders.push_back(std::move(path));
    for (const std::filesystem::path& folder : options.folders)
        if (!std::filesystem::is_directory(folder))
            throw Error(ErrorCode::NotFound, displayPath(folder) + " is not a folder.");

    Library library = program.openLibrary(Library::Access::ReadWrite);
    Embedder embedder = program.importEmbedder(library);
    const Collection collection = chooseCollection(library, options);
    for (const std::filesystem::path& folder : options.folders) {
        const Folder added = library.addFolder(collection.id, folder);
        if (options.everything || options.notEverything) library.setReadsCompanions(added.path, options.everything);
    }
    ImportOptions importing;
    importing.reread = options.reread;

    const JobContext context = program.context();
    const std::int64_t job = beginJob(library, collection);
    ImportSummary summary;
    try {
        summary = importCollection(library, collection.id, embedder, importing, context,
                                   [&](EmbeddingSetId set, const Library::Committed& committed) {
                                       program.printEvent({{"event", "committed"},
                                                           {"set", set},
                                                           {"last_id", committed.lastVector},
                                                           {"files", committed.files},
                                                           {"vectors", committed.newVectors}});
                                   });
        updateDerived(program, library, context);
    } catch (const Error& error) {
        library.endJob(job, error.code() == ErrorCode::Interrupted ? "stopped" : "failed");
        throw;
    }
    library.endJob(job, "done");

    const Json unreadable = unreadableRows(library, collection.id);
    if (program.json) {
        Program::printJson({{"collection", collection.name},
                            {"found", summary.found},
                            {"unchanged", summary.unchanged},
                            {"imported", summary.imported},
                            {"embedded", summary.embedded},
                            {"damaged", summary.damaged},
                            {"offline", summary.offline},
                            {"moved", summary.moved},
                            {"leftAlone", leftAloneRow(summary.leftAlone)},
                            {"seconds", summary.seconds},
                            {"decodeWaitSeconds", summary.decodeWaitSeconds},
                            {"embedSeconds", summary.embedSeconds},
                            {"device", embedder.device()},
                            {"inputSize", embedder.inputSize()},
                            {"backbone", embedder.card().name},
                            {"renewable", canBeRenewed(library)},
                            {"unreadable", unreadable}});
    } else {
        std::cout << collection.name << ": " << summary.found << " images found, " << summary.imported << " imported ("
                  << summary.embedded << " embedded on " << embedder.device() << " at " << embedder.inputSize()
                  << " px), " << summary.unchanged << " unchanged, " << summary.damaged << " damaged, "
                  << summary.offline << " gone offline, " << unreadable.size() << " unreadable, in "
                  << formatDuration(summary.seconds) << "\n"
                  << leftAloneText(summary.leftAlone);
        if (canBeRenewed(library))
            std::cout
                << "  An earlier version described these images. All of them can be described better, which takes "
                   "about as long as importing them did: grappa-cli import --renew\n";
        for (const Json& row : unreadable)
            std::cout << "  " << row["path"].get<std::string>() << ": " << row["reason"].get<std::string>() << "\n";
    }
    return unreadable.empty() ? exitOk : exitSomeUnreadable;
}

} // namespace

void addImport(CLI::App& app, Program& program) {
    auto options = std::make_shared<Options>();
    CLI::App* verb = app.add_subcommand("import", "Add folders to a collection, or bring it up to date");
    verb->add_option("folders", options->folders, "Folders of images")->type_name("DIR");
    verb->add_option("--collection", options->collection, "Name of the collection (default: that of the first folder)");
    verb->add_flag("--reread", options->reread,
                   "Read and decode every file anew, also those whose size and times are unchanged");
    CLI::Option* everything = verb->add_flag(
        "--everything", options->everything,
        "In the named folders also read recycle bins, thumbnails and previews that disk stations, systems and other "
        "programs keep, and folders with a .nomedia; kept for later imports, until --no-everything");
    verb->add_flag("--no-everything", options->notEverything, "Leave them alone again")->excludes(everything);
    verb->add_flag("--renew", options->renew,
                   "Describe all images of a library of an earlier version anew, as this one does; searches are "
                   "answered by the old vectors until it is done");
    verb->add_flag("-0", options->fromStandardInput, "Read more folders from standard input, separated by NUL");
    verb->callback([&program, options] { program.verb = [&program, options] { return run(program, *options); }; });
}

} // namespace grappa
