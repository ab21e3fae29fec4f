// SPDX-License-Identifier: Apache-2.0
#include "build/profile.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <map>

#include "util/files.hpp"

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
    Profile profile{std::string(name), table["description"].value_or(std::string()), {}, {}};
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

Result<void> check_guarantees(const Profile& profile, std::string_view config) {
    const auto options = parse_config(config);
    std::vector<std::string> broken;
    for (const auto& guarantee : profile.guarantees) {
        const auto equals = guarantee.find('=');
        const auto wanted = guarantee.substr(equals + 1);
        const auto found = options.find(guarantee.substr(0, equals));
        const auto value = found == options.end() ? std::string("not set") : found->second;
        if (value != wanted) broken.push_back(fmt::format("CONFIG_{} (is {})", guarantee, value));
    }
    if (broken.empty()) return {};
    return fail(ErrorKind::invalid_input,
                fmt::format("the kernel's configuration lacks what profile {} guarantees: {}",
                            profile.name, fmt::join(broken, ", ")),
                ".config after olddefconfig",
                "this tree cannot have these options, or the patch takes them away");
}

}  // namespace krepro::build
