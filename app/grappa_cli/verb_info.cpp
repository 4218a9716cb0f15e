#include "app/grappa_cli/program.h"
#include "app/grappa_cli/verbs.h"

#include <iostream>
#include <memory>

namespace grappa {

namespace {

Json describe(const EmbeddingSet& set) {
    return {{"id", set.id},
            {"modelHash", set.key.modelHash},
            {"adaptation", set.key.adaptation},
            {"inputSize", set.key.inputSize},
            {"precision", set.key.precision},
            {"dim", set.dim},
            {"vectors", set.vectors},
            {"tail", set.tail}};
}

int describeImage(const Program& program, ImageId id) {
    Library library = program.openLibrary(Library::Access::ReadOnly);
    const std::optional<Image> image = library.image(id);
    if (!image) throw Error(ErrorCode::NotFound, "The library has no image " + std::to_string(id) + ".");
    Json object{{"id", image->id},          {"hash", image->hash.hex()}, {"width", image->width},
                {"height", image->height},  {"format", image->format},   {"damage", image->damage},
                {"takenAt", image->takenAt}};
    Json files = Json::array();
    for (const File& file : library.filesOf(id)) {
        Json row;
        setPath(row, file.path);
        row["present"] = file.state == FileState::Present;
        files.push_back(std::move(row));
    }
    object["files"] = files;
    if (program.json) {
        Program::printJson(object);
    } else {
        std::cout << image->format << ", " << image->width << " x " << image->height << " px, content "
                  << image->hash.hex();
        if (!image->damage.empty()) std::cout << ", damaged: " << image->damage;
        std::cout << "\n";
        for (const Json& file : files)
            std::cout << "  " << file["path"].get<std::string>() << (file["present"] ? "" : "  (offline)") << "\n";
    }
    return exitOk;
}

int describeLibrary(const Program& program) {
    const LibraryPaths paths = LibraryPaths::resolve(program.libraryFolder);
    Json object{{"version", GRAPPA_VERSION}, {"data", displayPath(paths.data)}, {"cache", displayPath(paths.cache)}};
    Json sets = Json::array();
    std::uint64_t images = 0;
    std::size_t collections = 0;
    Json jobs = Json::array();
    if (std::optional<Library> library = program.findLibrary()) {
        images = library->imageIds().size();
        collections = library->collections().size();
        for (const EmbeddingSet& set : library->embeddingSets())
            sets.push_back(describe(set));
        for (const Library::StoppedJob& job : library->resumableJobs())
            jobs.push_back({{"kind", job.kind}, {"arguments", job.arguments}, {"state", job.state}});
    }
    object["collections"] = collections;
    object["images"] = images;
    object["embeddingSets"] = sets;
    object["resumableJobs"] = jobs;
    object["device"] = defaultDevice();
    if (program.json) {
        Program::printJson(object);
        return exitOk;
    }
    std::cout << "Library    " << displayPath(paths.data) << "\nCache      " << displayPath(paths.cache)
              << "\nImages     " << images << " in " << collections << " collections\nDevice     " << defaultDevice()
              << "\n";
    for (const Json& set : sets)
        std::cout << "Vectors    set " << set["id"] << ": " << set["vectors"] << " of " << set["dim"]
                  << " numbers, input " << set["inputSize"] << " px, model "
                  << set["modelHash"].get<std::string>().substr(0, 12) << "\n";
    for (const Json& job : jobs)
        std::cout << "Stopped    " << job["kind"].get<std::string>() << " " << job["arguments"].get<std::string>()
                  << "\n";
    return exitOk;
}

} // namespace

void addInfo(CLI::App& app, Program& program) {
    auto id = std::make_shared<ImageId>(0);
    CLI::App* verb = app.add_subcommand("info", "What the library holds, or what is known of one image");
    verb->add_option("--id", *id, "An image of the library")->check(CLI::PositiveNumber);
    verb->callback([&program, id] {
        program.verb = [&program, id] { return *id == 0 ? describeLibrary(program) : describeImage(program, *id); };
    });
}

} // namespace grappa
