// SPDX-License-Identifier: Apache-2.0
#include "cli/outline.hpp"

#include <algorithm>

namespace krepro::cli {

namespace {

// CLI11 keeps a validator's choices only in its text: "TEXT:{a,b}".
std::vector<std::string> choices_in(const std::string& type) {
    const auto open = type.find('{'), close = type.rfind('}');
    if (open == std::string::npos || close == std::string::npos || close < open) return {};
    std::vector<std::string> choices;
    for (auto at = open + 1; at < close;) {
        const auto end = std::min(type.find(',', at), close);
        choices.push_back(type.substr(at, end - at));
        at = end + 1;
    }
    return choices;
}

OptionOutline outline_of(const CLI::Option& option) {
    OptionOutline outline;
    for (const auto& name : option.get_snames()) outline.names.push_back("-" + name);
    for (const auto& name : option.get_lnames()) outline.names.push_back("--" + name);
    outline.positional = outline.names.empty();
    if (outline.positional) outline.names.push_back(option.get_name(true));
    outline.required = option.get_required();
    outline.takes_value = option.get_items_expected_max() > 0;
    if (outline.takes_value) outline.choices = choices_in(option.get_type_name());
    outline.default_value = option.get_default_str();
    outline.environment = option.get_envname();
    outline.description = option.get_description();
    return outline;
}

}  // namespace

CommandOutline outline_of(const CLI::App& app) {
    CommandOutline outline{app.get_name(), app.get_description(), app.get_footer(), {}, {}};
    for (const auto* option : app.get_options()) outline.options.push_back(outline_of(*option));
    for (const auto* command : app.get_subcommands(nullptr))
        if (!command->get_group().empty()) outline.commands.push_back(outline_of(*command));
    return outline;
}

}  // namespace krepro::cli
