#include "app/grappa_cli/program.h"
#include "app/grappa_cli/verbs.h"

#include "core/base/npy.h"
#include "core/jobs/embed_files.h"

#include <iostream>
#include <memory>

namespace grappa {

namespace {

struct Options {
    std::vector<std::filesystem::path> images;
    std::string crop;
    std::filesystem::path npy;
    bool fromStandardInput = false;
};

int run(const Program& program, Options options) {
    if (options.fromStandardInput)
        for (std::filesystem::path& path : readPaths(true))
            options.images.push_back(std::move(path));
    if (options.images.empty()) throw Error(ErrorCode::Usage, "Name at least one image file.");
    const std::optional<Region> region = options.crop.empty() ? std::nullopt : std::optional(parseRegion(options.crop));
    Embedder embedder = program.embedder(nullptr);
    const std::vector<EmbeddedFile> files = embedFiles(options.images, embedder, region, program.context());

    Json rows = Json::array();
    std::vector<float> matrix;
    bool failed = false;
    for (std::size_t i = 0; i < files.size(); ++i) {
        Json row;
        setPath(row, options.images[i]);
        if (files[i].error) {
            failed = true;
            row["error"] = {{"code", errorName(*files[i].error)}, {"detail", files[i].reason}};
            if (!program.json) std::cerr << "grappa-cli: " << files[i].reason << "\n";
        } else if (options.npy.empty()) {
            row["vector"] = files[i].vector;
        } else {
            row["row"] = matrix.size() / static_cast<std::size_t>(embedder.dim());
            matrix.insert(matrix.end(), files[i].vector.begin(), files[i].vector.end());
        }
        rows.push_back(std::move(row));
    }
    if (!options.npy.empty()) saveNpy(options.npy, matrix, static_cast<std::size_t>(embedder.dim()));
    Program::printJson({{"backbone", embedder.card().name},
                        {"modelHash", embedder.card().hash.hex()},
                        {"inputSize", embedder.inputSize()},
                        {"dim", embedder.dim()},
                        {"device", embedder.device()},
                        {"images", rows}});
    return failed ? exitSomeUnreadable : exitOk;
}

} // namespace

void addEmbed(CLI::App& app, Program& program) {
    auto options = std::make_shared<Options>();
    CLI::App* verb = app.add_subcommand("embed", "Print the vectors of image files as JSON, or save them as npy");
    verb->add_option("images", options->images, "Image files")->type_name("IMAGE");
    verb->add_option("--crop", options->crop, "Embed a region of each, in upright pixels")->type_name("X,Y,W,H");
    verb->add_option("--npy", options->npy,
                     "Save the vectors as a float32 matrix; the JSON then names each image's row")
        ->type_name("FILE");
    verb->add_flag("-0", options->fromStandardInput, "Read more paths from standard input, separated by NUL");
    verb->callback([&program, options] { program.verb = [&program, options] { return run(program, *options); }; });
}

} // namespace grappa
