// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <string>
#include <string_view>

#include "checkout/checkout.hpp"
#include "util/result.hpp"

namespace krepro::checkout {

struct MadeHistory {
    int commits = 0;
    std::string head;
};

// Makes a git repository of a Debian source tree in `folder`, which is new or empty: the upstream
// source as the first commit, and one for each patch of its PREEMPT_RT series, with the patch's own
// author, date and message. Its last state has the files that the tree has as a kernel source, and
// the same package makes the same hashes. Nothing is left behind when it fails. `apt`: apt's own
// state, kept.
boost::asio::awaitable<util::Result<MadeHistory>> make_history(Tree tree,
                                                               std::filesystem::path folder,
                                                               std::filesystem::path apt,
                                                               Progress progress);

// What the head of a quilt patch says.
struct PatchHead {
    std::string author;   // "Name <address>"; empty when not said
    std::string date;     // as written; empty when not said
    std::string message;  // title, blank line, text
};
PatchHead read_patch_head(std::string_view patch, std::string_view file_name);

}  // namespace krepro::checkout
