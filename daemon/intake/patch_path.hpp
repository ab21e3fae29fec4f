// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "util/result.hpp"

namespace krepro::intake {

// The path that "--- ", "+++ ", "rename from " and their like name: unquoted, without a trailing
// time stamp, without its a/ or b/ (or the "linux-6.1/" of a plain diff). Empty for /dev/null.
// `invalid_input` when it leaves the tree, goes into .git or is not a name a kernel tree can have.
util::Result<std::string> read_patch_path(std::string_view field);

// The same for fields that never have a prefix: "rename to", "copy from".
util::Result<std::string> read_bare_path(std::string_view field);

}  // namespace krepro::intake
