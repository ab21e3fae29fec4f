// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>

#include "cli/cli.hpp"
#include "util/result.hpp"

namespace krepro::cli {

// The file of the store that a daemon with these options has.
using StoreFile = std::function<util::Result<std::filesystem::path>(const ServeOptions&)>;

// krepro token add|list|revoke, on the store of a state folder, whether a daemon runs on it or not.
[[nodiscard]] AddGroup token_command(StoreFile store_file);

}  // namespace krepro::cli
