#include "app/grappa_cli/level_rows.h"
#include "app/grappa_cli/program.h"
#include "app/grappa_cli/verbs.h"

#include "core/jobs/renewal.h"

#include <iostream>
#include <memory>
#include <utility>

namespace grappa {

namespace {

Json describe(Library& library, const EmbeddingSet& set) {
    Json object{{"id", set.id},
                {"modelHash", set.key.modelHash},
                {"adaptation", set.key.adaptation},
                {"fusion", set.key.fusion},
                {"descriptor", set.key.descriptor},
                {"smoothing", set.key.smoothing},
                {"whitening", set.key.whitening},
                {"inputSize", set.key.inputSize},
                {"precision", set.key.precision},
                {"dim", set.dim},
                {"vectors", set.vectors},
                {"tail", set.tail}};
    if (Json levels = levelRows(library, set.id, false); !levels.empty()) object["levels"] = std::move(levels);
    return object;
}

Json describe(const AdaptationRow& adaptation) {
    Json object{{"name", adaptation.name},
                {"modelHash", adaptation.modelHash},
                {"checksum", adaptation.checksum},
                {"createdAt", adaptation.createdAt},
                {"ready", adaptation.state == AdaptationState::Ready}};
    if (adaptation.collection) object["collection"] = *adaptation.collection;
    // JSON that another version may have written.
    for (const auto& [name, text] : {std::pair{"parameters", &adaptation.parameters}, {"report", &adaptation.report}})
        if (Json value = Json::parse(*text, nullptr, false); !value.is_discarded()) object[name] = std::move(value);
    return object;
}

/// "with patches, whitened p0.5+prior, diffused": what sets of one model differ in.
std::string kindOf(const Json& set) {
    std::string kind = set["adaptation"].get<std::string>().empty()
                           ? "base"
                           : "adaptation " + set["adaptation"].get<std::string>().substr(0, 12);
    if (set["fusion"] != "") kind += " " + set["fusion"].get<std::string>();
    if (set["descriptor"] == withPatches) kind += ", with patches";
    if (set["whitening"] != "none") kind += ", whitened " + set["whitening"].get<std::string>();
    if (set["smoothing"] != "raw") kind += ", " + set["smoothing"].get<std::string>();
    return kind;
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
    bool renewable = false;
    Json jobs = Json::array();
    Json adaptations = Json::array();
    if (std::optional<Library> library = program.findLibrary()) {
        images = library->imageIds().size();
        collections = library->collections().size();
        renewable = canBeRenewed(*library);
        for (const EmbeddingSet& set : library->embeddingSets())
            sets.push_back(describe(*library, set));
        for (const AdaptationRow& adaptation : library->adaptations())
            adaptations.push_back(describe(adaptation));
        for (const Library::StoppedJob& job : library->resumableJobs())
            jobs.push_back({{"kind", job.kind}, {"arguments", job.arguments}, {"state", job.state}});
    }
    object["collections"] = collections;
    object["images"] = images;
    object["embeddingSets"] = sets;
    object["adaptations"] = adaptations;
    object["resumableJobs"] = jobs;
    object["renewable"] = renewable;
    object["device"] = defaultDevice();
    if (program.json) {
        Program::printJson(object);
        return exitOk;
    }
    std::cout << "Library    " << displayPath(paths.data) << "\nCache      " << displayPath(paths.cache)
              << "\nImages     " << images << " in " << collections << " collections\nDevice     " << defaultDevice()
              << "\n";
    for (const Json& set : sets) {
        std::cout << "Vectors    set " << set["id"] << ": " << set["vectors"] << " of " << set["dim"]
                  << " numbers, input " << set["inputSize"] << " px, model "
                  << set["modelHash"].get<std::string>().substr(0, 12) << ", " << kindOf(set) << "\n";
        if (set.contains("levels")) std::cout << levelTable(set["levels"]);
    }
    for (const Json& adaptation : adaptations)
        std::cout << "Adapted    " << adaptation["name"].get<std::string>()
                  << (adaptation["ready"].get<bool>() ? "" : " (its vectors are not complete)") << ", file "
                  << adaptation["checksum"].get<std::string>().substr(0, 12) << "\n";
    for (const Json& job : jobs)
        std::cout << "Stopped    " << job["kind"].get<std::string>() << " " << job["arguments"].get<std::string>()
                  << "\n";
    if (renewable) std::cout << "Renewable  its images can be described better: grappa-cli import --renew\n";
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
