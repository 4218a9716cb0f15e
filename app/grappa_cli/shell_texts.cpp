#include "app/grappa_cli/shell_texts.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <sstream>
#include <string_view>
#include <vector>

namespace grappa {

namespace {

/// `text` with each of `characters` replaced by `before` and itself.
std::string escaped(std::string_view text, std::string_view characters, std::string_view before = "\\") {
    std::string result;
    for (const char character : text) {
        if (characters.find(character) != std::string_view::npos) result += before;
        result += character;
    }
    return result;
}

/// In single quotes for bash and zsh.
std::string shellQuoted(std::string_view text) {
    std::string result = "'";
    for (const char character : text)
        result += character == '\'' ? std::string("'\\''") : std::string(1, character);
    return result + "'";
}

/// In single quotes for fish, where a backslash escapes within them.
std::string fishQuoted(std::string_view text) {
    return "'" + escaped(text, "\\'") + "'";
}

std::vector<CLI::App*> verbsOf(CLI::App& app) {
    auto verbs = app.get_subcommands([](const CLI::App* verb) { return !verb->get_group().empty(); });
    return verbs;
}

/// Those with a name on the command line that starts with a dash.
std::vector<CLI::Option*> optionsOf(CLI::App& app) {
    return app.get_options(
        [](const CLI::Option* option) { return option->nonpositional() && !option->get_group().empty(); });
}

std::vector<CLI::Option*> positionalsOf(CLI::App& app) {
    return app.get_options([](const CLI::Option* option) { return option->get_positional(); });
}

bool takesValue(const CLI::Option& option) {
    return option.get_items_expected_max() > 0;
}

/// "-q", "--quiet".
std::vector<std::string> namesOf(const CLI::Option& option) {
    std::vector<std::string> names;
    for (const std::string& name : option.get_snames())
        names.push_back("-" + name);
    for (const std::string& name : option.get_lnames())
        names.push_back("--" + name);
    return names;
}

/// The values of an option of which one has to be chosen, else none. CLI11 tells them in the name of the type alone:
/// "TEXT:{dino,bicubic}".
std::vector<std::string> choicesOf(const CLI::Option& option) {
    const std::string type = option.get_type_name();
    const auto begin = type.find('{'), end = type.rfind('}');
    std::vector<std::string> choices;
    if (begin == std::string::npos || end == std::string::npos) return choices;
    std::istringstream list(type.substr(begin + 1, end - begin - 1));
    for (std::string choice; std::getline(list, choice, ',');)
        choices.push_back(choice.substr(0, choice.find("->")));
    return choices;
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
    std::string line;
    for (const std::string& word : words)
        line += (line.empty() ? "" : std::string(between)) + word;
    return line;
}

/// The options of the verb and those of the program, which may follow it.
std::vector<CLI::Option*> allOptions(CLI::App& app, CLI::App& verb) {
    std::vector<CLI::Option*> options = optionsOf(verb);
    for (CLI::Option* option : optionsOf(app))
        if (std::none_of(options.begin(), options.end(),
                         [&](const CLI::Option* own) { return own->get_name() == option->get_name(); }))
            options.push_back(option);
    return options;
}

// ---- man ----

std::string roff(std::string_view text) {
    std::string result;
    for (const char character : text) {
        if (character == '\\')
            result += "\\e";
        else if (character == '-')
            result += "\\-";
        else
            result += character;
    }
    return result.starts_with('.') || result.starts_with('\'') ? "\\&" + result : result;
}

void writeOptions(std::ostream& page, CLI::App& app) {
    for (const CLI::Option* option : positionalsOf(app))
        page << ".TP\n.I " << roff(option->get_name(true)) << "\n" << roff(option->get_description()) << "\n";
    for (const CLI::Option* option : optionsOf(app)) {
        std::vector<std::string> names;
        for (const std::string& name : namesOf(*option))
            names.push_back("\\fB" + roff(name) + "\\fR");
        page << ".TP\n" << joined(names, ", ");
        const std::string type = option->get_type_name();
        if (takesValue(*option)) page << " \\fI" << roff(type.substr(0, type.find(':'))) << "\\fR";
        page << "\n" << roff(option->get_description());
        if (const auto choices = choicesOf(*option); !choices.empty())
            page << " (" << roff(joined(choices, ", ")) << ")";
        page << "\n";
    }
}

void writeVerb(std::ostream& page, CLI::App& verb, const std::string& name) {
    page << ".SS " << roff(name) << "\n" << roff(verb.get_description()) << ".\n";
    writeOptions(page, verb);
    for (CLI::App* part : verbsOf(verb))
        writeVerb(page, *part, name + " " + part->get_name());
}

} // namespace

std::string manPage(CLI::App& app) {
    std::ostringstream page;
    page << ".TH GRAPPA\\-CLI 1 \"\" \"Grappa " GRAPPA_VERSION "\" \"User Commands\"\n"
         << ".SH NAME\ngrappa\\-cli \\- visual search in folders of images\n"
         << ".SH SYNOPSIS\n.B grappa\\-cli\n[\\fIOPTIONS\\fR] \\fIVERB\\fR [\\fIOPTIONS OF THE VERB\\fR]\n"
         << ".SH DESCRIPTION\n"
         << roff(app.get_description()) << "\n"
         << ".SH OPTIONS\nThey may stand before the verb or after it.\n";
    writeOptions(page, app);
    page << ".SH VERBS\n";
    for (CLI::App* verb : verbsOf(app))
        writeVerb(page, *verb, verb->get_name());
    page << ".SH EXIT STATUS\n"
         << roff(app.get_footer()) << "\n"
         << ".SH SEE ALSO\n.BR grappa (1)\n";
    return page.str();
}

std::string bashCompletion(CLI::App& app) {
    std::vector<std::string> verbs;
    for (const CLI::App* verb : verbsOf(app))
        verbs.push_back(verb->get_name());
    std::ostringstream script;
    script << "# bash completion for grappa-cli\n"
              "_grappa_cli() {\n"
              "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} verb= word words= "
              "values=\n"
              "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
              "        case $word in\n            "
           << joined(verbs, " | ")
           << ")\n                verb=$word\n                break\n                ;;\n        esac\n    done\n"
              "    case $verb in\n";
    const auto words = [&](CLI::App& of, const std::vector<CLI::Option*>& options) {
        std::vector<std::string> all;
        for (const CLI::App* part : verbsOf(of))
            all.push_back(part->get_name());
        const auto add = [&all](const std::vector<CLI::Option*>& from) {
            for (const CLI::Option* option : from)
                for (const std::string& name : namesOf(*option))
                    if (std::find(all.begin(), all.end(), name) == all.end()) all.push_back(name);
        };
        add(options);
        for (CLI::App* part : verbsOf(of))
            if (&of != &app) add(optionsOf(*part));
        return joined(all, " ");
    };
    script << "        '') words=" << shellQuoted(words(app, optionsOf(app))) << " ;;\n";
    for (CLI::App* verb : verbsOf(app))
        script << "        " << verb->get_name() << ") words=" << shellQuoted(words(*verb, allOptions(app, *verb)))
               << " ;;\n";
    script << "    esac\n    case $verb:$previous in\n";
    const auto values = [&](CLI::App& of, const std::string& verb) {
        for (const CLI::Option* option : optionsOf(of))
            if (const auto choices = choicesOf(*option); !choices.empty()) {
                std::vector<std::string> patterns;
                for (const std::string& name : namesOf(*option))
                    patterns.push_back(verb + ":" + name);
                script << "        " << joined(patterns, " | ") << ") values=" << shellQuoted(joined(choices, " "))
                       << " ;;\n";
            }
    };
    values(app, "*");
    for (CLI::App* verb : verbsOf(app)) {
        values(*verb, verb->get_name());
        for (CLI::App* part : verbsOf(*verb))
            values(*part, verb->get_name());
    }
    script << "        *) ;;\n    esac\n"
              "    # Without an answer here bash completes the names of files.\n"
              "    if [[ $values ]]; then\n"
              "        mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$current\")\n"
              "    else\n"
              "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
              "    fi\n"
              "}\n"
              "complete -o default -F _grappa_cli grappa-cli\n";
    return script.str();
}

std::string zshCompletion(CLI::App& app) {
    std::ostringstream script;
    script << "#compdef grappa-cli\n\n";
    const auto arguments = [&](const std::vector<CLI::Option*>& options, const std::string& indent) {
        for (const CLI::Option* option : options)
            for (const std::string& name : namesOf(*option)) {
                std::string specification = "*" + name + "[" + escaped(option->get_description(), "[]\\") + "]";
                if (takesValue(*option)) {
                    const auto choices = choicesOf(*option);
                    specification += choices.empty() ? ":value:_files" : ":value:(" + joined(choices, " ") + ")";
                }
                script << " \\\n" << indent << shellQuoted(specification);
            }
    };
    const auto described = [](const CLI::App& verb) {
        return shellQuoted(verb.get_name() + ":" + escaped(verb.get_description(), ":\\"));
    };
    script << "_grappa_cli() {\n    local state\n    local -a verbs=(\n";
    for (const CLI::App* verb : verbsOf(app))
        script << "        " << described(*verb) << "\n";
    script << "    )\n    _arguments -C";
    arguments(optionsOf(app), "        ");
    script << " \\\n        '1:verb:->verb' '*::argument:->arguments'\n"
              "    case $state in\n        verb) _describe verb verbs ;;\n        arguments)\n"
              "            case $words[1] in\n";
    for (CLI::App* verb : verbsOf(app)) {
        std::vector<CLI::Option*> options = allOptions(app, *verb);
        script << "                " << verb->get_name() << ")\n";
        std::vector<std::string> parts;
        for (CLI::App* part : verbsOf(*verb)) {
            parts.push_back(part->get_name());
            for (CLI::Option* option : optionsOf(*part))
                if (std::none_of(options.begin(), options.end(),
                                 [&](const CLI::Option* known) { return known->get_name() == option->get_name(); }))
                    options.push_back(option);
        }
        script << "                    _arguments";
        arguments(options, "                        ");
        if (!parts.empty())
            script << " \\\n                        " << shellQuoted("1:verb:(" + joined(parts, " ") + ")");
        script << " \\\n                        '*:file:_files'\n                    ;;\n";
    }
    script << "            esac\n            ;;\n    esac\n}\n\n_grappa_cli \"$@\"\n";
    return script.str();
}

std::string fishCompletion(CLI::App& app) {
    std::ostringstream script;
    script << "# fish completion for grappa-cli\n";
    const auto complete = [&](const std::string& condition, CLI::App& of) {
        for (const CLI::Option* option : optionsOf(of)) {
            script << "complete -c grappa-cli";
            if (!condition.empty()) script << " -n " << fishQuoted(condition);
            for (const std::string& name : option->get_snames())
                script << " -s " << name;
            for (const std::string& name : option->get_lnames())
                script << " -l " << name;
            if (takesValue(*option)) script << " -r";
            if (const auto choices = choicesOf(*option); !choices.empty())
                script << " -f -a " << fishQuoted(joined(choices, " "));
            script << " -d " << fishQuoted(option->get_description()) << "\n";
        }
    };
    const auto offer = [&](const std::string& condition, CLI::App& of) {
        for (const CLI::App* verb : verbsOf(of))
            script << "complete -c grappa-cli -f -n " << fishQuoted(condition) << " -a " << verb->get_name() << " -d "
                   << fishQuoted(verb->get_description()) << "\n";
    };
    complete("", app);
    offer("__fish_use_subcommand", app);
    for (CLI::App* verb : verbsOf(app)) {
        const std::string seen = "__fish_seen_subcommand_from " + verb->get_name();
        complete(seen, *verb);
        offer(seen, *verb);
        for (CLI::App* part : verbsOf(*verb))
            complete(seen + "; and __fish_seen_subcommand_from " + part->get_name(), *part);
    }
    return script.str();
}

} // namespace grappa
