#include "app/grappa_cli/program.h"
#include "app/grappa_cli/verbs.h"

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

int add(const Program& program, const AddOptions& options) {
    BackboneRegistry registry(BackboneRegistry::defaultFolders());
    const BackboneCard card = registry.add(options.file, options.name, options.heads, options.interpolation);
    if (program.json)
        Program::printJson({{"added", describe(card)}});
    else
        print(card);
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
    CLI::App* addVerb = verb->add_subcommand("add", "Check a safetensors file and keep a copy of it");
    addVerb->add_option("file", options->file, "DINO, DINOv2, timm or Hugging Face ViT weights (safetensors)")
        ->required();
    addVerb->add_option("--name", options->name, "Name to keep it under (default: the file's name)");
    addVerb->add_option("--heads", options->heads, "Attention heads (default: what the file says, else width / 64)")
        ->check(CLI::PositiveNumber);
    addVerb->add_option("--interpolation", options->interpolation, "How positions reach another size")
        ->check(CLI::IsMember({"dino", "bicubic", "antialias"}));
    addVerb->callback([&program, options] { program.verb = [&program, options] { return add(program, *options); }; });
}

} // namespace grappa
