// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace krepro::cli {

// The command line as data: what completions and manual pages are made of.
struct OptionOutline {
    std::vector<std::string> names;  // "-f", "--follow"; of a positional its name
    bool positional = false;
    bool required = false;
    bool takes_value = false;
    std::vector<std::string> choices;  // of the value; empty: any
    std::string default_value;
    std::string environment;  // the variable that gives it as well
    std::string description;
};

struct CommandOutline {
    std::string name;
    std::string description;
    std::string footer;  // examples
    std::vector<OptionOutline> options;
    std::vector<CommandOutline> commands;  // without those that no help text shows
};

[[nodiscard]] CommandOutline outline_of(const CLI::App& app);

// Scripts for the shells' completion.
[[nodiscard]] std::string bash_completion(const CommandOutline& program);
[[nodiscard]] std::string zsh_completion(const CommandOutline& program);
[[nodiscard]] std::string fish_completion(const CommandOutline& program);

// A manual page in section 1. `parent`: the program when `command` is one of its subcommands, for
// the name "krepro-show"; null for the program itself.
[[nodiscard]] std::string manual_page(const CommandOutline& command, const CommandOutline* parent,
                                      const std::string& version);

}  // namespace krepro::cli
