// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "checkout/checkout.hpp"
#include "util/result.hpp"

namespace krepro::checkout {

// A tree that the user names "auto" is chosen by trying; no tree can have this name.
inline constexpr std::string_view k_auto_tree = "auto";

// The trees that jobs may name: those that ship with krepro, and the user's own in a file beside.
// Both files are read at each question, so that what `krepro tree add` writes is known at once.
class TreeBook {
  public:
    TreeBook() = default;
    // These and no others.
    explicit TreeBook(std::vector<Tree> trees) : fixed_(std::move(trees)) {}
    // `own` need not exist.
    TreeBook(std::filesystem::path shipped, std::filesystem::path own)
        : shipped_(std::move(shipped)), own_(std::move(own)) {}

    // Those that ship first. `invalid_input` names the file's entry and key.
    [[nodiscard]] util::Result<std::vector<Tree>> all() const;
    // `invalid_input` lists the names there are.
    [[nodiscard]] util::Result<Tree> find(std::string_view name) const;
    // Whether the tree ships with krepro: it cannot be removed.
    [[nodiscard]] bool is_shipped(std::string_view name) const;

    // Writes the user's file anew. `conflict` when the name is taken, `invalid_input` when the
    // entry is none.
    [[nodiscard]] util::Result<void> add(const Tree& tree) const;
    // `conflict` when the tree ships with krepro.
    [[nodiscard]] util::Result<void> remove(std::string_view name) const;

  private:
    [[nodiscard]] util::Result<std::vector<Tree>> own() const;

    std::vector<Tree> fixed_;
    std::filesystem::path shipped_;
    std::filesystem::path own_;
};

// Whether a tree can be called this: it becomes a folder's name and part of addresses.
[[nodiscard]] bool is_tree_name(std::string_view name);

// Where a tree's files come from, for people: "linux 6.1.8-1 with its PREEMPT_RT series". Without
// what a URL says of user and password.
[[nodiscard]] std::string origin_of(const Tree& tree);

// A trees.toml with these entries.
[[nodiscard]] std::string write_trees(const std::vector<Tree>& trees);

}  // namespace krepro::checkout
