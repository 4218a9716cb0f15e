#include "app/grappa_cli/program.h"
#include "app/grappa_cli/verbs.h"

#include "core/jobs/collection_answers.h"
#include "core/jobs/embed_files.h"
#include "core/jobs/import_job.h"
#include "core/search/searcher.h"
#include "core/training/dataset_layouts.h"
#include "core/training/evaluation_table.h"

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <memory>

namespace grappa {

namespace {

struct Options {
    std::filesystem::path root;
    std::vector<std::string> labels, datasets;
    std::string adaptation;
    bool asCollection = false;
};

/// "NAME=PATH" in two.
std::pair<std::string, std::filesystem::path> splitArgument(const std::string& argument, const char* form) {
    const std::size_t split = argument.find('=');
    if (split == 0 || split == std::string::npos)
        throw Error(ErrorCode::Usage, "\"" + argument + "\" is not " + form + ".");
    return {argument.substr(0, split), argument.substr(split + 1)};
}

std::vector<LabelledSet> readSets(const Options& options) {
    std::vector<LabelledSet> sets;
    for (const std::string& argument : options.labels) {
        const auto [task, csv] = splitArgument(argument, "TASK=CSV, for example flowers=flowers.csv");
        sets.push_back(readLabelledCsv(task, csv, options.root.empty() ? csv.parent_path() : options.root));
    }
    for (const std::string& argument : options.datasets) {
        const auto [layout, folder] = splitArgument(argument, "SET=FOLDER, for example cub=CUB_200_2011");
        sets.push_back(readDataset(layout, folder));
    }
    if (sets.empty()) throw Error(ErrorCode::Usage, "Name at least one set, by --labels or --dataset.");
    return sets;
}

/// Base vectors that the library already holds, by path.
class StoredVectors {
public:
    StoredVectors(std::optional<Library>& library, const Embedder& embedder) : m_library(library) {
        if (!library || embedder.adaptation()) return;
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

/// What all images of the sets are under each variant, row by row.
struct Evaluated {
    std::vector<VariantVectors> variants;
    std::vector<std::vector<float>> attention; ///< of each variant; [images, m, N] or empty
};

Evaluated describeAll(const std::vector<LabelledSet>& sets, StoredVectors& stored, Embedder& embedder,
                      const JobContext& context) {
    const std::vector<std::string> names =
        embedder.adaptation() ? embedder.adaptation()->variants : std::vector<std::string>{"base"};
    std::vector<Description> descriptions;
    for (const std::string& name : names)
        descriptions.push_back({name, name != "base"});

    std::vector<DescribedFile> files;
    std::vector<std::filesystem::path> missing;
    std::vector<std::size_t> missingRows;
    for (const LabelledSet& set : sets) {
        for (const std::filesystem::path& path : set.paths) {
            if (std::optional<std::vector<float>> vector = stored.find(path)) {
                files.push_back({{{std::move(*vector), {}}}, {}, {}});
                continue;
            }
            missing.push_back(path);
            missingRows.push_back(files.size());
            files.emplace_back();
        }
    }
    std::vector<DescribedFile> computed = describeFiles(missing, embedder, descriptions, std::nullopt, context);
    for (std::size_t i = 0; i < computed.size(); ++i) {
        if (computed[i].error) throw Error(*computed[i].error, computed[i].reason);
        files[missingRows[i]] = std::move(computed[i]);
    }

    Evaluated evaluated;
    for (std::size_t variant = 0; variant < names.size(); ++variant) {
        std::vector<float>& vectors = evaluated.variants.emplace_back(names[variant], std::vector<float>()).vectors;
        std::vector<float>& attention = evaluated.attention.emplace_back();
        for (const DescribedFile& file : files) {
            const Described& one = file.described[variant];
            vectors.insert(vectors.end(), one.vectors.begin(), one.vectors.end());
            attention.insert(attention.end(), one.attention.begin(), one.attention.end());
        }
    }
    return evaluated;
}

/// Raw descriptors of all images under one description, one set after the other [n, D].
torch::Tensor rawDescriptors(const std::vector<LabelledSet>& sets, Embedder& embedder, const Description& description,
                             const JobContext& context) {
    std::vector<std::filesystem::path> paths;
    for (const LabelledSet& set : sets)
        paths.insert(paths.end(), set.paths.begin(), set.paths.end());
    std::vector<float> rows;
    for (const DescribedFile& file : describeFiles(paths, embedder, {&description, 1}, std::nullopt, context)) {
        if (file.error) throw Error(*file.error, file.reason);
        const std::vector<float>& vector = file.described.front().vectors;
        rows.insert(rows.end(), vector.begin(), vector.end());
    }
    const auto count = std::ssize(paths);
    return torch::tensor(rows).view({count, count == 0 ? 0 : std::ssize(rows) / count});
}

CollectionEvaluation asCollection(const std::vector<LabelledSet>& sets, Embedder& embedder, const JobContext& context) {
    const torch::Tensor base = rawDescriptors(sets, embedder, {"base", false, true}, context); // throws without prior
    const DescriptorPrior prior = DescriptorPrior::load(*embedder.prior(), embedder.card().hash.hex());
    torch::Tensor learned;
    if (embedder.adaptation()) learned = rawDescriptors(sets, embedder, {{}, false, true}, context);
    return evaluateAsCollection(sets, base, learned, prior, context);
}

Json toJson(const RetrievalScores& scores) {
    return {{"RP", scores.rPrecision}, {"MAP@R", scores.mapAtR}, {"R@1", scores.recallAt1}};
}

Json toJson(const AnswerScores& scores) {
    Json tasks = Json::object();
    for (const auto& [task, answers] : scores)
        for (const auto& [name, score] : answers)
            tasks[task][name] = toJson(score);
    return tasks;
}

/// R-Precision of each kind of answer, a column each task, and their mean.
void print(const char* title, const AnswerScores& scores) {
    std::cout << "\n" << title << " (R-Precision)\n" << std::left << std::setw(16) << "answer" << std::right;
    std::map<std::string, std::vector<double>> rows;
    for (const auto& [task, answers] : scores) {
        std::cout << std::setw(12) << task.substr(0, 11);
        for (const auto& [name, score] : answers)
            rows[name].push_back(score.rPrecision);
    }
    std::cout << std::setw(12) << "mean" << "\n";
    for (const auto& [name, values] : rows) {
        std::cout << std::left << std::setw(16) << name << std::right << std::fixed << std::setprecision(2);
        double sum = 0;
        for (const double value : values) {
            std::cout << std::setw(12) << value;
            sum += value;
        }
        // A level of one library need not be one of another.
        if (values.size() == scores.size()) std::cout << std::setw(12) << sum / static_cast<double>(values.size());
        std::cout << "\n";
    }
}

/// How the fusions that were learned use the granularities.
std::vector<std::pair<std::string, AttentionSummary>> attentionOf(const Evaluated& evaluated,
                                                                  const std::optional<AdaptationCard>& card) {
    std::vector<std::pair<std::string, AttentionSummary>> summaries;
    for (std::size_t i = 0; i < evaluated.variants.size(); ++i)
        if (!evaluated.attention[i].empty() && evaluated.variants[i].variant != "average")
            summaries.emplace_back(evaluated.variants[i].variant,
                                   summarised(evaluated.attention[i], card->blocks.size(), card->granularities.size()));
    return summaries;
}

void printTable(const std::vector<LabelledSet>& sets, const EvaluationTable& table) {
    std::size_t taskWidth = 4, rowWidth = 5;
    for (const LabelledSet& set : sets)
        taskWidth = std::max(taskWidth, set.task.size());
    for (const EvaluationRow& row : table.rows)
        rowWidth = std::max(rowWidth, row.name.size());
    const auto open = [&](const std::string& task, const std::string& row) -> std::ostream& {
        return std::cout << std::left << std::setw(static_cast<int>(taskWidth) + 2) << task
                         << std::setw(static_cast<int>(rowWidth) + 1) << row << std::right << std::fixed
                         << std::setprecision(2);
    };
    const auto line = [&](const std::string& task, const std::string& row, const RetrievalScores& scores) {
        open(task, row) << std::setw(8) << scores.rPrecision << std::setw(8) << scores.mapAtR << std::setw(8)
                        << scores.recallAt1 << "\n";
    };
    open("task", "model") << std::setw(8) << "RP" << std::setw(8) << "MAP@R" << std::setw(8) << "R@1"
                          << "\n";
    for (std::size_t task = 0; task < sets.size(); ++task)
        for (const EvaluationRow& row : table.rows)
            line(sets[task].task, row.name, row.tasks[task]);
    for (const EvaluationRow& row : table.rows)
        line("mean", row.name, row.mean());
    if (!table.whiteningPower) return;
    std::cout
        << "\nRows level:<k> and +smoothed use all these images, unlabelled, as one collection; there the base is "
           "whitened,\n"
        << (table.whitenedOnTheseImages ? "fitted on these images" : "fitted on the adaptation's training images")
        << ", p = " << *table.whiteningPower << ".\n";
}

void printAttention(const std::string& variant, const AttentionSummary& summary, const AdaptationCard& card) {
    std::cout << "\n" << variant << ": granularity attention, mean over images (entropy 1 = uniform)\n  block  entropy";
    for (const std::int64_t k : card.granularities)
        std::cout << std::setw(9) << "k=" + std::to_string(k);
    std::cout << "\n";
    for (std::size_t block = 0; block < summary.entropy.size(); ++block) {
        std::cout << std::setw(7) << card.blocks[block] << std::setprecision(3) << std::setw(9)
                  << summary.entropy[block];
        for (const double share : summary.mean[block])
            std::cout << std::setw(9) << share;
        std::cout << "\n";
    }
}

int run(const Program& program, const Options& options) {
    std::vector<LabelledSet> sets = readSets(options);
    std::optional<Library> library = program.findLibrary();
    const auto adaptation = program.findAdaptation(library ? &*library : nullptr, options.adaptation);
    Embedder embedder =
        adaptation ? program.adaptedEmbedder(*adaptation) : program.embedder(library ? &*library : nullptr);
    StoredVectors stored(library, embedder);
    Evaluated evaluated = describeAll(sets, stored, embedder, program.context());
    const auto attention = attentionOf(evaluated, embedder.adaptation());

    std::optional<CollectionEvaluation> collection;
    if (options.asCollection) collection = asCollection(sets, embedder, program.context());
    const EvaluationInput input{std::move(sets), static_cast<std::size_t>(embedder.width()),
                                std::move(evaluated.variants), adaptation};
    const EvaluationTable table = evaluationTable(input, program.context());
    if (!program.json) {
        printTable(input.sets, table);
        for (const auto& [variant, summary] : attention)
            printAttention(variant, summary, *embedder.adaptation());
        if (collection) {
            print("All tasks as one library", collection->mixed);
            print("Each task as a library of its own", collection->alone);
        }
        return exitOk;
    }
    Json result{{"tasks", Json::object()}, {"mean", Json::object()}};
    for (const EvaluationRow& row : table.rows) {
        for (std::size_t task = 0; task < input.sets.size(); ++task)
            result["tasks"][input.sets[task].task][row.name] = toJson(row.tasks[task]);
        result["mean"][row.name] = toJson(row.mean());
    }
    if (table.whiteningPower)
        result["whitening"] = {{"power", *table.whiteningPower},
                               {"fittedOn", table.whitenedOnTheseImages ? "these images" : "training images"}};
    for (const auto& [variant, summary] : attention)
        result["attention"][variant] = {{"entropy", summary.entropy}, {"mean", summary.mean}};
    if (const auto& card = embedder.adaptation()) {
        result["adaptation"] = card->name;
        result["granularities"] = card->granularities;
        result["blocks"] = card->blocks;
    }
    if (collection)
        result["asCollection"] = {{"mixed", toJson(collection->mixed)}, {"alone", toJson(collection->alone)}};
    result["backbone"] = embedder.card().name;
    result["inputSize"] = embedder.inputSize();
    result["device"] = embedder.device();
    Program::printJson(result);
    return exitOk;
}

} // namespace

void addEval(CLI::App& app, Program& program) {
    auto options = std::make_shared<Options>();
    CLI::App* verb =
        app.add_subcommand("eval", "Measure retrieval on labelled sets: R-Precision, MAP@R, R@1 in per cent");
    verb->add_option("--root", options->root, "Folder that relative paths start from (default: that of each CSV)");
    verb->add_option("--labels", options->labels, "A task and its CSV with the columns path,label; repeatable")
        ->type_name("TASK=CSV");
    verb->add_option(
            "--dataset", options->datasets,
            "A public set as its authors publish it: aircraft, cars, cub, flowers, food101, products; repeatable")
        ->type_name("SET=FOLDER");
    verb->add_option("--adaptation", options->adaptation,
                     "Name or file of the adaptation; \"base\" for none (default: the library's newest)");
    verb->add_flag("--as-collection", options->asCollection,
                   "Also what a user gets whose library these images are: everything fitted on the searched images");
    verb->callback([&program, options] { program.verb = [&program, options] { return run(program, *options); }; });
}

} // namespace grappa
