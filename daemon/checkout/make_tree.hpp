// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <string>

#include "checkout/checkout.hpp"
#include "util/result.hpp"

namespace krepro::checkout {

// A tree that was made: a git repository whose work tree is a kernel.
struct MadeTree {
    std::string revision;  // the base commit
    std::string version;   // what it was made of: "6.1.8-1", a tarball's name
};

struct MakeTreeRequest {
    Tree tree;                      // debian-source, debian-binary or tarball
    std::filesystem::path source;   // an empty folder: the work tree to be
    std::filesystem::path scratch;  // for downloads; the caller removes it
    std::filesystem::path apt;      // apt's own state, kept
};

// Fetches, unpacks, applies the RT series and commits. `unavailable` says what could not be had.
boost::asio::awaitable<util::Result<MadeTree>> make_tree(MakeTreeRequest request,
                                                         Progress progress);

// The patches that a series file names, in their order: comments and blank lines left out, quilt's
// options too.
std::vector<std::string> parse_series(std::string_view text);

}  // namespace krepro::checkout
