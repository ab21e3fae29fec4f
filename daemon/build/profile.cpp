// SPDX-License-Identifier: Apache-2.0
#include "build/profile.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <map>

#include "util/files.hpp"
#include "util/hash.hpp"

namespace krepro::build {

namespace fs = std::filesystem;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

constexpr std::uintmax_t k_max_file = 1U << 20U;

Result<std::vector<std::string>> read_strings(const toml::table& table, const char* key,
                                              const fs::path& file) {
    const auto* array = table[key].as_array();
    std::vector<std::string> strings;
    if (array != nullptr)
        for (const auto& item : *array)
            if (const auto text = item.value<std::string>()) strings.push_back(*text);
    if (array == nullptr || strings.size() != array->size())
        return fail(ErrorKind::invalid_input, fmt::format("{} must be a list of strings", key),
                    file.string());
    return strings;
}

// "CONFIG_X=y" and "# CONFIG_X is not set" lines as X -> value ("n" when not set).
std::map<std::string, std::string, std::less<>> parse_config(std::string_view config) {
    std::map<std::string, std::string, std::less<>> options;
    while (!config.empty()) {
        const auto end = config.find('\n');
        const auto line = config.substr(0, end);
        config.remove_prefix(end == std::string_view::npos ? config.size() : end + 1);
        if (!line.starts_with("CONFIG_")) continue;
        const auto equals = line.find('=');
        if (equals == std::string_view::npos) continue;
        options.emplace(line.substr(7, equals - 7), line.substr(equals + 1));
    }
    return options;
}

bool is_option_name(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_';
    });
}

// A job's own fragment, whose every line must be one of three: "CONFIG_X=value", "# CONFIG_X is not
// set", a comment. The last of several lines about one option counts, as for kconfig.
Result<std::map<std::string, std::string, std::less<>>> read_fragment(std::string_view text) {
    std::map<std::string, std::string, std::less<>> options;
    for (int number = 1; !text.empty(); ++number) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
        constexpr std::string_view k_off = " is not set";
        if (line.starts_with("# CONFIG_") && line.ends_with(k_off)) {
            options.insert_or_assign(std::string(line.substr(9, line.size() - 9 - k_off.size())),
                                     "n");
            continue;
        }
        if (line.empty() || line.front() == '#') continue;
        const auto equals = std::min(line.find('='), line.size());
        const bool fits = line.starts_with("CONFIG_") && equals + 1 < line.size() &&
                          is_option_name(line.substr(7, equals - 7));
        if (!fits)
            return fail(ErrorKind::invalid_input,
                        fmt::format("line {} of the fragment is no option: \"{}\"", number,
                                    line.substr(0, 80)),
                        "field config", "write CONFIG_X=y, or # CONFIG_X is not set");
        options.insert_or_assign(std::string(line.substr(7, equals - 7)),
                                 std::string(line.substr(equals + 1)));
    }
    return options;
}

}  // namespace

std::vector<std::string> profile_names(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(folder, code))
        if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
    std::sort(names.begin(), names.end());
    return names;
}

Result<Profile> read_profile(const fs::path& folder, std::string_view name) {
    const auto names = profile_names(folder);
    if (std::find(names.begin(), names.end(), name) == names.end())
        return fail(ErrorKind::not_found, fmt::format("there is no profile \"{}\"", name),
                    "field profile", fmt::format("choose one of: {}", fmt::join(names, ", ")));
    const fs::path file = folder / fmt::format("{}.toml", name);
    auto text = util::read_file(file, k_max_file);
    if (!text) return tl::unexpected(text.error());
    toml::table table;
    try {
        table = toml::parse(*text, file.string());
    } catch (const toml::parse_error& error) {
        return fail(ErrorKind::invalid_input, std::string(error.description()),
                    fmt::format("{}:{}", file.string(), error.source().begin.line));
    }
    Profile profile;
    profile.name = name;
    profile.description = table["description"].value_or(std::string());
    profile.compiler = table["compiler"].value_or(std::string("gcc"));
    if (profile.compiler != "gcc" && profile.compiler != "clang")
        return fail(ErrorKind::invalid_input, "compiler must be gcc or clang", file.string());
    auto guarantees = read_strings(table, "guarantees", file);
    if (!guarantees) return tl::unexpected(guarantees.error());
    profile.guarantees = std::move(*guarantees);
    const auto fragments = read_strings(table, "fragments", file);
    if (!fragments) return tl::unexpected(fragments.error());
    for (const auto& fragment : *fragments) {
        auto part = util::read_file(folder / fragment, k_max_file);
        if (!part) return tl::unexpected(part.error());
        profile.fragments += *part;
    }
    return profile;
}

std::string Profile::variant() const {
    auto variant = name;
    if (compiler != "gcc") variant += " " + compiler;
    if (!added.empty()) variant += " " + util::sha256_hex(added).substr(0, 16);
    return variant;
}

std::vector<std::string> Profile::tools() const {
    if (compiler == "clang") return {"clang", "ld.lld"};
    return {"gcc", "as", "ld"};
}

Result<Profile> adapt(Profile profile, std::string_view fragment, std::string_view compiler) {
    if (!compiler.empty()) profile.compiler = compiler;
    if (fragment.empty()) return profile;
    const auto options = read_fragment(fragment);
    if (!options) return tl::unexpected(options.error());
    for (const auto& guarantee : profile.guarantees) {
        const auto equals = guarantee.find('=');
        const auto asked = options->find(guarantee.substr(0, equals));
        if (asked == options->end() || asked->second == guarantee.substr(equals + 1)) continue;
        return fail(ErrorKind::invalid_input,
                    fmt::format("the fragment says CONFIG_{}={}, and profile {} guarantees "
                                "CONFIG_{}",
                                asked->first, asked->second, profile.name, guarantee),
                    "field config", "leave the option out, or take another profile");
    }
    profile.added = fragment;
    if (!profile.added.ends_with('\n')) profile.added += '\n';
    profile.fragments += profile.added;
    return profile;
}

Result<Profile> profile_for(const fs::path& folder, const BuildRequest& request) {
    auto profile = read_profile(folder, request.profile);
    if (!profile) return profile;
    return adapt(std::move(*profile), request.config, request.compiler);
}

std::vector<std::string> unmet(const std::vector<std::string>& options, std::string_view config) {
    const auto known = parse_config(config);
    std::vector<std::string> broken;
    for (const auto& option : options) {
        const auto equals = option.find('=');
        const auto wanted = option.substr(equals + 1);
        const auto found = known.find(option.substr(0, equals));
        if (found == known.end() && wanted == "n") continue;
        const auto value = found == known.end() ? std::string("not set") : found->second;
        if (value != wanted) broken.push_back(fmt::format("CONFIG_{} (is {})", option, value));
    }
    return broken;
}

Result<void> check_guarantees(const Profile& profile, std::string_view config) {
    const auto broken = unmet(profile.guarantees, config);
    if (broken.empty()) return {};
    return fail(ErrorKind::invalid_input,
                fmt::format("the kernel's configuration lacks what profile {} guarantees: {}",
                            profile.name, fmt::join(broken, ", ")),
                ".config after olddefconfig",
                "this tree cannot have these options, or the patch takes them away");
}

}  // namespace krepro::build
