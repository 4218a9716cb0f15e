#pragma once

#include "app/grappa_cli/stop_on_signal.h"
#include "core/base/job.h"
#include "core/image/decode_pool.h"
#include "core/library/library.h"
#include "core/model/embedder.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace grappa {

using Json = nlohmann::ordered_json;

/// Exit codes, as `--help` lists them.
enum ExitCode {
    exitOk = 0,
    exitFailure = 1,
    exitUsage = 2,
    exitNothingFound = 3,
    exitSomeUnreadable = 4,
    exitModel = 5,
    exitDevice = 6,
    exitInterrupted = 130,
};

/// The options that all verbs share, and what verbs need to do their work.
class Program {
public:
    // Options, filled by the command line
    std::optional<std::filesystem::path> libraryFolder;
    std::string backbone;
    int inputSize = 0;
    std::string device = "auto";
    int threads = 0;
    bool json = false;
    bool quiet = false;
    bool watchStandardInput = false;

    /// Set by the verb that was chosen.
    std::function<int()> verb;

    /// Runs the verb and translates errors to exit codes and sentences.
    int run();

    /// The stop token and the progress on standard error: JSON lines, or one line that is overwritten on a terminal.
    JobContext context() const;
    const StopOnSignal& signals() const { return m_signals; }

    Library openLibrary(Library::Access access) const;
    /// The library if there is one.
    std::optional<Library> findLibrary() const;

    /// The set that a search uses: the one that --backbone and --input-size name, else the library's default one.
    /// Throws NotFound when it does not exist.
    EmbeddingSet embeddingSet(Library& library) const;
    /// The raw set of an adaptation by name; "base" = that of the backbone alone; empty = as above.
    EmbeddingSet embeddingSet(Library& library, const std::string& adaptation) const;
    /// The backbone that made a set. Throws ModelMissing.
    BackboneCard backboneOf(const EmbeddingSet& set) const;
    /// An embedder for the set, under its adaptation where it has one, so that queries from outside match its vectors
    /// (those of a set that derives from base vectors: after core/jobs/whitened_base.h).
    Embedder embedderFor(Library& library, const EmbeddingSet& set) const;
    /// An embedder by the options; where --input-size is not given, the size of the library's default set is taken so
    /// that one library is not embedded at two sizes by accident.
    Embedder embedder(Library* library) const;
    /// The same for images that come into the library: described with patches where the backbone has a prior, but as
    /// the library's other images are where there are some, unless all of them are to be renewed.
    Embedder importEmbedder(Library& library, bool renew = false) const;
    /// The file of an adaptation: of the name, or itself that file; empty = the library's newest (of --backbone, where
    /// that is given), if there is one. Nothing for "base". Throws NotFound.
    std::optional<std::filesystem::path> findAdaptation(Library* library, const std::string& nameOrFile) const;
    /// An embedder under that adaptation, with the backbone that it was made for unless --backbone names one.
    Embedder adaptedEmbedder(const std::filesystem::path& adaptation) const;

    /// One JSON object on standard output; "schema" is put first.
    static void printJson(const Json& object);
    /// One JSON line on standard error, when --json is on.
    void printEvent(const Json& event) const;

private:
    /// The input size by the options, else that of the library's default set; 0 = the embedder's own.
    int sizeFor(const BackboneCard& card, Library* library) const;
    void printError(ErrorCode code, const std::string& detail) const;

    StopOnSignal m_signals;
};

/// A path for JSON: text, and "path_b64" beside it where its bytes are not UTF-8.
void setPath(Json& object, const std::filesystem::path& path);

/// Paths from standard input: separated by NUL, or by line ends.
std::vector<std::filesystem::path> readPaths(bool nulSeparated);

/// "x,y,w,h" in pixels. Throws Usage.
Region parseRegion(const std::string& text);

/// "1 h 5 min", "40 s".
std::string formatDuration(double seconds);

} // namespace grappa
