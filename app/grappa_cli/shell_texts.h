#pragma once

#include <CLI/App.hpp>

#include <string>

namespace grappa {

// What is installed beside the program, made from its own options: the words of --help are written once.

std::string manPage(CLI::App& app); ///< section 1, for man(1)
std::string bashCompletion(CLI::App& app);
std::string zshCompletion(CLI::App& app);
std::string fishCompletion(CLI::App& app);

} // namespace grappa
