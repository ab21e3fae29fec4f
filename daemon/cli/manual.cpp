// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

#include "cli/outline.hpp"

namespace krepro::cli {

namespace {

// Text for roff: no line is a request, no character an escape.
std::string roff(std::string_view text) {
    std::string safe;
    bool line_begins = true;
    for (const char c : text) {
        if (line_begins && (c == '.' || c == '\'')) safe += "\\&";
        line_begins = c == '\n';
        if (c == '\\')
            safe += "\\e";
        else if (c == '-')
            safe += "\\-";
        else
            safe += c;
    }
    return safe;
}

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

std::string value_of(const OptionOutline& option) {
    if (!option.takes_value) return "";
    if (option.choices.empty())
        return " " + upper(option.names.back().substr(std::min(
                         option.names.back().find_first_not_of('-'), option.names.back().size())));
    return fmt::format(" {}", fmt::join(option.choices, "|"));
}

std::string option_entry(const OptionOutline& option) {
    std::string text =
        ".TP\n\\fB" + roff(fmt::format("{}", fmt::join(option.names, ", "))) + "\\fR";
    if (!option.positional) text += roff(value_of(option));
    text += "\n" + roff(option.description);
    if (!option.default_value.empty())
        text += roff(fmt::format(" (default: {})", option.default_value));
    if (!option.environment.empty()) text += roff(fmt::format(" (or by ${})", option.environment));
    return text + "\n";
}

std::string synopsis(const CommandOutline& command, const std::string& words) {
    std::string line = "\\fB" + roff(words) + "\\fR";
    if (!command.commands.empty()) line += " COMMAND";
    for (const auto& option : command.options)
        if (option.positional)
            line += (option.required ? " " : " [") + roff(upper(option.names.front())) +
                    (option.required ? "" : "]");
    return line + " [OPTION]...\n";
}

}  // namespace

std::string manual_page(const CommandOutline& command, const CommandOutline* parent,
                        const std::string& version) {
    const auto name = parent == nullptr ? command.name : parent->name + "-" + command.name;
    const auto words = parent == nullptr ? command.name : parent->name + " " + command.name;
    std::string text =
        fmt::format(".TH {} 1 \"\" \"{}\" \"krepro\"\n", upper(roff(name)), roff(version));
    text += ".SH NAME\n" + roff(name) + " \\- " + roff(command.description) + "\n";
    text += ".SH SYNOPSIS\n" + synopsis(command, words);
    if (!command.commands.empty()) text += ".SH COMMANDS\n";
    for (const auto& sub : command.commands)
        text += ".TP\n\\fB" + roff(sub.name) + "\\fR\n" + roff(sub.description) + "; see \\fB" +
                roff(command.name + "-" + sub.name) + "\\fR(1)\n";
    text += ".SH OPTIONS\n";
    for (const auto& option : command.options) text += option_entry(option);
    constexpr std::string_view k_examples = "Examples:\n";
    std::string_view footer = command.footer;
    const bool examples = footer.starts_with(k_examples);
    if (examples) footer.remove_prefix(k_examples.size());
    if (!footer.empty())
        text += std::string(examples ? ".SH EXAMPLES" : ".SH NOTES") + "\n.nf\n" + roff(footer) +
                "\n.fi\n";
    if (parent != nullptr) text += ".SH SEE ALSO\n\\fB" + roff(parent->name) + "\\fR(1)\n";
    return text;
}

}  // namespace krepro::cli
