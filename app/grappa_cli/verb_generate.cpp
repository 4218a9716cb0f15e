#include "app/grappa_cli/program.h"
#include "app/grappa_cli/shell_texts.h"
#include "app/grappa_cli/verbs.h"

#include <iostream>
#include <map>
#include <memory>

namespace grappa {

void addGenerate(CLI::App& app, Program& program) {
    static const std::map<std::string, std::string (*)(CLI::App&)> makers{
        {"man", manPage}, {"bash", bashCompletion}, {"zsh", zshCompletion}, {"fish", fishCompletion}};
    auto kind = std::make_shared<std::string>();
    CLI::App* verb = app.add_subcommand("generate", "Print the manual page, or the completion of a shell");
    verb->group(""); // for packages; not in --help
    verb->add_option("kind", *kind, "man, bash, zsh or fish")->required()->check(CLI::IsMember(makers));
    verb->callback([&app, &program, kind] {
        program.verb = [&app, kind] {
            std::cout << makers.at(*kind)(app);
            return exitOk;
        };
    });
}

} // namespace grappa
