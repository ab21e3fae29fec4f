// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <utility>

#include "checkout/checkout.hpp"
#include "util/files.hpp"

namespace krepro::checkout {

namespace {

using util::ErrorKind;
using util::fail;
using util::Result;

constexpr std::array<std::string_view, 4> k_kinds{"debian-source", "debian-binary", "git",
                                                  "tarball"};

tl::unexpected<util::Error> bad_entry(const std::string& tree, std::string what) {
    return fail(ErrorKind::invalid_input, std::move(what), fmt::format("tree {}", tree),
                "see the head of kernels/trees.toml for the keys");
}

// One key of a tree's table into the field of that name.
Result<void> read_key(Tree& tree, std::string_view key, const toml::node& value) {
    const std::pair<std::string_view, std::string Tree::*> texts[] = {
        {"kind", &Tree::kind},         {"package", &Tree::package},
        {"version", &Tree::version},   {"location", &Tree::location},
        {"revision", &Tree::revision}, {"description", &Tree::description}};
    for (const auto& [name, field] : texts) {
        if (key != name) continue;
        const auto text = value.value<std::string>();
        if (!text || text->empty())
            return bad_entry(tree.name,
                             fmt::format("key {} must be a text that is not empty", key));
        tree.*field = *text;
        return {};
    }
    if (key != "rt_series") return bad_entry(tree.name, fmt::format("unknown key {}", key));
    const auto flag = value.value<bool>();
    if (!flag) return bad_entry(tree.name, "key rt_series must be true or false");
    tree.rt_series = *flag;
    return {};
}

}  // namespace

Result<void> check_tree(const Tree& tree) {
    if (std::find(k_kinds.begin(), k_kinds.end(), tree.kind) == k_kinds.end())
        return bad_entry(tree.name, fmt::format("key kind must be one of {}, got \"{}\"",
                                                fmt::join(k_kinds, ", "), tree.kind));
    const bool debian = tree.kind.starts_with("debian-");
    if (debian && tree.package.empty()) return bad_entry(tree.name, "key package is missing");
    if (!debian && tree.location.empty()) return bad_entry(tree.name, "key location is missing");
    if (tree.rt_series && tree.kind != "debian-source")
        return bad_entry(tree.name, "key rt_series is for kind debian-source only");
    return {};
}

Result<std::vector<Tree>> read_trees(const std::filesystem::path& file) {
    const auto text = util::read_file(file);
    if (!text) return tl::unexpected(text.error());
    try {
        std::vector<Tree> trees;
        for (const auto& [name, node] : toml::parse(*text, file.string())) {
            Tree tree;
            tree.name = std::string(name.str());
            if (!node.is_table()) return bad_entry(tree.name, "expected a table");
            for (const auto& [key, value] : *node.as_table()) {
                const auto read = read_key(tree, key.str(), value);
                if (!read) return tl::unexpected(read.error());
            }
            const auto good = check_tree(tree);
            if (!good) return tl::unexpected(good.error());
            trees.push_back(std::move(tree));
        }
        return trees;
    } catch (const toml::parse_error& error) {
        return fail(ErrorKind::invalid_input, std::string(error.description()),
                    fmt::format("{}:{}", file.string(), error.source().begin.line),
                    "correct the file");
    }
}

}  // namespace krepro::checkout
