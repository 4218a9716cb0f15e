#include "app/grappa_cli/program.h"
#include "app/grappa_cli/verbs.h"

#include "core/base/granularity_attention.h"
#include "core/jobs/embed_files.h"

#include <cmath>
#include <iomanip>
#include <iostream>
#include <memory>

namespace grappa {

namespace {

struct Options {
    std::filesystem::path image;
    ImageId id = 0;
    std::string adaptation;
};

/// Granularity attention [m, N] that is stored for an image of the library; empty when there is none.
std::vector<float> storedAttention(Library& library, ImageId id, const AdaptationCard& card) {
    for (const EmbeddingSet& set : library.embeddingSets())
        if (set.key.adaptation == card.hash.hex() && set.key.fusion == card.mainVariant)
            if (std::vector<float> attention = library.attention(set.id, id); !attention.empty()) return attention;
    return {};
}

std::vector<float> computedAttention(const std::filesystem::path& image, Embedder& embedder,
                                     const JobContext& context) {
    const Description mainVariant;
    DescribedFile file =
        std::move(describeFiles({&image, 1}, embedder, {&mainVariant, 1}, std::nullopt, context).front());
    if (file.error) throw Error(*file.error, file.reason);
    return std::move(file.described.front().attention);
}

/// What the attention says, in a sentence.
std::string sentenceOf(const AttentionReading& reading, const std::vector<std::int64_t>& granularities) {
    using Kind = AttentionReading::Kind;
    if (reading.kind == Kind::NoneStandsOut) return "no granularity stands out: coarse and fine ones count alike";
    const char* meaning = reading.kind == Kind::Broad  ? "it is told by its broad kind"
                          : reading.kind == Kind::Fine ? "it is told by fine differences within its kind"
                                                       : "it is told by its kind, neither very broad nor very fine";
    return "mostly k = " + std::to_string(granularities[reading.granularity]) + " (" +
           std::to_string(std::lround(100 * reading.share)) + " %): " + meaning;
}

int run(const Program& program, const Options& options) {
    if (options.image.empty() == (options.id == 0)) throw Error(ErrorCode::Usage, "Name one image: a file, or --id N.");
    std::optional<Library> library = program.findLibrary();
    Library* const shelf = library ? &*library : nullptr;
    const auto file = program.findAdaptation(shelf, options.adaptation);
    if (!file)
        throw Error(ErrorCode::NotFound,
                    "There is no adaptation to explain an image by; make one with: grappa-cli adapt");
    Embedder embedder = program.adaptedEmbedder(*file);
    const AdaptationCard& card = *embedder.adaptation();
    std::filesystem::path path = options.image;
    std::vector<float> attention;
    if (options.id != 0) {
        const std::optional<Image> image = shelf ? shelf->image(options.id) : std::nullopt;
        if (!image) throw Error(ErrorCode::NotFound, "The library has no image " + std::to_string(options.id) + ".");
        path = image->path;
        attention = storedAttention(*shelf, options.id, card);
    }
    if (attention.empty()) attention = computedAttention(path, embedder, {program.context().stop, {}});
    if (attention.empty())
        throw Error(ErrorCode::NotFound, "The adaptation \"" + card.name + "\" does not fuse its granularities.");

    const std::size_t granularities = card.granularities.size();
    const std::vector<double> mean = meanOverBlocks(attention, granularities);
    const std::string reading = sentenceOf(readAttention(mean), card.granularities);
    if (program.json) {
        Json result;
        if (options.id) result["id"] = options.id;
        setPath(result, path);
        result["adaptation"] = card.name;
        result["variant"] = card.mainVariant;
        result["granularities"] = card.granularities;
        result["blocks"] = card.blocks;
        for (std::size_t block = 0; block < card.blocks.size(); ++block)
            result["attention"].push_back(
                std::vector<float>(attention.begin() + static_cast<std::ptrdiff_t>(block * granularities),
                                   attention.begin() + static_cast<std::ptrdiff_t>((block + 1) * granularities)));
        result["mean"] = mean;
        result["reading"] = reading;
        Program::printJson(result);
        return exitOk;
    }
    const auto line = [&](const std::string& name, const auto& values) {
        std::cout << std::left << std::setw(9) << name << std::right << std::fixed << std::setprecision(2);
        for (const auto& value : values)
            std::cout << std::setw(9) << value;
        std::cout << "\n";
    };
    std::vector<std::string> heads;
    for (const std::int64_t k : card.granularities)
        heads.push_back("k=" + std::to_string(k));
    line("block", heads);
    for (std::size_t block = 0; block < card.blocks.size(); ++block)
        line(std::to_string(card.blocks[block]), std::span(attention).subspan(block * granularities, granularities));
    line("mean", mean);
    std::cout << "\n" << reading << "\n";
    return exitOk;
}

} // namespace

void addExplain(CLI::App& app, Program& program) {
    auto options = std::make_shared<Options>();
    CLI::App* verb = app.add_subcommand("explain", "Show which granularities an adaptation describes an image by");
    verb->add_option("image", options->image, "An image file from anywhere")->type_name("IMAGE");
    verb->add_option("--id", options->id, "An image of the library")->check(CLI::PositiveNumber);
    verb->add_option("--adaptation", options->adaptation,
                     "Name or file of the adaptation (default: the library's newest)");
    verb->callback([&program, options] { program.verb = [&program, options] { return run(program, *options); }; });
}

} // namespace grappa
