#include "app/grappa_cli/program.h"
#include "app/grappa_cli/verbs.h"

#include "core/search/index_job.h"

#include <iostream>
#include <memory>

namespace grappa {

void addVerify(CLI::App& app, Program& program) {
    auto quick = std::make_shared<bool>(false);
    CLI::App* verb = app.add_subcommand("verify", "Check everything that is stored; changes nothing");
    verb->add_flag("--quick", *quick, "Leave out the checksums of large files");
    verb->callback([&program, quick] {
        program.verb = [&program, quick] {
            Library library = program.openLibrary(Library::Access::ReadOnly);
            std::vector<std::string> problems = library.verify(!*quick);
            if (!*quick)
                for (std::string& problem : verifyVectors(library))
                    problems.push_back(std::move(problem));
            if (program.json) {
                Program::printJson({{"clean", problems.empty()}, {"problems", problems}});
            } else {
                for (const std::string& problem : problems)
                    std::cout << problem << "\n";
                std::cout << (problems.empty() ? "The library is clean."
                                               : std::to_string(problems.size()) + " problems found.")
                          << "\n";
            }
            return problems.empty() ? exitOk : exitFailure;
        };
    });
}

} // namespace grappa
