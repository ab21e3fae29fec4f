// SPDX-License-Identifier: Apache-2.0
#include "zoo/manifest.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>

#include "report/families.hpp"
#include "util/files.hpp"

namespace krepro::zoo {

using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

constexpr std::uintmax_t k_max_manifest = 1U << 20U;

// Where a key's value goes: exactly one of the members is set.
struct Key {
    std::string_view name;
    std::string Bug::*text = nullptr;
    std::vector<std::string> Bug::*list = nullptr;
};
constexpr std::array k_keys{
    Key{"name", &Bug::name},
    Key{"kind", &Bug::kind},
    Key{"function", &Bug::function},
    Key{"locks", nullptr, &Bug::locks},
    Key{"interrupt", &Bug::interrupt},
    Key{"says", &Bug::says},
    Key{"syzbot", &Bug::syzbot},
    Key{"also", nullptr, &Bug::also},
    Key{"setup", &Bug::setup},
    Key{"command_line", &Bug::command_line},
    Key{"needs", nullptr, &Bug::needs},
};

tl::unexpected<util::Error> bad_entry(const std::string& name, std::string what) {
    return fail(ErrorKind::invalid_input, std::move(what),
                fmt::format("bug {}", name.empty() ? "without a name" : name),
                "see the head of kernels/zoo/zoo.toml for the keys");
}

Result<std::vector<std::string>> read_list(const toml::node& value) {
    std::vector<std::string> texts;
    const auto* array = value.as_array();
    if (array == nullptr) return fail(ErrorKind::invalid_input, "not a list");
    for (const auto& item : *array) {
        const auto text = item.value<std::string>();
        if (!text) return fail(ErrorKind::invalid_input, "not a list of texts");
        texts.push_back(*text);
    }
    return texts;
}

Result<void> read_boot(Bug& bug, const toml::node& value) {
    const auto text = value.value<std::string>().value_or("");
    if (text != "own" && text != "shared")
        return bad_entry(bug.name, "key boot must be own or shared");
    bug.boot = text == "own" ? Boot::own : Boot::shared;
    return {};
}

Result<void> read_wait(Bug& bug, const toml::node& value) {
    const auto seconds = value.value<double>();
    if (!seconds || !(*seconds >= 0 && *seconds <= 60))
        return bad_entry(bug.name, "key wait_s must be a number from 0 to 60");
    bug.wait_s = *seconds;
    return {};
}

Result<void> read_key(Bug& bug, std::string_view name, const toml::node& value) {
    if (name == "boot") return read_boot(bug, value);
    if (name == "wait_s") return read_wait(bug, value);
    for (const Key& key : k_keys) {
        if (key.name != name) continue;
        if (key.list != nullptr) {
            auto list = read_list(value);
            if (!list)
                return bad_entry(bug.name, fmt::format("key {} is {}", name, list.error().what));
            bug.*key.list = std::move(*list);
            return {};
        }
        const auto text = value.value<std::string>();
        if (!text) return bad_entry(bug.name, fmt::format("key {} is not a text", name));
        bug.*key.text = *text;
        return {};
    }
    return bad_entry(bug.name, fmt::format("unknown key {}", name));
}

// A name goes into a shell script and a file name as it is.
bool is_plain(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

Result<void> check(const Bug& bug) {
    if (!is_plain(bug.name))
        return bad_entry(bug.name, "key name must be of small letters, digits and underscores");
    std::vector<std::string> kinds = bug.also;
    kinds.push_back(bug.kind);
    for (const auto& kind : kinds)
        if (report::family_of_kind(kind) == nullptr)
            return bad_entry(bug.name, fmt::format("there is no kind \"{}\"", kind));
    for (const auto& need : bug.needs)
        if (!need.ends_with("=y") && !need.ends_with("=n"))
            return bad_entry(bug.name, fmt::format("key needs has no OPTION=y or =n: {}", need));
    return {};
}

Result<Bug> read_bug(const toml::table& table) {
    Bug bug;
    bug.name = table["name"].value_or(std::string());
    for (const auto& [key, value] : table)
        if (auto read = read_key(bug, key.str(), value); !read) return tl::unexpected(read.error());
    if (auto good = check(bug); !good) return tl::unexpected(good.error());
    return bug;
}

Result<std::vector<Bug>> read_bugs(const toml::table& table, const std::string& file) {
    const auto* entries = table["bug"].as_array();
    if (entries == nullptr || table.size() != 1)
        return fail(ErrorKind::invalid_input, "expected [[bug]] entries and nothing else", file);
    std::vector<Bug> bugs;
    for (const auto& entry : *entries) {
        if (!entry.is_table()) return fail(ErrorKind::invalid_input, "expected a table", file);
        auto bug = read_bug(*entry.as_table());
        if (!bug) return tl::unexpected(bug.error());
        for (const Bug& other : bugs)
            if (other.name == bug->name) return bad_entry(bug->name, "the name is there twice");
        bugs.push_back(std::move(*bug));
    }
    return bugs;
}

}  // namespace

Result<std::vector<Bug>> read_manifest(const std::filesystem::path& file) {
    const auto text = util::read_file(file, k_max_manifest);
    if (!text) return tl::unexpected(text.error());
    try {
        return read_bugs(toml::parse(*text, file.string()), file.string());
    } catch (const toml::parse_error& error) {
        return fail(ErrorKind::invalid_input, std::string(error.description()),
                    fmt::format("{}:{}", file.string(), error.source().begin.line));
    }
}

Result<std::vector<Bug>> choose(const std::vector<Bug>& bugs,
                                const std::vector<std::string>& wanted) {
    const auto is_meant = [](const Bug& bug, const std::string& name) {
        return bug.name == name || bug.kind == name;
    };
    for (const auto& name : wanted)
        if (std::none_of(bugs.begin(), bugs.end(),
                         [&](const Bug& bug) { return is_meant(bug, name); }))
            return fail(ErrorKind::not_found, fmt::format("the zoo has no \"{}\"", name),
                        "--family", "kernels/zoo/zoo.toml lists names and kinds");
    std::vector<Bug> chosen;
    for (const Bug& bug : bugs)
        if (wanted.empty() ||
            std::any_of(wanted.begin(), wanted.end(),
                        [&](const std::string& name) { return is_meant(bug, name); }))
            chosen.push_back(bug);
    return chosen;
}

}  // namespace krepro::zoo
