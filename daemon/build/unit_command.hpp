// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "util/result.hpp"

namespace krepro::build {

// A unit is an object of a kernel's object tree, by its path there: "kernel/fork.o". Kbuild keeps
// how it was made in "kernel/.fork.o.cmd".
[[nodiscard]] std::filesystem::path command_file(const std::string& unit);

// The shell command of a .cmd file that makes `unit`, turned into one that makes it with debug
// information in `folder` (at folder/unit) and touches nothing else. Still escaped for make, as
// kbuild keeps it. `invalid_input` when the text is no compiler's command for this unit.
util::Result<std::string> debug_command(std::string_view cmd_text, const std::string& unit,
                                        const std::filesystem::path& folder);

// The same without debug information: it makes the object that kbuild made.
util::Result<std::string> plain_command(std::string_view cmd_text, const std::string& unit,
                                        const std::filesystem::path& folder);

// A makefile that makes all units it can, each whole or not at all. `commands` belong to `units`.
[[nodiscard]] std::string debug_makefile(const std::vector<std::string>& units,
                                         const std::vector<std::string>& commands,
                                         const std::filesystem::path& folder);

}  // namespace krepro::build
