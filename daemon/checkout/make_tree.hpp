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

// A Debian source package, unpacked: upstream's files in the request's source.
struct DebianSource {
    std::string version;
    std::filesystem::path rt_patches;  // the folder with `series`; for a tree with an RT series
};
boost::asio::awaitable<util::Result<DebianSource>> unpack_debian_source(MakeTreeRequest request,
                                                                        Progress progress);

// The .orig files that `patch` leaves beside files that a patch fits at another line. A tree keeps
// them: they are in the content keys of all kernels that were ever built of it.
enum class Leftovers { kept, none };

// Applies one patch of a series to the files in `source`, exactly or not at all.
boost::asio::awaitable<util::Result<void>> apply_from_series(std::filesystem::path source,
                                                             std::filesystem::path patch,
                                                             Leftovers leftovers);

// The patches that a series file names, in their order: comments and blank lines left out, quilt's
// options too.
std::vector<std::string> parse_series(std::string_view text);

}  // namespace krepro::checkout
