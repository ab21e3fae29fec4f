// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "build/rebuild_plan.hpp"
#include "util/result.hpp"

namespace krepro::build {

// The files in which the tree `before` of a git work tree differs from the tree `after`, with their
// texts in `before`. git runs in the sandbox. `too_large` when more than 1,000 files differ.
boost::asio::awaitable<util::Result<std::vector<ChangedFile>>> source_change(
    std::filesystem::path source, std::string before, std::string after);

}  // namespace krepro::build
