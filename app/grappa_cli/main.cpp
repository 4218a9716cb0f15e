#include "app/grappa_cli/program.h"
#include "app/grappa_cli/verbs.h"

#include "core/image/image_decoder.h"
#include "core/library/library.h"
#include "core/search/vector_index.h"

#include <CLI/CLI.hpp>

#include <climits>
#include <cstddef>
#include <iostream>
#include <string_view>
#include <unistd.h>

namespace {

std::string versionText() {
    return "grappa-cli " GRAPPA_VERSION "\n" + grappa::torchVersion() + "\n" + grappa::imageLibraryVersions() + "\n" +
           grappa::databaseVersion() + "\n" + grappa::indexLibraryVersion() + "\ndevice " + grappa::defaultDevice();
}

constexpr auto footer =
    "Exit codes: 0 ok, 1 failure, 2 usage, 3 nothing found (with --fail-empty), 4 some files unreadable,\n"
    "5 model missing or wrong, 6 device not available, 130 interrupted (start again to go on).";

/// By default the OpenMP threads of LibTorch spin while they wait: beside other programs that made an import and the
/// training several times slower, and idle cores do not feel the difference. The policy is read by a constructor of the
/// OpenMP library, so the program has to be started anew to choose it. This runs before all constructors, as those of
/// LibTorch are most of the time that a start takes: nothing is read or set up yet, and files, signals and arguments
/// are those of the caller. Goes on as it is where that is not possible, and where the caller has chosen a policy. Left
/// out under a sanitizer, whose own constructor has to come first.
[[maybe_unused]] void restartWithPassiveThreads(int, char** argv, char** environment) {
    constexpr std::string_view name = "OMP_WAIT_POLICY=";
    static char passive[] = "OMP_WAIT_POLICY=PASSIVE";
    // The C library does not know its environment yet: it is searched and copied by hand, and malloc is left alone.
    constexpr std::size_t most = 4096;
    static char* changed[most + 2];
    std::size_t count = 0;
    for (; environment[count] != nullptr; ++count) {
        if (count == most || std::string_view(environment[count]).starts_with(name)) return;
        changed[count] = environment[count];
    }
    changed[count] = passive;
    // By its own path, so that lists of processes do not name it "exe".
    static char path[PATH_MAX + 1];
    if (readlink("/proc/self/exe", path, PATH_MAX) > 0) execve(path, argv, changed);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
[[gnu::section(".preinit_array"), gnu::used]] void (*const beforeConstructors)(int, char**, char**) =
    restartWithPassiveThreads;
#endif

} // namespace

int main(int argc, char** argv) {
    grappa::Program program;
    CLI::App app("Visual search in folders of images: by image, on this machine, without labels.", "grappa-cli");
    app.footer(footer);
    app.fallthrough();
    app.require_subcommand(1);
    app.set_version_flag("--version", versionText);

    app.add_option("--library", program.libraryFolder,
                   "Folder of the library (default: GRAPPA_LIBRARY, else your data folder)");
    app.add_option("--backbone", program.backbone, "Name of the backbone, see `models list`");
    app.add_option("--input-size", program.inputSize,
                   "Side of the model's input in pixels: 112 fast, 168 balanced (default on a CPU), 224 best (default "
                   "on a GPU)")
        ->check(CLI::Range(16, 2048));
    app.add_option("--device", program.device, "auto, cpu, cuda or cuda:N")->capture_default_str();
    app.add_option("--threads", program.threads, "Threads of the model (default: all cores)")
        ->check(CLI::Range(1, 1024));
    app.add_flag("--json", program.json,
                 "One JSON object on standard output, progress as JSON lines on standard error");
    app.add_flag("-q,--quiet", program.quiet, "No progress");
    app.add_flag("--watch-stdin", program.watchStandardInput, "Stop when standard input ends");

    grappa::addImport(app, program);
    grappa::addAdapt(app, program);
    grappa::addCollections(app, program);
    grappa::addSearch(app, program);
    grappa::addLevels(app, program);
    grappa::addInfo(app, program);
    grappa::addEmbed(app, program);
    grappa::addEval(app, program);
    grappa::addExplain(app, program);
    grappa::addExport(app, program);
    grappa::addContactSheet(app, program);
    grappa::addModels(app, program);
    grappa::addVerify(app, program);
    grappa::addServe(app, program);
    grappa::addGenerate(app, program);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int code = app.exit(error);
        return code == 0 ? grappa::exitOk : grappa::exitUsage;
    }
    return program.run();
}
