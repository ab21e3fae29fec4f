// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/settings.hpp"
#include "checkout/checkout.hpp"
#include "checkout/tree_book.hpp"
#include "model/host.hpp"

namespace krepro::app {

// The trees that ship with krepro and the user's own, which are kept in the state folder.
checkout::TreeBook tree_book(const Settings& settings);

// What people are shown of them, and whether `source` has them; none when a file cannot be read.
std::vector<model::TreeInfo> tree_infos(const checkout::TreeBook& book,
                                        const checkout::KernelSource& source);

// What `krepro tree` is asked to do.
struct TreeRequest {
    enum class What { list, add, update, remove, git };
    What what = What::list;
    std::string name;            // of the tree; update: empty means all that are here
    checkout::Tree tree;         // add
    std::filesystem::path dest;  // git: the repository to be
    bool json = false;
};

// Works on the settings' files, beside a daemon that may run. Ends in order on Ctrl-C. The exit
// code: 0, 2 when a source cannot be had, 64 when the request is wrong.
int run_tree(const Settings& settings, const TreeRequest& request);

}  // namespace krepro::app
