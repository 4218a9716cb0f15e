#include "app/grappa_cli/program.h"
#include "app/grappa_cli/verbs.h"

#include "core/jobs/adapt_job.h"

#include <charconv>
#include <iostream>
#include <memory>
#include <sstream>

namespace grappa {

namespace {

struct Options {
    std::string collection, name, granularities, blocks, fusion = "neighbours", whitening = "auto", cacheSize = "4G";
    int epochs = 0;
    double maxMinutes = 0, learningRate = 0;
    std::uint64_t seed = 0;
    std::filesystem::path exportFile;
};

std::int64_t wholeNumber(const std::string& text, const std::string& option) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 1)
        throw Error(ErrorCode::Usage, "\"" + text + "\" of " + option + " is not a whole number above 0.");
    return value;
}

std::vector<std::int64_t> parseGranularities(const std::string& list) {
    std::vector<std::int64_t> result;
    std::istringstream parts(list);
    for (std::string part; std::getline(parts, part, ',');)
        result.push_back(wholeNumber(part, "--granularities"));
    return result;
}

std::int64_t parseBlocks(const std::string& text) {
    if (text.empty()) return -1;
    if (text == "all") return 0;
    if (text.starts_with("last:")) return wholeNumber(text.substr(5), "--blocks");
    throw Error(ErrorCode::Usage, "\"" + text + "\" of --blocks is neither all nor last:M.");
}

/// "500M", "4G", "0".
std::uint64_t parseSize(const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const std::string unit(static_cast<const char*>(end), text.data() + text.size());
    if (error != std::errc{} || (unit != "" && unit != "M" && unit != "G"))
        throw Error(ErrorCode::Usage, "\"" + text + "\" of --cache-size is not a size, for example 500M or 4G.");
    return value << (unit == "G" ? 30 : unit == "M" ? 20 : 0);
}

std::optional<double> parseWhitening(const std::string& text) {
    if (text == "auto") return std::nullopt;
    if (text == "off") return 0;
    try {
        const double power = std::stod(text);
        if (power > 0 && power <= 1) return power;
    } catch (const std::exception&) {
        // said below
    }
    throw Error(ErrorCode::Usage, "\"" + text + "\" of --whitening is neither auto, off nor a power from 0 to 1.");
}

AdaptOptions adaptOptions(const Program& program, const Options& options) {
    AdaptOptions adapt;
    adapt.name = options.name;
    adapt.device = program.device;
    adapt.threads = program.threads;
    adapt.inputSize = program.inputSize;
    adapt.granularities = parseGranularities(options.granularities);
    adapt.blocks = parseBlocks(options.blocks);
    adapt.epochs = options.epochs;
    adapt.maxMinutes = options.maxMinutes;
    adapt.learningRate = options.learningRate;
    adapt.whitening = parseWhitening(options.whitening);
    adapt.cacheSize = parseSize(options.cacheSize);
    adapt.seed = options.seed;
    if (options.fusion == "all")
        adapt.fusions = {"neighbours", "augmentation"};
    else if (options.fusion == "average")
        adapt.fusions.clear();
    else
        adapt.fusions = {options.fusion};
    adapt.onPoint = [&program](const CurvePoint& point) {
        program.printEvent({{"event", "point"},
                            {"stage", point.stage},
                            {"step", point.step},
                            {"loss", point.loss},
                            {"rate", point.rate}});
    };
    return adapt;
}

/// The row of this run; a stopped one with the same arguments is offered no longer, since this one goes on with it.
std::int64_t beginJob(Library& library, const Options& options) {
    const std::string arguments = Json{{"collection", options.collection}, {"seed", options.seed}}.dump(
        -1, ' ', false, Json::error_handler_t::replace);
    for (const Library::StoppedJob& stopped : library.resumableJobs())
        if (stopped.kind == "adapt" && stopped.arguments == arguments) library.endJob(stopped.id, "done");
    return library.beginJob("adapt", arguments);
}

int run(const Program& program, const Options& options) {
    Library library = program.openLibrary(Library::Access::ReadWrite);
    const auto collection = library.findCollection(options.collection);
    if (!collection) throw Error(ErrorCode::NotFound, "There is no collection \"" + options.collection + "\".");
    const BackboneCard card = BackboneRegistry(BackboneRegistry::defaultFolders()).find(program.backbone);
    const AdaptOptions adapt = adaptOptions(program, options);
    const std::int64_t job = beginJob(library, options);
    AdaptSummary summary;
    try {
        summary = adaptCollection(library, *collection, card, job, adapt, program.context());
    } catch (const Error& error) {
        library.endJob(job, error.code() == ErrorCode::Interrupted ? "stopped" : "failed");
        throw;
    }
    library.endJob(job, "done");
    const std::filesystem::path file = library.paths().adaptations() / summary.adaptation.file;
    if (!options.exportFile.empty())
        std::filesystem::copy_file(file, options.exportFile, std::filesystem::copy_options::overwrite_existing);

    if (program.json) {
        Program::printJson({{"adaptation", summary.adaptation.name},
                            {"collection", collection->name},
                            {"images", summary.images},
                            {"granularities", summary.granularities},
                            {"set", summary.set},
                            {"verdict", summary.verdict},
                            {"sentence", summary.sentence},
                            {"report", Json::parse(summary.adaptation.report)},
                            {"file", displayPath(file)},
                            {"seconds", summary.seconds}});
    } else {
        std::cout << summary.adaptation.name << ": learned " << collection->name << ", " << summary.images
                  << " images, in " << formatDuration(summary.seconds) << "\n"
                  << summary.sentence << "\n"
                  << displayPath(file) << "\n";
    }
    return exitOk;
}

} // namespace

void addAdapt(CLI::App& app, Program& program) {
    auto options = std::make_shared<Options>();
    CLI::App* verb = app.add_subcommand("adapt", "Learn a collection, without labels");
    verb->add_option("--collection", options->collection, "The collection to learn")->required();
    verb->add_option("--name", options->name, "Name of the result (default: the collection's, with a number)");
    verb->add_option("--granularities", options->granularities,
                     "Numbers of groups to learn, for example 32,128,1024 (default: from the number of images)");
    verb->add_option("--blocks", options->blocks,
                     "Blocks that are adapted: all, or last:M (default: all on a GPU, last:3 on a CPU)");
    verb->add_option("--fusion", options->fusion, "How the granularities are combined; all trains every way")
        ->check(CLI::IsMember({"average", "augmentation", "neighbours", "all"}))
        ->capture_default_str();
    verb->add_option("--whitening", options->whitening, "auto, off, or its power from 0 to 1")->capture_default_str();
    verb->add_option("--epochs", options->epochs, "Passes over the images for each granularity")
        ->check(CLI::PositiveNumber);
    verb->add_option("--max-minutes", options->maxMinutes, "Learn less so that it ends in about this time")
        ->check(CLI::PositiveNumber);
    verb->add_option("--learning-rate", options->learningRate, "Highest rate of the adaptors")
        ->check(CLI::PositiveNumber);
    verb->add_option("--cache-size", options->cacheSize, "Disk for what all granularities share; changes no result")
        ->capture_default_str();
    verb->add_option("--seed", options->seed, "Of all that is drawn at random")->capture_default_str();
    verb->add_option("--export", options->exportFile, "Copy the result to this file (safetensors)");
    verb->callback([&program, options] { program.verb = [&program, options] { return run(program, *options); }; });
}

} // namespace grappa
