#include "app/grappa_cli/program.h"

#include "core/base/adaptation_header.h"
#include "core/base/base64.h"

#include <cmath>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <sstream>
#include <unistd.h>

namespace grappa {

namespace {

int exitCodeOf(ErrorCode code) {
    switch (code) {
    case ErrorCode::Usage:
        return exitUsage;
    case ErrorCode::ModelMissing:
    case ErrorCode::WeightsInvalid:
    case ErrorCode::WeightsUnsafe:
        return exitModel;
    case ErrorCode::DeviceUnavailable:
        return exitDevice;
    case ErrorCode::Interrupted:
        return exitInterrupted;
    default:
        return exitFailure;
    }
}

std::string dump(const Json& object) {
    return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json progressEvent(const Progress& progress) {
    Json event{{"event", "progress"}, {"stage", progress.stage}, {"done", progress.done}, {"total", progress.total}};
    event["rate"] = std::round(progress.rate * 10) / 10;
    if (progress.secondsLeft) event["secondsLeft"] = std::round(*progress.secondsLeft);
    if (!progress.detail.empty()) event["detail"] = progress.detail;
    return event;
}

void printProgressLine(const Progress& progress) {
    std::ostringstream line;
    line << progress.stage << "  " << progress.done;
    if (progress.total > 0) line << " / " << progress.total;
    if (progress.rate > 0) line << " · " << static_cast<std::int64_t>(std::lround(progress.rate)) << "/s";
    if (progress.secondsLeft && progress.done < progress.total)
        line << " · " << formatDuration(*progress.secondsLeft) << " left";
    const bool complete = progress.total > 0 && progress.done >= progress.total;
    std::cerr << "\r\x1b[K" << line.str() << (complete ? "\n" : "") << std::flush;
}

/// The set of raw base vectors that belongs to one in use: itself, else of the same backbone and input size the one with
/// the most vectors, the newest of equal ones.
std::optional<EmbeddingSet> baseSetLike(Library& library, const EmbeddingSet& used) {
    if (used.key.isRawBase()) return used;
    std::optional<EmbeddingSet> found;
    for (EmbeddingSet& set : library.embeddingSets())
        if (set.key.isRawBase() && set.key.modelHash == used.key.modelHash &&
            set.key.inputSize == used.key.inputSize && set.key.precision == used.key.precision &&
            set.vectors >= (found ? found->vectors : 1))
            found = std::move(set);
    return found;
}

} // namespace

int Program::run() {
    if (watchStandardInput) m_signals.watchStandardInput();
    try {
        return verb();
    } catch (const Error& error) {
        printError(error.code(), error.what());
        return exitCodeOf(error.code());
    } catch (const std::bad_alloc&) {
        printError(ErrorCode::Internal,
                   "Out of memory. What was done so far is kept; close other programs and start again.");
    } catch (const std::exception& error) {
        printError(ErrorCode::Internal, std::string("This is a defect of Grappa, please report it: ") + error.what());
    }
    return exitFailure;
}

JobContext Program::context() const {
    JobContext context;
    context.stop = m_signals.token();
    if (json) {
        context.report = [this](const Progress& progress) { printEvent(progressEvent(progress)); };
    } else if (!quiet && ::isatty(STDERR_FILENO) != 0) {
        context.report = printProgressLine;
    }
    return context;
}

Library Program::openLibrary(Library::Access access) const {
    return Library(LibraryPaths::resolve(libraryFolder), access);
}

std::optional<Library> Program::findLibrary() const {
    try {
        return openLibrary(Library::Access::ReadOnly);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::NotFound) throw;
        return std::nullopt;
    }
}

EmbeddingSet Program::embeddingSet(Library& library) const {
    const std::optional<EmbeddingSet> preferred = library.defaultEmbeddingSet();
    if (!preferred) throw Error(ErrorCode::NotFound, "The library is empty; add images with: grappa-cli import FOLDER");
    if (backbone.empty() && inputSize == 0) return *preferred;
    const BackboneCard card = BackboneRegistry(BackboneRegistry::defaultFolders()).find(backbone);
    const int size = inputSize == 0 ? 0 : roundToPatch(inputSize, card.patch);
    for (const EmbeddingSet& set : library.embeddingSets())
        if (set.key.isRawBase() && set.key.modelHash == card.hash.hex() && (size == 0 || set.key.inputSize == size))
            return set;
    throw Error(ErrorCode::NotFound, "The library holds no vectors of " + card.name +
                                         (size == 0 ? "" : " at " + std::to_string(size) + " px") +
                                         "; import the folders again with the same options.");
}

EmbeddingSet Program::embeddingSet(Library& library, const std::string& adaptation) const {
    const EmbeddingSet preferred = embeddingSet(library);
    if (adaptation.empty()) return preferred;
    if (adaptation == "base") {
        if (preferred.key.isRawBase()) return preferred;
        if (auto set = baseSetLike(library, preferred)) return *set;
        throw Error(ErrorCode::NotFound,
                    "The library holds no vectors of the backbone alone; import the folders again.");
    }
    const auto row = library.findAdaptation(adaptation);
    if (!row) throw Error(ErrorCode::NotFound, "There is no adaptation \"" + adaptation + "\".");
    std::optional<EmbeddingSet> found;
    for (EmbeddingSet& set : library.embeddingSets())
        if (set.key.adaptation == row->checksum && set.key.smoothing == "raw" &&
            (!found || found->key.fusion != "neighbours"))
            found = std::move(set);
    if (found) return *found;
    throw Error(ErrorCode::NotFound, "The library holds no vectors of the adaptation \"" + adaptation + "\" yet.");
}

BackboneCard Program::backboneOf(const EmbeddingSet& set) const {
    if (auto card = BackboneRegistry(BackboneRegistry::defaultFolders()).findByHash(set.key.modelHash)) return *card;
    throw Error(ErrorCode::ModelMissing, "The backbone that made these vectors (hash " + set.key.modelHash +
                                             ") is not on this machine; add its file with: grappa-cli models add FILE");
}

Embedder Program::embedderFor(Library& library, const EmbeddingSet& set) const {
    const EmbedderOptions options{device, set.key.inputSize, threads, set.key.descriptor == withPatches};
    if (set.key.adaptation.empty()) return {backboneOf(set), options};
    for (const AdaptationRow& row : library.adaptations()) {
        if (row.checksum != set.key.adaptation) continue;
        Embedder embedder(backboneOf(set), options, library.paths().adaptations() / row.file);
        if (embedder.adaptation()->mainVariant == set.key.fusion) return embedder;
        throw Error(ErrorCode::Usage, "The vectors of this set are those of \"" + set.key.fusion +
                                          "\", which is not the main variant of \"" + row.name +
                                          "\": search with an image of the library (--id).");
    }
    throw Error(ErrorCode::ModelMissing, "The adaptation that made these vectors is not in the library any more.");
}

Embedder Program::embedder(Library* library) const {
    const BackboneCard card = BackboneRegistry(BackboneRegistry::defaultFolders()).find(backbone);
    return {card, {device, sizeFor(card, library), threads}};
}

Embedder Program::importEmbedder(Library& library, bool renew) const {
    const BackboneCard card = BackboneRegistry(BackboneRegistry::defaultFolders()).find(backbone);
    const int size = sizeFor(card, &library);
    bool patches = std::filesystem::exists(card.priorFile());
    // New images belong into the set that the library's other images are in.
    if (const auto preferred = library.defaultEmbeddingSet(); preferred && !renew)
        if (const auto known = baseSetLike(library, *preferred);
            known && known->key.modelHash == card.hash.hex() &&
            (size == 0 || known->key.inputSize == roundToPatch(size, card.patch)))
            patches = known->key.descriptor == withPatches;
    return {card, {device, size, threads, patches}};
}

int Program::sizeFor(const BackboneCard& card, Library* library) const {
    if (inputSize != 0 || library == nullptr) return inputSize;
    const auto preferred = library->defaultEmbeddingSet();
    return preferred && preferred->key.modelHash == card.hash.hex() ? preferred->key.inputSize : 0;
}

std::optional<std::filesystem::path> Program::findAdaptation(Library* library, const std::string& nameOrFile) const {
    if (nameOrFile == "base") return std::nullopt;
    if (!nameOrFile.empty()) {
        if (const auto row = library ? library->findAdaptation(nameOrFile) : std::nullopt)
            return library->paths().adaptations() / row->file;
        std::error_code error;
        if (std::filesystem::is_regular_file(nameOrFile, error)) return nameOrFile;
        throw Error(ErrorCode::NotFound, "There is no adaptation \"" + nameOrFile + "\".");
    }
    if (!library) return std::nullopt;
    const std::string wanted =
        backbone.empty() ? "" : BackboneRegistry(BackboneRegistry::defaultFolders()).find(backbone).hash.hex();
    for (const AdaptationRow& row : library->adaptations())
        if (wanted.empty() || row.modelHash == wanted) return library->paths().adaptations() / row.file;
    return std::nullopt;
}

Embedder Program::adaptedEmbedder(const std::filesystem::path& adaptation) const {
    const BackboneRegistry registry(BackboneRegistry::defaultFolders());
    if (!backbone.empty()) return {registry.find(backbone), {device, inputSize, threads}, adaptation};
    const SafetensorsFile file(adaptation);
    const std::string made = readAdaptationHeader(file).backboneHash;
    const auto card = registry.findByHash(made);
    if (!card)
        throw Error(ErrorCode::ModelMissing,
                    displayPath(adaptation) + " was made on another backbone (hash " + made +
                        ") than those on this machine; add that one's file first with: grappa-cli models add FILE");
    return {*card, {device, inputSize, threads}, adaptation};
}

void Program::printJson(const Json& object) {
    Json whole{{"schema", 1}};
    whole.update(object);
    std::cout << dump(whole) << std::endl;
}

void Program::printEvent(const Json& event) const {
    if (json) std::cerr << dump(event) + "\n" << std::flush;
}

void Program::printError(ErrorCode code, const std::string& detail) const {
    if (json)
        printJson({{"error", {{"code", errorName(code)}, {"detail", detail}}}});
    else
        std::cerr << "grappa-cli: " << detail << std::endl;
}

void setPath(Json& object, const std::filesystem::path& path) {
    const std::string shown = displayPath(path);
    object["path"] = shown;
    if (shown != path.native()) object["path_b64"] = toBase64(std::as_bytes(std::span(path.native())));
}

std::vector<std::filesystem::path> readPaths(bool nulSeparated) {
    std::vector<std::filesystem::path> paths;
    std::string path;
    while (std::getline(std::cin, path, nulSeparated ? '\0' : '\n'))
        if (!path.empty()) paths.emplace_back(path);
    return paths;
}

Region parseRegion(const std::string& text) {
    Region region;
    char rest = 0;
    const int read =
        std::sscanf(text.c_str(), "%d,%d,%d,%d%c", &region.x, &region.y, &region.width, &region.height, &rest);
    if (read != 4 || region.x < 0 || region.y < 0 || region.width <= 0 || region.height <= 0)
        throw Error(ErrorCode::Usage, "\"" + text + "\" is not a region; write x,y,width,height in pixels.");
    return region;
}

std::string formatDuration(double seconds) {
    const auto whole = static_cast<std::int64_t>(std::ceil(seconds));
    if (whole < 60) return std::to_string(whole) + " s";
    const std::int64_t minutes = (whole + 30) / 60;
    if (minutes < 60) return std::to_string(minutes) + " min";
    return std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
}

} // namespace grappa
