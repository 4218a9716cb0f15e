#include "app/grappa_cli/program.h"
#include "app/grappa_cli/verbs.h"

#include "core/base/adaptation_header.h"
#include "core/base/file_io.h"
#include "core/jobs/fit_prior.h"

#include <iostream>
#include <memory>

namespace grappa {

namespace {

struct AddOptions {
    std::filesystem::path file;
    std::string name;
    std::optional<std::int64_t> heads;
    std::string interpolation;
};

Json describe(const BackboneCard& card) {
    Json object{{"name", card.name}, {"title", card.title}, {"hash", card.hash.hex()}};
    object.update({{"patch", card.patch}, {"width", card.width}, {"depth", card.depth}, {"heads", card.heads}});
    object.update(
        {{"registers", card.registers}, {"bytes", card.bytes}, {"source", card.source}, {"licence", card.licence}});
    object["file"] = displayPath(card.file);
    return object;
}

void print(const BackboneCard& card) {
    std::cout << card.name << "\n    " << (card.title.empty() ? "" : card.title + ", ") << card.depth
              << " blocks, width " << card.width << ", patch " << card.patch << ", " << (card.bytes >> 20)
              << " MB\n    ";
    if (!card.licence.empty()) std::cout << card.licence << ", ";
    std::cout << (card.source.empty() ? "source not stated" : card.source) << "\n    " << displayPath(card.file)
              << "\n";
}

int list(const Program& program) {
    std::vector<std::string> rejected;
    const std::vector<BackboneCard> cards = BackboneRegistry(BackboneRegistry::defaultFolders()).list(&rejected);
    Json rows = Json::array();
    for (const BackboneCard& card : cards)
        rows.push_back(describe(card));
    if (program.json) {
        Program::printJson({{"default", BackboneRegistry::defaultName}, {"models", rows}, {"rejected", rejected}});
        return exitOk;
    }
    for (const BackboneCard& card : cards)
        print(card);
    for (const std::string& reason : rejected)
        std::cerr << "grappa-cli: " << reason << "\n";
    if (cards.empty())
        std::cout << "No backbone is here; run `bash packaging/setup.sh`, or: grappa-cli models add FILE\n";
    return exitOk;
}

/// An adaptation from elsewhere becomes one of the library.
int addAdaptation(const Program& program, const SafetensorsFile& file, const AddOptions& options) {
    const AdaptationHeader header = readAdaptationHeader(file);
    const auto card = BackboneRegistry(BackboneRegistry::defaultFolders()).findByHash(header.backboneHash);
    if (!card)
        throw Error(ErrorCode::ModelMissing,
                    displayPath(file.path()) + " was made on another backbone (hash " + header.backboneHash +
                        ") than those on this machine; add that one's file first with: grappa-cli models add FILE");
    const Embedder check(*card, {.device = "cpu"}, file.path()); // throws where its tensors do not fit
    Library library = program.openLibrary(Library::Access::ReadWrite);
    AdaptationRow row;
    row.name = !options.name.empty() ? options.name : !header.name.empty() ? header.name : file.path().stem().string();
    row.modelHash = header.backboneHash;
    row.state = AdaptationState::Ready;
    row.parameters = "{}";
    const auto report = file.metadata().find(adaptation_key::report);
    row.report = report == file.metadata().end() ? "{}" : report->second;
    row = library.addAdaptation(
        row, [&](const std::filesystem::path& path) { saveFile(path, MappedFile(file.path()).bytes()); });
    if (program.json)
        Program::printJson({{"added", {{"adaptation", row.name}, {"backbone", card->name}, {"hash", row.checksum}}}});
    else
        std::cout << row.name << ", an adaptation of " << card->name
                  << "\nDescribe a collection by it with: grappa-cli adapt --collection NAME --use \"" << row.name
                  << "\"\n";
    return exitOk;
}

int add(const Program& program, const AddOptions& options) {
    if (const SafetensorsFile file(options.file); isAdaptation(file)) return addAdaptation(program, file, options);
    BackboneRegistry registry(BackboneRegistry::defaultFolders());
    const BackboneCard card = registry.add(options.file, options.name, options.heads, options.interpolation);
    if (program.json)
        Program::printJson({{"added", describe(card)}});
    else
        print(card);
    return exitOk;
}

struct PriorOptions {
    std::filesystem::path images, output;
};

int makePrior(const Program& program, const PriorOptions& options) {
    Embedder embedder = program.embedder(nullptr);
    const auto path = options.output.empty() ? embedder.card().priorFile() : options.output;
    const DescriptorPrior prior = fitPrior(options.images, embedder, program.context());
    prior.save(path, embedder.card().hash.hex());
    if (program.json)
        Program::printJson({{"prior", displayPath(path)}, {"images", prior.images}});
    else
        std::cout << displayPath(path) << ", fitted on " << prior.images << " images\n";
    return exitOk;
}

} // namespace

void addModels(CLI::App& app, Program& program) {
    CLI::App* verb = app.add_subcommand("models", "The backbones on this machine");
    verb->require_subcommand(1);
    verb->fallthrough();
    verb->add_subcommand("list", "List them with size, licence and source")->callback([&program] {
        program.verb = [&program] { return list(program); };
    });
    auto options = std::make_shared<AddOptions>();
    CLI::App* addVerb = verb->add_subcommand("add", "Check a backbone's or an adaptation's file and keep a copy of it");
    addVerb
        ->add_option("file", options->file,
                     "DINO, DINOv2, timm or Hugging Face ViT weights, or what `adapt` exported (safetensors)")
        ->required();
    addVerb->add_option("--name", options->name, "Name to keep it under (default: the file's name)");
    addVerb->add_option("--heads", options->heads, "Attention heads (default: what the file says, else width / 64)")
        ->check(CLI::PositiveNumber);
    addVerb->add_option("--interpolation", options->interpolation, "How positions reach another size")
        ->check(CLI::IsMember({"dino", "bicubic", "antialias"}));
    addVerb->callback([&program, options] { program.verb = [&program, options] { return add(program, *options); }; });

    auto prior = std::make_shared<PriorOptions>();
    CLI::App* priorVerb = verb->add_subcommand(
        "prior", "Fit the statistics that a backbone's vectors are whitened with, from a few thousand varied images");
    priorVerb->add_option("--images", prior->images, "Folder of images")->required()->check(CLI::ExistingDirectory);
    priorVerb->add_option("--output", prior->output, "File to write (default: beside the backbone's file)");
    priorVerb->callback([&program, prior] { program.verb = [&program, prior] { return makePrior(program, *prior); }; });
}

} // namespace grappa
