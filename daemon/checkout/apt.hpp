// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "checkout/checkout.hpp"
#include "util/result.hpp"

namespace krepro::checkout {

// What apt brought.
struct Fetched {
    std::string version;
    std::vector<std::filesystem::path> files;
};

// Gets a Debian source package (`tree.kind` debian-source: its .dsc and tarballs) or a binary one
// (its .deb) into `folder`. apt runs on lists and a configuration of its own below `state`: the
// machine's are read and not changed. A version that the index lists and the archive has not is
// passed over when the tree leaves the choice ("6.1.*"); the one that was taken is said. Errors are
// `unavailable` and name package and version.
boost::asio::awaitable<util::Result<Fetched>> apt_fetch(Tree tree, std::filesystem::path state,
                                                        std::filesystem::path folder,
                                                        Progress progress);

}  // namespace krepro::checkout
