// SPDX-License-Identifier: Apache-2.0
#include "checkout/tree_book.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>
#include <system_error>
#include <utility>

#include "util/files.hpp"

namespace krepro::checkout {

namespace fs = std::filesystem;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

constexpr std::size_t k_longest_tree_name = 80;

auto named(std::string_view name) {
    return [name](const Tree& tree) { return tree.name == name; };
}

// "https://me:secret@host/x" -> "https://host/x"
std::string without_user(const std::string& location) {
    const auto scheme = location.find("://");
    if (scheme == std::string::npos) return location;
    const auto host = scheme + 3;
    const auto at = location.substr(host, location.find('/', host) - host).rfind('@');
    return at == std::string::npos ? location
                                   : location.substr(0, host) + location.substr(host + at + 1);
}

Result<void> write_own(const fs::path& file, const std::vector<Tree>& trees) {
    return util::write_file_atomic(
        file,
        "# SPDX-License-Identifier: Apache-2.0\n# Trees of this machine, beside those that ship "
        "with krepro; written by `krepro tree`.\n\n" +
            write_trees(trees));
}

// Held while the user's file is changed.
Result<util::FileLock> lock_own(const fs::path& file) {
    std::error_code ignored;
    fs::create_directories(file.parent_path(), ignored);
    return util::FileLock::take(file.string() + ".lock", util::FileLock::Wait::yes);
}

}  // namespace

bool is_tree_name(std::string_view name) {
    const auto plain = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
    };
    return !name.empty() && name.size() <= k_longest_tree_name && name != k_auto_tree &&
           std::isalnum(static_cast<unsigned char>(name.front())) != 0 &&
           !name.starts_with("path-") && std::all_of(name.begin(), name.end(), plain);
}

std::string origin_of(const Tree& tree) {
    if (tree.kind.starts_with("debian-"))
        return fmt::format("{}{}{}", tree.package, tree.version.empty() ? "" : " " + tree.version,
                           tree.rt_series ? " with its PREEMPT_RT series" : "");
    const auto location = without_user(tree.location);
    return tree.revision.empty() ? location : fmt::format("{} at {}", location, tree.revision);
}

std::string write_trees(const std::vector<Tree>& trees) {
    toml::table file;
    for (const auto& tree : trees) {
        toml::table entry;
        const std::pair<const char*, const std::string&> texts[] = {
            {"kind", tree.kind},         {"package", tree.package},
            {"version", tree.version},   {"location", tree.location},
            {"revision", tree.revision}, {"description", tree.description}};
        for (const auto& [key, text] : texts)
            if (!text.empty()) entry.insert(key, text);
        if (tree.rt_series) entry.insert("rt_series", true);
        file.insert(tree.name, std::move(entry));
    }
    std::ostringstream text;
    text << file << '\n';
    return text.str();
}

Result<std::vector<Tree>> TreeBook::own() const {
    std::error_code code;
    if (own_.empty() || !fs::exists(own_, code)) return std::vector<Tree>{};
    return read_trees(own_);
}

Result<std::vector<Tree>> TreeBook::all() const {
    if (shipped_.empty()) return fixed_;
    auto trees = read_trees(shipped_);
    if (!trees) return trees;
    auto own_trees = own();
    if (!own_trees) return own_trees;
    for (auto& tree : *own_trees) {
        if (!is_tree_name(tree.name) || std::any_of(trees->begin(), trees->end(), named(tree.name)))
            return fail(ErrorKind::invalid_input,
                        fmt::format("a tree cannot be called {}, or is "
                                    "there already",
                                    tree.name),
                        own_.string(), "give it another name there");
        trees->push_back(std::move(tree));
    }
    return trees;
}

Result<Tree> TreeBook::find(std::string_view name) const {
    const auto trees = all();
    if (!trees) return tl::unexpected(trees.error());
    const auto found = std::find_if(trees->begin(), trees->end(), named(name));
    if (found != trees->end()) return *found;
    std::vector<std::string> names;
    for (const auto& tree : *trees) names.push_back(tree.name);
    return fail(ErrorKind::invalid_input, fmt::format("there is no tree \"{}\"", name),
                "field tree",
                fmt::format("choose one of: {}; or give the path of a git repository, or add a "
                            "tree with `krepro tree add`",
                            fmt::join(names, ", ")));
}

bool TreeBook::is_shipped(std::string_view name) const {
    const auto trees = shipped_.empty() ? fixed_ : read_trees(shipped_).value_or(fixed_);
    return std::any_of(trees.begin(), trees.end(), named(name));
}

Result<void> TreeBook::add(const Tree& tree) const {
    if (!is_tree_name(tree.name))
        return fail(ErrorKind::invalid_input,
                    fmt::format("a tree cannot be called \"{}\"", tree.name), "name",
                    "letters, digits, '.', '_' and '-', beginning with a letter or digit");
    if (const auto good = check_tree(tree); !good) return good;
    const auto lock = lock_own(own_);
    if (!lock) return tl::unexpected(lock.error());
    const auto trees = all();
    if (!trees) return tl::unexpected(trees.error());
    if (std::any_of(trees->begin(), trees->end(), named(tree.name)))
        return fail(ErrorKind::conflict, fmt::format("there is a tree {} already", tree.name),
                    own_.string(), "take another name, or remove it first: krepro tree rm");
    auto own_trees = own();
    if (!own_trees) return tl::unexpected(own_trees.error());
    own_trees->push_back(tree);
    return write_own(own_, *own_trees);
}

Result<void> TreeBook::remove(std::string_view name) const {
    if (is_shipped(name))
        return fail(ErrorKind::conflict, fmt::format("tree {} ships with krepro", name),
                    shipped_.string(), "it costs nothing until a job names it");
    const auto lock = lock_own(own_);
    if (!lock) return tl::unexpected(lock.error());
    auto own_trees = own();
    if (!own_trees) return tl::unexpected(own_trees.error());
    if (std::erase_if(*own_trees, named(name)) == 0)
        return fail(ErrorKind::not_found, fmt::format("there is no tree {}", name), own_.string(),
                    "krepro tree list shows them");
    return write_own(own_, *own_trees);
}

}  // namespace krepro::checkout
