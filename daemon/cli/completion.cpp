// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/outline.hpp"

namespace krepro::cli {

namespace {

// In single quotes, whatever it holds; the same in sh and fish but for the quote itself.
std::string quoted(std::string_view text, std::string_view quote) {
    std::string word = "'";
    for (const char c : text) {
        if (c == '\'')
            word += quote;
        else
            word += c;
    }
    return word + "'";
}
std::string sh_word(std::string_view text) {
    return quoted(text, "'\\''");
}

std::string option_words(const CommandOutline& command) {
    std::string words;
    for (const auto& option : command.options)
        if (!option.positional)
            words += (words.empty() ? "" : " ") + fmt::format("{}", fmt::join(option.names, " "));
    return words;
}

std::string command_words(const CommandOutline& program) {
    std::string words;
    for (const auto& command : program.commands) words += (words.empty() ? "" : " ") + command.name;
    return words;
}

// The values that can follow an option, or a positional: the lines of a shell's case.
std::string bash_values(const CommandOutline& command) {
    std::string lines;
    for (const auto& option : command.options) {
        if (option.positional || !option.takes_value) continue;
        lines += fmt::format("        {}:{}) ", command.name,
                             fmt::join(option.names, fmt::format("|{}:", command.name)));
        lines += option.choices.empty()
                     ? std::string("COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n")
                     : fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$word\")); return ;;\n",
                                   fmt::join(option.choices, " "));
    }
    return lines;
}

std::string positional_choices(const CommandOutline& command) {
    for (const auto& option : command.options)
        if (option.positional && !option.choices.empty())
            return fmt::format(" {}", fmt::join(option.choices, " "));
    return "";
}

// "_arguments" reads brackets and colons itself.
std::string zsh_text(std::string_view text) {
    std::string plain;
    for (const char c : text) {
        if (c == '[' || c == ']' || c == ':' || c == '\\') plain += '\\';
        plain += c;
    }
    return plain;
}

std::string zsh_value(const OptionOutline& option) {
    if (!option.takes_value) return "";
    const auto name = option.names.back().substr(option.names.back().find_first_not_of('-'));
    return option.choices.empty() ? fmt::format(":{}:_files", name)
                                  : fmt::format(":{}:({})", name, fmt::join(option.choices, " "));
}

std::string zsh_option(const OptionOutline& option) {
    if (option.positional)
        return "            " + sh_word((option.takes_value ? "*" : "") + zsh_value(option)) +
               " \\\n";
    std::string lines;
    for (const auto& name : option.names)
        lines += "            " +
                 sh_word(fmt::format("{}[{}]{}", name, zsh_text(option.description),
                                     zsh_value(option))) +
                 " \\\n";
    return lines;
}

}  // namespace

std::string bash_completion(const CommandOutline& program) {
    std::string text =
        "# bash completion of krepro; made by: krepro completion bash\n_krepro() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}"
        " command=${COMP_WORDS[1]}\n    COMPREPLY=()\n    if [ \"$COMP_CWORD\" -eq 1 ]; then\n";
    text += fmt::format(
        "        COMPREPLY=($(compgen -W '{} {}' -- \"$word\"))\n        return\n"
        "    fi\n    case $command:$before in\n",
        command_words(program), option_words(program));
    for (const auto& command : program.commands) text += bash_values(command);
    text += "    esac\n    case $command in\n";
    for (const auto& command : program.commands)
        text += fmt::format("        {}) COMPREPLY=($(compgen -W '{}{}' -- \"$word\")) ;;\n",
                            command.name, option_words(command), positional_choices(command));
    text +=
        "    esac\n    [ \"${word#-}\" != \"$word\" ] || [ ${#COMPREPLY[@]} -gt 0 -a -n \"$word\" ]"
        " ||\n        COMPREPLY+=($(compgen -f -- \"$word\"))\n}\n"
        "complete -o filenames -F _krepro krepro\n";
    return text;
}

std::string zsh_completion(const CommandOutline& program) {
    std::string text =
        "#compdef krepro\n# zsh completion of krepro; made by: krepro completion zsh\n"
        "_krepro() {\n    local -a commands\n    commands=(\n";
    for (const auto& command : program.commands)
        text += "        " + sh_word(command.name + ":" + zsh_text(command.description)) + "\n";
    text +=
        "    )\n    if (( CURRENT == 2 )); then\n        _describe command commands\n"
        "        return\n    fi\n    local name=$words[2]\n    shift words\n    (( CURRENT-- ))\n"
        "    case $name in\n";
    for (const auto& command : program.commands) {
        text += fmt::format("        {})\n            _arguments \\\n", command.name);
        for (const auto& option : command.options) text += zsh_option(option);
        text += "            && return ;;\n";
    }
    return text + "    esac\n}\n_krepro \"$@\"\n";
}

std::string fish_completion(const CommandOutline& program) {
    const auto word = [](std::string_view text) { return quoted(text, "\\'"); };
    std::string text = "# fish completion of krepro; made by: krepro completion fish\n";
    for (const auto& command : program.commands)
        text += fmt::format("complete -c krepro -f -n __fish_use_subcommand -a {} -d {}\n",
                            command.name, word(command.description));
    for (const auto& command : program.commands) {
        for (const auto& option : command.options) {
            text +=
                fmt::format("complete -c krepro -n '__fish_seen_subcommand_from {}'", command.name);
            for (const auto& name : option.names) {
                if (option.positional) break;
                text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
            }
            if (!option.positional && option.takes_value) text += " -r";
            if (!option.choices.empty())
                text += " -f -a " + word(fmt::format("{}", fmt::join(option.choices, " ")));
            text += " -d " + word(option.description) + "\n";
        }
    }
    return text;
}

}  // namespace krepro::cli
