#include "app/grappa_cli/program.h"
#include "app/grappa_cli/verbs.h"

#include "core/jobs/embed_files.h"
#include "core/jobs/import_job.h"
#include "core/search/searcher.h"
#include "core/training/evaluation.h"
#include "core/training/labelled_set.h"

#include <iomanip>
#include <iostream>
#include <memory>

namespace grappa {

namespace {

struct Options {
    std::filesystem::path root;
    std::vector<std::string> labels;
};

LabelledSet readTask(const std::string& argument, const std::filesystem::path& root) {
    const std::size_t split = argument.find('=');
    if (split == 0 || split == std::string::npos)
        throw Error(ErrorCode::Usage, "\"" + argument + "\" is not TASK=CSV, for example flowers=flowers.csv.");
    const std::filesystem::path csv = argument.substr(split + 1);
    return readLabelledCsv(argument.substr(0, split), csv, root.empty() ? csv.parent_path() : root);
}

/// Vectors that the library already holds, by path.
class StoredVectors {
public:
    StoredVectors(std::optional<Library>& library, const Embedder& embedder) : m_library(library) {
        if (!library) return;
        const auto set = library->findEmbeddingSet(baseEmbeddingSet(embedder));
        if (set) m_searcher.emplace(*library, *set);
    }

    std::optional<std::vector<float>> find(const std::filesystem::path& path) {
        if (!m_searcher) return std::nullopt;
        const std::filesystem::path absolute = std::filesystem::absolute(path).lexically_normal();
        const std::optional<ImageId> image = m_library->findImageByPath(absolute);
        return image ? m_searcher->vectorOf(*image) : std::nullopt;
    }

private:
    std::optional<Library>& m_library;
    std::optional<Searcher> m_searcher;
};

/// The vectors of all images of the sets, row by row; only what the library does not hold is computed.
std::vector<float> embedAll(const std::vector<LabelledSet>& sets, StoredVectors& stored, Embedder& embedder,
                            const JobContext& context) {
    const auto dim = static_cast<std::size_t>(embedder.dim());
    std::vector<float> features;
    std::vector<std::filesystem::path> missing;
    std::vector<std::size_t> missingRows;
    for (const LabelledSet& set : sets) {
        for (const std::filesystem::path& path : set.paths) {
            std::optional<std::vector<float>> vector = stored.find(path);
            if (!vector) {
                missing.push_back(path);
                missingRows.push_back(features.size());
                vector.emplace(dim);
            }
            features.insert(features.end(), vector->begin(), vector->end());
        }
    }
    const std::vector<EmbeddedFile> files = embedFiles(missing, embedder, std::nullopt, context);
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (files[i].error) throw Error(*files[i].error, files[i].reason);
        std::copy(files[i].vector.begin(), files[i].vector.end(),
                  features.begin() + static_cast<std::ptrdiff_t>(missingRows[i]));
    }
    return features;
}

Json toJson(const RetrievalScores& scores) {
    return {{"RP", scores.rPrecision}, {"MAP@R", scores.mapAtR}, {"R@1", scores.recallAt1}};
}

Json meanOf(const Json& tasks) {
    Json mean = Json::object();
    for (const auto& [task, rows] : tasks.items()) {
        for (const auto& [row, scores] : rows.items()) {
            Json& sums = mean[row];
            if (sums.is_null()) sums = Json::object();
            for (const auto& [score, value] : scores.items())
                sums[score] = sums.value(score, 0.0) + value.get<double>() / static_cast<double>(tasks.size());
        }
    }
    return mean;
}

void printTable(const Json& tasks, const Json& mean) {
    std::size_t width = 4;
    for (const auto& [task, rows] : tasks.items())
        width = std::max(width, task.size());
    const auto line = [&](const std::string& task, const std::string& row, const Json& scores) {
        std::cout << std::left << std::setw(static_cast<int>(width) + 2) << task << std::setw(14) << row << std::right
                  << std::fixed << std::setprecision(2) << std::setw(8) << scores["RP"].get<double>() << std::setw(8)
                  << scores["MAP@R"].get<double>() << std::setw(8) << scores["R@1"].get<double>() << "\n";
    };
    std::cout << std::left << std::setw(static_cast<int>(width) + 2) << "task" << std::setw(14) << "model" << std::right
              << std::setw(8) << "RP" << std::setw(8) << "MAP@R" << std::setw(8) << "R@1"
              << "\n";
    for (const auto& [task, rows] : tasks.items())
        for (const auto& [row, scores] : rows.items())
            line(task, row, scores);
    for (const auto& [row, scores] : mean.items())
        line("mean", row, scores);
}

int run(const Program& program, const Options& options) {
    std::vector<LabelledSet> sets;
    for (const std::string& argument : options.labels)
        sets.push_back(readTask(argument, options.root));
    std::optional<Library> library = program.findLibrary();
    Embedder embedder = program.embedder(library ? &*library : nullptr);
    StoredVectors stored(library, embedder);
    const std::vector<float> features = embedAll(sets, stored, embedder, program.context());

    const auto dim = static_cast<std::size_t>(embedder.dim());
    Json tasks = Json::object();
    std::size_t first = 0;
    for (const LabelledSet& set : sets) {
        const std::span<const float> rows = std::span(features).subspan(first * dim, set.paths.size() * dim);
        tasks[set.task]["base"] = toJson(retrievalScores(rows, dim, set.labels));
        first += set.paths.size();
    }
    const Json mean = meanOf(tasks);
    if (program.json)
        Program::printJson({{"tasks", tasks},
                            {"mean", mean},
                            {"backbone", embedder.card().name},
                            {"inputSize", embedder.inputSize()},
                            {"device", embedder.device()}});
    else
        printTable(tasks, mean);
    return exitOk;
}

} // namespace

void addEval(CLI::App& app, Program& program) {
    auto options = std::make_shared<Options>();
    CLI::App* verb =
        app.add_subcommand("eval", "Measure retrieval on labelled sets: R-Precision, MAP@R, R@1 in per cent");
    verb->add_option("--root", options->root, "Folder that relative paths start from (default: that of each CSV)");
    verb->add_option("--labels", options->labels, "A task and its CSV with the columns path,label; repeatable")
        ->type_name("TASK=CSV")
        ->required();
    verb->callback([&program, options] { program.verb = [&program, options] { return run(program, *options); }; });
}

} // namespace grappa
