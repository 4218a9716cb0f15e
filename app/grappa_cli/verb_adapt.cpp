#include "app/grappa_cli/program.h"
#include "app/grappa_cli/verbs.h"

#include "core/base/file_io.h"
#include "core/jobs/adapt_job.h"
#include "core/jobs/adapted_set.h"

#include <charconv>
#include <cmath>
#include <iostream>
#include <memory>
#include <sstream>
#include <type_traits>

namespace grappa {

namespace {

struct Options {
    std::string collection, name, use, depth = "normal", granularities, blocks, fusion = "neighbours",
                                       whitening = "auto", cacheSize = "4G";
    int epochs = 0;
    double maxMinutes = 0, learningRate = 0;
    std::uint64_t seed = 0;
    std::filesystem::path exportFile;
    bool estimate = false, finish = false, discard = false;
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

AdaptDepth parseDepth(const std::string& name) {
    for (const AdaptDepth depth : {AdaptDepth::Quick, AdaptDepth::Thorough})
        if (adaptDepthName(depth) == name) return depth;
    return AdaptDepth::Normal;
}

/// What is learned, as lines for who watches.
AdaptWatch watchBy(const Program& program) {
    AdaptWatch watch;
    watch.onPlan = [&program](const AdaptWatch::Plan& plan) {
        program.printEvent({{"event", "plan"},
                            {"stages", plan.stages},
                            {"granularities", plan.granularities},
                            {"images", plan.images},
                            {"device", plan.device},
                            {"threads", plan.threads}});
    };
    watch.onGroups = [&program](std::int64_t k, const std::vector<ImageGroup>& groups) {
        Json clusters = Json::array();
        for (const ImageGroup& group : groups)
            clusters.push_back({{"size", group.size}, {"images", group.images}});
        program.printEvent({{"event", "clusters"}, {"granularity", k}, {"clusters", clusters}});
    };
    watch.onPoint = [&program](const CurvePoint& point) {
        program.printEvent({{"event", "point"},
                            {"stage", point.stage},
                            {"step", point.step},
                            {"loss", point.loss},
                            {"rate", point.rate}});
    };
    watch.onProbe = [&program](const AdaptWatch::Probe& probe) {
        Json rows = Json::array();
        for (const AdaptWatch::Probe::Row& row : probe.rows)
            rows.push_back({{"query", row.query}, {"results", row.results}});
        program.printEvent({{"event", "probes"},
                            {"stage", probe.stage},
                            {"epoch", probe.epoch},
                            {"copyFirst", probe.copyFirst},
                            {"rows", rows}});
    };
    return watch;
}

AdaptOptions adaptOptions(const Program& program, const Options& options) {
    AdaptOptions adapt;
    adapt.depth = parseDepth(options.depth);
    adapt.finish = options.finish;
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
    adapt.watch = watchBy(program);
    return adapt;
}

/// What was typed after the verb's name that decides the run: with it the run can be started again.
std::string jobArguments(const Program& program, const Options& options) {
    Json arguments = Json::array({"--collection", options.collection, "--depth", options.depth, "--fusion",
                                  options.fusion, "--whitening", options.whitening, "--seed",
                                  std::to_string(options.seed), "--device", program.device});
    const auto add = [&arguments](const char* name, const auto& value, bool given) {
        if (!given) return;
        arguments.push_back(name);
        if constexpr (std::is_arithmetic_v<std::decay_t<decltype(value)>>)
            arguments.push_back(Json(value).dump());
        else
            arguments.push_back(value);
    };
    add("--name", options.name, !options.name.empty());
    add("--granularities", options.granularities, !options.granularities.empty());
    add("--blocks", options.blocks, !options.blocks.empty());
    add("--epochs", options.epochs, options.epochs > 0);
    add("--max-minutes", options.maxMinutes, options.maxMinutes > 0);
    add("--learning-rate", options.learningRate, options.learningRate > 0);
    add("--threads", program.threads, program.threads > 0);
    add("--input-size", program.inputSize, program.inputSize > 0);
    add("--backbone", program.backbone, !program.backbone.empty());
    const Json job{{"collection", options.collection},
                   {"name", options.name},
                   {"depth", options.depth},
                   {"seed", options.seed},
                   {"arguments", arguments}};
    return job.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// The stopped runs with these arguments, oldest first.
std::vector<std::int64_t> stoppedRuns(Library& library, const std::string& arguments) {
    std::vector<std::int64_t> runs;
    for (const Library::StoppedJob& stopped : library.resumableJobs())
        if (stopped.kind == "adapt" && stopped.arguments == arguments) runs.push_back(stopped.id);
    return runs;
}

/// The row of this run: that of the stopped one that it goes on with, so that the curve stays whole.
std::int64_t beginJob(Library& library, const std::string& arguments) {
    const std::vector<std::int64_t> stopped = stoppedRuns(library, arguments);
    if (stopped.empty()) return library.beginJob("adapt", arguments);
    library.resumeJob(stopped.back());
    return stopped.back();
}

int estimate(const Program& program, Library& library, const Collection& collection, const BackboneCard& card,
             const Options& options) {
    const AdaptEstimate estimate = estimateAdaptation(library, collection, card, adaptOptions(program, options));
    Json rows = Json::array();
    for (const auto& [depth, seconds] : estimate.seconds)
        rows.push_back({{"depth", adaptDepthName(depth)}, {"seconds", std::round(seconds)}});
    if (program.json) {
        Program::printJson({{"images", estimate.images},
                            {"device", estimate.device},
                            {"threads", estimate.threads},
                            {"estimates", rows}});
    } else {
        for (const auto& [depth, seconds] : estimate.seconds)
            std::cout << adaptDepthName(depth) << ": about " << formatDuration(seconds) << "\n";
    }
    return exitOk;
}

int discard(const Program& program, Library& library, const Collection& collection, const BackboneCard& card,
            const Options& options) {
    bool any = discardAdaptation(library, collection, card, adaptOptions(program, options));
    for (const std::int64_t run : stoppedRuns(library, jobArguments(program, options))) {
        library.endJob(run, "done");
        any = true;
    }
    if (!any) throw Error(ErrorCode::NotFound, "There is no stopped run with these options that could be discarded.");
    if (program.json)
        Program::printJson({{"discarded", true}});
    else
        std::cout << "Discarded.\n";
    return exitOk;
}

/// Describes the collection by an adaptation that is there already.
int use(const Program& program, Library& library, const Collection& collection, const Options& options) {
    const auto row = library.findAdaptation(options.use);
    if (!row) throw Error(ErrorCode::NotFound, "There is no adaptation \"" + options.use + "\".");
    const std::optional<FileLock> lock = FileLock::tryAcquire(library.paths().jobLock("adapt"));
    if (!lock) throw Error(ErrorCode::Locked, "An adaptation is being made; wait for it or stop it.");
    Embedder embedder = program.adaptedEmbedder(library.paths().adaptations() / row->file);
    const EmbeddingSet set =
        describeUnderAdaptation(library, collection.id, *row, embedder, {}, options.seed, program.context());
    const std::uint64_t images = library.findEmbeddingSet(set.key)->vectors;
    if (program.json)
        Program::printJson(
            {{"adaptation", row->name}, {"collection", collection.name}, {"set", set.id}, {"images", images}});
    else
        std::cout << collection.name << " is described by " << row->name << ", " << images << " images\n";
    return exitOk;
}

int run(const Program& program, const Options& options) {
    Library library = program.openLibrary(Library::Access::ReadWrite);
    const auto collection = library.findCollection(options.collection);
    if (!collection) throw Error(ErrorCode::NotFound, "There is no collection \"" + options.collection + "\".");
    if (!options.use.empty()) return use(program, library, *collection, options);
    const BackboneCard card = BackboneRegistry(BackboneRegistry::defaultFolders()).find(program.backbone);
    if (options.estimate) return estimate(program, library, *collection, card, options);
    if (options.discard) return discard(program, library, *collection, card, options);
    const AdaptOptions adapt = adaptOptions(program, options);
    const std::int64_t job = beginJob(library, jobArguments(program, options));
    AdaptSummary summary;
    try {
        summary = adaptCollection(library, *collection, card, job, adapt, program.context());
    } catch (const Error& error) {
        library.endJob(job, error.code() == ErrorCode::Interrupted ? "stopped" : "failed");
        throw;
    }
    const std::filesystem::path file = library.paths().adaptations() / summary.adaptation.file;
    if (!options.exportFile.empty()) saveFile(options.exportFile, MappedFile(file).bytes());
    library.endJob(job, "done");

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
    verb->add_option("--depth", options->depth, "How much is learned")
        ->check(CLI::IsMember({"quick", "normal", "thorough"}))
        ->capture_default_str();
    auto* estimate = verb->add_flag("--estimate", options->estimate, "Only say how long each depth takes here");
    auto* finish = verb->add_flag("--finish", options->finish,
                                  "Learn no further: keep what a stopped run with these options has learned");
    auto* discard = verb->add_flag("--discard", options->discard, "Forget a stopped run with these options");
    auto* use = verb->add_option("--use", options->use, "Describe the collection by this adaptation; learn nothing");
    for (CLI::Option* one : {estimate, finish, discard, use})
        for (CLI::Option* other : {estimate, finish, discard, use})
            if (one != other) one->excludes(other);
    verb->add_option("--granularities", options->granularities,
                     "Numbers of groups to learn, for example 32,128,1024 (default: from depth and images)");
    verb->add_option("--blocks", options->blocks,
                     "Blocks that are adapted: all, or last:M (default: all on a GPU, last:3 on a CPU)");
    verb->add_option("--fusion", options->fusion, "How the granularities are combined; all trains every way")
        ->check(CLI::IsMember({"average", "augmentation", "neighbours", "all"}))
        ->capture_default_str();
    verb->add_option("--whitening", options->whitening, "auto, off, or its power from 0 to 1")->capture_default_str();
    verb->add_option("--epochs", options->epochs,
                     "Passes over the images for each granularity (default: from the depth)")
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
