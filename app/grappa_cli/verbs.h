#pragma once

#include <CLI/App.hpp>

namespace grappa {

class Program;

// Each adds its verb with its options to the command line; the verb runs when it was chosen.
void addAdapt(CLI::App& app, Program& program);
void addCollections(CLI::App& app, Program& program);
void addContactSheet(CLI::App& app, Program& program);
void addEmbed(CLI::App& app, Program& program);
void addEval(CLI::App& app, Program& program);
void addExplain(CLI::App& app, Program& program);
void addExport(CLI::App& app, Program& program);
void addGenerate(CLI::App& app, Program& program);
void addImport(CLI::App& app, Program& program);
void addInfo(CLI::App& app, Program& program);
void addLevels(CLI::App& app, Program& program);
void addModels(CLI::App& app, Program& program);
void addSearch(CLI::App& app, Program& program);
void addServe(CLI::App& app, Program& program);
void addVerify(CLI::App& app, Program& program);

} // namespace grappa
